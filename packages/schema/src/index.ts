/** What goes wrong, as the API says it. */
export * as ApiError from "./ApiError.js"

/** A carrier that is set up on the account, and `GET /v2/carriers`. */
export * as Carrier from "./Carrier.js"

/** `POST /v2/fulfillments`: request and response. */
export * as CreateFulfillments from "./CreateFulfillments.js"

/** One fulfillment: what is sent (`FulfillmentInput`) and what the API lists (`Fulfillment`). */
export * as Fulfillment from "./Fulfillment.js"

/** `GET /v2/fulfillments`: query and page. */
export * as ListFulfillments from "./ListFulfillments.js"

/** `GET /v2/shipments`: query and page. */
export * as ListShipments from "./ListShipments.js"

/** What the pages of all lists tell of their place. */
export * as Paging from "./Paging.js"

/** One shipment, which elsewhere is called an order. */
export * as Shipment from "./Shipment.js"

/** What a webhook says, and the keys that it is signed with. */
export * as Webhook from "./Webhook.js"
