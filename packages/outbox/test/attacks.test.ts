/** Inputs that would break what is careless with texts, sizes and time. */
import { RateLimiter } from "@effect-shipstation/http-client"
import { Outbox, OutboxStore, OutboxStoreSql, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SqlClient, type SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { Cause, type ConfigError, DateTime, Duration, Effect, Exit, Layer, Logger, Stream, TestClock } from "effect"
import * as Postgres from "./postgres.js"
import { are, fresh, freshMany, outbox, soon, states, told, toldTwice, until, working } from "./support.js"

const trackingNumbers = [
  "'; DROP TABLE attacks_rows; --",
  "\" OR 1 = 1 --",
  "$1 ? @ :name",
  "back\\slash and \n line",
  "zero \0",
  "half \ud800",
  "\u{1F4E6} \u202e",
  "}]} {\"state\":\"fulfilled\"}",
  "x".repeat(100_000)
]

const suite = (name: string, client: Layer.Layer<SqlClient.SqlClient, ConfigError.ConfigError | SqlError.SqlError>) =>
  layer(client, { excludeTestServices: true })(name, (it) => {
    let last = 0
    const fully = () => outbox(OutboxStoreSql.layer({ prefix: `attacks_${++last}_` }))

    it.effect("texts of all kinds are kept as they are, found again, and sent", () =>
      Effect.gen(function*() {
        const { list, offer } = yield* Outbox.Outbox
        const inputs = trackingNumbers.map((tracking_number) => fresh({ tracking_number }))
        expect(new Set((yield* offer(inputs)).map(({ _tag }) => _tag))).toEqual(new Set(["Accepted"]))
        for (const { shipment_id, tracking_number } of inputs) {
          const { rows } = yield* list({ trackingNumber: tracking_number })
          expect(rows.map(({ input }) => input)).toMatchObject([{ shipment_id, tracking_number }])
        }
        expect((yield* offer(inputs)).every(({ _tag }) => _tag === "Duplicate")).toBe(true)
        yield* soon(are({ fulfilled: inputs.length })).pipe(working())
        expect((yield* told).size).toBe(inputs.length)
      }).pipe(Effect.provide(fully())))

    it.effect("texts that fit nothing are refused, and keep no other out", () =>
      Effect.gen(function*() {
        const { list, offer } = yield* Outbox.Outbox
        const wrong = [
          { shipment_id: "se-1' OR '1'='1" },
          { shipment_id: "se-1\0" },
          { carrier_code: "ups\"" },
          { tracking_number: " \n" },
          { ship_date: DateTime.unsafeMake(8.64e15) }
        ]
        const good = [fresh({ ship_date: DateTime.unsafeMake(-62_135_596_800_001) }), fresh()]
        const answers = yield* offer([...wrong.map(fresh), ...good])
        expect(answers.map(({ _tag }) => _tag)).toEqual([...wrong.map(() => "Refused"), "Accepted", "Accepted"])
        expect((yield* list()).rows.length).toBe(2)
        for (const { shipment_id = "" } of wrong) {
          expect((yield* list({ account: "default", shipmentId: shipment_id })).rows).toEqual([])
        }
      }).pipe(Effect.provide(fully())))

    it.effect("an account's name is no statement", () =>
      Effect.gen(function*() {
        const { counts, offer } = yield* Outbox.Outbox
        const account = "'; DELETE FROM attacks_rows WHERE '' = '"
        expect((yield* offer([fresh()], { account }))[0]?._tag).toBe("Accepted")
        expect(yield* counts).toMatchObject([{ account, count: 1 }])
        // this one no Postgres takes
        const end = yield* Effect.either(offer([fresh()], { account: "zero\0" }))
        expect(["OutboxStoreError", undefined]).toContain(end._tag === "Left" ? end.left._tag : undefined)
      }).pipe(Effect.provide(fully())))

    it.effect("ten thousand at once, wrong ones and doubles among them, are answered in their places", () =>
      Effect.gen(function*() {
        const { offer } = yield* Outbox.Outbox
        const inputs = freshMany(10_000).map((input, index) =>
          index % 10 === 3 ? { ...input, carrier_code: "" } : input
        )
        const [first] = inputs
        if (first !== undefined) inputs[9_999] = first
        const answers = yield* offer(inputs)
        expect(answers.map(({ index }) => index)).toEqual(inputs.map((_, index) => index))
        expect(answers.filter(({ _tag }) => _tag === "Refused").length).toBe(1_000)
        expect(answers[9_999]?._tag).toBe("Duplicate")
        expect(yield* states).toEqual({ pending: 8_999 })
      }).pipe(Effect.provide(fully())))

    it.effect("a row that can't be read keeps no other from being sent, and stays", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { counts, offer } = yield* Outbox.Outbox
        const rows = sql(`attacks_${last}_rows`)
        const [damaged, ...others] = [fresh(), fresh(), fresh()] as const
        yield* offer([damaged])
        yield* sql`UPDATE ${rows} SET ship_date = 'of another version'`
        yield* offer(others)
        yield* soon(are({ fulfilled: 2, pending: 1 })).pipe(working({ batchSize: 1 }))
        expect((yield* told).has(damaged.shipment_id)).toBe(false)
        expect(yield* counts).toHaveLength(2)
      }).pipe(Effect.provide(Layer.provideMerge(fully(), Logger.remove(Logger.defaultLogger)))))

    it.effect("rows that can't be read keep no other from being listed, made due, pruned and offered", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const store = yield* OutboxStore.OutboxStore
        const { discard, find, sendNow, list, listAll, offer, prune } = yield* Outbox.Outbox
        const table = sql(`attacks_${last}_rows`)
        const progress = sql(`attacks_${last}_progress`)
        yield* offer(freshMany(1_200))
        const inputs = (yield* list({ limit: 1_200 })).rows.map(({ input }) => input)
        const damaged = inputs.slice(1, 4)
        const ids = damaged.map(({ shipment_id }) => shipment_id)
        yield* sql`UPDATE ${table} SET ship_date = 'of another version' WHERE ${sql.in("shipment_id", ids)}`
        const theirs = sql`WHERE id IN (SELECT id FROM ${table} WHERE ${sql.in("shipment_id", ids)})`
        yield* sql`UPDATE ${progress} SET state = 'of another version'
          WHERE id = (SELECT id FROM ${table} WHERE shipment_id = ${ids[0] ?? ""})`

        const first = yield* list({ limit: 3 })
        expect(first.rows.map(({ input }) => input)).toMatchObject([inputs[0], inputs[4], inputs[5]])
        expect(first.next).toBe(first.rows[2]?.id)
        expect(yield* Stream.runCount(listAll())).toBe(1_197)

        const other = fresh()
        const answers = yield* offer([inputs[0] ?? other, ...damaged, other])
        expect(answers.map(({ _tag }) => _tag)).toEqual(["Duplicate", "Refused", "Refused", "Refused", "Accepted"])
        expect(answers[1]).toMatchObject({ reason: "unreadable" })
        const found = yield* find(ids)
        expect(damaged.map(({ shipment_id }) => found.get(shipment_id))).toEqual(
          damaged.map(({ shipment_id, tracking_number }, index) => ({
            _tag: "Unreadable",
            remembered: { shipment_id, tracking_number, state: index === 0 ? "unknown" : "pending" }
          }))
        )

        // as if a worker had claimed all of them
        const later = DateTime.toEpochMillis(DateTime.add(yield* DateTime.now, { minutes: 1 }))
        yield* store.claim({ account: "default", worker: "dead", limit: 2_000, lease: Duration.minutes(1) })
        yield* sql`UPDATE ${progress} SET due_at = ${later} ${theirs}`
        expect(yield* sendNow()).toBe(1_198)

        yield* Effect.forEach(first.rows, ({ id }) => discard(id))
        yield* sql`UPDATE ${progress} SET due_at = NULL, updated_at = 0 ${theirs}`
        yield* Effect.sleep("20 millis")
        expect(yield* prune("5 millis")).toBe(3)
      }).pipe(Effect.provide(Layer.provideMerge(fully(), Logger.remove(Logger.defaultLogger)))))

    it.effect("a prefix that is a statement is a defect, and changes nothing", () =>
      Effect.gen(function*() {
        for (const prefix of ["x; DROP TABLE a; --", "a\"b", "", "Ä", "x".repeat(50)]) {
          const both = [
            Effect.asVoid(OutboxStoreSql.make({ prefix })),
            Effect.asVoid(RateLimiterStoreSql.make({ prefix }))
          ]
          for (const make of both) {
            const exit = yield* Effect.exit(Effect.scoped(make))
            expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
          }
        }
      }))
  })

