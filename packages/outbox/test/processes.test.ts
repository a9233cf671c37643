/** Several processes, real ones, that use the same database at the same moment. */
import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient, type SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, layer } from "@effect/vitest"
import { type ConfigError, Context, Effect, Layer, Logger } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Postgres from "./postgres.js"
import { are, freshMany, outbox, readBackQuickly, soon, told, toldTwice, working } from "./support.js"

/** Waits until it is ready for the first of what it is to do; then it does one after the other, when it is told to. */
const start = (database: string, prefix: string, ...things: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const program = fileURLToPath(new URL("../node_modules/.programs/process.js", import.meta.url))
      const child = fork(program, [database, prefix, ...things], { execArgv: [] })
      await once(child, "message")
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  ).pipe(Effect.map((child) =>
    Effect.promise(async () => {
      child.send("go")
      const [result] = await once(child, "message")
      return result
    })
  ))

class Database extends Context.Tag("Database")<Database, string>() {}

const suite = <E>(
  name: string,
  database: Layer.Layer<Database | SqlClient.SqlClient, E>
) =>
  layer(database, { excludeTestServices: true })(name, (it) => {
    it.effect("make the tables once, and one row of a shipment that all of them offer", () =>
      Effect.gen(function*() {
        const prefix = "processes_"
        const url = yield* Database
        const processes = yield* Effect.replicateEffect(start(url, prefix, "tables", "offers"), 3, { concurrency: 3 })
        const all = Effect.all(processes, { concurrency: 3 })
        expect(yield* all).toEqual([[], [], []])
        const answers = yield* all
        for (let number = 0; number < 40; number++) {
          const tags = answers.map((tags) => tags[number]).toSorted()
          expect(tags).toEqual(["Accepted", "Duplicate", "Duplicate"])
        }
        const sql = yield* SqlClient.SqlClient
        expect(yield* sql`SELECT migration_id FROM ${sql(`${prefix}migrations`)}`).toEqual(
          [1, 2, 3, 4, 5].map((migration_id) => ({ migration_id }))
        )
        const { counts } = Context.get(
          yield* Layer.build(Layer.provide(Outbox.layer, OutboxStoreSql.layer({ prefix }))),
          Outbox.Outbox
        )
        expect(yield* counts).toMatchObject([{ state: "pending", count: 40 }])
      }).pipe(Effect.scoped))
  })

const file = join(mkdtempSync(join(tmpdir(), "outbox-processes-")), "outbox.db")

const onFile: Layer.Layer<Database | SqlClient.SqlClient | SqliteClient.SqliteClient, ConfigError.ConfigError> = Layer
  .merge(SqliteClient.layer({ filename: file }), Layer.succeed(Database, file))

suite("SQLite", onFile)

suite<SqlError.SqlError | ConfigError.ConfigError>(
  "Postgres",
  Layer.provide(
    Layer.merge(
      Postgres.layerClient,
      Layer.effect(Database, Effect.map(Postgres.Server, ({ port }) => Postgres.url(port)))
    ),
    Postgres.layerServer
  )
)

layer(onFile, { excludeTestServices: true })("SQLite", (it) => {
  it.effect("that another process has locked for long: what fails says so, and the worker goes on afterwards", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { offer } = yield* Outbox.Outbox
      // nothing else of this process happens while a call waits for the lock
      yield* sql`PRAGMA busy_timeout = 50`
      const lock = yield* start(file, "locked_", "lock")
      yield* offer(freshMany(20))
      expect(yield* lock).toEqual([])
      const error = yield* Effect.flip(offer(freshMany(1)))
      expect(error).toMatchObject({ _tag: "OutboxStoreError", uncertain: false })
      expect(error.message).toMatch("database is locked")
      expect((yield* told).size).toBe(0)
      yield* soon(are({ fulfilled: 20 })).pipe(working())
      expect((yield* told).size).toBe(20)
      expect(yield* toldTwice).toEqual([])
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(
        outbox(OutboxStoreSql.layer({ prefix: "locked_" }), {}, readBackQuickly),
        Logger.remove(Logger.defaultLogger)
      ))
    ))
})
