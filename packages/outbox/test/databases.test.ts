/** The outbox and its workers over real databases, in real time. */
import { Emulator } from "@effect-shipstation/emulator"
import {
  Accounts,
  Outbox,
  OutboxRow,
  OutboxStore,
  OutboxStoreSql,
  OutboxWorker,
  RateLimiterStoreSql
} from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { SqlClient, type SqlError } from "@effect/sql"
import type { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { type ConfigError, Context, Duration, Effect, Layer, String, TestClock } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "./postgres.js"
import { are, fresh, freshMany, outbox, readBackQuickly, soon, told, toldTwice, working } from "./support.js"

const file = join(mkdtempSync(join(tmpdir(), "outbox-sqlite-")), "outbox.db")

/** Something that is done in a transaction, which is committed a moment later. */
const uncommitted = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
  const sql = yield* SqlClient.SqlClient
  const done = yield* Effect.makeLatch()
  const fiber = yield* Effect.fork(sql.withTransaction(
    // who waits for it does so by then, and if not, nothing is shown
    self.pipe(Effect.zipLeft(done.open), Effect.zipLeft(Effect.sleep("300 millis")))
  ))
  yield* done.await
  return fiber
})

const suite = <S>(
  name: string,
  client: Layer.Layer<S | SqlClient.SqlClient, ConfigError.ConfigError | SqlError.SqlError>,
  store: (
    prefix: string,
    poll?: Duration.DurationInput
  ) => Layer.Layer<OutboxStore.OutboxStore, unknown, S | SqlClient.SqlClient>
) =>
  layer(client, { excludeTestServices: true })(name, (it) => {
    let last = 0
    /** With tables of its own, so that no worker finds the rows of another test. */
    const fully = (options?: Emulator.Options) => outbox(store(`outbox_${++last}_`), options, readBackQuickly)

    it.effect("an offer is a part of the caller's transaction", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { counts, list, offer } = yield* Outbox.Outbox
        yield* sql`CREATE TABLE orders (id TEXT)`
        const [packed, failed] = [fresh(), fresh()]
        const pack = (input: typeof packed) =>
          Effect.zipRight(sql`INSERT INTO orders VALUES (${input.shipment_id})`, offer([input]))
        yield* sql.withTransaction(pack(packed))
        const end = yield* Effect.either(sql.withTransaction(Effect.zipRight(pack(failed), Effect.fail("no"))))
        expect(end._tag).toBe("Left")
        expect((yield* list()).rows.map(({ input }) => input)).toEqual([packed])
        expect(yield* sql`SELECT id FROM orders`).toEqual([{ id: packed.shipment_id }])
        expect((yield* counts).length).toBe(1)
      }).pipe(Effect.provide(fully())))

    it.effect("an offer that can't be stored leaves the caller's transaction as it was", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { offer } = yield* Outbox.Outbox
        const answers = yield* sql.withTransaction(Effect.gen(function*() {
          yield* sql`CREATE TABLE others (id TEXT)`
          const [first] = yield* offer([{ ...fresh(), shipment_id: "wrong" }])
          yield* sql`INSERT INTO others VALUES ('kept')`
          return first
        }))
        expect(answers).toMatchObject({ _tag: "Refused", reason: "invalid", issues: [{ field: "shipment_id" }] })
        expect(yield* sql`SELECT id FROM others`).toEqual([{ id: "kept" }])
      }).pipe(Effect.provide(fully())))

    it.effect("what is pruned at the same moment is recognised", () =>
      Effect.gen(function*() {
        const { discard, list, offer, prune } = yield* Outbox.Outbox
        const input = fresh()
        yield* offer([input])
        yield* Effect.forEach((yield* list()).rows, ({ id }) => discard(id))
        yield* Effect.sleep("20 millis")
        const pruning = yield* uncommitted(prune("5 millis"))
        expect((yield* offer([input])).map(({ _tag }) => _tag)).toEqual(["Refused"])
        expect(yield* pruning).toBe(1)
        expect((yield* list()).rows).toEqual([])
      }).pipe(Effect.provide(fully())))

    it.effect("an input that was read before takes the place of the one that took its place", () =>
      Effect.gen(function*() {
        const { list, offer } = yield* Outbox.Outbox
        const inputs = Effect.map(list(), ({ rows }) => rows.map(({ input }) => input))
        yield* offer([fresh()])
        const [first = fresh()] = yield* inputs
        const second = { ...first, carrier_code: "dhl", notify_customer: false }
        for (const input of [second, first, second, second, first]) {
          yield* offer([input])
          expect(yield* inputs).toEqual([input])
        }
      }).pipe(Effect.provide(fully())))

    it.effect("what is replaced at the same moment isn't undone, nor taken for what it was", () =>
      Effect.gen(function*() {
        const { list, offer, retry } = yield* Outbox.Outbox
        const first = fresh()
        const second = { ...first, tracking_number: "SECOND" }
        yield* offer([first])
        const [row] = (yield* list()).rows
        const inputs = Effect.map(list(), ({ rows }) => rows.map(({ input }) => input))
        /** Something else begins when an offer is stored, and before that is committed. */
        const meanwhile = <A, E, R>(input: typeof first, other: Effect.Effect<A, E, R>) =>
          Effect.gen(function*() {
            const offering = yield* uncommitted(offer([input]))
            const end = yield* Effect.fork(other)
            expect((yield* offering).map(({ _tag }) => _tag)).toEqual(["Replaced"])
            return yield* end
          })
        yield* meanwhile(second, retry(row?.id ?? 0))
        expect(yield* inputs).toEqual([second])
        expect((yield* meanwhile(first, offer([second]))).map(({ _tag }) => _tag)).toEqual(["Replaced"])
        expect(yield* inputs).toEqual([second])
      }).pipe(Effect.provide(fully())))

    it.effect("the first claim of an account doesn't undo what is said of it at the same moment", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const { accounts, suspect, offer, pause } = yield* Outbox.Outbox
        yield* offer([fresh()])
        const said = yield* uncommitted(pause())
        const claim = store.claim({ account: "default", worker: "w", limit: 10, lease: Duration.minutes(1) })
        expect((yield* claim).rows).toEqual([])
        yield* said
        expect(yield* accounts).toMatchObject([{ account: "default", paused: { by: OutboxRow.operator } }])
        // nor does another word
        const before = yield* uncommitted(suspect("another"))
        yield* store.holdBack("another", Duration.minutes(1))
        yield* before
        const another = (yield* accounts).find(({ account }) => account === "another")
        expect(another?.suspectSince).toBeDefined()
        expect(another?.notBefore).toBeDefined()
      }).pipe(Effect.provide(fully())))

    it.effect("resume ends a pause of the rate limiter too, whoever set it", () => {
      const prefix = `outbox_${last + 1}_`
      return Effect.gen(function*() {
        const limiter = yield* RateLimiterStoreSql.make({ prefix })
        const { resume } = yield* Outbox.Outbox
        const take = limiter.take({ account: "default", limit: 10, window: Duration.seconds(1) })
        yield* limiter.pause({ account: "default", duration: Duration.days(10_000) })
        yield* limiter.pause({ account: "other", duration: Duration.minutes(1) })
        expect((yield* take)._tag).toBe("Paused")
        yield* resume()
        expect((yield* take)._tag).toBe("Taken")
        const other = yield* limiter.state({ account: "other", window: Duration.seconds(1) })
        expect(Duration.toMillis(other.pausedFor)).toBeGreaterThan(0)
      }).pipe(Effect.provide(fully()))
    })

    it.effect("what ShipStation says is found again, whatever characters it has", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const { list, offer } = yield* Outbox.Outbox
        yield* offer([fresh(), fresh()])
        const lease = Duration.minutes(1)
        const { rows, token } = yield* store.claim({ account: "default", worker: "w", limit: 10, lease })
        const ids = rows.map(({ id }) => id)
        yield* store.intend({ token, ids }, { account: "default", lease, sendFor: lease })
        const error = { _tag: "Rejected", message: "zero \0, half \ud800, and an Address" }
        yield* store.settle(token, ids.map((id) => ({ id, ended: { _tag: "Rejected", error } })))
        yield* store.pause("default", OutboxRow.worker("w"), error)
        expect((yield* list({ message: "an address" })).rows.map(({ id }) => id)).toEqual(ids)
        expect((yield* list({ message: "of others" })).rows).toEqual([])
        const texts = JSON.stringify([yield* list(), yield* store.get(ids[0] ?? 0), yield* store.accounts])
        expect(texts).not.toMatch(/\\u0000|\\ud800/)
        expect(texts).toContain("zero \uFFFD, half \uFFFD")
      }).pipe(Effect.provide(fully())))

    it.effect("several workers share the work, and do nothing twice", () =>
      Effect.gen(function*() {
        const { list, offer } = yield* Outbox.Outbox
        yield* offer(freshMany(300))
        const worker = OutboxWorker.make({ batchSize: 10, concurrency: 2 })
        yield* Effect.scoped(
          Effect.zipRight(Effect.all([worker, worker, worker]), soon(are({ fulfilled: 300 })))
        )
        expect((yield* told).size).toBe(300)
        expect(yield* toldTwice).toEqual([])
        expect((yield* list({ limit: 1000 })).rows.every(({ attempts }) => attempts === 1)).toBe(true)
      }).pipe(Effect.provide(fully())))

    it.effect("several workers look for order sources in a few pages, and send nothing for it", () =>
      Effect.gen(function*() {
        const { list, offer, verify } = yield* Outbox.Outbox
        const isSeen = Effect.map(list({ orderSource: "notified", limit: 1_000 }), ({ rows }) => rows.length === 300)
        yield* offer(freshMany(300).map((input) => ({ ...input, notify_order_source: true })))
        const worker = OutboxWorker.make({ batchSize: 100, verify: true })
        yield* Effect.scoped(Effect.gen(function*() {
          yield* Effect.all([worker, worker, worker])
          yield* soon(are({ fulfilled: 300 }))
          expect((yield* list({ orderSource: "waiting", limit: 1_000 })).rows.length).toBe(300)
          expect(yield* verify()).toBe(300)
          yield* soon(isSeen)
        }))
        const { fulfillments, requests } = yield* Emulator.Emulator
        expect((yield* requests).filter(({ method }) => method === "GET").length).toBeLessThanOrEqual(3)
        expect((yield* fulfillments).length).toBe(300)
      }).pipe(Effect.provide(fully({ orderSourceNotifiedAfter: "1 millis" }))))

    it.effect("a worker wakes when an offer is committed", () =>
      Effect.gen(function*() {
        const { offer } = yield* Outbox.Outbox
        for (let count = 1; count <= 10; count++) {
          yield* Effect.zipRight(offer([fresh()]), soon(are({ fulfilled: count })))
        }
        // by looking it would take minutes
      }).pipe(working({ lease: "1 hour" }), Effect.provide(outbox(store(`outbox_${++last}_`, "10 minutes")))))

    it.effect("a worker wakes soon after another process's offer", () => {
      const prefix = `outbox_${++last}_`
      const isFile = name === "SQLite"
      return Effect.gen(function*() {
        const other = Context.get(yield* Layer.build(Layer.fresh(store(prefix))), OutboxStore.OutboxStore)
        yield* Effect.forEach([0, 1, 2, 3], (index) =>
          Effect.zipRight(other.offer("default", [{ index, input: fresh() }]), soon(are({ fulfilled: index + 1 }))))
        // of a file nobody tells, so it is looked at often
        if (isFile) {
          expect((yield* OutboxStore.OutboxStore).poll).toEqual(Duration.millis(100))
        }
      }).pipe(
        Effect.scoped,
        working({ lease: "1 hour" }),
        Effect.provide(outbox(store(prefix, isFile ? undefined : "10 minutes")))
      )
    })

    it.effect("what a dead worker sent is read back by another", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const { offer } = yield* Outbox.Outbox
        const accounts = yield* Accounts.Accounts
        const inputs = [fresh(), fresh()] as const
        yield* offer(inputs)
        const claim = { account: "default", worker: "dead", limit: 10, lease: Duration.minutes(1) }
        const { rows, token } = yield* store.claim(claim)
        const ids = rows.map(({ id }) =>
          id
        )
        const lease = Duration.millis(200)
        yield* store.intend({ token, ids }, { account: "default", lease, sendFor: lease })
        yield* accounts.get("default")?.create(inputs) ?? Effect.void
        yield* soon(are({ fulfilled: 2 })).pipe(working({ lease: "400 millis" }))
        expect((yield* told).size).toBe(2)
        expect(yield* toldTwice).toEqual([])
      }).pipe(Effect.provide(fully())))

    it.effect("faults of the API lose nothing and double nothing", () =>
      Effect.gen(function*() {
        const { offer } = yield* Outbox.Outbox
        yield* offer(freshMany(60))
        const worker = OutboxWorker.make({ batchSize: 5, unsafeResendAfter: "10 minutes" })
        yield* Effect.scoped(Effect.zipRight(
          Effect.all([worker, worker]),
          soon(Effect.map(
            Outbox.Outbox.pipe(Effect.flatMap(({ counts }) => counts)),
            (all) => all.every(({ state }) => state === "fulfilled" || state === "unknown")
          ))
        ))
        const { fulfillments } = yield* Emulator.Emulator
        const done = new Set((yield* fulfillments).map(({ shipment_id }) => shipment_id))
        const { list } = yield* Outbox.Outbox
        const { rows } = yield* list({ limit: 1000 })
        expect(rows.length).toBe(60)
        for (const { input, state } of rows) {
          expect(done.has(input.shipment_id)).toBe(state === "fulfilled")
        }
        expect(yield* toldTwice).toEqual([])
      }).pipe(Effect.provide(fully({
        faults: [
          { endpoint: "create", nth: 1, action: { _tag: "RefuseConnection" } },
          { endpoint: "create", nth: 3, action: { _tag: "Reset", commits: 2 } },
          { endpoint: "create", nth: 5, action: { _tag: "RawBody", status: 502, commits: 4 } }
        ]
      }))))

    it.effect("the tables can be made by several processes at once, and again", () =>
      Effect.gen(function*() {
        const one = Layer.build(Layer.fresh(store("outbox_migrated_")))
        const stores = yield* Effect.all([one, one, one], { concurrency: "unbounded" })
        yield* one
        for (const context of stores) {
          const { counts } = Context.get(context, OutboxStore.OutboxStore)
          expect(yield* counts("all")).toEqual([])
        }
      }).pipe(Effect.scoped))
  })

