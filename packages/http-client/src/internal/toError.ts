/**
 * The one mapper from everything that can happen to a request to a `ShipStationError`. Pure.
 */
import * as ApiError from "@effect-shipstation/schema/ApiError"
import type * as Headers from "@effect/platform/Headers"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ShipStationError from "../ShipStationError.js"
import { parseRetryAfter } from "./retryAfter.js"
import { isUnsent } from "./unsent.js"

/** The request, as far as errors tell of it. */
export interface Sent {
  readonly method: ShipStationError.ShipStationError["method"]
  /** Without query. */
  readonly url: string
  /** Removes the key from a text. */
  readonly redact: (text: string) => string
}

/** A status line, headers, and as much of the body as arrived. */
export interface Answer {
  readonly _tag: "Answer"
  readonly status: number
  readonly headers: Headers.Headers
  readonly body: string
  /** `"cut"`: the connection ended first. `"oversized"`: we stopped reading. */
  readonly end: "whole" | "cut" | "oversized"
  readonly receivedAt: DateTime.Utc
}

/** What happened to a request. */
export type Happened =
  | Answer
  /** This configuration doesn't send it. */
  | { readonly _tag: "Misconfigured"; readonly reason: string }
  /** The key could not be read, this time. */
  | { readonly _tag: "KeyUnreadable"; readonly reason: string }
  /** The key is none that could be sent. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** It can't be written as the contract has it. */
  | { readonly _tag: "Invalid"; readonly reason: string }
  /** The rate limiter can't let it go within reason. */
  | { readonly _tag: "Held"; readonly reason: string; readonly retryAfter: Duration.Duration }
  /** There was no time left for an answer. */
  | { readonly _tag: "TimedOut"; readonly after: Duration.Duration }
  /** The HTTP client failed without an answer. */
  | { readonly _tag: "NoAnswer"; readonly cause: unknown }

export const toError = (sent: Sent, happened: Happened): ShipStationError.ShipStationError => {
  const request = { method: sent.method, url: sent.url, errors: [] }
  switch (happened._tag) {
    case "Misconfigured":
      return new ShipStationError.ShipStationConfigError({
        ...request,
        message: `Not sent: ${happened.reason}`
      })
    case "KeyUnreadable":
      return new ShipStationError.ShipStationNetworkError({
        ...request,
        message: `Not sent: the API key could not be read: ${sent.redact(happened.reason)}`
      })
    case "Refused":
      return new ShipStationError.ShipStationSecurityError({
        ...request,
        delivery: "unsent",
        message: `Not sent: ${happened.reason}`
      })
    case "Invalid":
      return new ShipStationError.ShipStationValidationError({
        ...request,
        delivery: "unsent",
        message: `Not sent: ${happened.reason}`
      })
    case "Held":
      return new ShipStationError.ShipStationRateLimitError({
        ...request,
        delivery: "unsent",
        message: `Not sent: ${happened.reason}`,
        retryAfter: happened.retryAfter
      })
    case "TimedOut":
      // whether it arrived can't be known
      return new ShipStationError.ShipStationConnectionLostError({
        ...request,
        delivery: "unknown",
        reason: "timeout",
        message: `No whole answer within ${Duration.format(happened.after)}`
      })
    case "NoAnswer":
      return isUnsent(happened.cause)
        // the connection was never made, so there was nothing to write the request to
        ? new ShipStationError.ShipStationNetworkError({
          ...request,
          delivery: "unsent",
          message: `Could not connect: ${describe(sent, happened.cause)}`
        })
        // anything else may have happened after the request was written
        : new ShipStationError.ShipStationConnectionLostError({
          ...request,
          delivery: "unknown",
          reason: "reset",
          message: `The connection ended before an answer came: ${describe(sent, happened.cause)}`
        })
    case "Answer":
      return fromAnswer(sent, happened)
  }
}

