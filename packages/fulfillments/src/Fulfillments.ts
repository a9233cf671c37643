/**
 * Mark shipments as shipped: `POST /v2/fulfillments` of the ShipStation API v2, and the list of what was created.
 *
 * The call e-mails customers and tells marketplaces, can't be undone, and has no idempotency key. So what is known
 * afterwards is exact: if `create` fails, nothing was created and nobody was notified; if it succeeds, there is one outcome
 * for every input, and what can't be known is an `Unknown`.
 */
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import type {
  NotDone,
  ShipStationConnectionLostError,
  ShipStationError
} from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment, FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  Absent,
  type AlreadyFulfilled,
  type Conflict,
  type Created,
  FulfillmentConflict,
  type FulfillmentOutcome,
  FulfillmentRejected,
  type Unknown
} from "./FulfillmentOutcome.js"
import { closed, make as makeBatches } from "./internal/batches.js"
import { checkInputs } from "./internal/checkInputs.js"
import { broken, make as makeCreate } from "./internal/create.js"
import { make as makeCreateAll } from "./internal/createAll.js"
import { make as makeCreateOne } from "./internal/createOne.js"
import type { Items } from "./internal/item.js"
import { make as makeMemory } from "./internal/memory.js"
import { makeUnknown } from "./internal/outcomes.js"
import { make as makeReadBack } from "./internal/readBack.js"
import { InvalidFulfillmentError } from "./InvalidFulfillmentError.js"

export {
  /** Counts what became of shipments, by `outcome`: `Created`, `Rejected` and so on. */
  outcomeCount
} from "./internal/create.js"

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
  /** What is read back. Default `"all"`. */
  readonly readBack?: ReadBack | undefined
  /** When to look for what became of a request whose answer was lost. Default after 0.5, 1, 2 and 4 seconds. */
  readonly readBackSchedule?: Schedule.Schedule<unknown> | undefined
}

/**
 * What is looked up in the list of fulfillments after a request.
 *
 * - `"all"`: what the answer doesn't tell, and what it rejects, as that may have been fulfilled before: at most 10 of those.
 * - `"unknown"`: what the answer doesn't tell.
 * - `"none"`: nothing.
 *
 * Whatever is chosen, a shipment that an earlier request may have fulfilled is read back before it is sent again.
 */
export type ReadBack = "none" | "unknown" | "all"

/** Options of `create`. */
export interface CreateOptions<E = never, R = never> {
  /**
   * Runs right before the request is sent, after the wait for the rate limit; again if it is sent again. If it fails,
   * nothing is sent and `create` fails with its error.
   */
  readonly beforeSend?: Effect.Effect<void, E, R> | undefined
  /** What is read back. Default: what the layer says. */
  readonly readBack?: ReadBack | undefined
}

/** Options of `createAll`. */
export interface CreateAllOptions<R = never> {
  /** The most inputs of one request. Default 100. */
  readonly batchSize?: number | undefined
  /** How many requests are under way at once. Default 4. */
  readonly concurrency?: number | undefined
  /** How long a slow source is waited for, before a batch goes that isn't full. Default 1 second. */
  readonly window?: Duration.DurationInput | undefined
  /** Gives each batch's outcomes as soon as they are there. Default false: outcomes come in the order of the inputs. */
  readonly unordered?: boolean | undefined
  /** What is read back. Default: what the layer says. */
  readonly readBack?: ReadBack | undefined
  /**
   * Gets the outcomes that a consumer who stopped early didn't take; `NotSent` for what was read from the source and not
   * sent. Default: a warning is logged that says how many there are.
   */
  readonly onLeftover?:
    | ((outcomes: Array.NonEmptyReadonlyArray<FulfillmentOutcome>) => Effect.Effect<void, never, R>)
    | undefined
}

/** Marks shipments as shipped, and lists what was created. */
export interface Service {
  /**
   * Marks shipments as shipped, in one request.
   *
   * Fails only if nothing was created and nobody was notified. Succeeds with one outcome for every input, in the order of
   * the inputs. What the answer doesn't tell is read back from the list, which may take some seconds; what can't be
   * settled is `Unknown`. A shipment that another call has under way is waited for, and one that an earlier call fulfilled
   * or left unsettled is read back before anything is sent, so calling it again is harmless.
   *
   * Interrupting it while the request is under way leaves unknown what became of it: the layer remembers that, and nobody
   * is told. To limit the time, use `ShipStationConfig`'s `timeout`.
   *
   * Source: "Create fulfillments", `POST /v2/fulfillments`, version 2.0.0.
   */
  readonly create: <E = never, R = never>(
    inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>,
    options?: CreateOptions<E, R>
  ) => Effect.Effect<Array.NonEmptyArray<FulfillmentOutcome>, CreateError | E, R>

  /**
   * Marks one shipment as shipped, together with what other fibers ask for within 20 milliseconds: a thousand calls become
   * ten requests of 100. Calls with equal inputs share one item; another input for a shipment under way waits for the
   * first one's outcome. An interrupted call is taken out if it wasn't sent and nobody else waits for it.
   *
   * After the send, the request goes on whoever is interrupted, and who asks again learns its outcome. So calling it again,
   * after a time-out say, is harmless.
   *
   * Requests are made with what the layer was built with (retry policy, log annotations), and not with the caller's.
   */
  readonly createOne: (
    input: FulfillmentInput
  ) => Effect.Effect<Created | AlreadyFulfilled | Unknown, CreateError | FulfillmentRejected | FulfillmentConflict>

