/**
 * Everything that can go wrong with a request, as eleven classes. What kind of error it is stands in `_tag`, whether the
 * API may have acted on the request in `delivery`, and whom the failure affects in `concerns`.
 *
 * The table in `docs/errors.md` says which answer becomes which error.
 *
 * @since 0.1.0
 */
import { ErrorDetail } from "@effect-shipstation/schema/ApiError"
import * as Schema from "effect/Schema"

/**
 * What is known about the request.
 *
 * - `"unsent"`: it never left this process.
 * - `"rejected"`: the API itself refused it at the door, so nothing was created and nobody was notified.
 * - `"unknown"`: it may have been acted on. Sending it again may do the thing twice.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Delivery = Schema.Literal("unsent", "rejected", "unknown").annotations({
  identifier: "ShipStationDelivery"
})

/**
 * What is known about the request: `"unsent"`, `"rejected"` or `"unknown"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Delivery = typeof Delivery.Type

/**
 * Whom a failure affects.
 *
 * - `"account"`: the key, the account or this configuration, and so each of its requests. If it isn't transient either
 *   (`isTransient`), somebody has to do something first.
 * - `"content"`: what the request holds. Another request, or a part of this one, may pass.
 * - `"server"`: the API or a gateway before it has trouble, and would have it with any content.
 * - `"transport"`: the way there or back.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Concerns = Schema.Literal("account", "content", "server", "transport").annotations({
  identifier: "ShipStationConcerns"
})

/**
 * Whom a failure affects: `"account"`, `"content"`, `"server"` or `"transport"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Concerns = typeof Concerns.Type

/** A field that need not be given: of a class it is nearly always, or always, the same. */
const usually = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Schema.propertySignature(schema).pipe(Schema.withConstructorDefault(() => value))

/** The same, for a field that is also missing in what was stored before there was one. */
const usuallyStored = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Schema.optionalWith(schema, { default: () => value })

const unsent = usually(Schema.Literal("unsent"), "unsent")

const unknown = usually(Schema.Literal("unknown"), "unknown")

const concerns = (value: Concerns) => usuallyStored(Concerns, value)

const transport = usuallyStored(Schema.Literal("transport"), "transport")

/** What is told of each failure. Plain data: no request, response or error of the platform, whose print shows the key. */
const told = {
  /** One line for a person. */
  message: Schema.String,
  method: Schema.Literal("GET", "POST", "PUT", "PATCH", "DELETE"),
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

const fields = {
  ...told,
  /** Whether the API may have acted on the request. */
  delivery: Delivery
}

/**
 * A problem with the account, ours or a third party's: see `error_source` in `errors`.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationAccountStatusError
  extends Schema.TaggedError<ShipStationAccountStatusError>()("ShipStationAccountStatusError", {
    ...fields,
    /** Whom it affects. */
    concerns: concerns("account")
  })
{}

/**
 * A rule or limit of the business was broken.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationBusinessRulesError
  extends Schema.TaggedError<ShipStationBusinessRulesError>()("ShipStationBusinessRulesError", {
    ...fields,
    /** Whom it affects. */
    concerns: concerns("content")
  })
{}

/**
 * The request is wrong and must change before it is sent again. `errors` names the fields.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationValidationError
  extends Schema.TaggedError<ShipStationValidationError>()("ShipStationValidationError", {
    ...fields,
    /** Whom it affects. */
    concerns: concerns("content")
  })
{}

/**
 * The key is missing, wrong, expired, or not allowed to do this. `delivery: "unsent"` when it can't even be sent: an
 * empty key, or one with a line break.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationSecurityError
  extends Schema.TaggedError<ShipStationSecurityError>()("ShipStationSecurityError", {
    ...fields,
    /** Whom it affects. */
    concerns: concerns("account")
  })
{}

/**
 * An unexpected error on their side, or one that isn't typed yet.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationSystemError extends Schema.TaggedError<ShipStationSystemError>()("ShipStationSystemError", {
  ...fields,
  /** Whom it affects. */
  concerns: concerns("server")
}) {}