suite("SQLite", SqliteClient.layer({ filename: file }), (prefix, poll) => OutboxStoreSql.layer({ prefix, poll }))

suite<PgClient.PgClient>("Postgres", Postgres.layer, (prefix, poll) => OutboxStorePg.layer({ prefix, poll }))

it.effect("a client that changes names changes nothing here", () =>
  Effect.gen(function*() {
    const store = yield* OutboxStore.OutboxStore
    const input = fresh()
    const offer = store.offer("default", [{ index: 0, input }])
    expect((yield* offer).map(({ _tag }) => _tag)).toEqual(["Accepted"])
    const { rows: [row] } = yield* store.list({ limit: 1 })
    yield* store.discard(row?.id ?? 0)
    yield* TestClock.adjust("1 minute")
    expect(yield* store.prune(Duration.seconds(1))).toBe(1)
    expect((yield* offer).map(({ _tag }) => _tag)).toEqual(["Refused"])
  }).pipe(Effect.provide(
    OutboxStoreSql.layer().pipe(Layer.provide(SqliteClient.layer({
      filename: ":memory:",
      transformResultNames: String.snakeToCamel,
      transformQueryNames: String.camelToSnake
    })))
  )))

it.effect("SQLite waits for the disk, although the file was opened with a write-ahead log before", () => {
  const pragma = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA synchronous`)
  const client = SqliteClient.layer({ filename: join(mkdtempSync(join(tmpdir(), "outbox-sqlite-")), "wal.db") })
  return Effect.gen(function*() {
    yield* Effect.provide(pragma, client)
    expect(yield* Effect.provide(pragma, client)).toEqual([{ synchronous: 1 }])
    const withOutbox = Layer.provideMerge(OutboxStoreSql.layer(), client)
    expect(yield* Effect.provide(pragma, withOutbox)).toEqual([{ synchronous: 2 }])
  })
})
