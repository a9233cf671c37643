/** What others do to the database, its settings and the programs around it: rows come and go, and nobody is mailed twice. */
import { Outbox, OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { SqlClient, type SqlError } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { Cause, type ConfigError, Duration, Effect, Exit, Layer, Logger, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { makeTransaction } from "../src/internal/sql/transaction.js"
import * as Postgres from "./postgres.js"
import { are, fresh, freshMany, outbox, soon, told, toldTwice, working } from "./support.js"

/** What is logged. */
const logging = (into: Array<string>) =>
  Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => into.push(String(message))))

/** As a worker does that sends all that waits. */
const claimAll = Effect.gen(function*() {
  const store = yield* OutboxStore.OutboxStore
  const [account, lease] = ["default", Duration.minutes(1)] as const
  const { rows, token } = yield* store.claim({ account, worker: "me", lease, limit: 10 })
  const ids = rows.map(({ id }) => id)
  yield* store.intend({ ids, token }, { account, lease, sendFor: lease })
  return { ids, token }
})

const reject = (ids: ReadonlyArray<number>, token: string, message: string) =>
  Effect.flatMap(OutboxStore.OutboxStore, ({ settle }) => {
    const ended = { _tag: "Rejected", error: { _tag: "Rejected", message } } as const
    return settle(token, ids.map((id) => ({ id, ended })), { resendAfter: 0, nextLook: () => 0 })
  })

const suite = (name: string, client: Layer.Layer<SqlClient.SqlClient, ConfigError.ConfigError | SqlError.SqlError>) =>
  layer(client, { excludeTestServices: true })(name, (it) => {
    let last = 0
    /** Tables of a prefix of their own. */
    const given = () => {
      const prefix = `outsiders_${++last}_`
      return { rows: `${prefix}rows`, progress: `${prefix}progress`, layer: outbox(OutboxStoreSql.layer({ prefix })) }
    }

    it.effect("a worker doesn't start inside of a transaction, that would take back what it wrote down", () => {
      const { layer } = given()
      return Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { offer } = yield* Outbox.Outbox
        const exit = yield* Effect.exit(
          sql.withTransaction(Effect.zipRight(offer([fresh()]), working()(soon(are({ fulfilled: 1 })))))
        )
        expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain(
          "A worker can't start in a transaction"
        )
        expect((yield* told).size).toBe(0)
      }).pipe(Effect.provide(layer))
    })

    it.effect("what was offered may be deleted by hand, in any state: the others go on", () => {
      const { layer, progress, rows } = given()
      return Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const outbox = yield* Outbox.Outbox
        const store = yield* OutboxStore.OutboxStore
        const remove = sql`DELETE FROM ${sql(rows)}`
        // those that are claimed and on their way
        yield* outbox.offer(freshMany(3))
        yield* claimAll
        yield* sql`UPDATE ${sql(progress)} SET claimed_until = 1`
        // those that have ended
        yield* outbox.offer(freshMany(2))
        for (const { id } of (yield* outbox.list({ states: ["pending"] })).rows) yield* outbox.discard(id)
        // those that wait
        yield* outbox.offer(freshMany(101))
        yield* remove
        const logged: Array<string> = []
        const kept = fresh()
        yield* outbox.offer([kept])
        yield* soon(Effect.map(told, ({ size }) => size > 0)).pipe(working(), Effect.provide(logging(logged)))
        yield* store.expire
        expect(yield* outbox.openCounts).toEqual([])
        expect(logged).toContain("The outbox has rows that can't be read")
        expect([...yield* told]).toEqual([[kept.shipment_id, 1]])
        expect(yield* outbox.prune(0)).toBe(1)
        // what had ended stands in nobody's way
        expect((yield* sql`SELECT id FROM ${sql(progress)}`).length).toBe(2)
      }).pipe(Effect.provide(layer))
    })

    it.effect("rows that can't be read keep no others from being pruned", () => {
      const { layer, rows } = given()
      return Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const outbox = yield* Outbox.Outbox
        yield* outbox.offer(freshMany(520))
        for (const { id } of (yield* outbox.list({ limit: 520 })).rows) yield* outbox.discard(id)
        yield* sql`UPDATE ${sql(rows)} SET carrier_code = 'UPS Ground' WHERE id <= 505`
        expect(yield* outbox.prune(0).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))).toBe(15)
      }).pipe(Effect.provide(layer))
    })

    it.effect("a row that is only half there is refused as one that can't be read, and keeps no other out", () => {
      const { layer, rows } = given()
      return Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { offer } = yield* Outbox.Outbox
        const [half, whole] = [fresh(), fresh()]
        yield* offer([half])
        yield* sql`DELETE FROM ${sql(rows.replace("rows", "progress"))}`
        expect(yield* offer([half, whole, half])).toMatchObject([
          { _tag: "Refused", index: 0, reason: "unreadable" },
          { _tag: "Accepted", index: 1 },
          { _tag: "Refused", index: 2, reason: "unreadable" }
        ])
      }).pipe(Effect.provide(layer))
    })

    it.effect("a row that somebody spoils while it is sent keeps no other from being settled, and its batch ends", () => {
      const { layer, rows } = given()
      return Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { list, offer, retry } = yield* Outbox.Outbox
        yield* offer(freshMany(2))
        const { ids, token } = yield* claimAll
        yield* sql`UPDATE ${sql(rows)} SET carrier_code = 'UPS Ground' WHERE id = ${ids[0] ?? 0}`
        const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))
        const lost = yield* quiet(reject(ids, token, "no"))
        expect(lost).toEqual([ids[0]])
        expect((yield* quiet(list())).rows.map(({ id, state }) => [id, state])).toEqual([[ids[1], "rejected"]])
        // and what can't be read isn't "not found"
        expect(yield* quiet(Effect.flip(retry(ids[0] ?? 0)))).toMatchObject({ _tag: "OutboxStoreError" })
      }).pipe(Effect.provide(layer))
    })

    it.effect("a tracking number that no index holds is taken, sent and found", () => {
      const { layer } = given()
      return Effect.gen(function*() {
        const { list, offer } = yield* Outbox.Outbox
        const long = fresh({ tracking_number: randomBytes(6_000).toString("base64") })
        yield* offer([fresh(), long, fresh()])
        yield* soon(are({ fulfilled: 3 })).pipe(working())
        const { rows } = yield* list({ trackingNumber: long.tracking_number })
        expect(rows.map(({ input }) => input.shipment_id)).toEqual([long.shipment_id])
        expect(yield* toldTwice).toEqual([])
      }).pipe(Effect.provide(layer))
    })

    it.effect("a message is found by what it says, whatever its letters", () => {
      const { layer } = given()
      return Effect.gen(function*() {
        const { list, offer } = yield* Outbox.Outbox
        yield* offer([fresh()])
        const { ids, token } = yield* claimAll
        yield* reject(ids, token, "Größe ÜBER dem Limit: 100% !_")
        yield* offer([fresh()])
        for (const message of ["Größe ÜBER dem", "ÜBER DEM limit", "100%", "% !_", "!"]) {
          expect((yield* list({ message })).rows.map(({ id }) => id)).toEqual(ids)
        }
        for (const message of ["100_", "x%", "!!"]) expect((yield* list({ message })).rows).toEqual([])
      }).pipe(Effect.provide(layer))
    })

    it.effect.each<readonly [string, unknown]>([["no number", NaN], ["no text of one", "soon"], ["below zero", -1]])(
      "pruning what ended %s ago is a defect, and removes nothing",
      ([, olderThan]) => {
        const { layer } = given()
        return Effect.gen(function*() {
          const { discard, list, offer, prune, verify } = yield* Outbox.Outbox
          yield* offer([fresh()])
          for (const { id } of (yield* list()).rows) yield* discard(id)
          // @ts-expect-error from JavaScript
          const exits = [yield* Effect.exit(prune(olderThan)), yield* Effect.exit(verify({ within: olderThan }))]
          for (const exit of exits) {
            expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toMatch(/must be a finite duration, not/)
          }
          expect((yield* list()).rows.length).toBe(1)
        }).pipe(Effect.provide(layer))
      }
    )

    it.effect.each([null, undefined, "x", 5, []].map((wrong) => [wrong] as const))(
      "what is no input is refused, and keeps no other out: %j",
      ([wrong]) => {
        const { layer } = given()
        return Effect.gen(function*() {
          const { offer } = yield* Outbox.Outbox
          // @ts-expect-error from JavaScript
          expect((yield* offer([wrong, fresh()])).map(({ _tag }) => _tag)).toEqual(["Refused", "Accepted"])
        }).pipe(Effect.provide(layer))
      }
    )
  })

