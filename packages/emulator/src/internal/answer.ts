import type { ApiError } from "@effect-shipstation/schema"
import * as DateTime from "effect/DateTime"
import type { Reply } from "./wire.js"

/** What the API answers, before it becomes an HTTP response. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What the headers of an answer tell. */
export interface ReplyContext {
  readonly requestId: string
  readonly now: DateTime.Utc
}

/** An answer as it goes out. */
export interface TextReply extends Pick<Reply, "status" | "headers"> {
  readonly text: string
}

/** An answer with a JSON body. */
export const toReply = ({ body, headers, status }: Answer, context: ReplyContext): TextReply =>
  textReply({ status, headers, text: JSON.stringify(body) }, context)

/** An answer that may be any text. */
export const textReply = (
  { headers, status, text }: Pick<Answer, "status" | "headers"> & { readonly text: string },
  { now, requestId }: ReplyContext
): TextReply => ({
  status,
  headers: {
    ...(text === "" ? {} : { "content-type": "application/json" }),
    // the emulator's clock may not be the machine's
    date: DateTime.toDate(now).toUTCString(),
    "x-shipengine-requestid": requestId,
    ...headers
  },
  text
})

/** The same in bytes. */
export const inBytes = ({ text, ...reply }: TextReply): Reply => ({ ...reply, body: encoder.encode(text) })

const encoder = new TextEncoder()

type Detail = typeof ApiError.ErrorDetail.Encoded

/** A request that the API itself refused. */
export const refusal = (
  status: number,
  requestId: string,
  errors: ReadonlyArray<Pick<Detail, "error_type" | "error_code" | "message" | "field_name" | "field_value">>
): Answer => {
  const body: typeof ApiError.ErrorBody.Encoded = {
    request_id: requestId,
    errors: errors.map((error) => ({ error_source: "ShipStation", ...error }))
  }
  return { status, body }
}

/** Too many requests. */
export const limitExceeded = (requestId: string, retryAfter: number): Answer => ({
  ...refusal(429, requestId, [{
    error_type: "business_rules",
    error_code: "rate_limit_exceeded",
    message: "Too many requests."
  }]),
  headers: { "retry-after": String(retryAfter) }
})

/** The real API names another source here than elsewhere, and leaves the request id out. */
export const unauthorized: Answer = {
  status: 401,
  body: {
    errors: [{
      error_source: "shipengine",
      error_type: "security",
      error_code: "unauthorized",
      message: "Access denied."
    }]
  } satisfies typeof ApiError.ErrorBody.Encoded
}

/** There is nothing at this path. */
export const notFound = (requestId: string): Answer =>
  refusal(404, requestId, [{
    error_type: "validation",
    error_code: "not_found",
    message: "Nothing is at this address."
  }])

/** The path is right, the method isn't. */
export const methodNotAllowed = (requestId: string, allow: string): Answer => ({
  ...refusal(405, requestId, [{
    error_type: "validation",
    error_code: "unspecified",
    message: "The method is not allowed here."
  }]),
  headers: { allow }
})
