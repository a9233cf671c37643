/**
 * What a look settles. Of a suspect only what was sent itself says that it has landed: another fulfillment may be older, and
 * ours still on its way, until it is too late for that.
 */
import { type Fulfillment, isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
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
): boolean => {
  if (entry === undefined) return true
  if (wasVoided(entry, fulfillment)) return false
  switch (entry._tag) {
    case "Suspect":
      return isSameTrackingNumber(fulfillment.tracking_number ?? "", entry.trackingNumber) || isLate(entry)
    case "Refused":
      return true
    case "Fulfilled":
      // what this layer created is known, whatever else the list shows
      return entry.left === undefined || isSame(fulfillment, entry.fulfillment)
  }
}

/** Writes down what was found. */
export const learn = (
  ledger: Ledger,
  { found }: Look,
  results: Results,
  isLate?: (entry: Suspect) => boolean
): void => {
  for (const [ticket, outcome] of found) {
    const entry = ledger.get(ticket)
    if (entry !== undefined && wasVoided(entry, outcome.fulfillment)) continue
    const isSettled = settles(entry, outcome, isLate)
    if (isSettled) ledger.fulfilled(ticket, outcome.fulfillment)
    // what is asked for now is there, whatever becomes of another number that was sent before
    if (isSettled || outcome._tag === "AlreadyFulfilled") results.set(ticket, Either.right(outcome))
  }
}

/** It was seen voided before what is known now: a list that lags behind shows it as valid. */
const wasVoided = ({ voided }: Entry, { fulfillment_id }: Fulfillment): boolean => voided.includes(fulfillment_id ?? "")

const isSame = (one: Fulfillment, other: Fulfillment): boolean =>
  isSameTrackingNumber(one.tracking_number ?? "", other.tracking_number ?? "") ||
  (typeof one.fulfillment_id === "string" && one.fulfillment_id === other.fulfillment_id)
