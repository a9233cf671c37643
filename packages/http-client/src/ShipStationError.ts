/**
 * Everything that can go wrong with a request, as ten classes. What kind of error it is stands in `_tag`, and whether the
 * API may have acted on the request stands in `delivery`.
 */
import { ErrorDetail } from "@effect-shipstation/schema/ApiError"
import * as Schema from "effect/Schema"

/**
 * What is known about the request.
 *
 * - `"unsent"`: it never left this process.
 * - `"rejected"`: the API itself refused it at the door, so nothing was created and nobody was notified.
 * - `"unknown"`: it may have been acted on. Sending it again may do the thing twice.
 */
export const Delivery = Schema.Literal("unsent", "rejected", "unknown").annotations({ identifier: "Delivery" })

/** What is known about the request: `"unsent"`, `"rejected"` or `"unknown"`. */
export type Delivery = typeof Delivery.Type

/** What is told of each failure. Plain data: no request, response or error of the platform, whose print shows the key. */
const fields = {
  /** Whether the API may have acted on the request. */
  delivery: Delivery,
  /** One line for a person. */
  message: Schema.String,
  method: Schema.Literal("GET", "POST"),
  /** Without the query, which may hold customers' data. */
  url: Schema.String,
  /** The answer's status, if there was an answer. */
  status: Schema.optional(Schema.Int),
  /** From the error body, else from the header `x-shipengine-requestid`. ShipStation's support asks for it. */
  requestId: Schema.optional(Schema.String),
  /** All errors of the error body; empty when there was none. */
  errors: Schema.Array(ErrorDetail),
  /** How long the API asks to wait. Always set on `ShipStationRateLimitError`. */
  retryAfter: Schema.optional(Schema.Duration),
  /** The start of a body that could not be read as the contract has it, with the key's text removed. */
  body: Schema.optional(Schema.String)
}

/** A problem with the account, ours or a third party's: see `error_source` in `errors`. */
export class ShipStationAccountStatusError
  extends Schema.TaggedError<ShipStationAccountStatusError>()("ShipStationAccountStatusError", fields)
{}

/** A rule or limit of the business was broken. */
export class ShipStationBusinessRulesError
  extends Schema.TaggedError<ShipStationBusinessRulesError>()("ShipStationBusinessRulesError", fields)
{}

/** The request is wrong and must change before it is sent again. `errors` names the fields. */
export class ShipStationValidationError
  extends Schema.TaggedError<ShipStationValidationError>()("ShipStationValidationError", fields)
{}

/**
 * The key is missing, wrong, expired, or not allowed to do this. `delivery: "unsent"` when we refused to send it
 * ourselves: an unusable key, plain HTTP to a host that isn't listed, a POST in `readOnly` mode.
 */
export class ShipStationSecurityError
  extends Schema.TaggedError<ShipStationSecurityError>()("ShipStationSecurityError", fields)
{}

/** An unexpected error on their side, or one that isn't typed yet. */
export class ShipStationSystemError
  extends Schema.TaggedError<ShipStationSystemError>()("ShipStationSystemError", fields)
{}

/** A problem of a system that is connected to the account. */
export class ShipStationIntegrationsError
  extends Schema.TaggedError<ShipStationIntegrationsError>()("ShipStationIntegrationsError", fields)
{}

/** Too many requests, by ShipStation's own count, or by a carrier's or order source's (`delivery: "unknown"` then). */
export class ShipStationRateLimitError
  extends Schema.TaggedError<ShipStationRateLimitError>()("ShipStationRateLimitError", {
    ...fields,
    /** How long to wait; one minute when the answer doesn't say, or says nothing that can be read. */
    retryAfter: Schema.Duration
  })
{}

/** Nothing was sent: connection refused, no such host, TLS refused, or no connection in time. */
export class ShipStationNetworkError
  extends Schema.TaggedError<ShipStationNetworkError>()("ShipStationNetworkError", fields)
{}

/** The request left, and no whole answer came. */
export class ShipStationConnectionLostError
  extends Schema.TaggedError<ShipStationConnectionLostError>()("ShipStationConnectionLostError", {
    ...fields,
    /** No answer in time; the connection ended before an answer; the answer ended early. */
    reason: Schema.Literal("timeout", "reset", "cut")
  })
{}

/**
 * An answer that the contract doesn't have: an empty 500, HTML, a redirect, a success that can't be read, an error body
 * with unknown types only.
 */
export class ShipStationUnexpectedResponseError
  extends Schema.TaggedError<ShipStationUnexpectedResponseError>()("ShipStationUnexpectedResponseError", fields)
{}

/** Everything that can go wrong with a request. */
export const ShipStationError = Schema.Union(
  ShipStationAccountStatusError,
  ShipStationBusinessRulesError,
  ShipStationValidationError,
  ShipStationSecurityError,
  ShipStationSystemError,
  ShipStationIntegrationsError,
  ShipStationRateLimitError,
  ShipStationNetworkError,
  ShipStationConnectionLostError,
  ShipStationUnexpectedResponseError
)

/** Everything that can go wrong with a request. */
export type ShipStationError = typeof ShipStationError.Type

/** Is this one of the ten classes? */
export const isShipStationError: (u: unknown) => u is ShipStationError = Schema.is(ShipStationError)

/** A failure after which it is certain that nothing was created and nobody was notified. */
export type NotDone<E extends ShipStationError> = E & { readonly delivery: Exclude<Delivery, "unknown"> }

/** Is it certain that nothing was created and nobody was notified? */
export const isNotDone = <E extends ShipStationError>(error: E): error is NotDone<E> => error.delivery !== "unknown"

/**
 * May the same request succeed a little later? Rate limits, lost and refused connections, and trouble on their side; not
 * what must be changed first. It says nothing about safety: that is `delivery`.
 */
export const isTransient = (error: ShipStationError): boolean => {
  switch (error._tag) {
    case "ShipStationRateLimitError":
    case "ShipStationNetworkError":
    case "ShipStationConnectionLostError":
    case "ShipStationSystemError":
      return true
    case "ShipStationUnexpectedResponseError":
      return error.status !== undefined && error.status >= 500
    default:
      return false
  }
}
