/** A database, and all that a program with an outbox needs of it, as one layer. In real time. */
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, type OutboxStore, OutboxWorker } from "@effect-shipstation/outbox"
import * as OutboxPostgres from "@effect-shipstation/outbox/OutboxPostgres"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { SqlClient } from "@effect/sql"
import { expect, it, layer } from "@effect/vitest"
import { Config, ConfigProvider, Context, Duration, Effect, Layer, Redacted } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { cannotOpen } from "../src/internal/sql/cannotOpen.js"
import * as Postgres from "./postgres.js"
import { are, emulator, fresh, soon, told } from "./support.js"

/** Offers in a transaction, and waits until it is sent. */
const program = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { offer } = yield* Outbox.Outbox
  const input = fresh()
  yield* sql`CREATE TABLE packed (shipment_id TEXT PRIMARY KEY)`
  yield* sql.withTransaction(
    Effect.zipRight(sql`INSERT INTO packed VALUES (${input.shipment_id})`, offer([input]))
  )
  yield* soon(are({ fulfilled: 1 }))
  expect((yield* told).get(input.shipment_id)).toBe(1)
  const names = yield* tables
  expect(names.filter((name) => name.startsWith("shop_")).length).toBeGreaterThan(5)
  // the limit is kept in the database
  const { state } = yield* RateLimiter.RateLimiterStore
  expect((yield* state({ account: "default", window: Duration.minutes(1) })).used).toBeGreaterThan(0)
})

const tables = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql.onDialectOrElse({
      pg: () => sql<{ name: string }>`SELECT tablename AS name FROM pg_tables`,
      orElse: () => sql<{ name: string }>`SELECT name FROM sqlite_master`
    }),
    (rows) => rows.map(({ name }) => name)
  ))

type Database = Layer.Layer<
  Outbox.Outbox | OutboxStore.OutboxStore | RateLimiter.RateLimiterStore | SqlClient.SqlClient,
  unknown
>

const working = (database: Database) =>
  OutboxWorker.layer().pipe(
    Layer.provide(Accounts.layer),
    Layer.provide(Fulfillments.layer({ notify: { customer: true, orderSource: false } })),
    Layer.provide(ShipStationClient.layer),
    Layer.provide(RateLimiter.layer()),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey) })),
    Layer.provideMerge(Layer.merge(database, emulator()))
  )

const folder = () => mkdtempSync(join(tmpdir(), "outbox-layers-"))

const configured = (values: Record<string, string>) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(values))))

it.live("SQLite: a file name is all that it takes", () =>
  Effect.provide(program, working(OutboxSqlite.layer({ filename: join(folder(), "orders.db"), prefix: "shop_" }))))

it.live("SQLite: of a configuration", () =>
  Effect.provide(
    program,
    working(OutboxSqlite.layerConfig({ filename: Config.string("DATABASE"), prefix: Config.succeed("shop_") })).pipe(
      Layer.provide(configured({ DATABASE: join(folder(), "orders.db") }))
    )
  ))

it("SQLite: a driver that isn't built says what to do, and not where it looked", () => {
  const { message } = cannotOpen(new Error("Could not locate the bindings file. Tried:\n → /a/better_sqlite3.node"))
  expect(message).toContain("run `npm rebuild better-sqlite3`")
  expect(message).not.toContain("/a/")
})

it.live("SQLite: a file that can't be opened is an error that says so", () =>
  Effect.gen(function*() {
    const build = Layer.build(OutboxSqlite.layer({ filename: join(folder(), "none", "orders.db") }))
    const error = yield* Effect.flip(Effect.scoped(build))
    expect(error).toMatchObject({ _tag: "OutboxStoreError", uncertain: false })
    expect(error.message).toContain("The file can't be opened: Cannot open database")
  }))

it.live("SQLite: two files in one program are two outboxes", () =>
  Effect.gen(function*() {
    const outboxOf = (name: string) =>
      Effect.map(
        Layer.build(OutboxSqlite.layer({ filename: join(directory, name) })),
        (context) => Context.get(context, Outbox.Outbox)
      )
    const directory = folder()
    const [a, b] = [yield* outboxOf("a.db"), yield* outboxOf("b.db")]
    yield* a.offer([fresh()])
    expect([(yield* a.list()).rows.length, (yield* b.list()).rows.length]).toEqual([1, 0])
  }).pipe(Effect.scoped))

layer(Postgres.layerServer, { excludeTestServices: true })("Postgres", (it) => {
  it.effect("a URL is all that it takes", () =>
    Effect.flatMap(Postgres.Server, ({ port }) =>
      Effect.provide(
        program,
        working(OutboxPostgres.layerConfig({ url: Config.redacted("DATABASE_URL"), prefix: Config.succeed("shop_") }))
          .pipe(
            Layer.provide(configured({ DATABASE_URL: Postgres.url(port) }))
          )
      )))

  it.effect("a database that isn't there is an error that says so, without the password", () =>
    Effect.gen(function*() {
      const { port } = yield* Postgres.Server
      const url = Postgres.url(port, "none")
      const error = yield* Effect.flip(Effect.scoped(Layer.build(OutboxPostgres.layer({ url: Redacted.make(url) }))))
      expect(error).toMatchObject({ _tag: "OutboxStoreError", uncertain: false })
      expect(error.message).toContain("does not exist")
      expect(String(error)).not.toContain("pg-secret")
    }))
})