/**
 * A problem of a system that is connected to the account.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationIntegrationsError
  extends Schema.TaggedError<ShipStationIntegrationsError>()("ShipStationIntegrationsError", {
    ...fields,
    /** Whom it affects. */
    concerns: concerns("content")
  })
{}

/**
 * Too many requests, by ShipStation's own count, or by a carrier's or order source's (`delivery: "unknown"` then).
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationRateLimitError
  extends Schema.TaggedError<ShipStationRateLimitError>()("ShipStationRateLimitError", {
    ...fields,
    /** Whom it affects: the account by the API's own count, the content by a third party's. */
    concerns: concerns("account"),
    /** How long to wait; one minute when the answer doesn't say, or says nothing that can be read. */
    retryAfter: Schema.Duration
  })
{}

/**
 * Nothing was sent: connection refused, no such host, a certificate that isn't trusted, no connection in time, or a key
 * that could not be read.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationNetworkError extends Schema.TaggedError<ShipStationNetworkError>()("ShipStationNetworkError", {
  ...told,
  /** Always `"unsent"`. */
  delivery: unsent,
  /** Always `"transport"`. */
  concerns: transport
}) {}

/**
 * The request left, and no whole answer came.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationConnectionLostError
  extends Schema.TaggedError<ShipStationConnectionLostError>()("ShipStationConnectionLostError", {
    ...told,
    /** Always `"unknown"`. */
    delivery: unknown,
    /** Always `"transport"`. */
    concerns: transport,
    /** No answer in time; the connection ended before an answer; the answer ended early. */
    reason: Schema.Literal("timeout", "reset", "cut")
  })
{}

/**
 * An answer that the contract doesn't have: an empty 500, HTML, a redirect, a success that can't be read, an error body
 * with unknown types only.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationUnexpectedResponseError
  extends Schema.TaggedError<ShipStationUnexpectedResponseError>()("ShipStationUnexpectedResponseError", {
    ...told,
    /** Always `"unknown"`. */
    delivery: unknown,
    /** Whom it affects. */
    concerns: concerns("server")
  })
{}

/**
 * This configuration sends nothing, or not this: a base URL that isn't one, plain HTTP to a host that isn't listed, a POST
 * in `readOnly` mode.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationConfigError extends Schema.TaggedError<ShipStationConfigError>()("ShipStationConfigError", {
  ...told,
  /** Always `"unsent"`. */
  delivery: unsent,
  /** Always `"account"`. */
  concerns: usuallyStored(Schema.Literal("account"), "account")
}) {}

/**
 * Everything that can go wrong with a request.
 *
 * @since 0.1.0
 * @category errors
 */
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
  ShipStationUnexpectedResponseError,
  ShipStationConfigError
)

/**
 * Everything that can go wrong with a request.
 *
 * @since 0.1.0
 * @category errors
 */
export type ShipStationError = typeof ShipStationError.Type

/**
 * Is this one of the eleven classes?
 *
 * @since 0.1.0
 * @category guards
 */
export const isShipStationError: (u: unknown) => u is ShipStationError = Schema.is(ShipStationError)

/**
 * A failure after which it is certain that nothing was created and nobody was notified. Classes for which that is never
 * certain are left out.
 *
 * @since 0.1.0
 * @category models
 */
export type NotDone<E extends ShipStationError> = E extends ShipStationError
  ? Exclude<E["delivery"], "unknown"> extends never ? never
  : E & { readonly delivery: Exclude<E["delivery"], "unknown"> }
  : never

/**
 * Is it certain that nothing was created and nobody was notified?
 *
 * @since 0.1.0
 * @category guards
 */
export const isNotDone = <E extends ShipStationError>(error: E): error is NotDone<E> => error.delivery !== "unknown"

/**
 * May the same request succeed a little later? Rate limits, lost and refused connections, and trouble on their side; not
 * what must be changed first. It says nothing about safety: that is `delivery`.
 *
 * @since 0.1.0
 * @category predicates
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
