import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import Database from "better-sqlite3"
import { Effect, Layer, ManagedRuntime } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Case } from "../runner.js"
import { run, sqlite } from "./databases.js"
import { freshMany } from "./parts.js"

const byHand = "an order and INSERTs, @effect/sql"
const natively = "an order and INSERTs, better-sqlite3"
const ours = "an order and offer"

const tables = [
  "CREATE TABLE orders (id TEXT PRIMARY KEY)",
  "CREATE TABLE rows (id INTEGER PRIMARY KEY, shipment_id TEXT UNIQUE, state TEXT, created_at INTEGER, input TEXT)",
  "CREATE INDEX rows_state ON rows (state)"
]

type Inputs = ReturnType<typeof freshMany>

/** What a careful person would write: a row for each, that is there once, stored together with the order. */
const openNatively = () => {
  const directory = mkdtempSync(join(tmpdir(), "by-hand-"))
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }))
  const database = new Database(join(directory, "by-hand.db"))
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  for (const table of tables) database.exec(table)
  const insertOrder = database.prepare("INSERT INTO orders VALUES (?)")
  const insertRow = database.prepare(
    "INSERT INTO rows (shipment_id, state, created_at, input) VALUES (?, 'pending', ?, ?) ON CONFLICT DO NOTHING"
  )
  return database.transaction((inputs: Inputs) => {
    insertOrder.run(inputs[0]?.shipment_id)
    for (const input of inputs) insertRow.run(input.shipment_id, Date.now(), JSON.stringify(input))
  })
}

/** The same as an Effect. */
const openByHand = async () => {
  const runtime = ManagedRuntime.make(sqlite)
  const sql = await runtime.runPromise(SqlClient.SqlClient)
  await runtime.runPromise(run("PRAGMA synchronous = FULL", ...tables))
  const insert = (inputs: Inputs) =>
    Effect.zipRight(
      sql`INSERT INTO orders VALUES (${inputs[0]?.shipment_id})`,
      sql`INSERT INTO rows ${
        sql.insert(inputs.map((input) => ({
          shipment_id: input.shipment_id,
          state: "pending",
          created_at: Date.now(),
          input: JSON.stringify(input)
        })))
      } ON CONFLICT DO NOTHING`
    )
  return (inputs: Inputs) => runtime.runPromise(sql.withTransaction(insert(inputs)))
}

const openOurs = async () => {
  const runtime = ManagedRuntime.make(
    Layer.provideMerge(Layer.provideMerge(Outbox.layer, OutboxStoreSql.layer()), sqlite)
  )
  const sql = await runtime.runPromise(SqlClient.SqlClient)
  const { offer } = await runtime.runPromise(Outbox.Outbox)
  await runtime.runPromise(sql`CREATE TABLE orders (id TEXT PRIMARY KEY)`)
  return (inputs: Inputs) =>
    runtime.runPromise(
      sql.withTransaction(Effect.zipRight(sql`INSERT INTO orders VALUES (${inputs[0]?.shipment_id})`, offer(inputs)))
    )
}

export const offers = async (quick: boolean): Promise<ReadonlyArray<Case>> => {
  const [runByHand, runNatively, runOurs] = [await openByHand(), openNatively(), await openOurs()]

  const makeCase = (size: number, floor: number): Case => {
    const contender = (send: (inputs: Inputs) => unknown) => () => {
      const inputs = freshMany(size)
      return () => Promise.resolve(send(inputs))
    }
    return {
      title: `${size === 1 ? "1 row" : `${size} rows`} a transaction, SQLite`,
      concurrency: 1,
      contenders: new Map([
        [byHand, contender(runByHand)],
        [natively, contender(runNatively)],
        [ours, contender(runOurs)]
      ]),
      floors: new Map([[ours, floor]])
    }
  }
  return [makeCase(1, 0.2), ...(quick ? [] : [makeCase(100, 0.11)])]
}
