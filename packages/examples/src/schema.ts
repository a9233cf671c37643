import { ApiError, CreateFulfillments, Fulfillment } from "@effect-shipstation/schema"
import { DateTime, Either, JSONSchema, Schema } from "effect"

// check an input before anything is sent: every field that is wrong is told, with the reason
const checked = Fulfillment.validateInput({ shipment_id: "12345678", tracking_number: " ", carrier_code: "ups" })
if (Either.isLeft(checked)) {
  for (const { field, reason } of checked.left) console.log(`${field} ${reason}`)
}

// write a request: the date keeps the warehouse's offset
const body = Schema.encodeSync(Schema.parseJson(CreateFulfillments.Request))({
  fulfillments: [{
    shipment_id: "se-12345678",
    tracking_number: "1Z12345E6605272234",
    carrier_code: "ups",
    ship_date: DateTime.unsafeMakeZoned("2024-01-15T10:00:00Z", { timeZone: "Europe/Berlin" }),
    notify_customer: false
  }]
})
console.log(body)

// read an error: a code that nobody knows yet is its text
const { errors } = Schema.decodeUnknownSync(ApiError.ErrorBody)({
  errors: [{ error_type: "validation", error_code: "a_code_of_tomorrow" }]
})
console.log(errors.map((error) => `${error.error_type}: ${error.error_code}`).join("\n"))

// JSON Schema, for another language: the API may add fields to its answers, so others are allowed
const definitions = {}
JSONSchema.fromAST(CreateFulfillments.Response.ast, { definitions, additionalPropertiesStrategy: "allow" })
console.log(Object.keys(definitions).join(", "))
