/**
 * Mark shipments as shipped: `POST /v2/fulfillments` of the ShipStation API v2, and the list of what was created.
 *
 * The call e-mails customers and tells marketplaces, can't be undone, and has no idempotency key. So what is known
 * afterwards is exact: if `create` fails, nothing was created and nobody was notified; if it succeeds, there is one outcome
 * for every input, and what can't be known is an `Unknown`.
 */
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import {
  isNotDone,
  type NotDone,
  type ShipStationConnectionLostError,
  type ShipStationError,
  ShipStationUnexpectedResponseError
} from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment, FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type FulfillmentOutcome, partition, Unknown } from "./FulfillmentOutcome.js"
import { checkInputs } from "./internal/checkInputs.js"
import { matchResults } from "./internal/matchResults.js"
import { InvalidFulfillmentError } from "./InvalidFulfillmentError.js"

/** After this nothing was created and nobody was notified. */
export type CreateError =
  | InvalidFulfillmentError
  | NotDone<Exclude<ShipStationError, ShipStationConnectionLostError>>

/** The list could not be read. */
export type ListError = ShipStationError | InvalidFulfillmentError

/**
 * Who is told, for inputs that leave it out. `"account-default"` leaves the flags out on the wire too, and then ShipStation
 * does what the account is configured to do, which may be an e-mail to the customer.
 */
export type Notify = { readonly customer: boolean; readonly orderSource: boolean } | "account-default"

/** Options of the layers. */
export interface Options {
  /** Who is told, for inputs that leave it out. It has no default: nobody should be mailed by accident. */
  readonly notify: Notify
  /** The most inputs that one request takes, 1 or more. Default 500. ShipStation's own limit isn't published. */
  readonly maxBatchSize?: number | undefined
}

/** Marks shipments as shipped, and lists what was created. */
export interface Service {
  /**
   * Marks shipments as shipped, in one request.
   *
   * Fails only if nothing was created and nobody was notified. Succeeds with one outcome for every input, in the order of
   * the inputs; some of them may be `Rejected` or `Unknown`. Interrupting it while the request is under way leaves
   * unknown what became of it: to limit the time, use `ShipStationConfig`'s `timeout`.
   *
   * Source: "Create fulfillments", `POST /v2/fulfillments`, version 2.0.0.
   */
  readonly create: (
    inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>
  ) => Effect.Effect<Array.NonEmptyArray<FulfillmentOutcome>, CreateError>

  /** One page of fulfillments. Source: "List fulfillments", `GET /v2/fulfillments`. */
  readonly list: (query: ListFulfillments.Query) => Effect.Effect<ListFulfillments.Page, ListError>

  /** All fulfillments from the query's page on, page by page as they are pulled. Pages of 500 unless the query says. */
  readonly listAll: (query: ListFulfillments.Query) => Stream.Stream<Fulfillment, ListError>
}

/** Marks shipments as shipped, and lists what was created. */
export class Fulfillments extends Context.Tag("@effect-shipstation/fulfillments/Fulfillments")<
  Fulfillments,
  Service
>() {}

/** Builds the service on a `ShipStationClient`. */
export const make = ({ maxBatchSize = 500, notify }: Options): Effect.Effect<
  Service,
  never,
  ShipStationClient.ShipStationClient
> =>
  Effect.map(ShipStationClient.ShipStationClient, (client) => {
    const create = Effect.fnUntraced(
      function*(inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>) {
        const issues = checkInputs(inputs, maxBatchSize)
        if (issues.length > 0) return yield* new InvalidFulfillmentError({ issues })
        yield* Effect.annotateCurrentSpan("shipstation.batch_size", inputs.length)
        const outcomes = yield* client.createFulfillments({ fulfillments: Array.map(inputs, withNotify(notify)) }).pipe(
          Effect.map((success) => matchResults(inputs, success)),
          Effect.catchAll((error) =>
            error._tag !== "ShipStationConnectionLostError" && isNotDone(error)
              ? Effect.fail(error)
              : Effect.succeed(allUnknown(inputs, error))
          ),
          // the request may have left before something broke
          Effect.catchAllDefect(() => Effect.succeed(allUnknown(inputs, brokenAfterSend)))
        )
        const { fulfilled, rejected, unsettled } = partition(outcomes)
        yield* Effect.annotateCurrentSpan({
          "shipstation.fulfilled": fulfilled.length,
          "shipstation.rejected": rejected.length,
          "shipstation.unsettled": unsettled.length
        })
        return outcomes
      },
      Effect.withSpan("Fulfillments.create", { captureStackTrace: false })
    )

    const list = Effect.fnUntraced(
      function*(query: ListFulfillments.Query) {
        const checked = yield* Either.mapLeft(
          ListFulfillments.validateQuery(query),
          (issues) => new InvalidFulfillmentError({ issues: issues.map((issue) => ({ index: 0, ...issue })) })
        )
        const { body } = yield* client.listFulfillments(checked)
        return body
      },
      Effect.withSpan("Fulfillments.list", { captureStackTrace: false })
    )

    const listAll = (query: ListFulfillments.Query) => {
      const page_size = query.page_size ?? 500
      return Stream.paginateChunkEffect(query.page ?? 1, (page) =>
        Effect.map(list({ ...query, page, page_size }), ({ fulfillments, pages }) => {
          const isLast = pages === undefined || pages === null ? fulfillments.length < page_size : page >= pages
          return [Chunk.fromIterable(fulfillments), isLast ? Option.none() : Option.some(page + 1)]
        }))
    }

    return { create, list, listAll }
  })

/** Needs a `ShipStationClient`. */
export const layer = (options: Options): Layer.Layer<Fulfillments, never, ShipStationClient.ShipStationClient> =>
  Layer.effect(Fulfillments, make(options))

/**
 * Needs an `HttpClient` only. The key and the rest are read from `SHIPSTATION_API_KEY`, `SHIPSTATION_BASE_URL` and
 * `SHIPSTATION_MODE`; who is notified is decided here, or read from the `Config` given.
 */
export const layerConfig = (
  options: Omit<Options, "notify"> & { readonly notify: Notify | Config.Config<Notify> }
): Layer.Layer<Fulfillments, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.unwrapEffect(
    Effect.map(
      Config.isConfig(options.notify) ? options.notify : Effect.succeed(options.notify),
      (notify) => layer({ ...options, notify })
    )
  ).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(ShipStationConfig.layerConfig())
  )

const withNotify = (notify: Notify) => (input: FulfillmentInput): FulfillmentInput =>
  notify === "account-default" ? input : {
    ...input,
    notify_customer: input.notify_customer ?? notify.customer,
    notify_order_source: input.notify_order_source ?? notify.orderSource
  }

const allUnknown = (
  inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>,
  error: ShipStationError
): Array.NonEmptyArray<FulfillmentOutcome> =>
  Array.map(inputs, (input, index) => new Unknown({ index, input, requestId: error.requestId, error }))

const brokenAfterSend = new ShipStationUnexpectedResponseError({
  delivery: "unknown",
  message: "The request or its answer could not be processed",
  method: "POST",
  url: "/v2/fulfillments",
  errors: []
})
