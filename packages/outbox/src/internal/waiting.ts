/** How long to wait for what can't be known at once. Pure: time is given. */
import * as DateTime from "effect/DateTime"
import type { OutboxRow } from "../OutboxRow.js"

/**
 * How long to wait for what can't be known at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** An unknown row may be sent again when it was absent for so long, in milliseconds; `Infinity` for never. */
  readonly resendAfter: number
  /** When to look again, in milliseconds, after so many looks. */
  readonly nextLook: (looks: number) => number
  /** When to look whether order sources were told, in milliseconds after the fulfillment. Left out: it isn't looked. */
  readonly verifyAfter?: ReadonlyArray<number> | undefined
}

/** For events that leave nothing open. */
export const patient: Policy = { resendAfter: Number.POSITIVE_INFINITY, nextLook: () => 0 }

/** It must be absent so often, however long the time is. */
const leastLooks = 3

/** A request that got stuck may arrive that late, in milliseconds. */
const landsWithin = 20 * 60_000

/** Would a look that doesn't find it be the last one, after which it may be sent? Then it must be by its own id. */
export const isLastLook = (row: OutboxRow, now: DateTime.Utc, { resendAfter }: Policy): boolean => {
  const looks = (row.absent?.looks ?? 0) + 1
  if (row.resendWhenAbsent || row.wasFulfilled === true) return true
  // nothing will be concluded, but once it is looked for where nothing is overlooked
  if (resendAfter === Number.POSITIVE_INFINITY) return looks === leastLooks
  return looks >= leastLooks && timeLeft(row, now, resendAfter) <= 0
}

/** Can its own request not land any more? Until then another fulfillment of the shipment says nothing about it. */
export const isLate = ({ attempt }: OutboxRow, now: DateTime.Utc, { resendAfter }: Policy): boolean =>
  attempt === undefined || DateTime.distance(landed(attempt, resendAfter), now) >= 0

/** The moment from which its own request can't land any more. */
export const landed = ({ sendBefore }: NonNullable<OutboxRow["attempt"]>, resendAfter: number): DateTime.Utc =>
  DateTime.add(sendBefore, { millis: Math.min(landsWithin, resendAfter) })

/** Was it refused, so that it is looked up once before it is sent again? Attempts that never left aren't kept. */
export const wasRefused = ({ attempt }: OutboxRow): boolean => attempt !== undefined

/** In milliseconds, until a row that is absent may be sent. */
export const timeLeft = ({ absent }: OutboxRow, now: DateTime.Utc, resendAfter: number): number =>
  resendAfter - DateTime.distance(absent?.since ?? now, now)

/** Was it absent so long, and at so many looks, that it may be sent? */
export const isLongAbsent = (row: OutboxRow, now: DateTime.Utc, { resendAfter }: Policy): boolean =>
  (row.absent?.looks ?? 0) >= leastLooks && timeLeft(row, now, resendAfter) <= 0
