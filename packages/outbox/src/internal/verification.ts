/**
 * Was the order source of a fulfilled row told? A fact about the row and not a state of it: whatever it is, nothing is sent.
 * Pure: time is given, nothing is stored.
 */
import * as DateTime from "effect/DateTime"
import type { HistoryEntry, OrderSource, OutboxRow, RowError } from "../OutboxRow.js"
import { worker } from "../OutboxRow.js"
import { storable } from "./text.js"

/**
 * What a look at the list shows of a fulfillment.
 *
 * @since 0.1.0
 * @category models
 */
export type Seen =
  | { readonly _tag: "Notified" }
  | { readonly _tag: "NotNotified"; readonly message?: string | undefined }
  /** Not on the pages that were read, which says nothing. */
  | { readonly _tag: "Unlisted" }
  /** It couldn't be looked at: again after so many milliseconds. */
  | { readonly _tag: "Failed"; readonly delay: number }

/**
 * A row after a look, and what is added to its history.
 *
 * @since 0.1.0
 * @category models
 */
export interface Verified {
  readonly row: OutboxRow & { readonly orderSource: OrderSource }
  readonly history: ReadonlyArray<HistoryEntry>
}

/** Looks begin at whole minutes, so that many rows are found on one page. */
const step = 60_000

const atStep = (millis: number): DateTime.Utc => DateTime.unsafeMake(Math.ceil(millis / step) * step)

/** The next of the moments at which it is looked, after the row was fulfilled. Undefined: there is none. */
const nextLook = (fulfilledAt: DateTime.Utc, now: DateTime.Utc, after: ReadonlyArray<number>) =>
  after.map((delay) => atStep(DateTime.toEpochMillis(fulfilledAt) + delay)).find(DateTime.greaterThan(now))

/** Would a look that doesn't find it told be the last one? */
export const isLastVerification = (
  { updatedAt }: OutboxRow,
  now: DateTime.Utc,
  after: ReadonlyArray<number>
): boolean => nextLook(updatedAt, now, after) === undefined

/** For a row that is fulfilled now. Nothing where it isn't looked for, or isn't to be told. */
export const toVerify = (
  { due, input }: OutboxRow,
  now: DateTime.Utc,
  after: ReadonlyArray<number> | undefined
): Pick<OutboxRow, "due" | "orderSource"> => {
  const first = after === undefined || input.notify_order_source === false ? undefined : nextLook(now, now, after)
  return first === undefined ? { due, orderSource: undefined } : { due: first, orderSource: { state: "waiting" } }
}

/** An operator asks for a look now, unless it is known that it was told. */
export const verifyNow = (row: OutboxRow, now: DateTime.Utc): OutboxRow => ({
  ...row,
  due: now,
  orderSource: { ...row.orderSource, state: "waiting" }
})

/** What a look makes of a row. `by`: the worker that looked. */
export const verified = (
  row: OutboxRow,
  seen: Seen,
  now: DateTime.Utc,
  { after, by }: { readonly after: ReadonlyArray<number>; readonly by: string }
): Verified => {
  if (seen._tag === "Failed") {
    const due = DateTime.add(now, { millis: seen.delay })
    return { row: { ...row, due, orderSource: { ...row.orderSource, state: "waiting" } }, history: [] }
  }
  if (seen._tag === "Notified") {
    return { row: { ...row, due: row.updatedAt, orderSource: { state: "notified", lookedAt: now } }, history: [] }
  }
  const message = seen._tag === "Unlisted" ? row.orderSource?.message : seen.message && storable(seen.message)
  const due = nextLook(row.updatedAt, now, after)
  if (due !== undefined) {
    return { row: { ...row, due, orderSource: { state: "waiting", lookedAt: now, message } }, history: [] }
  }
  const entry = { at: now, from: row.state, to: row.state, by: worker(by), error: errorOf(message) }
  const orderSource = { state: "notNotified", lookedAt: now, message } as const
  return { row: { ...row, due: row.updatedAt, orderSource }, history: [entry] }
}

const errorOf = (message: string | undefined): RowError => ({
  _tag: "OrderSourceNotNotified",
  message: message ?? "ShipStation doesn't say that the order source was told"
})
