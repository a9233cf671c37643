import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import type * as CreateFulfillments from "@effect-shipstation/schema/CreateFulfillments"
import { Created, type FulfillmentOutcome, Rejected } from "../FulfillmentOutcome.js"
import { makeUnknown, type Ticket, unchecked } from "./ticket.js"
import { unexpected } from "./unexpected.js"

/**
 * Reads one outcome for each ticket, in their order, from an answer in which any field may be missing. The order of results
 * is undocumented, so they are found by `shipment_id`; results of other shipments are ignored.
 */
export const outcomesOf = (
  tickets: ReadonlyArray<Ticket>,
  success: Success<CreateFulfillments.Response>
): ReadonlyArray<FulfillmentOutcome> => {
  const { body, requestId } = success
  const results = body.fulfillments ?? []
  const first = new Map<string, CreateFulfillments.Result>()
  /** Shipments of which there are an error and a success. */
  const contradicted = new Set<string>()
  for (const result of results) {
    const shipmentId = result.shipment_id ?? ""
    const before = first.get(shipmentId)
    if (before === undefined) first.set(shipmentId, result)
    else if (hasMessage(before) !== hasMessage(result)) contradicted.add(shipmentId)
  }
  const sent = new Set(tickets.map(({ shipmentId }) => shipmentId))
  // something failed, and the answer doesn't say what of ours
  const tellsErrors = results.some((result) => sent.has(result.shipment_id ?? "") && hasMessage(result))
  const hidesErrors = (body.has_errors === true && !tellsErrors) ||
    results.some((result) => (result.shipment_id ?? "") === "" && hasMessage(result))

  const unknown = (ticket: Ticket, message: string) => makeUnknown(ticket, unexpected(success, message))

  return tickets.map((ticket) => {
    const { index, input, shipmentId } = ticket
    const own = first.get(shipmentId)
    if (own === undefined) return unknown(ticket, "The answer has no result for this shipment")
    if (contradicted.has(shipmentId)) {
      return unknown(ticket, "The answer has results for this shipment that contradict each other")
    }
    const message = messageOf(own)
    if (message !== undefined && body.has_errors === false) {
      return unknown(ticket, "The answer says that there were no errors, and has one for this shipment")
    }
    if (message !== undefined) return unchecked(Rejected, { _tag: "Rejected", index, input, requestId, message })
    return hidesErrors
      ? unknown(ticket, "The answer says that there were errors, and not which")
      : unchecked(Created, {
        _tag: "Created",
        index,
        input,
        requestId,
        shipment_number: own.shipment_number ?? undefined
      })
  })
}

/** Null, missing and blank all mean that there is no error. */
const messageOf = (result: CreateFulfillments.Result): string | undefined => {
  const message = result.error_message?.trim()
  return message === "" ? undefined : message
}

const hasMessage = (result: CreateFulfillments.Result): boolean => messageOf(result) !== undefined
