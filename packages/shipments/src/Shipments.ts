/**
 * From what people have to shipments: order numbers, ids of their own, ids of API v1. None, several and cancelled are outcomes,
 * not errors, since a file holds all kinds; what it comes to is told before anything is sent.
 *
 * @since 0.1.0
 */
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type * as ListShipments from "@effect-shipstation/schema/ListShipments"
import type { Shipment } from "@effect-shipstation/schema/Shipment"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as Carriers from "./Carriers.js"
import { estimate, fewest } from "./internal/estimate.js"
import * as List from "./internal/list.js"
import * as Requests from "./internal/requests.js"
import * as Resolve from "./internal/resolve.js"
import { collect } from "./internal/wanted.js"
import type { InvalidShipmentsQueryError } from "./InvalidShipmentsQueryError.js"
import type { ShipmentMatch } from "./ShipmentMatch.js"
import { type ShipmentReference, toTarget, type UniqueReference } from "./ShipmentReference.js"

export type { Progress, ResolveOptions } from "./internal/resolve.js"

export {
  /**
   * Tells which way takes fewer requests, for so many different references (`distinct`) in a list that has so many shipments
   * (`listed`). Fewer than 10 are looked up one by one. Of more, the first page of the list tells how many pages it has: if
   * that is fewer than there are references, all of it is read.
   *
   * @since 0.1.0
   * @category getters
   */
  estimate
} from "./internal/estimate.js"

export type { Estimate } from "./internal/estimate.js"

/**
 * A list could not be read.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListError = ShipStationError | InvalidShipmentsQueryError

/**
 * What a resolution will cost.
 *
 * @since 0.1.0
 * @category models
 */
export interface Plan {
  /** How many references there are. */
  readonly references: number
  /** How many of them are different, and can be looked for. */
  readonly distinct: number
  /** How many can't mean any shipment, such as a blank number. They cost nothing. */
  readonly invalid: number
  /** `"pages"`: the list is read once, page by page. `"each"`: each is looked up by its own id or number. */
  readonly way: "pages" | "each"
  /**
   * How many requests it takes if all are there. What the list doesn't have is looked up by itself, one request each: with
   * `"pages"` and without `modifiedSince`, 100 of them or as many as there are pages.
   */
  readonly requests: number
  /** How long the rate limit makes that take at most, if nothing else uses it. */
  readonly duration: Duration.Duration
}

/**
 * The shipments of an account, and which of them references mean.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Tells which shipment each reference means: one match for each, in their order. Values must be equal to the letter: no
   * spaces are cut off, no case is changed.
   *
   * A reference that comes twice costs one request. Of ten references or more, the list is read page by page where that
   * takes fewer requests than to look up each; a list that contradicts itself, caps its pages or leaves out what is looked
   * for is left for looking up each by itself, and never makes a `NotFound`.
   *
   * Fails if the API can't be asked, or if what it says of one reference contradicts itself. Nothing is changed by asking, so
   * it may be run again.
   */
  readonly resolve: <R = never>(
    references: Iterable<ShipmentReference>,
    options?: Resolve.ResolveOptions<R>
  ) => Effect.Effect<Array<ShipmentMatch>, ShipStationError, R>

  /**
   * Tells what `resolve` will cost, at the price of one request (of none, for fewer than ten references): how many requests,
   * and how long the rate limit makes them take.
   */
  readonly plan: (
    references: Iterable<ShipmentReference>,
    options?: Pick<Resolve.ResolveOptions, "modifiedSince">
  ) => Effect.Effect<Plan, ShipStationError>

  /** One shipment by an id. None when there is none, and when it can't be an id. Source: "Get shipment by id". */
  readonly get: (reference: UniqueReference) => Effect.Effect<Option.Option<Shipment>, ShipStationError>

  /** One page of shipments. Source: "List shipments", `GET /v2/shipments`. */
  readonly list: (query?: ListShipments.Query) => Effect.Effect<ListShipments.Page, ListError>

  /** All shipments from the query's page on, page by page as they are pulled. Pages of 500 unless the query says. */
  readonly listAll: (query?: ListShipments.Query) => Stream.Stream<Shipment, ListError>
}

/**
 * The shipments of an account, and which of them references mean.
 *
 * @since 0.1.0
 * @category tags
 */
export class Shipments extends Context.Tag("@effect-shipstation/shipments/Shipments")<Shipments, Service>() {}

/**
 * Builds the service on a `ShipStationClient`, under whose limit all requests go.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ShipStationClient.ShipStationClient> = Effect.gen(function*() {
  const client = yield* ShipStationClient.ShipStationClient
  const requests = Requests.make(client)
  const { list, listAll } = List.make(requests)
  const resolveAll = Resolve.make(requests)

  const resolve: Service["resolve"] = (references, options) =>
    resolveAll(references, options).pipe(
      Effect.tap((matches) => Effect.annotateCurrentSpan(countsOf(matches))),
      Effect.withSpan("Shipments.resolve", { captureStackTrace: false })
    )

  const plan = Effect.fnUntraced(
    function*(
      references: Iterable<ShipmentReference>,
      { modifiedSince }: Pick<Resolve.ResolveOptions, "modifiedSince"> = {}
    ) {
      const wants = collect(references)
      const distinct = wants.all.length
      const listed = distinct < fewest ? undefined : yield* requests.page({
        ...(modifiedSince === undefined ? {} : { modified_at_start: modifiedSince }),
        page_size: 1
      })
      // a list that doesn't tell how long it is isn't read
      const cost = estimate({ distinct, listed: listed?.body.total ?? Infinity })
      return {
        ...cost,
        references: wants.references.length,
        distinct,
        invalid: wants.references.filter(({ want }) => Either.isLeft(want)).length,
        duration: Duration.times(yield* client.pace, cost.requests)
      }
    },
    Effect.withSpan("Shipments.plan", { captureStackTrace: false })
  )

  const get = Effect.fnUntraced(
    function*(reference: UniqueReference) {
      const target = toTarget(reference)
      if (Either.isLeft(target)) return Option.none()
      const { field, value } = target.right
      return yield* field === "shipment_id" ? requests.byId(value) : requests.byExternalId(value)
    },
    Effect.withSpan("Shipments.get", { captureStackTrace: false })
  )

  return { resolve, plan, get, list, listAll }
})

/**
 * Needs a `ShipStationClient`. It is built anew for each client that it is provided with.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Shipments, never, ShipStationClient.ShipStationClient> = Layer.fresh(
  Layer.effect(Shipments, make)
)

/**
 * `Shipments` and `Carriers` on one client, so that they share its limit. Needs an `HttpClient` only. The configuration is read
 * as `ShipStationConfig.layerConfig` does it: without an argument from the environment.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config?: Config.Config.Wrap<ShipStationConfig.ConfigOptions>
): Layer.Layer<Shipments | Carriers.Carriers, ConfigError.ConfigError, HttpClient.HttpClient> =>
  // the configuration, which the limit belongs to, is one for all that read the same
  Layer.merge(layer, Carriers.layer()).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(ShipStationConfig.layerConfig(config)),
    Layer.fresh
  )

/** How many of each kind, without the references, which may be customers'. */
const countsOf = (matches: ReadonlyArray<ShipmentMatch>) => {
  const count = (tag: ShipmentMatch["_tag"]) => matches.filter(({ _tag }) => _tag === tag).length
  return {
    "shipstation.references": matches.length,
    "shipstation.found": count("Found"),
    "shipstation.not_found": count("NotFound"),
    "shipstation.ambiguous": count("Ambiguous"),
    "shipstation.cancelled": count("Cancelled")
  }
}
