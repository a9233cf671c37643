/**
 * The carriers of an account, and which of them a name means. The list is the only place that tells which `carrier_code` an
 * account takes.
 *
 * @since 0.1.0
 */
import { check, duration } from "@effect-shipstation/http-client/Options"
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Carrier } from "@effect-shipstation/schema/Carrier"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constTrue, dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CarrierMatch } from "./CarrierMatch.js"
import { meaningOf } from "./internal/carrierNames.js"
import * as Requests from "./internal/requests.js"

/**
 * The carriers of an account, and which of them a name means.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The carriers that are set up on the account. They are remembered for `timeToLive`; a failure isn't, nor is a list that
   * the API says is short (status 207). Source: "List carriers", `GET /v2/carriers`.
   */
  readonly list: Effect.Effect<ReadonlyArray<Carrier>, ShipStationError>

  /**
   * Tells which carrier of the account a name means: its code, its friendly name, its nickname, one of its services, or a name
   * that is well known, such as "UPS® Ground" or "USPS First Class". Case, spaces and signs don't matter; else the name must
   * be equal. It is never guessed.
   */
  readonly resolve: (name: string) => Effect.Effect<CarrierMatch, ShipStationError>

  /** Forgets the list, after a carrier was set up, say. The next that asks gets a new one. */
  readonly forget: Effect.Effect<void>
}

/**
 * The carriers of an account, and which of them a name means.
 *
 * @since 0.1.0
 * @category tags
 */
export class Carriers extends Context.Tag("@effect-shipstation/shipments/Carriers")<Carriers, Service>() {}

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long the list is remembered; 0 for not at all. Default 5 minutes. */
  readonly timeToLive?: Duration.DurationInput | undefined
}

/**
 * Builds the service on a `ShipStationClient`. A bad option is a defect that names it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Service, never, ShipStationClient.ShipStationClient> =>
  Effect.gen(function*() {
    const { timeToLive } = yield* Effect.sync(() => checkOptions(options))
    const { carriers } = Requests.make(yield* ShipStationClient.ShipStationClient)
    // one after the other: who waits finds what the one before got, and goes himself if that one failed or was interrupted
    const turn = yield* Effect.makeSemaphore(1)
    let known: { readonly carriers: ReadonlyArray<Carrier>; readonly until: bigint } | undefined

    const list = turn.withPermits(1)(Effect.gen(function*() {
      const now = yield* Clock.currentTimeNanos
      if (known !== undefined && now < known.until) return known.carriers
      const { body, status } = yield* carriers
      const isShort = status === 207 || (body.errors ?? []).length > 0
      if (isShort) yield* Effect.logWarning("The list of carriers may be short: ShipStation could not ask all of them")
      const asked = yield* Clock.currentTimeNanos
      known = isShort ? undefined : { carriers: body.carriers, until: asked + nanosOf(timeToLive) }
      return body.carriers
    })).pipe(Effect.withSpan("Carriers.list", { captureStackTrace: false }))

    return {
      list,
      resolve: (name) => Effect.map(list, match(name)),
      forget: Effect.sync(() => {
        known = undefined
      })
    }
  })

/**
 * Needs a `ShipStationClient`. It is built anew for each client that it is provided with. A bad option is a defect.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Carriers, never, ShipStationClient.ShipStationClient> =>
  Layer.fresh(Layer.effect(Carriers, make(options)))

/**
 * Tells which of these carriers a name means, as `resolve` does it, without a request.
 *
 * @since 0.1.0
 * @category pattern matching
 */
export const match: {
  (name: string): (carriers: ReadonlyArray<Carrier>) => CarrierMatch
  (carriers: ReadonlyArray<Carrier>, name: string): CarrierMatch
} = dual(2, meaningOf)

const longest = Duration.days(365)

const nanosOf = (duration: Duration.Duration): bigint =>
  Option.getOrElse(Duration.toNanos(Duration.min(duration, longest)), () => 0n)

const checkOptions = check(
  "Carriers",
  Schema.Struct({
    timeToLive: Schema.optionalWith(
      duration("a duration, such as \"5 minutes\"", constTrue),
      { default: () => Duration.minutes(5) }
    )
  })
)
