/**
 * The one place where a request is sent: URL, key, time-out, span, decoding, and what a failure means. It runs on any
 * `HttpClient`. Give it a plain one: a client that retries or follows redirects by itself would do so behind its back.
 */
import * as CreateFulfillments from "@effect-shipstation/schema/CreateFulfillments"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { readKey } from "./internal/apiKey.js"
import { checkBaseUrl } from "./internal/origin.js"
import { redactAnswer, redactKey } from "./internal/redact.js"
import { parseHttpDate } from "./internal/retryAfter.js"
import { type Happened, toError } from "./internal/toError.js"
import * as Transport from "./internal/transport.js"
import * as RateLimiter from "./RateLimiter.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ShipStationConfig from "./ShipStationConfig.js"
import { isNotDone, type ShipStationError } from "./ShipStationError.js"

/** A decoded success. */
export interface Success<A> {
  readonly body: A
  readonly method: "GET" | "POST"
  /** Without query. */
  readonly url: string
  readonly status: number
  /** ShipStation's id of the request, for their support. */
  readonly requestId: string | undefined
  /** The server's clock, from the header `Date`. */
  readonly date: DateTime.Utc | undefined
}

/** The two requests of the API's fulfillments. */
export interface Service {
  /**
   * `POST /v2/fulfillments`. A success may hold items that failed. An error with `delivery: "unknown"` means that the
   * shipments may have been fulfilled; it is never retried.
   *
   * A request that is an effect is made right before it is sent, at each attempt, after the wait for the rate limit. If
   * the effect fails, nothing is sent, and its error is not retried.
   */
  readonly createFulfillments: <E = never, R = never, E2 = never, R2 = never>(
    request: CreateFulfillments.Request | Effect.Effect<CreateFulfillments.Request, E, R>,
    options?: CreateOptions<E2, R2>
  ) => Effect.Effect<Success<CreateFulfillments.Response>, ShipStationError | E | E2, R | R2>
  /** `GET /v2/fulfillments`. */
  readonly listFulfillments: (
    query: ListFulfillments.Query
  ) => Effect.Effect<Success<ListFulfillments.Page>, ShipStationError>
  /** How long an answer is waited for: `ShipStationConfig`'s `timeout`. */
  readonly timeout: Duration.Duration
  /** Whose requests these are: `ShipStationConfig`'s `account`. */
  readonly account: string
}

/** Options of `createFulfillments`. */
export interface CreateOptions<E = never, R = never> {
  /**
   * Runs before each further attempt, given the error of the last one: after the policy's delay, before the wait for the
   * rate limit. If it fails, nothing more is sent, and its error is the end.
   */
  readonly beforeRetry?: ((error: ShipStationError) => Effect.Effect<void, E, R>) | undefined
}

/** Sends requests to ShipStation. */
export class ShipStationClient extends Context.Tag("@effect-shipstation/http-client/ShipStationClient")<
  ShipStationClient,
  Service
>() {}

/** Counts requests that were sent, by `method` and by the answer's `status`, which is `none` when no answer came. */
export const requestCount = Metric.counter("shipstation.requests", {
  description: "Requests sent to ShipStation",
  incremental: true
})

/** Counts attempts after the first, by `method`. */
export const retryCount = Metric.counter("shipstation.retries", {
  description: "Requests to ShipStation that were tried again",
  incremental: true
})

/** What is sent, once it is encoded. */
type Encoded = Either.Either<{ readonly query?: UrlParams.Input; readonly body?: string }, ParseResult.ParseError>

interface Call<A, E, R> {
  readonly method: "GET" | "POST"
  readonly encode: Effect.Effect<Encoded, E, R>
  readonly decode: (body: string) => Option.Option<A>
}

/**
 * Builds the client from its configuration and an `HttpClient`. It has a rate limiter of its own, with the API's limits,
 * unless a `RateLimiter` is provided.
 */
