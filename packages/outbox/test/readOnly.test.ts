/** Who only looks needs no right to write: of a file that can't be written to, or as a role that may only read. */
import { Outbox, OutboxStoreSql, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Stream } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "./postgres.js"
import { freshMany } from "./support.js"

type Client = Layer.Layer<SqlClient.SqlClient, unknown>

const on = (client: Client) =>
  Layer.fresh(Layer.provideMerge(Outbox.layer, Layer.provideMerge(OutboxStoreSql.layer(), client)))

const inputs = freshMany(3)

const fill = Effect.gen(function*() {
  const { discard, offer, pause } = yield* Outbox.Outbox
  yield* offer(inputs)
  yield* discard(1)
  yield* pause()
})

const look = Effect.gen(function*() {
  const { accounts, counts, find, get, list, listAll, offer, openCounts } = yield* Outbox.Outbox
  expect((yield* counts).map(({ count, state }) => `${count} ${state}`).toSorted()).toEqual([
    "1 discarded",
    "2 pending"
  ])
  expect((yield* openCounts).map(({ count, state }) => `${count} ${state}`)).toEqual(["2 pending"])
  expect((yield* list({ states: ["pending"] })).rows.length).toBe(2)
  expect((yield* list({ orderSource: "notNotified" })).rows).toEqual([])
  expect((yield* Stream.runCollect(listAll())).length).toBe(3)
  const { history, row } = yield* get(1)
  expect(row.state).toBe("discarded")
  expect(history.length).toBe(1)
  expect((yield* find(inputs.map(({ shipment_id }) => shipment_id))).size).toBe(3)
  expect((yield* accounts).map(({ account, paused }) => [account, paused?.by._tag])).toEqual([["default", "Operator"]])
  const limiter = yield* RateLimiterStoreSql.make()
  expect((yield* limiter.state({ account: "default", window: Duration.minutes(1) })).used).toBe(0)
  // or this would test nothing
  expect((yield* Effect.flip(offer(freshMany(1))))._tag).toBe("OutboxStoreError")
})

it.live("SQLite: a file that was opened for reading only", () =>
  Effect.gen(function*() {
    const filename = join(mkdtempSync(join(tmpdir(), "outbox-read-")), "outbox.db")
    yield* Effect.provide(fill, on(SqliteClient.layer({ filename })))
    yield* Effect.provide(look, on(SqliteClient.layer({ filename, readonly: true, disableWAL: true })))
  }))

layer(Postgres.layerServer, { excludeTestServices: true })("Postgres", (it) => {
  it.effect("a role that may only read", () =>
    Effect.gen(function*() {
      const { port } = yield* Postgres.Server
      const owner = PgClient.layer({ url: Redacted.make(Postgres.url(port)) })
      yield* Effect.provide(fill, on(owner))
      yield* Effect.provide(
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE ROLE reader LOGIN PASSWORD 'reads'`
          yield* sql`GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`
        }),
        owner
      )
      const reader = PgClient.layer({ url: Redacted.make(`postgres://reader:reads@127.0.0.1:${port}/postgres`) })
      yield* Effect.provide(look, on(reader))
    }))
})