suite("SQLite", SqliteClient.layer({ filename: ":memory:" }))

suite("Postgres", Postgres.layer)

const sqlite = outbox(OutboxStoreSql.layer({ poll: "10 minutes" })).pipe(
  Layer.merge(RateLimiterStoreSql.layer()),
  Layer.provide(SqliteClient.layer({ filename: ":memory:" }))
)

it.effect("a clock that is put back delays what was offered before, and doubles nothing", () =>
  Effect.gen(function*() {
    yield* TestClock.adjust("1 day")
    const { offer } = yield* Outbox.Outbox
    yield* offer(freshMany(3))
    yield* TestClock.setTime(Duration.toMillis("12 hours"))
    yield* offer(freshMany(2))
    yield* Effect.zipRight(
      until(are({ fulfilled: 2, pending: 3 }), { step: "10 minutes" }),
      until(are({ fulfilled: 5 }), { step: "10 minutes" })
      // it looks after others four times a lease
    ).pipe(working({ lease: "1 hour" }))
    expect(yield* toldTwice).toEqual([])
  }).pipe(Effect.provide(sqlite)))

it.effect("a clock that is put back holds nobody back for longer than a window", () =>
  Effect.gen(function*() {
    const store = yield* RateLimiter.RateLimiterStore
    const window = Duration.minutes(1)
    const take = Effect.map(store.take({ account: "default", limit: 2, window }), ({ _tag }) => _tag)
    yield* TestClock.adjust("1 day")
    expect(yield* Effect.all([take, take, take])).toEqual(["Taken", "Taken", "Full"])
    yield* TestClock.setTime(Duration.toMillis("12 hours"))
    expect(yield* take).toBe("Full")
    yield* TestClock.adjust("61 seconds")
    expect(yield* take).toBe("Taken")
  }).pipe(Effect.provide(sqlite)))
