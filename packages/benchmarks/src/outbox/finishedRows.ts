import { SqlClient } from "@effect/sql"
import { DateTime, Effect } from "effect"
import { run } from "./databases.js"

/** When the first of them ended, and how many milliseconds after it the next. */
export const firstFinished = DateTime.unsafeMake("2025-01-01")
export const apart = 100

const requestId = "aa3d8e8e-462b-4476-9618-72db7f7b7009"

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
    const moment = DateTime.toEpochMillis(firstFinished)
    for (let from = 1; from <= count; from += step) {
      const to = Math.min(from + step - 1, count)
      yield* run(
        // the numbers of rows that are added otherwise are smaller
        `INSERT INTO ${prefix}rows (account, shipment_id, tracking_number, carrier_code, notify_customer)
          SELECT 'default', 'se-' || (9000000000 + i), '1Z12345E' || (9000000000 + i), 'ups', 1
          FROM (${numbers(from, to)}) AS numbers`,
        `INSERT INTO ${prefix}progress (id, account, created_at, failures, read_back_first, resend_when_absent, was_fulfilled,
            token, attempts, updated_at, started_at, send_before, state, request_id)
          SELECT id, 'default', ${moment}, 0, 0, 0, 0, 'mfk2z1c8-abcdef-ghijkl', 1,
            ${moment} + ${apart} * (CAST(substr(shipment_id, 4) AS BIGINT) - 9000000000), ${moment}, ${moment}, 'fulfilled',
            '${requestId}'
          FROM ${prefix}rows WHERE id > (SELECT coalesce(max(id), 0) FROM ${prefix}progress)`,
        `INSERT INTO ${prefix}history (row_id, at, from_state, to_state, actor, started_at, request_id)
          SELECT id, updated_at, 'sending', 'fulfilled', 'worker:worker-1', started_at, request_id FROM ${prefix}progress
          WHERE updated_at BETWEEN ${moment + apart * from} AND ${moment + apart * to} AND due_at IS NULL`
      )
    }
    // as it does by itself after a while
    yield* run("ANALYZE")
  })