suite("SQLite", SqliteClient.layer({ filename: ":memory:" }))

suite("Postgres", Postgres.layer)

it.effect.each(["", " "])("a SQLite file without a name is no file: %j", (filename) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Effect.scoped(Layer.build(OutboxSqlite.layer({ filename }))))
    expect(error.message).toBe("The file can't be opened: no file is named")
  }))

layer(Postgres.layerServer, { excludeTestServices: true })("settings of Postgres", (it) => {
  it.effect("that may lose what was committed don't count for what a worker writes down", () =>
    Effect.gen(function*() {
      const { port } = yield* Postgres.Server
      const url = yield* Postgres.create(port, "careless")
      yield* Effect.gen(function*() {
        const sql = yield* PgClient.PgClient
        const current = Effect.map(sql`SHOW synchronous_commit`, ([row]) => row)
        yield* sql`SET synchronous_commit = off`
        expect(yield* makeTransaction(sql)(Effect.orDie(current))).toEqual({ synchronous_commit: "on" })
        expect(yield* current).toEqual({ synchronous_commit: "off" })
        yield* sql`SET synchronous_commit = remote_apply`
        expect(yield* makeTransaction(sql)(Effect.orDie(current))).toEqual({ synchronous_commit: "remote_apply" })
      }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })))
    }))

  it.effect("an encoding that can't hold what ShipStation says is refused", () =>
    Effect.gen(function*() {
      const { port } = yield* Postgres.Server
      const admin = PgClient.layer({ url: Redacted.make(Postgres.url(port)) })
      yield* Effect.flatMap(
        PgClient.PgClient,
        (sql) => sql`CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`
      ).pipe(Effect.provide(admin))
      const client = PgClient.layer({ url: Redacted.make(Postgres.url(port, "latin")) })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(OutboxStoreSql.layer(), client))))
      expect(error).toMatchObject({
        _tag: "OutboxStoreError",
        message:
          "Failed to execute statement: character with byte sequence 0xe2 0x86 0x92 in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\""
      })
    }))
})
