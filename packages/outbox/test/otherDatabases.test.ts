/** Two databases in one program: `SqlClient` keeps the current transaction in one place for all of them. */
import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import * as Postgres from "./postgres.js"
import { fresh } from "./support.js"

type Client = Layer.Layer<SqlClient.SqlClient, unknown>

/** A database with an outbox. */
const tenant = (client: Client) =>
  Effect.map(
    Layer.build(Layer.fresh(Layer.provideMerge(Outbox.layer, Layer.provideMerge(OutboxStoreSql.layer(), client)))),
    (context) => ({ sql: Context.get(context, SqlClient.SqlClient), outbox: Context.get(context, Outbox.Outbox) })
  )

const refusedInside = (one: Client, other: Client) =>
  Effect.gen(function*() {
    const [a, b] = [yield* tenant(one), yield* tenant(other)]
    const inA = <A, E>(self: Effect.Effect<A, E>) => Effect.either(a.sql.withTransaction(self))
    const error = { left: { _tag: "OutboxStoreError", uncertain: false } }
    expect(yield* inA(b.outbox.offer([fresh()]))).toMatchObject(error)
    expect(yield* inA(b.outbox.list())).toMatchObject(error)
    expect(yield* inA(b.outbox.counts)).toMatchObject(error)
    expect(yield* inA(b.outbox.accounts)).toMatchObject(error)
    expect(yield* inA(b.outbox.pause())).toMatchObject(error)
    expect((yield* a.outbox.list()).rows).toEqual([])
    expect((yield* b.outbox.list()).rows).toEqual([])

    // each in its own
    yield* inA(a.outbox.offer([fresh()]))
    yield* b.sql.withTransaction(b.outbox.offer([fresh()]))
    expect((yield* a.outbox.list()).rows.length).toBe(1)
    expect((yield* b.outbox.list()).rows.length).toBe(1)
  }).pipe(Effect.scoped)

const sqlite: Client = SqliteClient.layer({ filename: ":memory:" })

it.effect("SQLite: an offer inside of another's transaction is refused", () => refusedInside(sqlite, sqlite))

layer(Postgres.layerServer, { excludeTestServices: true })("Postgres", (it) => {
  it.effect("an offer inside of another's transaction is refused", () =>
    Effect.gen(function*() {
      const { port } = yield* Postgres.Server
      const client = (database: string): Client =>
        PgClient.layer({ url: Redacted.make(Postgres.url(port, database)), maxConnections: 3 })
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        for (const name of ["one", "two", "three", "four"]) yield* sql`CREATE DATABASE ${sql(name)}`
      }).pipe(Effect.provide(client("postgres")))
      yield* refusedInside(client("one"), client("two"))
      yield* refusedInside(client("three"), sqlite)
      yield* refusedInside(sqlite, client("four"))
    }))
})
