import * as Schema from "effect/Schema"
import { FulfillmentInput } from "./Fulfillment.js"
import { answerField } from "./internal/tolerant.js"

/** Body of `POST /v2/fulfillments`. The largest batch that the vendor takes is not published. */
export const Request = Schema.Struct({
  fulfillments: Schema.NonEmptyArray(FulfillmentInput)
}).annotations({
  identifier: "CreateFulfillmentsRequest",
  description: "Shipments to mark as shipped with tracking information"
})

/** Body of `POST /v2/fulfillments`. */
export interface Request extends Schema.Schema.Type<typeof Request> {}

/**
 * What became of one shipment. There is no fulfillment id, no tracking URL and no error code in it, and no field is
 * marked as required. The order against the request is undocumented: match by `shipment_id`.
 */
export const Result = Schema.Struct({
  shipment_id: answerField(Schema.String).annotations({
    description: "The shipment ID that was processed",
    examples: ["se-12345678"]
  }),
  shipment_number: answerField(Schema.String).annotations({
    description: "The shipment number (order number)",
    examples: ["ORDER-001"]
  }),
  error_message: answerField(Schema.String).annotations({
    description: "Error message if creation failed (null on success)"
  })
}).annotations({ identifier: "CreateFulfillmentsResult", description: "What became of one shipment" })

/** What became of one shipment. Any field may be missing or null. */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/** Body of status 200, which is sent also when items failed. */
export const Response = Schema.Struct({
  has_errors: answerField(Schema.Boolean).annotations({
    description: "Indicates if any fulfillments failed to create"
  }),
  fulfillments: answerField(Schema.Array(Result))
}).annotations({
  identifier: "CreateFulfillmentsResponse",
  description: "What became of the shipments; some may have failed"
})

/** Body of status 200, which is sent also when items failed. */
export interface Response extends Schema.Schema.Type<typeof Response> {}
