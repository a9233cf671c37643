import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import type * as CreateFulfillments from "@effect-shipstation/schema/CreateFulfillments"
import { Created, type FulfillmentOutcome, Rejected } from "../FulfillmentOutcome.js"
import type { Item } from "./item.js"
import { makeUnknown, type Outcomes, trusted } from "./outcomes.js"
import { unexpected } from "./unexpected.js"

/**
 * One outcome for each item, from an answer in which any field may be missing. The order of results is undocumented, so
 * they are found by `shipment_id`; results that nobody asked for are ignored.
 */
export const matchResults = (
  items: ReadonlyArray<Item>,
  success: Success<CreateFulfillments.Response>
): Outcomes => {
  const results = success.body.fulfillments ?? []
  const byShipment = new Map<string, [CreateFulfillments.Result, ...Array<CreateFulfillments.Result>]>()
  for (const result of results) {
    const shipmentId = result.shipment_id ?? ""
    const before = byShipment.get(shipmentId)
    if (before === undefined) byShipment.set(shipmentId, [result])
    else before.push(result)
  }
  // something failed, and the answer doesn't say what
  const hidesErrors = success.body.has_errors === true && results.every((result) => messageOf(result) === undefined)

  const outcomeOf = (item: Item): FulfillmentOutcome => {
    const unknown = (message: string) => makeUnknown(item, unexpected(success, message))
    const own = byShipment.get(item.input.shipment_id)
    if (own === undefined) return unknown("The answer has no result for this shipment")
    const messages = own.flatMap((result) => messageOf(result) ?? [])
    const [message] = messages
    const common = { index: item.index, input: item.input, requestId: success.requestId }
    if (message === undefined) {
      return hidesErrors
        ? unknown("The answer says that there were errors, and not which")
        : new Created({ ...common, shipment_number: own[0].shipment_number ?? undefined }, trusted)
    }
    return messages.length === own.length
      ? new Rejected({ ...common, message }, trusted)
      : unknown("The answer has results for this shipment that contradict each other")
  }
  return new Map(items.map((item) => [item, outcomeOf(item)]))
}

/** Null, missing and blank all mean that there is no error. */
const messageOf = (result: CreateFulfillments.Result): string | undefined => {
  const message = result.error_message?.trim()
  return message === "" ? undefined : message
}
