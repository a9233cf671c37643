/**
 * An HTTP app that takes webhooks: it verifies them, reads back what they point at, and hands that to a handler. Each comes at
 * least once and in any order.
 *
 * @since 0.1.0
 */
import { check } from "@effect-shipstation/http-client/Options"
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import { isShipStationError, type ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import type { Event } from "@effect-shipstation/schema/Webhook"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { readAtMost } from "./internal/bytes.js"
import { tolerance } from "./internal/options.js"
import * as Replays from "./internal/replays.js"
import { idsOf, pointerOf, readAll } from "./internal/resource.js"
import * as Webhook from "./Webhook.js"
import { statusOf, WebhookBodyError, type WebhookError, WebhookResourceError } from "./WebhookError.js"
import { FulfillmentsRejected, FulfillmentsShipped, OtherEvent, type WebhookEvent } from "./WebhookEvent.js"
import type { WebhookKeys } from "./WebhookKeys.js"

/**
 * What can be set. A value that can't be throws, with the option's name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Webhook.Options {
  /** The most bytes that a body may have. More are refused as soon as they come. Default 1 MiB. */
  readonly maxBodySize?: number | undefined
}

/**
 * What the app needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Requirements = ShipStationClient.ShipStationClient | ShipStationConfig.ShipStationConfig | WebhookKeys

/**
 * Counts webhooks by `result`: `handled`, the class of an error, or `HandlerFailed`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const webhookCount = Metric.counter("shipstation.webhooks", {
  description: "What became of webhooks of ShipStation",
  incremental: true
})

/**
 * An app that takes webhooks of one account, for the path that ShipStation sends them to.
 *
 * - What is forged, altered, too old or too large is answered with 4xx, and the handler doesn't see it.
 * - The fulfillments that it is about are read with the account's key, by the client and its limit; once for a delivery that
 *   comes again within seconds, so that no stranger can use up the limit with one.
 * - 200 is answered once the handler has succeeded. When it fails or dies, when ShipStation can't be asked, or doesn't list
 *   yet what it says was shipped, 5xx is answered, and ShipStation sends it again. So a handler sees each at least once, in any
 *   order, and does what it does so that a second time changes nothing.
 * - ShipStation doesn't wait for long: a handler stores what is to be done rather than doing it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const httpApp = <E, R>(
  handler: (event: WebhookEvent) => Effect.Effect<unknown, E, R>,
  options: Options = {}
): HttpApp.Default<never, R | Requirements> => {
  const limits = checkOptions(options)
  const once = Replays.make<ReadonlyArray<Fulfillment>, ShipStationError | WebhookResourceError>()
  return Effect.gen(function*() {
    const received = yield* Effect.either(receive(limits, once))
    if (Either.isLeft(received)) return yield* refuse(received.left)
    const handled = yield* Effect.exit(handler(received.right))
    if (Exit.isSuccess(handled)) return yield* answer(200, "handled")
    yield* Effect.logError("The handler of a webhook failed; ShipStation will send it again", handled.cause)
    return yield* answer(500, "HandlerFailed")
  }).pipe(Effect.withSpan("Webhooks.receive", { captureStackTrace: false }))
}

/** Verifies before more is read than has to be, and reads back. */
const receive = Effect.fnUntraced(function*({ maxBodySize, tolerance }: ReturnType<typeof checkOptions>, once: Once) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { read, sentAt } = yield* Webhook.open(request.headers, { tolerance })
  if (Number(request.headers["content-length"] ?? 0) > maxBodySize) return yield* tooLarge
  const body = yield* Effect.mapError(
    readAtMost(request.stream, maxBodySize),
    () => new WebhookBodyError({ reason: "cut" })
  )
  return yield* readBack(yield* read(yield* Option.isSome(body) ? Effect.succeed(body.value) : tooLarge), sentAt, once)
})

type Once = ReturnType<typeof Replays.make<ReadonlyArray<Fulfillment>, ShipStationError | WebhookResourceError>>

const tooLarge = Effect.suspend(() => new WebhookBodyError({ reason: "too large" }))

/** What the event is about, as the list has it now. */
const readBack = Effect.fnUntraced(function*(event: Event, sentAt: DateTime.Utc, once: Once) {
  yield* Effect.annotateCurrentSpan("shipstation.webhook.type", event.resource_type)
  const type = event.resource_type.toUpperCase()
  if (type !== "FULFILLMENT_SHIPPED_V2" && type !== "FULFILLMENT_REJECTED_V2") return new OtherEvent({ event, sentAt })
  const pointer = yield* pointerOf(event, (yield* ShipStationConfig.ShipStationConfig).baseUrl)
  const fulfillments = yield* once(
    `${event.resource_url} ${DateTime.toEpochMillis(sentAt)}`,
    readAll(yield* ShipStationClient.ShipStationClient, pointer)
  )
  const fields = {
    event,
    sentAt,
    shipmentIds: idsOf("shipment_id", pointer, fulfillments),
    fulfillmentIds: idsOf("fulfillment_id", pointer, fulfillments),
    fulfillments
  }
  if (type === "FULFILLMENT_REJECTED_V2") return new FulfillmentsRejected(fields)
  return fulfillments.length > 0
    ? new FulfillmentsShipped(fields)
    : yield* new WebhookResourceError({ reason: "the list doesn't show it yet" })
})

/** Strangers can cause what they like, so that isn't a warning. */
const refuse = (error: WebhookError | ShipStationError) => {
  const status = isShipStationError(error) ? 503 : statusOf(error)
  // that the keys can't be read is a warning of its own, and that none has an id that was made up is none
  const isQuiet = status < 500 || error._tag === "WebhookKeysError"
  const log = isQuiet ? Effect.logDebug : Effect.logWarning
  return Effect.zipRight(log("A webhook wasn't taken", error), answer(status, error._tag))
}

/** Without words: whoever isn't ShipStation learns nothing. */
const answer = (status: number, result: string) =>
  Effect.annotateCurrentSpan({ "http.response.status_code": status, "shipstation.webhook.result": result }).pipe(
    Effect.zipRight(Metric.increment(Metric.tagged(webhookCount, "result", result))),
    Effect.as(HttpServerResponse.empty({ status }))
  )

const checkOptions = check(
  "Webhooks",
  Schema.Struct({
    tolerance,
    maxBodySize: Schema.optionalWith(
      Schema.Int.pipe(Schema.positive()).annotations({
        message: ({ actual }) => ({ message: `must be a number of bytes, not ${String(actual)}`, override: true })
      }),
      { default: () => 1024 * 1024 }
    )
  })
)
