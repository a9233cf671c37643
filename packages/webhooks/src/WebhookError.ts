/**
 * Why a webhook isn't taken, or not yet. What comes from outside is cut short, and neither the body nor the signature is in
 * an error.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A header that each webhook has is missing or empty.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookHeaderError extends Schema.TaggedError<WebhookHeaderError>()("WebhookHeaderError", {
  /** Its name, in lower case. */
  header: Schema.String
}) {
  override get message(): string {
    return `No header ${this.header}: it isn't from ShipStation, or a proxy before this server took the header away`
  }
}

/**
 * It was signed too long ago, in the future, or nobody knows when.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookTimestampError extends Schema.TaggedError<WebhookTimestampError>()("WebhookTimestampError", {
  /** The header, as it came. */
  timestamp: Schema.String,
  reason: Schema.Literal("unreadable", "old", "future")
}) {
  override get message(): string {
    switch (this.reason) {
      case "unreadable":
        return `The timestamp ${this.timestamp} can't be read: it isn't from ShipStation`
      case "old":
        return `It was signed too long ago, ${this.timestamp}: somebody sends an old one again, or this machine's clock is fast`
      case "future":
        return `It was signed in the future, ${this.timestamp}: this machine's clock is slow, or it is forged`
    }
  }
}

/**
 * ShipStation has no such key.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookKeyError extends Schema.TaggedError<WebhookKeyError>()("WebhookKeyError", {
  /** The key's id, as it came. */
  keyId: Schema.String
}) {
  override get message(): string {
    return `ShipStation shows no key ${this.keyId}: it is forged, or the option url leads to other keys`
  }
}

/**
 * What came isn't what was signed.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookSignatureError extends Schema.TaggedError<WebhookSignatureError>()("WebhookSignatureError", {
  /** The key that it says it is signed with. */
  keyId: Schema.String
}) {
  override get message(): string {
    return "The signature doesn't fit: it is forged, or these aren't the bytes that came, but what a parser made of them"
  }
}

/**
 * The body isn't there as a whole.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookBodyError extends Schema.TaggedError<WebhookBodyError>()("WebhookBodyError", {
  reason: Schema.Literal("too large", "cut")
}) {
  override get message(): string {
    return this.reason === "cut"
      ? "The connection ended before the end of the body: it will be sent again"
      : "The body is larger than maxBodySize allows: it isn't from ShipStation, unless they send larger ones by now"
  }
}

/**
 * It is signed, and isn't what a webhook is.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookPayloadError extends Schema.TaggedError<WebhookPayloadError>()("WebhookPayloadError", {}) {
  override get message(): string {
    return "It is signed, but no JSON with a resource_type: a newer version of this library may know what it is"
  }
}

/**
 * It can't be told now whether it is signed, as the keys aren't known.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookKeysError extends Schema.TaggedError<WebhookKeysError>()("WebhookKeysError", {
  /** Where the keys are. */
  url: Schema.String,
  /** Why they aren't known. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The keys of ${this.url} aren't known: ${this.reason}. Let it be sent again`
  }
}

/**
 * It is signed, and what it points at isn't read.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookResourceError extends Schema.TaggedError<WebhookResourceError>()("WebhookResourceError", {
  /** Why not. */
  reason: Schema.String
}) {
  override get message(): string {
    return `What it points at isn't read: ${this.reason}`
  }
}

/**
 * Why a webhook isn't taken, or not yet.
 *
 * @since 0.1.0
 * @category errors
 */
export const WebhookError = Schema.Union(
  WebhookHeaderError,
  WebhookTimestampError,
  WebhookKeyError,
  WebhookSignatureError,
  WebhookBodyError,
  WebhookPayloadError,
  WebhookKeysError,
  WebhookResourceError
)

/**
 * Why a webhook isn't taken, or not yet.
 *
 * @since 0.1.0
 * @category errors
 */
export type WebhookError = typeof WebhookError.Type

/**
 * The HTTP status to answer: 4xx for what is forged, which nobody needs to send again, and 5xx for what may be taken later.
 *
 * The 404, which hides that there is anything, and the 400 are those of "Webhook validation", ShipStation V2 API.
 *
 * @since 0.1.0
 * @category getters
 */
export const statusOf = (error: WebhookError): 400 | 401 | 404 | 413 | 500 | 503 => {
  switch (error._tag) {
    case "WebhookHeaderError":
      return 404
    case "WebhookTimestampError":
      return 400
    case "WebhookKeyError":
    case "WebhookSignatureError":
      return 401
    case "WebhookBodyError":
      return error.reason === "cut" ? 400 : 413
    case "WebhookPayloadError":
    case "WebhookResourceError":
      return 500
    case "WebhookKeysError":
      return 503
  }
}
