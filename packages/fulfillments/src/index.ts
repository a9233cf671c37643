/** What became of one input. */
export * as FulfillmentOutcome from "./FulfillmentOutcome.js"

/** The call: mark shipments as shipped. */
export * as Fulfillments from "./Fulfillments.js"

/** Inputs that can't be sent as they are. */
export * as InvalidFulfillmentError from "./InvalidFulfillmentError.js"
