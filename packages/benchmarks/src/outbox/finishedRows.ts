import { OutboxRow } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { DateTime, Effect, Schema } from "effect"
import { run } from "./databases.js"

/** Stands for the number of a row. Those of rows that are added otherwise are smaller. */
const placeholder = "9777777777"

/** When the first of them ended, and how many milliseconds after it the next. */
export const firstFinished = DateTime.unsafeMake("2025-01-01")
export const apart = 100

const at = firstFinished

const row = Schema.encodeSync(Schema.parseJson(OutboxRow.OutboxRow.pipe(Schema.omit("id"))))({
  account: "default",
  input: {
    shipment_id: `se-${placeholder}`,
    tracking_number: `1Z12345E${placeholder}`,
    carrier_code: "ups",
    notify_customer: true
  },
  state: "fulfilled",
  attempts: 1,
  failures: 0,
  due: at,
  lastToken: "mfk2z1c8-abcdef-ghijkl",
  attempt: { startedAt: at, sendBefore: at },
  resendWhenAbsent: false,
  readBackFirst: false,
  createdAt: at,
  updatedAt: at
})

const entry = Schema.encodeSync(Schema.parseJson(OutboxRow.HistoryEntry))({
  at,
  from: "sending",
  to: "fulfilled",
  startedAt: at,
  by: OutboxRow.worker("worker-1"),
  requestId: "aa3d8e8e-462b-4476-9618-72db7f7b7009"
})

const step = 250_000

/** Rows that ended long ago, with what happened to them, as workers leave them: made by the database itself, so that it is quick. */
export const addFinishedRows = (prefix: string, count: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const numbers = sql.onDialectOrElse({
      pg: () => (from: number, to: number) => `SELECT generate_series(${from}, ${to}) AS i`,
      orElse: () => (from: number, to: number) =>
        `WITH RECURSIVE n(i) AS (VALUES (${from}) UNION ALL SELECT i + 1 FROM n WHERE i < ${to}) SELECT i FROM n`
    })
    const moment = DateTime.toEpochMillis(at)
    for (let from = 1; from <= count; from += step) {
      const to = Math.min(from + step - 1, count)
      yield* run(
        `INSERT INTO ${prefix}rows (account, shipment_id, tracking_number, state, due_at, created_at, updated_at, data)
          SELECT 'default', 'se-' || (9000000000 + i), '1Z12345E' || (9000000000 + i), 'fulfilled', NULL, ${moment},
            ${moment} + ${apart} * i, replace('${row}', '${placeholder}', CAST(9000000000 + i AS TEXT))
          FROM (${numbers(from, to)}) AS numbers`,
        `INSERT INTO ${prefix}history (row_id, data) SELECT id, '${entry}' FROM ${prefix}rows
          WHERE updated_at BETWEEN ${moment + apart * from} AND ${moment + apart * to} AND due_at IS NULL`
      )
    }
    // as it does by itself after a while
    yield* run("ANALYZE")
  })
