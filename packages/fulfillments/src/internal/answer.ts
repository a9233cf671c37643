import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import type * as CreateFulfillments from "@effect-shipstation/schema/CreateFulfillments"
import { Created, type FulfillmentOutcome, Rejected } from "../FulfillmentOutcome.js"
import { makeUnknown, type Ticket, trusted } from "./ticket.js"
import { unexpected } from "./unexpected.js"

/**
 * Reads one outcome for each ticket from an answer in which any field may be missing. The order of results is
 * undocumented, so they are found by `shipment_id`; results of other shipments are ignored.
 */
export const outcomesOf = (
  tickets: ReadonlyArray<Ticket>,
  success: Success<CreateFulfillments.Response>
): Map<Ticket, FulfillmentOutcome> => {
  const results = success.body.fulfillments ?? []
  const byShipment = new Map<string, [CreateFulfillments.Result, ...Array<CreateFulfillments.Result>]>()
  for (const result of results) {
    const shipmentId = result.shipment_id ?? ""
    const before = byShipment.get(shipmentId)
    if (before === undefined) byShipment.set(shipmentId, [result])
    else before.push(result)
  }
  // something failed, and the answer doesn't say what
  const hidesErrors = (success.body.has_errors === true && !results.some(hasMessage)) ||
    (byShipment.get("") ?? []).some(hasMessage)

  const outcomeOf = (ticket: Ticket): FulfillmentOutcome => {
    const unknown = (message: string) => makeUnknown(ticket, unexpected(success, message))
    const own = byShipment.get(ticket.input.shipment_id)
    if (own === undefined) return unknown("The answer has no result for this shipment")
    const [message, ...others] = own.map(messageOf)
    const common = { index: ticket.index, input: ticket.input, requestId: success.requestId }
    if ([message, ...others].every((each) => each === undefined)) {
      return hidesErrors
        ? unknown("The answer says that there were errors, and not which")
        : new Created({ ...common, shipment_number: own[0].shipment_number ?? undefined }, trusted)
    }
    return message !== undefined && own.every(hasMessage)
      ? new Rejected({ ...common, message }, trusted)
      : unknown("The answer has results for this shipment that contradict each other")
  }
  return new Map(tickets.map((ticket) => [ticket, outcomeOf(ticket)]))
}

/** Null, missing and blank all mean that there is no error. */
const messageOf = (result: CreateFulfillments.Result): string | undefined => {
  const message = result.error_message?.trim()
  return message === "" ? undefined : message
}

const hasMessage = (result: CreateFulfillments.Result): boolean => messageOf(result) !== undefined