const fromAnswer = (sent: Sent, answer: Answer): ShipStationError.ShipStationError => {
  const { status } = answer
  const body = answer.end === "whole" ? Option.getOrUndefined(decodeErrorBody(answer.body)) : undefined
  const errors = body?.errors ?? []
  const retryAfter = parseRetryAfter(answer.headers, answer.receivedAt)
  const common = {
    method: sent.method,
    url: sent.url,
    status,
    requestId: body?.request_id ?? answer.headers["x-shipengine-requestid"],
    errors,
    delivery: deliveryOf(answer, errors),
    retryAfter: Option.getOrUndefined(retryAfter),
    message: sent.redact(messageOf(answer, errors)),
    body: body === undefined && answer.body !== "" ? sent.redact(answer.body).slice(0, excerptLength) : undefined
  }
  if (status === 401) return new ShipStationError.ShipStationSecurityError(common)
  if (status === 429 || (status >= 400 && status < 500 && errors.some(isRateLimit))) {
    return new ShipStationError.ShipStationRateLimitError({
      ...common,
      retryAfter: Option.getOrElse(retryAfter, () => rateLimitWindow)
    })
  }
  if (answer.end === "cut") {
    return new ShipStationError.ShipStationConnectionLostError({ ...common, delivery: "unknown", reason: "cut" })
  }
  const type = status >= 400 ? mostTelling.find((type) => errors.some((error) => error.error_type === type)) : undefined
  switch (type) {
    case "security":
      return new ShipStationError.ShipStationSecurityError(common)
    case "account_status":
      return new ShipStationError.ShipStationAccountStatusError(common)
    case "integrations":
      return new ShipStationError.ShipStationIntegrationsError(common)
    case "system":
      return new ShipStationError.ShipStationSystemError(common)
    case "business_rules":
      return new ShipStationError.ShipStationBusinessRulesError(common)
    case "validation":
      return new ShipStationError.ShipStationValidationError(common)
    case undefined:
      return new ShipStationError.ShipStationUnexpectedResponseError({ ...common, delivery: "unknown" })
  }
}

/** Of several types in one body, the one that decides what to do. */
const mostTelling = ["security", "account_status", "integrations", "system", "business_rules", "validation"] as const

const deliveryOf = (
  { end, status }: Answer,
  errors: ReadonlyArray<ApiError.ErrorDetail>
): ShipStationError.Delivery => {
  // somebody else was asked, so work had begun; whether it was so stands in the body
  if (errors.some(isThirdParty) || end !== "whole") return "unknown"
  switch (status) {
    case 401: // no valid key: nobody to do anything for
    case 403: // the key may not do this
    case 404: // no such path or thing
    case 405: // wrong method
    case 413: // the body was not even read to its end
    case 415: // the body was not understood
    case 429: // counted and turned away
      return "rejected"
    case 400:
    case 422:
      // checks come before any work, if the API itself made them; `system` and `integrations` are not checks
      return errors.length > 0 && errors.every(isOwnCheck) ? "rejected" : "unknown"
    default:
      // 2xx that can't be read, 3xx, 408 (may have been read in full), 409 (something is there already), all 5xx
      return "unknown"
  }
}

/** Live answers call the API by its platform's name. */
const isOwn = ({ error_source }: ApiError.ErrorDetail): boolean =>
  error_source?.toLowerCase() === "shipstation" || error_source === "shipengine"

/** A carrier, an order source, or one that we don't know yet. */
const isThirdParty = (error: ApiError.ErrorDetail): boolean =>
  error.error_source !== undefined && error.error_source !== null && !isOwn(error)

const isOwnCheck = (error: ApiError.ErrorDetail): boolean => {
  if (!isOwn(error)) return false
  switch (error.error_type) {
    case "validation":
    case "security":
    case "account_status":
    case "business_rules":
      return true
    default:
      return false
  }
}

const isRateLimit = (error: ApiError.ErrorDetail): boolean => error.error_code === "rate_limit_exceeded"

/** What to wait when a 429 doesn't say: the length of the limit's window. */
const rateLimitWindow = Duration.minutes(1)

const excerptLength = 500

const decodeErrorBody = Schema.decodeUnknownOption(Schema.parseJson(ApiError.ErrorBody))

const messageOf = ({ body, end, status }: Answer, errors: ReadonlyArray<ApiError.ErrorDetail>): string => {
  const [first] = errors
  if (first !== undefined) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ""
    return `Status ${status}, ${first.error_code ?? first.error_type ?? "no code"}: ${
      first.message ?? "no message"
    }${more}`
  }
  switch (end) {
    case "cut":
      return `Status ${status}, and the connection ended before the end of the answer`
    case "oversized":
      return `Status ${status}, and the answer was larger than we read`
    case "whole":
      return status >= 300 && status < 400
        ? `Status ${status}: redirects are not followed`
        : `Status ${status} with ${body === "" ? "an empty body" : "a body that isn't the API's"}`
  }
}

/** The innermost message. Errors of an HTTP client hold the request; only their text is used. */
const describe = (sent: Sent, cause: unknown): string => {
  if (!(cause instanceof Error)) return "unknown cause"
  return cause.cause instanceof Error ? describe(sent, cause.cause) : sent.redact(cause.message || cause.name)
}
