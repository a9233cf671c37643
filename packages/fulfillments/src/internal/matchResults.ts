import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import { ShipStationUnexpectedResponseError } from "@effect-shipstation/http-client/ShipStationError"
import type * as CreateFulfillments from "@effect-shipstation/schema/CreateFulfillments"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import { Created, type FulfillmentOutcome, Rejected, Unknown } from "../FulfillmentOutcome.js"

/**
 * One outcome for each input, from an answer in which any field may be missing. The order of results is undocumented, so
 * they are found by `shipment_id`; results that nobody asked for are ignored.
 */
export const matchResults = (
  inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>,
  success: Success<CreateFulfillments.Response>
): Array.NonEmptyArray<FulfillmentOutcome> => {
  const results = success.body.fulfillments ?? []
  const byShipment = Array.groupBy(results, (result) => result.shipment_id ?? "")
  // something failed, and the answer doesn't say what
  const hidesErrors = success.body.has_errors === true && results.every((result) => messageOf(result) === undefined)

  return Array.map(inputs, (input, index): FulfillmentOutcome => {
    const common = { index, input, requestId: success.requestId }
    const unknown = (message: string) => new Unknown({ ...common, error: unexpected(success, message) }, trusted)
    const own = byShipment[input.shipment_id]
    if (own === undefined) return unknown("The answer has no result for this shipment")
    const messages = own.flatMap((result) => messageOf(result) ?? [])
    const [message] = messages
    if (message === undefined) {
      return hidesErrors
        ? unknown("The answer says that there were errors, and not which")
        : new Created({ ...common, shipment_number: own[0].shipment_number ?? undefined }, trusted)
    }
    return messages.length === own.length
      ? new Rejected({ ...common, message }, trusted)
      : unknown("The answer has results for this shipment that contradict each other")
  })
}

/** Null, missing and blank all mean that there is no error. */
const messageOf = (result: CreateFulfillments.Result): string | undefined => {
  const message = result.error_message?.trim()
  return message === "" ? undefined : message
}

const unexpected = ({ method, requestId, status, url }: Success<unknown>, message: string) =>
  new ShipStationUnexpectedResponseError({
    delivery: "unknown",
    message: `Status ${status}: ${message}`,
    method,
    url,
    status,
    requestId,
    errors: []
  })

/** The inputs were checked before they were sent; to check them again in each outcome takes longer than all the rest. */
const trusted = { disableValidation: true }
