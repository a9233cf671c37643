/** A database of the version before plain columns becomes one of this version, with all that was in it. */
import { Outbox, OutboxRow, OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import * as Postgres from "./postgres.js"
import * as VersionTwo from "./versionTwo.js"

type Client = Layer.Layer<SqlClient.SqlClient, unknown, Postgres.Server>

const sqlite: Client = SqliteClient.layer({ filename: ":memory:" })

/** Each time another database. */
const postgres = (name: string): Client =>
  Layer.unwrapEffect(
    Effect.flatMap(Postgres.Server, ({ port }) =>
      Effect.map(Postgres.create(port, name), (url) => PgClient.layer({ url: Redacted.make(url) })))
  )

const onIt = Layer.provideMerge(Outbox.layer, OutboxStoreSql.layer())

/** Of what has ended the older version kept when it would have been due, and of an empty `found` that it was empty. */
const comparable = ({ found, ...row }: OutboxRow.OutboxRow) => ({
  ...row,
  due: OutboxRow.hasEnded(row) ? undefined : row.due,
  // while a row is claimed it isn't kept any more
  lastToken: row.claim === undefined ? row.lastToken : undefined,
  found: found?.fulfillment_id === undefined && found?.tracking_number === undefined ? undefined : found
})

layer(Postgres.layerServer, { excludeTestServices: true })("a database of older rows", (it) => {
  const databases = { SQLite: () => sqlite, Postgres: postgres }
  for (const [name, client] of Object.entries(databases)) {
    const fresh = (test: string) => Layer.fresh(client(test))

    it.effect(`${name}: has all that it had: rows, histories, evidence, accounts`, () =>
      Effect.gen(function*() {
        yield* VersionTwo.fill
        const { expected } = yield* VersionTwo.fixture
        yield* Effect.gen(function*() {
          const { accountHistory, accounts, get, listAll } = yield* Outbox.Outbox
          const rows = yield* Effect.forEach(yield* Stream.runCollect(listAll()), ({ id }) => get(id))
          const read = rows.map(({ row, ...rest }) => ({ row: comparable(row), ...rest }))
          expect(read).toEqual(expected.rows.map(({ row, ...rest }) => ({ row: comparable(row), ...rest })))
          expect(yield* accounts).toEqual(expected.accounts)
          const paused = expected.accounts.flatMap(({ account, paused }) =>
            paused === undefined ? [] : [{ account, isPaused: true, ...paused }]
          )
          expect(paused.length).toBeGreaterThan(1)
          expect(yield* Effect.forEach(paused, ({ account }) => accountHistory(account))).toEqual(
            paused.map((entry) => [entry])
          )
          expect(new Set(rows.map(({ row }) => row.state))).toEqual(new Set(OutboxRow.State.literals))
        }).pipe(Effect.provide(onIt))
      }).pipe(Effect.provide(fresh("has_all"))))

    it.effect(`${name}: still knows what was pruned, and what can't be read, and takes what is new`, () =>
      Effect.gen(function*() {
        yield* VersionTwo.fill
        yield* Effect.gen(function*() {
          const { find, list, offer } = yield* Outbox.Outbox
          const input = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })
          expect([...yield* find(["se-24", "se-25"], "pruned")].map(([, { _tag }]) => _tag)).toEqual([
            "Pruned",
            "Pruned"
          ])
          const broken = yield* find(["se-26", "se-27"], "broken")
          expect([...broken].map(([, { _tag }]) => _tag)).toEqual(["Unreadable", "Unreadable"])
          const answers = yield* offer([input(26), input(27), input(28)], { account: "broken" })
          expect(answers).toMatchObject([{ reason: "unreadable" }, { reason: "unreadable" }, { _tag: "Accepted" }])
          const { rows: [row] } = yield* list({ account: "broken" })
          expect(row?.id).toBe(27)
          const sql = yield* SqlClient.SqlClient
          // nothing of them is lost
          expect(yield* sql`SELECT unreadable FROM shipstation_outbox_rows WHERE shipment_id = 'se-26'`).toEqual([{
            unreadable: "{"
          }])
        }).pipe(Effect.provide(onIt))
      }).pipe(Effect.provide(fresh("still_knows"))))

    it.effect(`${name}: is worked on`, () =>
      Effect.gen(function*() {
        yield* VersionTwo.fill
        yield* Effect.gen(function*() {
          const store = yield* OutboxStore.OutboxStore
          const lease = Duration.minutes(1)
          // long ago, by now
          expect(yield* store.expire).toBe(1)
          const claim = yield* store.claim({ account: "default", worker: "w", limit: 100, lease })
          expect(claim.rows.length).toBeGreaterThan(3)
          expect((yield* store.claim({ account: "other", worker: "w", limit: 100, lease })).held).toBe("paused")
          const ids = claim.rows.map(({ id }) => id)
          yield* store.intend({ token: claim.token, ids }, { account: "default", sendFor: lease, lease })
          yield* store.settle(claim.token, ids.map((id) => ({ id, ended: { _tag: "Fulfilled" } })))
          expect((yield* store.list({ states: ["sending"], limit: 100 })).rows).toEqual([])
          yield* store.prune(Duration.zero)
          const left = (yield* store.list({ states: ["fulfilled"], limit: 100 })).rows
          expect(left.map(({ orderSource }) => orderSource?.state)).toEqual(["waiting", "waiting", "waiting"])
        }).pipe(Effect.provide(onIt))
      }).pipe(Effect.provide(fresh("worked_on"))))

    it.effect(`${name}: of which an account can't be read is left as it is, as a pause could get lost`, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* VersionTwo.fill
        yield* sql`UPDATE shipstation_outbox_accounts SET data = '{' WHERE account = 'other'`
        const before = yield* sql`SELECT * FROM shipstation_outbox_rows ORDER BY id`
        const error = yield* Effect.flip(Layer.build(Layer.fresh(OutboxStoreSql.layer())))
        expect(error).toMatchObject({ _tag: "OutboxStoreError", uncertain: false })
        expect(error.message).toContain("an account can't be read, and may be paused: {")
        expect(yield* sql`SELECT * FROM shipstation_outbox_rows ORDER BY id`).toEqual(before)
      }).pipe(Effect.scoped, Effect.provide(fresh("left"))))
  }

  it.effect("Postgres: waits for the transaction of an older worker, which then can't go on", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* VersionTwo.fill
      const table = sql.literal("shipstation_outbox_rows")
      const step = Effect.makeLatch
      const [locked, migrating] = [yield* step(), yield* step()]
      const worker = yield* Effect.fork(sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT id, data FROM ${table} WHERE id = 20 FOR UPDATE`
        yield* locked.open
        yield* migrating.await
        yield* sql`UPDATE ${table} SET data = replace(data, '"pending"', '"sending"'), state = 'sending' WHERE id = 20`
      })))
      yield* locked.await
      const build = yield* Effect.fork(Effect.scoped(Layer.build(Layer.fresh(onIt))))
      yield* Effect.repeat(
        sql<{ readonly n: number }>`SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted`,
        { until: ([row]) => (row?.n ?? 0) > 0 }
      )
      yield* migrating.open
      yield* Fiber.join(worker)
      yield* Fiber.join(build)
      const { get } = yield* Effect.provide(Outbox.Outbox, onIt)
      // what it had written by then counts
      expect((yield* get(20)).row.state).toBe("sending")
      // another such statement fails, and nothing is sent without it
      const late = yield* Effect.either(sql`UPDATE ${table} SET data = data, state = 'sending' WHERE id = 21`)
      expect(late._tag).toBe("Left")
      expect((yield* get(21)).row.state).toBe("pending")
      expect(DateTime.isDateTime((yield* get(21)).row.due)).toBe(true)
    }).pipe(Effect.provide(Layer.fresh(postgres("waits")))))
})
