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
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { readKey, redactAnswer, redactKey } from "./internal/apiKey.js"
import { checkBaseUrl } from "./internal/origin.js"
import { type Happened, toError } from "./internal/toError.js"
import * as Transport from "./internal/transport.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ShipStationConfig from "./ShipStationConfig.js"
import type { ShipStationError } from "./ShipStationError.js"

/** A decoded success. */
export interface Success<A> {
  readonly body: A
  readonly method: "GET" | "POST"
  /** Without query. */
  readonly url: string
  readonly status: number
  /** ShipStation's id of the request, for their support. */
  readonly requestId: string | undefined
}

/** The two requests of the API's fulfillments. */
export interface Service {
  /**
   * `POST /v2/fulfillments`. A success may hold items that failed. An error with `delivery: "unknown"` means that the
   * shipments may have been fulfilled; it is never retried.
   */
  readonly createFulfillments: (
    request: CreateFulfillments.Request
  ) => Effect.Effect<Success<CreateFulfillments.Response>, ShipStationError>
  /** `GET /v2/fulfillments`. */
  readonly listFulfillments: (
    query: ListFulfillments.Query
  ) => Effect.Effect<Success<ListFulfillments.Page>, ShipStationError>
}

/** Sends requests to ShipStation. */
export class ShipStationClient extends Context.Tag("@effect-shipstation/http-client/ShipStationClient")<
  ShipStationClient,
  Service
>() {}

/** What is sent, once it is encoded. */
interface Call<A> {
  readonly method: "GET" | "POST"
  readonly encoded: Either.Either<{ readonly query?: UrlParams.Input; readonly body?: string }, ParseResult.ParseError>
  readonly decode: (body: string) => Option.Option<A>
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Builds the client from its configuration and an `HttpClient`. */
export const make: Effect.Effect<Service, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig> = Effect
  .gen(
    function*() {
      const config = yield* ShipStationConfig.ShipStationConfig
      const send = Transport.make(yield* HttpClient.HttpClient)
      const policyOfLayer = yield* RetryPolicy.RetryPolicy
      const baseUrl = checkBaseUrl(config.baseUrl, config.allowInsecureHosts)
      const url = Either.match(baseUrl, {
        onLeft: () => "",
        onRight: ({ origin, pathname }) => `${origin}${pathname.replace(/\/+$/, "")}/v2/fulfillments`
      })

      /** One attempt, from reading the key to the last byte of the answer. */
      const attempt = Effect.fnUntraced(function*<A>(call: Call<A>) {
        const unsent = { method: call.method, url, redact: identity }
        const refuse = (reason: string) => toError(unsent, { _tag: "Refused", reason })
        if (Either.isLeft(call.encoded)) {
          return yield* toError(unsent, { _tag: "Invalid", reason: describeIssue(call.encoded.left) })
        }
        const { body, query = {} } = call.encoded.right
        if (Either.isLeft(baseUrl)) return yield* refuse(baseUrl.left)
        if (call.method === "POST" && config.mode === "readOnly") return yield* refuse("the mode is readOnly")
        const key = yield* Effect.mapError(readKey(config.apiKey), refuse)
        const sent = { method: call.method, url, redact: redactKey(key) }
        const request = HttpClientRequest.make(call.method)(url, {
          urlParams: query,
          headers: { "api-key": key },
          acceptJson: true
        }).pipe(body === undefined ? identity : HttpClientRequest.bodyText(body, "application/json"))

        const raw = yield* send(request).pipe(
          Effect.timeoutTo({
            duration: config.timeout,
            onSuccess: (happened): Happened => happened,
            onTimeout: (): Happened => ({ _tag: "TimedOut", after: config.timeout })
          })
        )
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
        if (Option.isNone(decoded)) return yield* toError(sent, happened)
        const success: Success<A> = {
          body: decoded.value,
          method: call.method,
          url,
          status: happened.status,
          requestId
        }
        return success
      })

      const execute = Effect.fnUntraced(function*<A>(call: Call<A>) {
        const current = yield* RetryPolicy.RetryPolicy
        // what the caller provides wins over what the layer was built with
        const policy = current === RetryPolicy.defaultPolicy ? policyOfLayer : current
        return yield* attempt(call).pipe(
          Effect.withSpan("ShipStationClient.execute", {
            kind: "client",
            captureStackTrace: false,
            attributes: {
              "http.request.method": call.method,
              "url.full": url,
              "shipstation.account": config.account,
              ...call.attributes
            }
          }),
          // a POST that may have been acted on is out of the policy's reach
          Effect.map(Either.right),
          Effect.catchIf(
            (error) => call.method === "POST" && error.delivery === "unknown",
            (error) => Effect.succeed(Either.left(error))
          ),
          Effect.retry(policy),
          Effect.flatten
        )
      })

      return {
        createFulfillments: ({ fulfillments }) =>
          execute({
            method: "POST",
            encoded: Either.map(
              encodeRequest({
                fulfillments: config.mode === "silent" ? Array.map(fulfillments, withoutNotifications) : fulfillments
              }),
              (body) => ({ body })
            ),
            decode: decodeResponse,
            attributes: { "shipstation.batch_size": fulfillments.length }
          }),
        listFulfillments: (query) =>
          execute({
            method: "GET",
            encoded: Either.map(encodeQuery(query), (query) => ({ query })),
            decode: decodePage,
            attributes: {}
          })
      }
    }
  )

/** Needs a configuration and an `HttpClient`. */
export const layer: Layer.Layer<
  ShipStationClient,
  never,
  HttpClient.HttpClient | ShipStationConfig.ShipStationConfig
> = Layer.effect(ShipStationClient, make)

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