  /**
   * Marks a stream of shipments as shipped, batch by batch. One outcome for each input, in their order. Nothing fails but
   * the source, and that after all outcomes.
   *
   * - An invalid input, and what a batch is refused with, is `NotSent`. A batch that is refused for what it holds (400,
   *   404, 409, 413, 422) is halved, down to the culprits.
   * - After an error about the key or the account nothing more is sent, and the rest is `NotSent`.
   * - When the consumer stops, what was sent is awaited, and `onLeftover` gets what the consumer didn't take.
   */
  readonly createAll: {
    <E, R, R2 = never>(
      inputs: Stream.Stream<FulfillmentInput, E, R>,
      options?: CreateAllOptions<R2>
    ): Stream.Stream<FulfillmentOutcome, E, R | R2>
    <R2 = never>(
      inputs: Iterable<FulfillmentInput>,
      options?: CreateAllOptions<R2>
    ): Stream.Stream<FulfillmentOutcome, never, R2>
  }

  /** What the list of fulfillments says about these shipments now. One request for each. */
  readonly readBack: (
    inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>
  ) => Effect.Effect<Array.NonEmptyArray<AlreadyFulfilled | Conflict | Absent>, ListError>

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

/** Builds the service on a `ShipStationClient`. When the scope closes, requests that were sent are awaited. */
export const make = (
  options: Options
): Effect.Effect<Service, never, ShipStationClient.ShipStationClient | Scope.Scope> =>
  Effect.gen(function*() {
    const client = yield* ShipStationClient.ShipStationClient
    const { maxBatchSize = 500, notify, readBack: whatToReadBack = "all" } = options
    const batchSize = Math.min(100, maxBatchSize)
    const memory = makeMemory()
    const readBack = makeReadBack(client, options.readBackSchedule ?? defaultSchedule)
    const createItems = makeCreate({ client, memory, readBack, toWire: withNotify(notify) })

    const create = Effect.fnUntraced(function*<E, R>(
      inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>,
      { beforeSend = Effect.void, readBack = whatToReadBack }: CreateOptions<E, R> = {}
    ) {
      const items = yield* check(inputs, maxBatchSize)
      const outcomes = yield* createItems(items, { beforeSend, readBack })
      return Array.map(items, (item) => outcomes.get(item) ?? makeUnknown(item, broken))
    })

    const createGathered = yield* makeCreateOne({
      batches: yield* makeBatches(createItems),
      batchSize,
      kindOf: memory.kindOf,
      readBack: whatToReadBack
    })
    const createOne = Effect.fnUntraced(
      function*(input: FulfillmentInput) {
        yield* check([input], 1)
        const outcome = yield* createGathered(input)
        const { requestId } = outcome
        switch (outcome._tag) {
          case "Rejected":
            return yield* new FulfillmentRejected({ input, requestId, message: outcome.message })
          case "Conflict":
            return yield* new FulfillmentConflict({ input, requestId, fulfillment: outcome.fulfillment })
          case "NotSent":
            return yield* Effect.fail(closed)
          default:
            return outcome
        }
      },
      Effect.withSpan("Fulfillments.createOne", { captureStackTrace: false })
    )

    const createStream = makeCreateAll(createItems)
    function createAll<E, R, R2>(
      inputs: Stream.Stream<FulfillmentInput, E, R>,
      options?: CreateAllOptions<R2>
    ): Stream.Stream<FulfillmentOutcome, E, R | R2>
    function createAll<R2>(
      inputs: Iterable<FulfillmentInput>,
      options?: CreateAllOptions<R2>
    ): Stream.Stream<FulfillmentOutcome, never, R2>
    function createAll<E, R, R2>(
      inputs: Stream.Stream<FulfillmentInput, E, R> | Iterable<FulfillmentInput>,
      all: CreateAllOptions<R2> = {}
    ) {
      return createStream(isStream(inputs) ? inputs : Stream.fromIterable(inputs), {
        batchSize: Math.min(all.batchSize ?? batchSize, maxBatchSize),
        concurrency: all.concurrency ?? 4,
        window: all.window ?? "1 second",
        unordered: all.unordered ?? false,
        readBack: all.readBack ?? whatToReadBack,
        onLeftover: all.onLeftover ?? warnOfLeftover
      })
    }

    const readBackInputs = Effect.fnUntraced(
      function*(inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>) {
        const items = yield* check(inputs, Number.POSITIVE_INFINITY)
        const { error, found } = yield* readBack.byShipment(items)
        if (error !== undefined) return yield* error
        return Array.map(items, (item) => found.get(item) ?? new Absent(item))
      },
      Effect.withSpan("Fulfillments.readBack", { captureStackTrace: false })
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

    return { create, createOne, createAll, readBack: readBackInputs, list, listAll }
  })

/** Needs a `ShipStationClient`. */
export const layer = (options: Options): Layer.Layer<Fulfillments, never, ShipStationClient.ShipStationClient> =>
  Layer.scoped(Fulfillments, make(options))

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

const isStream = <A, E, R>(inputs: Stream.Stream<A, E, R> | Iterable<A>): inputs is Stream.Stream<A, E, R> =>
  Predicate.hasProperty(inputs, Stream.StreamTypeId)

const warnOfLeftover = ({ length }: ReadonlyArray<FulfillmentOutcome>) =>
  Effect.logWarning("The consumer of createAll stopped before it took all outcomes").pipe(
    Effect.annotateLogs("shipstation.leftover", length)
  )

/** After 0.5, 1, 2 and 4 seconds. */
const defaultSchedule = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(4))

const check = (
  inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>,
  maxBatchSize: number
): Either.Either<Items, InvalidFulfillmentError> => {
  const issues = checkInputs(inputs, maxBatchSize)
  return issues.length === 0
    ? Either.right(Array.map(inputs, (input, index) => ({ index, input })))
    : Either.left(new InvalidFulfillmentError({ issues }))
}
