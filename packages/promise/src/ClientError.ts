/**
 * What a call is rejected with, and what outcomes hold. Plain subclasses of `Error`, with nothing of Effect in them. A request
 * that failed is a `ShipStationError`; `InvalidFulfillmentError`, `AbortedError` and `ClosedError` are not.
 *
 * @since 0.1.0
 */
import type * as Fulfillments from "@effect-shipstation/fulfillments/InvalidFulfillmentError"
import * as Http from "@effect-shipstation/http-client/ShipStationError"
import * as Duration from "effect/Duration"

// @effect-diagnostics extendsNativeError:off

/**
 * What is known of a request: it never left, it was refused at the door, or it may have been acted on.
 *
 * @since 0.1.0
 * @category models
 */
export type Delivery = "unsent" | "rejected" | "unknown"

/**
 * Whom a failure affects: every request of the account, what this request holds, the server, or the way there and back.
 *
 * @since 0.1.0
 * @category models
 */
export type Concerns = "account" | "content" | "server" | "transport"

/** Written as JSON it keeps its message, which errors don't. */
class ClientError extends Error {
  toJSON(): object {
    return { ...this, message: this.message }
  }
}

/**
 * A request to ShipStation failed. The table in `docs/errors.md` says which answer becomes which class.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationError extends ClientError {
  /** The class: `"ShipStationRateLimitError"` and so on. */
  readonly _tag: Http.ShipStationError["_tag"]
  /** Whether ShipStation may have acted on the request. Never `"unknown"` where `create` rejects. */
  readonly delivery: Delivery
  /** Whom it affects. */
  readonly concerns: Concerns
  /** May the same request succeed a little later? */
  readonly isTransient: boolean
  readonly method: string
  /** Without the query. */
  readonly url: string
  /** The answer's status, if there was an answer. */
  readonly status: number | undefined
  /** ShipStation's id of the request, for their support. */
  readonly requestId: string | undefined
  /** All errors of the answer, in ShipStation's words. */
  readonly errors: ReadonlyArray<Http.ShipStationError["errors"][number]>
  /** How long ShipStation asks to wait, in milliseconds. Always there on `ShipStationRateLimitError`. */
  readonly retryAfter: number | undefined
  /** The start of an answer that could not be read. */
  readonly body: string | undefined

  constructor(error: Http.ShipStationError) {
    super(error.message)
    this.name = error._tag
    this._tag = error._tag
    this.delivery = error.delivery
    this.concerns = error.concerns
    this.isTransient = Http.isTransient(error)
    this.method = error.method
    this.url = error.url
    this.status = error.status
    this.requestId = error.requestId
    this.errors = error.errors
    this.retryAfter = error.retryAfter && Duration.toMillis(error.retryAfter)
    this.body = error.body
  }
}

/**
 * A problem with the account, ours or a third party's.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationAccountStatusError extends ShipStationError {
  declare readonly _tag: "ShipStationAccountStatusError"
}

/**
 * A rule or limit of the business was broken.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationBusinessRulesError extends ShipStationError {
  declare readonly _tag: "ShipStationBusinessRulesError"
}

/**
 * The request is wrong and must change before it is sent again.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationValidationError extends ShipStationError {
  declare readonly _tag: "ShipStationValidationError"
}

/**
 * The key is missing, wrong, expired, or not allowed to do this.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationSecurityError extends ShipStationError {
  declare readonly _tag: "ShipStationSecurityError"
}

/**
 * An unexpected error on their side.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationSystemError extends ShipStationError {
  declare readonly _tag: "ShipStationSystemError"
}

/**
 * A problem of a system that is connected to the account.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationIntegrationsError extends ShipStationError {
  declare readonly _tag: "ShipStationIntegrationsError"
}

/**
 * Too many requests.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationRateLimitError extends ShipStationError {
  declare readonly _tag: "ShipStationRateLimitError"
  /** How long ShipStation asks to wait, in milliseconds; one minute where it doesn't say. */
  declare readonly retryAfter: number
}

/**
 * Nothing was sent: no connection, or a key that could not be read.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationNetworkError extends ShipStationError {
  declare readonly _tag: "ShipStationNetworkError"
}

/**
 * The request left, and no whole answer came.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationConnectionLostError extends ShipStationError {
  declare readonly _tag: "ShipStationConnectionLostError"
}

/**
 * An answer that the contract doesn't have.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationUnexpectedResponseError extends ShipStationError {
  declare readonly _tag: "ShipStationUnexpectedResponseError"
}

/**
 * This configuration sends nothing, or not this.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShipStationConfigError extends ShipStationError {
  declare readonly _tag: "ShipStationConfigError"
}

const classes: { readonly [Tag in Http.ShipStationError["_tag"]]: typeof ShipStationError } = {
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
}

/**
 * An error of the API in the class that it has here.
 *
 * @since 0.1.0
 * @category conversions
 */
export const ofShipStation = (error: Http.ShipStationError): ShipStationError => new classes[error._tag](error)

/**
 * The inputs can't be sent as they are. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidFulfillmentError extends ClientError {
  readonly _tag = "InvalidFulfillmentError"
  readonly delivery = "unsent"
  readonly concerns = "content"
  /** Everything that is wrong: which input (from 0), which field, what was given, and what it must be. */
  readonly issues: ReadonlyArray<Fulfillments.Issue>

  constructor({ issues, message }: Fulfillments.InvalidFulfillmentError) {
    super(message)
    this.name = this._tag
    this.issues = issues
  }
}

/**
 * The call's `signal` was aborted. `cause` is its reason.
 *
 * @since 0.1.0
 * @category errors
 */
export class AbortedError extends ClientError {
  readonly _tag = "AbortedError"
  readonly concerns = "content"
  /**
   * `"unsent"`: nothing was done. `"unknown"`: it had left. Then the client remembers it: call again for the same shipments, and
   * they are looked up before anything is sent.
   *
   * Of `createAll` it says only whether the loop had begun. What was sent is awaited then, and `onLeftover` gets its outcomes before
   * the error comes, so only an outcome `Unknown` among these is unknown. What was neither taken nor told was not sent.
   */
  readonly delivery: "unsent" | "unknown"

  constructor(delivery: "unsent" | "unknown", reason: unknown) {
    super(
      delivery === "unsent" ? "Aborted before anything was sent" : "Aborted, and what was sent may have been done",
      { cause: reason }
    )
    // the name by which an abort is known everywhere
    this.name = "AbortError"
    this.delivery = delivery
  }
}

/**
 * The client was closed before. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class ClosedError extends ClientError {
  readonly _tag = "ClosedError"
  readonly delivery = "unsent"
  readonly concerns = "account"

  constructor() {
    super("The client is closed: make a new one with createClient")
    this.name = this._tag
  }
}
