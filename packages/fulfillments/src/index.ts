/**
 * What became of one input.
 *
 * @since 0.1.0
 */
export * as FulfillmentOutcome from "./FulfillmentOutcome.js"

/**
 * The call: mark shipments as shipped.
 *
 * @since 0.1.0
 */
export * as Fulfillments from "./Fulfillments.js"

/**
 * Inputs that can't be sent as they are.
 *
 * @since 0.1.0
 */
export * as InvalidFulfillmentError from "./InvalidFulfillmentError.js"
