import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import Database from "better-sqlite3"
import { Effect, Layer, ManagedRuntime } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Case } from "../runner.js"
import { sqlite } from "./databases.js"
import { freshMany } from "./parts.js"

const byHand = "an order and INSERTs, better-sqlite3"
const ours = "an order and offer"

/** Beside what a careful person would write: a row for each, that is there once, stored together with the order. */
export const offers = async (quick: boolean): Promise<ReadonlyArray<Case>> => {
  const directory = mkdtempSync(join(tmpdir(), "by-hand-"))
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }))
  const database = new Database(join(directory, "by-hand.db"))
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec(`
    CREATE TABLE orders (id TEXT PRIMARY KEY);
    CREATE TABLE rows (id INTEGER PRIMARY KEY, shipment_id TEXT UNIQUE, state TEXT, created_at INTEGER, input TEXT);
    CREATE INDEX rows_state ON rows (state);
  `)
  const insertOrder = database.prepare("INSERT INTO orders VALUES (?)")
  const insertRow = database.prepare(
    "INSERT INTO rows (shipment_id, state, created_at, input) VALUES (?, 'pending', ?, ?) ON CONFLICT DO NOTHING"
  )
  const runByHand = database.transaction((inputs: ReturnType<typeof freshMany>) => {
    insertOrder.run(inputs[0]?.shipment_id)
    for (const input of inputs) insertRow.run(input.shipment_id, Date.now(), JSON.stringify(input))
  })

  const runtime = ManagedRuntime.make(
    Layer.provideMerge(Layer.provideMerge(Outbox.layer, OutboxStoreSql.layer()), sqlite)
  )
  const sql = await runtime.runPromise(SqlClient.SqlClient)
  const { offer } = await runtime.runPromise(Outbox.Outbox)
  await runtime.runPromise(sql`CREATE TABLE orders (id TEXT PRIMARY KEY)`)
  const runOurs = (inputs: ReturnType<typeof freshMany>) =>
    runtime.runPromise(
      sql.withTransaction(Effect.zipRight(sql`INSERT INTO orders VALUES (${inputs[0]?.shipment_id})`, offer(inputs)))
    )

  type Contender = () => () => Promise<unknown>

  const makeCase = (size: number, floor: number): Case => ({
    title: `${size === 1 ? "1 row" : `${size} rows`} a transaction, SQLite`,
    concurrency: 1,
    contenders: new Map<string, Contender>([
      [byHand, () => {
        const inputs = freshMany(size)
        return () => Promise.resolve(runByHand(inputs))
      }],
      [ours, () => {
        const inputs = freshMany(size)
        return () => runOurs(inputs)
      }]
    ]),
    floors: new Map([[ours, floor]])
  })
  return [makeCase(1, 0.1), ...(quick ? [] : [makeCase(100, 0.05)])]
}
