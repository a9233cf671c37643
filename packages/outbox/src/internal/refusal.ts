/** What a failure of `create` or of the list means for the rows and for their account. */
import type { FulfillmentOutcome } from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import type { CreateError, ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import type { Found, RowError } from "../OutboxRow.js"
import type { Ended } from "./move.js"

/**
 * - `"account"`: the key or the account is refused, so all its rows would be.
 * - `"content"`: some of the rows are refused for what they hold; the others may pass.
 * - `"temporary"`: later it may go.
 */
export type Meaning = "account" | "content" | "temporary"

export const meaningOf = (error: CreateError | ListError): Meaning => {
  if (error._tag === "InvalidFulfillmentError") return "content"
  if (isAboutAccount(error)) return "account"
  const { _tag, errors, status = 0 } = error
  if (_tag === "ShipStationRateLimitError") return "temporary"
  // a page of a gateway says nothing about rows, unless they are too many for it
  return status === 413 || (errors.length > 0 && [400, 404, 409, 422].includes(status)) ? "content" : "temporary"
}

/** A carrier's or shop's trouble is not the account's. */
const isAboutAccount = ({ _tag, errors }: ShipStationError): boolean =>
  (_tag === "ShipStationSecurityError" || _tag === "ShipStationAccountStatusError") &&
  !errors.some(({ error_source }) => error_source === "carrier" || error_source === "order_source")

/** As it is stored. */
export const rowError = (error: CreateError | ListError): RowError => ({
  _tag: error._tag,
  message: error.message,
  requestId: error._tag === "InvalidFulfillmentError" ? undefined : error.requestId
})

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
      return { _tag: "Rejected", error: { _tag: "Rejected", message: outcome.message, requestId } }
    case "Unknown":
      return { _tag: "Unknown", error: rowError(outcome.error) }
    case "NotSent":
      return { _tag: "NotDone", error: rowError(outcome.error), delay }
  }
}
