/** A row of the outbox as the columns of its two tables: what was offered (`rows`), and what became of it (`progress`). */
import * as Effect from "effect/Effect"
import type { OutboxStoreError } from "../../OutboxError.js"
import { hasEnded, OutboxRow } from "../../OutboxRow.js"
import * as Codec from "./codec.js"
import { type Columns, unreadable } from "./tables.js"

/** An input, but the shipment's id. Texts are kept exactly, also those that no carrier has. */
export const inputColumns = {
  tracking_number: ["exact", "input.tracking_number"],
  carrier_code: ["exact", "input.carrier_code"],
  ship_date: ["text", "input.ship_date"],
  notify_customer: ["flag", "input.notify_customer"],
  notify_order_source: ["flag", "input.notify_order_source"]
} as const satisfies Columns

/** What was offered. It is written once, unless it is replaced. */
export const offeredColumns = {
  account: ["text", "account"],
  shipment_id: ["text", "input.shipment_id"],
  ...inputColumns
} as const satisfies Columns

/**
 * What became of it. The account is here too, as the indexes by which work is found begin with it. What changes together
 * stands together: Postgres logs the part of a row from the first to the last column that changes.
 */
export const progressColumns = {
  id: ["number", "id"],
  account: ["text", "account"],
  created_at: ["number", "createdAt"],
  failures: ["count", "failures"],
  read_back_first: ["flag", "readBackFirst"],
  resend_when_absent: ["flag", "resendWhenAbsent"],
  was_fulfilled: ["flag", "wasFulfilled"],
  // of its claim, or, where nobody has it, of the last one
  token: ["text", "claim.token"],
  worker: ["text", "claim.worker"],
  claimed_until: ["number", ""],
  attempts: ["count", "attempts"],
  updated_at: ["number", "updatedAt"],
  started_at: ["number", "attempt.startedAt"],
  send_before: ["number", "attempt.sendBefore"],
  state: ["text", "state"],
  due_at: ["number", ""],
  order_source: ["text", "orderSource.state"],
  request_id: ["text", "requestId"],
  looks: ["count", "absent.looks"],
  absent_since: ["number", "absent.since"],
  error_tag: ["text", "lastError._tag"],
  error_message: ["text", "lastError.message"],
  error_request_id: ["text", "lastError.requestId"],
  error_at: ["number", "lastError.at"],
  found_fulfillment_id: ["text", "found.fulfillment_id"],
  found_tracking_number: ["text", "found.tracking_number"],
  order_source_looked_at: ["number", "orderSource.lookedAt"],
  order_source_message: ["text", "orderSource.message"]
} as const satisfies Columns

const codec = Codec.make(
  OutboxRow,
  { ...offeredColumns, ...progressColumns, last_token: ["text", "lastToken"], due: ["number", "due"] },
  "a row"
)

/**
 * The columns of both tables. While a row is claimed, `due_at` keeps what it was, and `claimed_until` is when the row is due:
 * so neither a claim nor its renewal changes an index.
 */
export const toColumns = (row: OutboxRow): Effect.Effect<Codec.Stored, OutboxStoreError> =>
  Effect.map(codec.toColumns(row), (columns) => {
    columns["token"] ??= columns["last_token"]
    columns["claimed_until"] = row.claim === undefined ? null : columns["due"]
    columns["due_at"] = hasEnded(row) ? null : columns["due"]
    return columns
  })

/** Reads a row. */
export const toRow = (stored: Codec.Stored): Effect.Effect<OutboxRow, OutboxStoreError> => {
  if ((stored["unreadable"] ?? null) !== null) return Effect.fail(unreadable("a row"))
  const { token, worker } = stored
  return codec.fromColumns(stored, {
    token: worker === null ? null : token,
    last_token: worker === null ? token : null,
    due: stored["claimed_until"] ?? stored["due_at"] ?? stored["updated_at"]
  })
}