export const make: Effect.Effect<Service, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig> = Effect
  .gen(
    function*() {
      const config = yield* ShipStationConfig.ShipStationConfig
      const send = Transport.make(yield* HttpClient.HttpClient)
      const policyOfLayer = yield* RetryPolicy.RetryPolicy
      const limiter = yield* limiterInForce
      const baseUrl = checkBaseUrl(config.baseUrl, config.allowInsecureHosts)
      const url = Either.match(baseUrl, {
        onLeft: () => "",
        onRight: ({ origin, pathname }) => `${origin}${pathname.replace(/\/+$/, "")}/v2/fulfillments`
      })

      /** One attempt, from reading the key to the last byte of the answer. */
      const attempt = Effect.fnUntraced(function*<A, E, R>(call: Call<A, E, R>) {
        const unsent = { method: call.method, url, redact: identity }
        const refuse = (reason: string) => toError(unsent, { _tag: "Refused", reason })
        if (Either.isLeft(baseUrl)) return yield* refuse(baseUrl.left)
        if (call.method === "POST" && config.mode === "readOnly") return yield* refuse("the mode is readOnly")
        const key = yield* Effect.mapError(readKey(config.apiKey), refuse)
        const sent = { method: call.method, url, redact: redactKey(key) }

        yield* Effect.mapError(limiter.take({ sandbox: key.startsWith("TEST_") }), (held) => toError(unsent, held))
        const encoded = yield* Effect.either(call.encode)
        if (Either.isLeft(encoded)) return Either.left(encoded.left)
        if (Either.isLeft(encoded.right)) {
          return yield* toError(unsent, { _tag: "Invalid", reason: describeIssue(encoded.right.left) })
        }
        const { body, query = {} } = encoded.right.right
        const request = HttpClientRequest.make(call.method)(url, {
          urlParams: query,
          headers: { "api-key": key },
          acceptJson: true
        }).pipe(body === undefined ? identity : HttpClientRequest.bodyText(body, "application/json"))

        const raw = yield* send(request, { timeout: config.timeout, leaves: Effect.void, redact: sent.redact })
        yield* countRequest(call.method, raw)
        if (raw._tag !== "Answer") return yield* toError(sent, raw)
        const happened = redactAnswer(raw, key)
        const requestId = happened.headers["x-shipengine-requestid"]
        yield* Effect.annotateCurrentSpan({
          "http.response.status_code": happened.status,
          "shipstation.request_id": requestId
        })
        const decoded = happened.status >= 200 && happened.status < 300 && happened.end === "whole"
          ? call.decode(happened.body)
          : Option.none()
        if (Option.isNone(decoded)) {
          const error = toError(sent, happened)
          // the API's own limit holds for every request; a third party's, which says so, concerns only this one
          if (error._tag === "ShipStationRateLimitError" && (isNotDone(error) || error.errors.length === 0)) {
            yield* limiter.pause(error.retryAfter)
          }
          return yield* error
        }
        const success: Success<A> = {
          body: decoded.value,
          method: call.method,
          url,
          status: happened.status,
          requestId,
          date: Option.getOrUndefined(parseHttpDate(happened.headers["date"]))
        }
        return Either.right(success)
      })

      /** One attempt as it is told: in a span of its own, and in a log when it failed. */
      const told = <A, E, R>(call: Call<A, E, R>) =>
        attempt(call).pipe(
          Effect.tapError((error) =>
            Effect.annotateLogs(Effect.logDebug("The request failed"), {
              "shipstation.account": config.account,
              "error.type": error._tag,
              "http.response.status_code": error.status,
              "shipstation.delivery": error.delivery,
              "shipstation.request_id": error.requestId
            })
          ),
          Effect.withSpan("ShipStationClient.execute", {
            kind: "client",
            captureStackTrace: false,
            attributes: {
              "http.request.method": call.method,
              "url.full": url,
              "shipstation.account": config.account
            }
          })
        )

      const execute = Effect.fnUntraced(function*<A, E, R, E2 = never, R2 = never>(
        call: Call<A, E, R>,
        beforeRetry?: (error: ShipStationError) => Effect.Effect<void, E2, R2>
      ) {
        // what the caller provides wins over what the layer was built with
        const policy = Option.getOrElse(yield* RetryPolicy.provided, () => policyOfLayer)
        const driver = yield* Schedule.driver(policy)
        while (true) {
          const ended = yield* Effect.either(told(call))
          if (Either.isRight(ended)) return yield* ended.right
          const error = ended.left
          // a POST that may have been acted on is out of the policy's reach
          if (call.method === "POST" && error.delivery === "unknown") return yield* error
          if (!(yield* goesOn(driver, error))) return yield* error
          if (beforeRetry !== undefined) yield* beforeRetry(error)
          yield* Metric.update(Metric.tagged(retryCount, "method", call.method), 1)
        }
      })

      return {
        createFulfillments: (request, options) =>
          execute({
            method: "POST",
            encode: Effect.map(
              Effect.isEffect(request) ? request : Effect.succeed(request),
              ({ fulfillments }) =>
                Either.map(
                  encodeRequest({
                    fulfillments: config.mode === "silent"
                      ? Array.map(fulfillments, withoutNotifications)
                      : fulfillments
                  }),
                  (body) => ({ body })
                )
            ),
            decode: decodeResponse
          }, options?.beforeRetry),
        listFulfillments: (query) =>
          execute({
            method: "GET",
            encode: Effect.sync(() => Either.map(encodeQuery(query), (query) => ({ query }))),
            decode: decodePage
          }),
        timeout: config.timeout,
        account: config.account
      }
    }
  )

