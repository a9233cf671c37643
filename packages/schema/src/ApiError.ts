import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { answerField, answerList, answerText, answerWords, openEnum, wordsOf } from "./internal/tolerant.js"

/**
 * Who failed: the carrier, the order source (the shop or marketplace), or the API itself. Live answers also say
 * `"shipengine"`, the platform's own name, for the last.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorSource = openEnum("carrier", "order_source", "ShipStation").annotations({
  identifier: "ShipStationErrorSource",
  description: "The source of the error: the carrier, the order source, or the ShipStation API itself"
})

/**
 * One of the contract's three sources, or the text that the API sent.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorSource = typeof ErrorSource.Type

/**
 * The kind of error. What is to be done about it depends on this.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorType = openEnum(
  "account_status",
  "business_rules",
  "validation",
  "security",
  "system",
  "integrations"
).annotations({ identifier: "ShipStationErrorType", description: "The type of error" })

/**
 * One of the contract's six types, or the text that the API sent.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorType = typeof ErrorType.Type

/**
 * What went wrong, in one word.
 *
 * @since 0.1.0
 * @category schemas
 */
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
).annotations({ identifier: "ShipStationErrorCode", description: "The error code specified for the failed API call" })

/**
 * One of the contract's 43 codes, or the text that the API sent.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorCode = typeof ErrorCode.Type

/**
 * One error of an error body. Live answers leave fields out, so each may be missing. One of another type is read as its
 * text: `{ "error_code": 429 }` has the code `"429"`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorDetail = Schema.Struct({
  /** Who failed: the carrier, the order source, or the API itself. */
  error_source: answerField(ErrorSource, wordsOf),
  /** The kind of error. */
  error_type: answerField(ErrorType, wordsOf),
  /** What went wrong, in one word. */
  error_code: answerField(ErrorCode, wordsOf),
  /** What went wrong, for a person. */
  message: answerWords.annotations({
    description: "An error message associated with the failed API call",
    examples: ["Body of request cannot be null."]
  }),
  /** The field that caused the error; of validation errors only. */
  field_name: answerWords.annotations({
    description: "The name of the field that caused the error (only present for validation errors)",
    examples: ["inventory_warehouse_id"]
  }),
  /** The value that was sent in that field; of validation errors only. */
  field_value: answerWords.annotations({
    description: "The invalid value that was provided for the field (only present for validation errors)",
    examples: ["invalid-id"]
  })
}).annotations({ identifier: "ShipStationErrorDetail", description: "One error of a failed API call" })

/**
 * One error of an error body. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorDetail extends Schema.Schema.Type<typeof ErrorDetail> {}

const decodeDetail = Schema.decodeUnknownSync(ErrorDetail)

/** What isn't a list is read as its one error. */
const onlyError = (json: unknown): ErrorDetail => {
  if (json === null || json === undefined) return {}
  const detail = Predicate.isRecord(json) ? decodeDetail(json) : {}
  return Object.keys(detail).length === 0 ? { message: wordsOf(json) } : detail
}

/**
 * The body of an answer that isn't a success, as the contract shows it for status 400. Every error is read, whatever it is:
 * one that isn't an object has its text as `message`, and no source.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorBody = Schema.Struct({
  /** ShipStation's id of the request, for their support. The header `x-shipengine-requestid` tells it too. */
  request_id: answerText.annotations({
    description: "A UUID that uniquely identifies the request id. This can be given to the support team",
    examples: ["aa3d8e8e-462b-4476-9618-72db7f7b7009"]
  }),
  /** What went wrong. */
  errors: answerList(ErrorDetail, onlyError).annotations({
    description: "The errors associated with the failed API call",
    decodingFallback: (issue) =>
      issue.actual === null || issue.actual === undefined ? Either.left(issue) : Either.right([onlyError(issue.actual)])
  })
}).annotations({ identifier: "ShipStationErrorBody", description: "The body of a failed API call" })

/**
 * The body of an answer that isn't a success. `request_id` may be missing: the header tells it too.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorBody extends Schema.Schema.Type<typeof ErrorBody> {}
