/**
 * Mark shipments as shipped: `POST /v2/fulfillments` of the ShipStation API v2, and the list of what was created.
 *
 * The call e-mails customers and tells marketplaces, can't be undone, and has no idempotency key. So what is known
 * afterwards is exact: if `create` fails, nothing was created and nobody was notified; if it succeeds, there is one outcome
 * for every input, and what can't be known is an `Unknown`.
 *
 * @since 0.1.0
 */
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import type { NotDone, ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment, FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import type * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Array from "effect/Array"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type {
  Absent,
  AlreadyFulfilled,
  Conflict,
  Created,
  FulfillmentConflict,
  FulfillmentOutcome,
  FulfillmentRejected,
  Unknown
} from "./FulfillmentOutcome.js"
import * as Batches from "./internal/batches.js"
import { checkInputs } from "./internal/checkInputs.js"
import * as Collector from "./internal/collector.js"
import { layerClient, ofFulfillments } from "./internal/configOptions.js"
import * as Ledger from "./internal/ledger.js"
import * as List from "./internal/list.js"
import * as Lookup from "./internal/lookup.js"
import {
  type ConfigOptions,
  type CreateAllOptions,
  type CreateOptions,
  ofCreate,
  ofLayer,
  type Options,
  withNotify
} from "./internal/options.js"
import * as Sender from "./internal/sender.js"
import * as FulfillmentStream from "./internal/stream.js"
import * as Ticket from "./internal/ticket.js"
import type { InvalidFulfillmentError } from "./InvalidFulfillmentError.js"

export type { ConfigOptions, CreateAllOptions, CreateOptions, Notify, Options, ReadBack } from "./internal/options.js"

export {
  /**
   * Counts what became of shipments, by `outcome`: `Created`, `Rejected` and so on.
   *
   * @since 0.1.0
   * @category metrics
   */
  outcomeCount
} from "./internal/sender.js"

/**
 * After this nothing was created and nobody was notified.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateError = InvalidFulfillmentError | NotDone<ShipStationError>

/**
 * The list could not be read.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListError = ShipStationError | InvalidFulfillmentError

/**
 * Marks shipments as shipped, and lists what was created.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Marks shipments as shipped, in one request.
   *
   * Fails only if nothing was created and nobody was notified. Succeeds with one outcome for every input, in the order of
   * the inputs. What the answer doesn't tell is read back from the list, which may take some seconds; what can't be
   * settled is `Unknown`. A shipment that another call has under way is waited for, and one that an earlier call fulfilled
   * or left unsettled is read back before anything is sent, so calling it again with the same layer is harmless. After an
   * `Unknown` that call waits until the first request can't land any more: half a minute after it left, or `timeout`.
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
   * - Each input is copied when it is read: an iterable may use one object for all.
   * - After an error about the key or the account nothing more is sent, and the rest is `NotSent`, or what is known of it
   *   from before.
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
  readonly list: (query?: ListFulfillments.Query) => Effect.Effect<ListFulfillments.Page, ListError>

  /** All fulfillments from the query's page on, page by page as they are pulled. Pages of 500 unless the query says. */
  readonly listAll: (query?: ListFulfillments.Query) => Stream.Stream<Fulfillment, ListError>

  /**
   * Forgets what the layer remembers of these shipments, or of all, but not what is under way. For tests that reset the
   * server that their layer talks to. Elsewhere it may do a thing twice.
   */
  readonly forget: (shipmentIds?: Iterable<string>) => Effect.Effect<void>
}

/**
 * Marks shipments as shipped, and lists what was created.
 *
 * @since 0.1.0
 * @category tags
 */
export class Fulfillments extends Context.Tag("@effect-shipstation/fulfillments/Fulfillments")<
  Fulfillments,
  Service
>() {}

/**
 * Builds the service on a `ShipStationClient`. All that are built on clients of one configuration share what is remembered of
 * shipments. When the scope closes, what `createOne` and `createAll` have sent is awaited.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Service, never, ShipStationClient.ShipStationClient | Scope.Scope> =>
  Effect.gen(function*() {
    const checked = yield* Effect.sync(() => ofLayer(options))
    const { maxBatchSize, notify, readBack: whatToReadBack, window } = checked
    const client = yield* ShipStationClient.ShipStationClient
    const ledger = Ledger.of(client)
    const lookup = Lookup.make({ client, schedule: checked.readBackSchedule, seen: ledger.seen })
    const send = Sender.make({ client, ledger, lookup, toWire: withNotify(notify) })

    const create = Effect.fnUntraced(function*<E, R>(
      inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>,
      options?: CreateOptions<E, R>
    ) {
      const { readBack = whatToReadBack } = options === undefined ? {} : ofCreate(options)
      const { beforeSend = Effect.void } = options ?? {}
      const tickets = Array.map(yield* checkInputs(inputs, maxBatchSize), (input, index) => Ticket.make(index, input))
      const results = yield* send(tickets, { beforeSend, readBack })
      // an error would say that nothing was done for any
      return Array.map(tickets, (ticket) => Ticket.outcomeOf(ticket, results.get(ticket)))
    })

    const createOne = yield* Collector.make({
      batches: yield* Batches.make({ ledger, send }, "many callers"),
      batchSize: Math.min(checked.batchSize, maxBatchSize),
      ledger,
      pace: client.pace,
      readBack: whatToReadBack,
      window
    })

    const forget = (shipmentIds?: Iterable<string>) => Effect.sync(() => ledger.forget(shipmentIds))

    return {
      create,
      createOne,
      createAll: FulfillmentStream.make({ ledger, send }, checked),
      readBack: Lookup.readBack(lookup),
      ...List.make(client),
      forget
    }
  })

/**
 * Needs a `ShipStationClient`. It is built anew for each client that it is provided with.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Fulfillments, never, ShipStationClient.ShipStationClient> =>
  Layer.fresh(Layer.scoped(Fulfillments, make(options)))

/**
 * Needs an `HttpClient` only. Who is notified is decided here. Each option may be a value or a `Config`; what isn't given of
 * `ShipStationConfig` is read from the environment as its own `layerConfig` does it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions
): Layer.Layer<Fulfillments, ConfigError.ConfigError, HttpClient.HttpClient> =>
  // the configuration, which memory and limit belong to, is one for all that read the same
  Layer.fresh(Layer.provide(Layer.unwrapEffect(Effect.map(ofFulfillments(options), layer)), layerClient(options)))
