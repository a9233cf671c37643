/** What a failure of `create` or of the list means for the rows and for their account. */
import type { FulfillmentOutcome } from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import type { CreateError, ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import { isNotDone, isTransient } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import type { Found, RowError } from "../OutboxRow.js"
import type { Ended } from "./told.js"
import { ownRefusal } from "./transitions.js"

/**
 * - `"account"`: the key, the account or the configuration is refused, so all its rows would be, until somebody sees to it.
 * - `"content"`: some of the rows are refused for what they hold, which is certain; the others may pass.
 * - `"temporary"`: later it may go, or it isn't known what was done.
 */
export type Meaning = "account" | "content" | "temporary"

/** Whom a failure concerns is for the error to say: what it does to rows follows from that. */
export const meaningOf = (error: CreateError | ListError): Meaning => {
  if (error._tag === "InvalidFulfillmentError") return "content"
  if (isTransient(error)) return "temporary"
  if (error.concerns === "account") return "account"
  return error.concerns === "content" && isNotDone(error) ? "content" : "temporary"
}

/** Why an account is paused, for the log. */
export const whyPaused = (error: CreateError | ListError): string => {
  if (error._tag === "ShipStationConfigError") {
    return "The configuration doesn't let anything be sent: correct it, and resume the account"
  }
  return error._tag === "ShipStationSecurityError" && error.delivery === "unsent"
    ? "The API key can't be sent: correct it, and resume the account"
    : "ShipStation refuses the key or the account: nothing is sent until it is resumed"
}

/** As it is stored. */
export const rowError = (error: CreateError | ListError): RowError => ({
  _tag: error._tag,
  message: error.message,
  requestId: error._tag === "InvalidFulfillmentError" ? undefined : error.requestId
})

/** Did nothing leave? */
export const isUnsent = (error: CreateError | ListError): boolean =>
  error._tag === "InvalidFulfillmentError" || error.delivery === "unsent"

/** As it is stored: nothing of the customer. */
export const foundOf = ({ fulfillment_id, tracking_number }: Fulfillment): Found => ({
  fulfillment_id: fulfillment_id ?? undefined,
  tracking_number: tracking_number ?? undefined
})

/** What an outcome means for its row. `delay`: when nothing was done. */
export const endedOf = (outcome: FulfillmentOutcome, delay: number): Ended => {
  const { requestId } = outcome
  switch (outcome._tag) {
    case "Created":
      return { _tag: "Fulfilled", requestId, sent: outcome.input.tracking_number }
    case "AlreadyFulfilled":
      return { _tag: "Fulfilled", requestId, found: foundOf(outcome.fulfillment) }
    case "Conflict":
      return { _tag: "Conflict", requestId, found: foundOf(outcome.fulfillment) }
    case "Rejected":
      return { _tag: "Rejected", error: { _tag: ownRefusal, message: outcome.message, requestId } }
    case "Unknown":
      return { _tag: "Unknown", error: rowError(outcome.error) }
    case "NotSent":
      return { _tag: "NotDone", error: rowError(outcome.error), delay, isUnsent: isUnsent(outcome.error) }
  }
}
