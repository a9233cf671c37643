/** What goes wrong, as the API says it. */
export * as ApiError from "./ApiError.js"

/** `POST /v2/fulfillments`: request and response. */
export * as CreateFulfillments from "./CreateFulfillments.js"

/** One fulfillment: what is sent (`FulfillmentInput`) and what the API lists (`Fulfillment`). */
export * as Fulfillment from "./Fulfillment.js"

/** `GET /v2/fulfillments`: query and page. */
export * as ListFulfillments from "./ListFulfillments.js"
