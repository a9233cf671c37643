import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { type FulfillmentOutcome, Unknown } from "../FulfillmentOutcome.js"
import type { Item } from "./item.js"

/** What became of items. */
export type Outcomes = Map<Item, FulfillmentOutcome>

/** The inputs were checked before they were sent; to check them again in each outcome takes longer than all the rest. */
export const trusted = { disableValidation: true }

export const makeUnknown = ({ index, input }: Item, error: ShipStationError, readBackError?: ShipStationError) =>
  new Unknown({ index, input, requestId: error.requestId, error, readBackError }, trusted)
