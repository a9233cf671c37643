/**
 * One attempt at a request: the key, its turn, what is sent, the exchange, and what the answer means.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import type * as RateLimiter from "../RateLimiter.js"
import type { NoKey } from "./apiKey.js"
import { redactAnswer, redactKey } from "./redact.js"
import { parseHttpDate } from "./retryAfter.js"
import type * as Telemetry from "./telemetry.js"
import { type Answer, type Happened, type Sent, toError } from "./toError.js"
import type * as Transport from "./transport.js"
import { userAgent } from "./version.js"

/** What is sent, once it is encoded. Left: what is wrong with it. */
export type Encoded = Either.Either<Encodable, string>

interface Encodable {
  readonly query?: UrlParams.Input
  readonly body?: string
}

/** A request. */
export interface Call<A, E, R, R2> {
  readonly method: Sent["method"]
  /** Without query. */
  readonly url: string
  /** Why it isn't sent, whatever it holds. */
  readonly refusal: Option.Option<Happened>
  /** Runs at each attempt, when it is its turn, and again after a long pause that came meanwhile. */
  readonly encode: Effect.Effect<Encoded, E, R>
  /**
   * Whether an answer isn't read that is a part, or has several parts of which one may have failed, or that some cache has
   * kept.
   */
  readonly isWhole?: boolean
  readonly decode: (body: string) => Effect.Effect<Option.Option<A>, never, R2>
  /** Runs as the request leaves. */
  readonly leaves?: Effect.Effect<void> | undefined
}

/** What attempts are made with. */
export interface Parts {
  readonly limiter: RateLimiter.Service
  readonly metrics: ReturnType<typeof Telemetry.make>
  readonly send: ReturnType<typeof Transport.make>
}

/** Makes attempts. Left: the error of the effect that makes the request. */
export const make = ({ limiter, metrics, send }: Parts) => {
  /** The last key, and how to remove it from a text. */
  let known: { readonly key: string; readonly redact: (text: string) => string } | undefined
  const redactionOf = (key: string) => {
    if (known?.key !== key) known = { key, redact: redactKey(key) }
    return known.redact
  }

  /** The request has its turn, and leaves. */
  const exchange = Effect.fnUntraced(function*<A, E, R, R2>(
    call: Call<A, E, R, R2>,
    key: string,
    leaves: Effect.Effect<void>,
    ready: Effect.Effect<void, RateLimiter.Held>
  ) {
    const { method, url } = call
    const sent = { method, url, redact: redactionOf(key) }
    const encoded = yield* encode(call.encode, ready)
    if (Either.isLeft(encoded)) return Either.left(encoded.left)
    if (Either.isLeft(encoded.right)) return yield* toError(sent, { _tag: "Invalid", reason: encoded.right.left })
    const request = requestOf(call, encoded.right.right, key)

    const start = yield* Clock.currentTimeNanos
    const happened = yield* send(request, {
      leaves: call.leaves === undefined ? leaves : Effect.zipRight(leaves, call.leaves),
      redact: sent.redact
    })
    const seconds = Number((yield* Clock.currentTimeNanos) - start) / 1e9
    const result = yield* Effect.either(interpret(limiter, call, sent, happened, key))
    yield* metrics.countRequest({
      method,
      status: happened._tag === "Answer" ? happened.status : undefined,
      errorType: Either.isLeft(result) ? result.left._tag : undefined,
      seconds
    })
    return Either.right(yield* result)
  })

  return Effect.fnUntraced(function*<A, E, R, R2>(call: Call<A, E, R, R2>, key: Effect.Effect<string, NoKey>) {
    const unsent = { method: call.method, url: call.url, redact: known?.redact ?? identity }
    if (Option.isSome(call.refusal)) return yield* toError(unsent, call.refusal.value)
    const apiKey = yield* Effect.mapError(key, (noKey) => toError(unsent, noKey))
    return yield* limiter.withPlace(
      { sandbox: apiKey.startsWith("TEST_") },
      (leaves, ready) => exchange(call, apiKey, leaves, ready)
    ).pipe(Effect.mapError((error) => error._tag === "Held" ? toError(unsent, error) : error))
  })
}

/** In nanoseconds. What was right before a longer wait needn't be any more. */
const longWait = 30_000_000_000n

/** Makes the request, which may take long, and once more where it then has to wait for long. */
const encode = <E, R>(
  make: Effect.Effect<Encoded, E, R>,
  ready: Effect.Effect<void, RateLimiter.Held>
): Effect.Effect<Either.Either<Encoded, E>, RateLimiter.Held, R> =>
  Effect.gen(function*() {
    const encoded = yield* Effect.either(make)
    if (Either.isLeft(encoded) || Either.isLeft(encoded.right)) return encoded
    const before = yield* Clock.currentTimeNanos
    yield* ready
    const waited = (yield* Clock.currentTimeNanos) - before
    return waited < longWait ? encoded : yield* encode(make, ready)
  })

/** What the answer means, if there is one. */
const interpret = Effect.fnUntraced(function*<A, E, R, R2>(
  limiter: RateLimiter.Service,
  call: Call<A, E, R, R2>,
  sent: Sent,
  happened: Happened,
  key: string
) {
  if (happened._tag !== "Answer") return yield* toError(sent, happened)
  const answer = redactAnswer(happened, key, sent.redact)
  const requestId = answer.headers["x-shipengine-requestid"]
  yield* Effect.annotateCurrentSpan({
    "http.response.status_code": answer.status,
    "shipstation.request_id": requestId
  })
  const decoded = isSuccess(answer) && !(call.isWhole === true && (isPart(answer) || isKept(answer)))
    ? yield* call.decode(answer.body)
    : Option.none()
  if (Option.isSome(decoded)) {
    const { method, url } = sent
    const date = Option.getOrUndefined(parseHttpDate(answer.headers["date"]))
    return { body: decoded.value, method, url, status: answer.status, requestId, date }
  }
  const error = toError(sent, answer)
  // the API's own limit holds for every request; a third party's concerns only this one
  if (error._tag === "ShipStationRateLimitError" && error.concerns === "account") {
    yield* limiter.pause(error.retryAfter)
  }
  return yield* error
})

const isSuccess = ({ end, status }: Answer): boolean => status >= 200 && status < 300 && end === "whole"

const isPart = ({ status }: Answer): boolean => status === 206 || status === 207

const isKept = ({ headers }: Answer): boolean => Number(headers["age"] ?? 0) > 0

const requestOf = (
  { method, url }: Pick<Call<never, never, never, never>, "method" | "url">,
  { body, query = {} }: Encodable,
  key: string
): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.make(method)(url, {
    urlParams: query,
    // what was there before says nothing of what is there now
    headers: { "api-key": key, "user-agent": userAgent, "cache-control": "no-cache" },
    acceptJson: true
  }).pipe(body === undefined ? identity : HttpClientRequest.bodyText(body, "application/json"))
