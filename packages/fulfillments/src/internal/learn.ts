/**
 * What a look settles. Of a suspect only what was sent itself says that it has landed: another fulfillment may be older, and
 * ours still on its way, until it is too late for that.
 */
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as Either from "effect/Either"
import { constFalse } from "effect/Function"
import type { Entry, Ledger, Suspect } from "./ledger.js"
import type { Found, Look } from "./lookup.js"
import type { Results } from "./ticket.js"

/** Does what was found say what became of it? `isLate`: what was sent can't land any more. */
export const settles = (
  entry: Entry | undefined,
  { fulfillment }: Found,
  isLate: (entry: Suspect) => boolean = constFalse
): boolean =>
  entry?._tag !== "Suspect" || isSameTrackingNumber(fulfillment.tracking_number ?? "", entry.trackingNumber) ||
  isLate(entry)

/** Writes down what was found. */
export const learn = (
  ledger: Ledger,
  { found }: Look,
  results: Results,
  isLate?: (entry: Suspect) => boolean
): void => {
  for (const [ticket, outcome] of found) {
    const isSettled = settles(ledger.get(ticket), outcome, isLate)
    if (isSettled) ledger.fulfilled(ticket, outcome.fulfillment)
    // what is asked for now is there, whatever becomes of another number that was sent before
    if (isSettled || outcome._tag === "AlreadyFulfilled") results.set(ticket, Either.right(outcome))
  }
}
