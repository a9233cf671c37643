/** A database that an older version filled (`fixtures`) is read, and worked on. On both databases. */
import { Outbox, OutboxRow, OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Layer, Schema, Stream } from "effect"
import { copyFileSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Postgres from "./postgres.js"
import * as Second from "./versionTwo.js"

const copy = () => {
  const file = join(mkdtempSync(join(tmpdir(), "outbox-old-")), "outbox.sqlite")
  copyFileSync(fileURLToPath(new URL("fixtures/outbox-1.sqlite", import.meta.url)), file)
  return SqliteClient.layer({ filename: file })
}

const tables = ["migrations", "rows", "kept", "history", "evidence", "accounts", "limiter"]

/** The same rows in Postgres, where that version has the same tables. */
const moved = Layer.scopedDiscard(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { schema } = yield* Second.fixture
  yield* Effect.forEach(schema.postgres.filter((line) => !line.includes("not_told")), (line) => sql.unsafe(line))
  yield* sql`ALTER TABLE shipstation_outbox_rows DROP COLUMN order_source`
  const sqlite = Context.get(yield* Layer.build(copy()), SqlClient.SqlClient)
  for (const name of tables) {
    const table = `shipstation_outbox_${name}`
    for (const row of yield* sqlite`SELECT * FROM ${sqlite(table)}`) {
      yield* Second.insert(table, row)
    }
  }
}))

const suite = (name: string, client: Layer.Layer<SqlClient.SqlClient, unknown>) =>
  layer(
    Layer.provideMerge(Outbox.layer, Layer.provideMerge(OutboxStoreSql.layer(), client)),
    { excludeTestServices: true }
  )(name, (it) => {
    it.effect("its rows are there, whatever state they are in", () =>
      Effect.gen(function*() {
        const { listAll } = yield* Outbox.Outbox
        const rows = yield* Stream.runCollect(listAll())
        expect([...rows].map(({ input, state }) => [input.shipment_id, state])).toEqual([
          ["se-3", "fulfilled"],
          ["se-4", "rejected"],
          ["se-5", "sending"],
          ["se-6", "unknown"],
          ["se-7", "pending"],
          ["se-8", "discarded"],
          ["se-9", "pending"],
          ["se-10", "pending"],
          ["se-1", "pending"]
        ])
      }))

    it.effect("what ShipStation said is found, though it has characters that Postgres doesn't take", () =>
      Effect.gen(function*() {
        const { list } = yield* Outbox.Outbox
        const found = (message: string) => Effect.map(list({ message }), ({ rows }) => rows.map(({ id }) => id))
        expect(yield* found("and half")).toEqual([4])
        expect(yield* found("refused")).toEqual([7])
      }))

    it.effect("who did something is told", () =>
      Effect.gen(function*() {
        const { accounts, get } = yield* Outbox.Outbox
        const { history } = yield* get(5)
        expect(history.map(({ by }) => by)).toEqual([OutboxRow.worker("worker-1"), OutboxRow.operator])
        const paused = new Map((yield* accounts).map(({ account, paused }) => [account, paused?.by]))
        expect(paused.get("other")).toEqual(OutboxRow.operator)
        expect(paused.get("refused")).toEqual(OutboxRow.worker("worker-1"))
        expect((yield* get(6)).evidence.length).toBe(1)
      }))

    it.effect("what was pruned is recognised, and a pause of fifty years is over", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const { offer } = yield* Outbox.Outbox
        const input = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })
        expect((yield* offer([input(1), input(2)])).map(({ _tag }) => _tag)).toEqual(["Duplicate", "Requeued"])
        const lease = Duration.minutes(1)
        const { rows } = yield* store.claim({ account: "default", worker: "w", limit: 10, lease })
        expect(rows.length).toBeGreaterThan(0)
        // long ago
        expect(yield* store.expire).toBe(1)
        expect((yield* store.get(5)).row.state).toBe("unknown")
      }))
  })

suite("SQLite", copy())

suite("Postgres", Layer.provideMerge(moved, Postgres.layer))

it("an account that an older version suspects is suspect, and older versions read what this one writes", () => {
  const stored = { account: "a", distrustedSince: 1_000 }
  const account = Schema.decodeSync(OutboxStore.AccountState)(stored)
  expect(account.suspectSince).toEqual(DateTime.unsafeMake(1_000))
  expect(Schema.encodeSync(OutboxStore.AccountState)(account)).toEqual(stored)
})