/** Needs a configuration and an `HttpClient`. */
export const layer: Layer.Layer<
  ShipStationClient,
  never,
  HttpClient.HttpClient | ShipStationConfig.ShipStationConfig
> = Layer.effect(ShipStationClient, make)

const limiterInForce = Effect.flatMap(
  Effect.serviceOption(RateLimiter.RateLimiter),
  Option.match({
    onSome: Effect.succeed,
    onNone: () => Effect.provide(RateLimiter.make(), RateLimiter.layerStoreMemory)
  })
)

/** Waits as the policy says, and tells whether there is another attempt. A policy that dies has said no. */
const goesOn = (
  driver: Schedule.ScheduleDriver<unknown, ShipStationError>,
  error: ShipStationError
): Effect.Effect<boolean> =>
  driver.next(error).pipe(
    Effect.as(true),
    Effect.catchAllCause((cause) =>
      Cause.isDie(cause)
        ? Effect.as(
          Effect.logError("The retry policy died, so nothing is tried again", Cause.die(Cause.squash(cause))),
          false
        )
        : Cause.isInterrupted(cause)
        ? Effect.interrupt
        : Effect.succeed(false)
    )
  )

const countRequest = (method: string, happened: Happened) =>
  Metric.update(
    Metric.taggedWithLabels(requestCount, [
      MetricLabel.make("method", method),
      MetricLabel.make("status", happened._tag === "Answer" ? String(happened.status) : "none")
    ]),
    1
  )

const withoutNotifications = (input: FulfillmentInput): FulfillmentInput => ({
  ...input,
  notify_customer: false,
  notify_order_source: false
})

const encodeRequest = Schema.encodeEither(Schema.parseJson(CreateFulfillments.Request))

const decodeResponse = Schema.decodeUnknownOption(Schema.parseJson(CreateFulfillments.Response))

const encodeQuery = Schema.encodeEither(ListFulfillments.Query)

const decodePage = Schema.decodeUnknownOption(Schema.parseJson(ListFulfillments.Page))

/** Where and what, without the values, which may be customers' data. */
const describeIssue = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return issue === undefined ? "the request is invalid" : `${issue.path.join(".")} ${issue.message}`
}
