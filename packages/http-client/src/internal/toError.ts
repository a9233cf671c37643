/**
 * The one mapper from everything that can happen to a request to a `ShipStationError`. Pure.
 */
import * as ApiError from "@effect-shipstation/schema/ApiError"
import type * as Headers from "@effect/platform/Headers"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as ShipStationError from "../ShipStationError.js"
import { fromJson } from "./json.js"
import { meaningOf } from "./meaning.js"
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
  /** The HTTP client failed without an answer. `isOfRequest`: the error is of this request, and of no other. */
  | { readonly _tag: "NoAnswer"; readonly isOfRequest: boolean; readonly cause: unknown }

/** What went wrong. */
export const toError = (sent: Sent, happened: Happened): ShipStationError.ShipStationError => {
  if (happened._tag === "Answer") return fromAnswer(sent, happened)
  const told = (message: string) => ({
    method: sent.method,
    url: sent.url,
    errors: [],
    message: excerptOf(sent.redact(message))
  })
  switch (happened._tag) {
    case "Misconfigured":
      return new ShipStationError.ShipStationConfigError(told(`Not sent: ${happened.reason}`))
    case "KeyUnreadable":
      return new ShipStationError.ShipStationNetworkError(
        told(`Not sent: the API key could not be read: ${happened.reason}`)
      )
    case "Refused":
      return new ShipStationError.ShipStationSecurityError({
        ...told(`Not sent: ${happened.reason}`),
        delivery: "unsent"
      })
    case "Invalid":
      return new ShipStationError.ShipStationValidationError({
        ...told(`Not sent: ${happened.reason}`),
        delivery: "unsent"
      })
    case "Held":
      return new ShipStationError.ShipStationRateLimitError({
        ...told(`Not sent: ${happened.reason}`),
        delivery: "unsent",
        retryAfter: happened.retryAfter
      })
    case "TimedOut":
      // whether it arrived can't be known
      return new ShipStationError.ShipStationConnectionLostError({
        ...told(`No whole answer within ${Duration.format(happened.after)}`),
        reason: "timeout"
      })
    case "NoAnswer": {
      const cause = describe(happened.cause)
      return happened.isOfRequest && isUnsent(happened.cause)
        // the connection was never made, so there was nothing to write the request to
        ? new ShipStationError.ShipStationNetworkError(told(`Could not connect: ${cause}`))
        // anything else may have happened after the request was written
        : new ShipStationError.ShipStationConnectionLostError({
          ...told(`The connection ended before an answer came: ${cause}`),
          reason: "reset"
        })
    }
  }
}

/** Those of which an answer says both whether something was done, and what it concerns. */
const withMeaning = {
  ShipStationSecurityError: ShipStationError.ShipStationSecurityError,
  ShipStationAccountStatusError: ShipStationError.ShipStationAccountStatusError,
  ShipStationIntegrationsError: ShipStationError.ShipStationIntegrationsError,
  ShipStationSystemError: ShipStationError.ShipStationSystemError,
  ShipStationBusinessRulesError: ShipStationError.ShipStationBusinessRulesError,
  ShipStationValidationError: ShipStationError.ShipStationValidationError
}

const fromAnswer = (sent: Sent, answer: Answer): ShipStationError.ShipStationError => {
  const body = answer.end === "whole" ? Option.getOrUndefined(decodeErrorBody(answer.body)) : undefined
  const errors = body?.errors ?? []
  const end = body === undefined && isGarbled(answer) ? "garbled" : answer.end
  const { concerns, delivery, tag } = meaningOf({ status: answer.status, end, errors })
  const retryAfter = parseRetryAfter(answer.headers, answer.receivedAt)
  const requestId = body?.request_id ?? answer.headers["x-shipengine-requestid"]
  const told = {
    method: sent.method,
    url: sent.url,
    status: answer.status,
    requestId: requestId === undefined ? undefined : excerptOf(requestId),
    errors: errors.slice(0, mostErrors).map(shortened),
    retryAfter: Option.getOrUndefined(retryAfter),
    message: excerptOf(sent.redact(messageOf(answer, errors))),
    body: body === undefined && answer.body !== "" && !mayTellOfCustomers(sent, answer)
      ? excerptOf(sent.redact(answer.body))
      : undefined
  }
  switch (tag) {
    case "ShipStationRateLimitError":
      return new ShipStationError.ShipStationRateLimitError({
        ...told,
        delivery,
        concerns,
        retryAfter: Option.getOrElse(retryAfter, () => rateLimitWindow)
      })
    case "ShipStationConnectionLostError":
      return new ShipStationError.ShipStationConnectionLostError({ ...told, reason: "cut" })
    case "ShipStationUnexpectedResponseError":
      return new ShipStationError.ShipStationUnexpectedResponseError({ ...told, concerns })
    default:
      return new withMeaning[tag]({ ...told, delivery, concerns })
  }
}

/** What to wait when a 429 doesn't say: the length of the limit's window. */
const rateLimitWindow = Duration.minutes(1)

const decodeErrorBody = Schema.decodeUnknownOption(Schema.parseJson(ApiError.ErrorBody))

/** A body that tells of errors, in JSON that ends before its end. */
const isGarbled = ({ body, end }: Answer): boolean => end === "whole" && isJson(body) && Option.isNone(fromJson(body))

const isJson = (body: string): boolean => /^\s*[[{]/.test(body)

/**
 * Errors are logged and stored, and what can't be read may be a page of names and addresses. The answers to
 * `POST /v2/fulfillments` hold none; of others only what isn't a success, and no JSON, is kept.
 */
const mayTellOfCustomers = ({ method, url }: Sent, { body, status }: Answer): boolean => {
  if (method === "POST" && url.endsWith("/v2/fulfillments")) return false
  return (status >= 200 && status < 300) || isJson(body)
}

const excerptLength = 500

/** The start of a text, of whole characters. */
const excerptOf = (text: string): string =>
  text.length <= excerptLength ? text : text.slice(0, excerptLength).replace(/[\uD800-\uDBFF]$/, "")

/** As many as the largest batch may have. */
const mostErrors = 500

const shortened = (error: ApiError.ErrorDetail): ApiError.ErrorDetail =>
  Struct.evolve(error, {
    error_source: shortText,
    error_type: shortText,
    error_code: shortText,
    message: shortText,
    field_name: shortText,
    field_value: shortText
  })

const shortText = (text: string | null | undefined) => typeof text === "string" ? excerptOf(text) : text

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
const describe = (cause: unknown, depth = 0): string => {
  if (!(cause instanceof Error)) return "unknown cause"
  return cause.cause instanceof Error && depth < 10 ? describe(cause.cause, depth + 1) : cause.message || cause.name
}
