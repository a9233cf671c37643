import * as Schema from "effect/Schema"
import { answerField, LenientText, openEnum } from "./internal/tolerant.js"

/**
 * Who failed: the carrier, the order source (the shop or marketplace), or the API itself. Live answers also say
 * `"shipengine"`, the platform's own name, for the last.
 */
export const ErrorSource = openEnum("carrier", "order_source", "ShipStation").annotations({
  identifier: "ErrorSource",
  description: "The source of the error: the carrier, the order source, or the ShipStation API itself"
})

/** One of the contract's three sources, or the text that the API sent. */
export type ErrorSource = typeof ErrorSource.Type

/** The kind of error. What is to be done about it depends on this. */
export const ErrorType = openEnum(
  "account_status",
  "business_rules",
  "validation",
  "security",
  "system",
  "integrations"
).annotations({ identifier: "ErrorType", description: "The type of error" })

/** One of the contract's six types, or the text that the API sent. */
export type ErrorType = typeof ErrorType.Type

/** What went wrong, in one word. */
export const ErrorCode = openEnum(
  "auto_fund_not_supported",
  "batch_cannot_be_modified",
  "carrier_conflict",
  "carrier_disconnected",
  "carrier_not_connected",
  "carrier_not_supported",
  "confirmation_not_supported",
  "default_warehouse_cannot_be_deleted",
  "field_conflict",
  "field_value_required",
  "forbidden",
  "identifier_conflict",
  "identifiers_must_match",
  "insufficient_funds",
  "invalid_address",
  "invalid_billing_plan",
  "invalid_field_value",
  "invalid_identifier",
  "invalid_status",
  "invalid_string_length",
  "label_images_not_supported",
  "meter_failure",
  "order_source_not_active",
  "rate_limit_exceeded",
  "refresh_not_supported",
  "request_body_required",
  "return_label_not_supported",
  "settings_not_supported",
  "subscription_inactive",
  "terms_not_accepted",
  "tracking_not_supported",
  "trial_expired",
  "unauthorized",
  "unknown",
  "unspecified",
  "verification_failure",
  "warehouse_conflict",
  "webhook_event_type_conflict",
  "customs_items_required",
  "incompatible_paired_labels",
  "invalid_charge_event",
  "invalid_object",
  "no_rates_returned"
).annotations({ identifier: "ErrorCode", description: "The error code specified for the failed API call" })

/** One of the contract's 43 codes, or the text that the API sent. */
export type ErrorCode = typeof ErrorCode.Type

/** One error of an error body. Live answers leave fields out, so each may be missing. */
export const ErrorDetail = Schema.Struct({
  error_source: answerField(ErrorSource),
  error_type: answerField(ErrorType),
  error_code: answerField(ErrorCode),
  message: answerField(Schema.String).annotations({
    description: "An error message associated with the failed API call",
    examples: ["Body of request cannot be null."]
  }),
  field_name: answerField(Schema.String).annotations({
    description: "The name of the field that caused the error (only present for validation errors)",
    examples: ["inventory_warehouse_id"]
  }),
  field_value: answerField(LenientText).annotations({
    description: "The invalid value that was provided for the field (only present for validation errors)",
    examples: ["invalid-id"]
  })
}).annotations({ identifier: "ErrorDetail", description: "One error of a failed API call" })

/** One error of an error body. Any field may be missing or null. */
export interface ErrorDetail extends Schema.Schema.Type<typeof ErrorDetail> {}

/** The body of an answer that isn't a success, as the contract shows it for status 400. */
export const ErrorBody = Schema.Struct({
  request_id: answerField(Schema.String).annotations({
    description: "A UUID that uniquely identifies the request id. This can be given to the support team",
    examples: ["aa3d8e8e-462b-4476-9618-72db7f7b7009"]
  }),
  errors: Schema.Array(ErrorDetail).annotations({ description: "The errors associated with the failed API call" })
}).annotations({ identifier: "ErrorBody", description: "The body of a failed API call" })

/** The body of an answer that isn't a success. `request_id` may be missing: the header tells it too. */
export interface ErrorBody extends Schema.Schema.Type<typeof ErrorBody> {}
