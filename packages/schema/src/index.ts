/**
 * What goes wrong, as the API says it.
 *
 * @since 0.1.0
 */
export * as ApiError from "./ApiError.js"

/**
 * A carrier that is set up on the account, and `GET /v2/carriers`.
 *
 * @since 0.1.0
 */
export * as Carrier from "./Carrier.js"

/**
 * `POST /v2/fulfillments`: request and response.
 *
 * @since 0.1.0
 */
export * as CreateFulfillments from "./CreateFulfillments.js"

/**
 * One fulfillment: what is sent (`FulfillmentInput`) and what the API lists (`Fulfillment`).
 *
 * @since 0.1.0
 */
export * as Fulfillment from "./Fulfillment.js"

/**
 * `GET /v2/fulfillments`: query and page.
 *
 * @since 0.1.0
 */
export * as ListFulfillments from "./ListFulfillments.js"

/**
 * `GET /v2/shipments`: query and page.
 *
 * @since 0.1.0
 */
export * as ListShipments from "./ListShipments.js"

/**
 * What the pages of all lists tell of their place.
 *
 * @since 0.1.0
 */
export * as Paging from "./Paging.js"

/**
 * One shipment, which elsewhere is called an order.
 *
 * @since 0.1.0
 */
export * as Shipment from "./Shipment.js"

/**
 * What a webhook says, and the keys that it is signed with.
 *
 * @since 0.1.0
 */
export * as Webhook from "./Webhook.js"
