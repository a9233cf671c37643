/** The options of the layers and of the calls: what they are, their defaults, and which values can't be. */
import { check, duration, must } from "@effect-shipstation/http-client/Options"
import type * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import type * as Array from "effect/Array"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"

/**
 * Who is told, for inputs that leave it out. `"account-default"` leaves the flags out on the wire too, and then ShipStation
 * does what the account is configured to do, which may be an e-mail to the customer.
 *
 * @since 0.1.0
 * @category models
 */
export type Notify = { readonly customer: boolean; readonly orderSource: boolean } | "account-default"

/**
 * What is looked up in the list of fulfillments.
 *
 * - `"all"`: what the answer doesn't tell, and what it rejects, as that may have been fulfilled before: at most 10 of those.
 * - `"unknown"`: what the answer doesn't tell.
 * - `"none"`: nothing.
 * - `"before"`: as `"all"`, and each shipment by its own id before it is sent. For what may run a second time in another
 *   process, such as a step of an engine, where this layer's memory doesn't help.
 *
 * Whatever is chosen, a shipment that an earlier request may have fulfilled is looked up before it is sent again.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadBack = "none" | "unknown" | "all" | "before"

/**
 * Options of the layers. A value that can't be is a defect when the layer is built, with the option's name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Who is told, for inputs that leave it out. It has no default: nobody should be mailed by accident. */
  readonly notify: Notify
  /** The most inputs that one request takes, 1 or more. Default 500. ShipStation's own limit isn't published. */
  readonly maxBatchSize?: number | undefined
  /** How many inputs `createOne` and `createAll` put into one request, 1 or more. Default 100. */
  readonly batchSize?: number | undefined
  /** How long `createOne` waits at least for others to go with it. Default 20 milliseconds. */
  readonly window?: Duration.DurationInput | undefined
  /** What is looked up. Default `"all"`. */
  readonly readBack?: ReadBack | undefined
  /** When to look for what became of a request whose answer was lost. Default after 0.5, 1, 2 and 4 seconds. */
  readonly readBackSchedule?: Schedule.Schedule<unknown> | undefined
}

/**
 * Options of `layerConfig`: those of the layer and of `ShipStationConfig`, each as a value or as a `Config` of one.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions extends OrConfig<Options>, OrConfig<Partial<ShipStationConfig.ConfigOptions>> {
  /** Requests per window of the rate limit. Default 200, and 20 with a sandbox key. */
  readonly limit?: number | Config.Config<number> | undefined
}

type OrConfig<A> = { readonly [K in keyof A]: A[K] | Config.Config<Exclude<A[K], undefined>> }

/**
 * Options of `create`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateOptions<E = never, R = never> {
  /**
   * Runs right before the request is sent, after the wait for the rate limit; again if it is sent again. If it fails,
   * nothing is sent and `create` fails with its error. But where a first attempt was refused, and a look found that it did a
   * part, there are outcomes: what was done, and the rest as `NotSent`.
   */
  readonly beforeSend?: Effect.Effect<void, E, R> | undefined
  /** What is looked up. Default: what the layer says. */
  readonly readBack?: ReadBack | undefined
}

/**
 * Options of `createAll`. A value that can't be is a defect of the stream, with the option's name.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateAllOptions<R = never> {
  /** The most inputs of one request. Default: what the layer says, 100. */
  readonly batchSize?: number | undefined
  /** How many requests are under way at once. Default 4. */
  readonly concurrency?: number | undefined
  /** How long a slow source is waited for, before a batch goes that isn't full. Default 1 second. */
  readonly window?: Duration.DurationInput | undefined
  /** Gives each batch's outcomes as soon as they are there. Default false: outcomes come in the order of the inputs. */
  readonly unordered?: boolean | undefined
  /** What is looked up. Default: what the layer says. */
  readonly readBack?: ReadBack | undefined
  /**
   * Gets the outcomes that a consumer who stopped early didn't take; `NotSent` for what was read from the source and not
   * sent. Default: a warning is logged that says how many there are.
   */
  readonly onLeftover?:
    | ((outcomes: Array.NonEmptyReadonlyArray<FulfillmentOutcome>) => Effect.Effect<void, never, R>)
    | undefined
}

const Count = Schema.Int.pipe(Schema.greaterThanOrEqualTo(1)).annotations(must("1 or more, and whole"))

const Wait = duration("a finite duration, such as \"20 millis\"", Duration.isFinite)

const ReadBackOption = Schema.Literal("none", "unknown", "all", "before").annotations(
  must("\"none\", \"unknown\", \"all\" or \"before\"")
)

const NotifyOption = Schema.Union(
  Schema.Literal("account-default"),
  Schema.Struct({ customer: Schema.Boolean, orderSource: Schema.Boolean })
).annotations({
  message: () => ({
    message: `must be { customer, orderSource }, both true or false, or "account-default"`,
    override: true
  })
})

/** After 0.5, 1, 2 and 4 seconds. */
const defaultSchedule: Schedule.Schedule<unknown> = Schedule.intersect(
  Schedule.exponential("500 millis"),
  Schedule.recurs(4)
)

const isSchedule = (u: unknown): u is Schedule.Schedule<unknown> => Schedule.isSchedule(u)

const LayerOptions = Schema.Struct({
  notify: NotifyOption,
  maxBatchSize: Schema.optionalWith(Count, { default: () => 500 }),
  batchSize: Schema.optionalWith(Count, { default: () => 100 }),
  window: Schema.optionalWith(Wait, { default: () => Duration.millis(20) }),
  readBack: Schema.optionalWith(ReadBackOption, { default: () => "all" as const }),
  readBackSchedule: Schema.optionalWith(
    Schema.declare(isSchedule).annotations({ message: () => ({ message: "must be a Schedule", override: true }) }),
    { default: () => defaultSchedule }
  )
})

const AllOptions = Schema.Struct({
  batchSize: Schema.optional(Count),
  concurrency: Schema.optionalWith(Count, { default: () => 4 }),
  window: Schema.optionalWith(Wait, { default: () => Duration.seconds(1) }),
  unordered: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  readBack: Schema.optional(ReadBackOption)
})

const OneCallOptions = Schema.Struct({ readBack: Schema.optional(ReadBackOption) })

/** Checks the layer's options and fills in the defaults. Throws at an option that can't be, and says which. */
export const ofLayer: (options: Options) => typeof LayerOptions.Type = check("Fulfillments", LayerOptions)

/** Checks those of one call. Throws at an option that can't be, and says which. */
export const ofCreate = check("create", OneCallOptions)

const checkAll = check("createAll", AllOptions)

/** Checks options and fills in the defaults, first the layer's. Throws at an option that can't be, and says which. */
export const ofCreateAll = <R>(given: CreateAllOptions<R>, layer: typeof LayerOptions.Type) => {
  const { batchSize = layer.batchSize, readBack = layer.readBack, ...options } = checkAll(given)
  return { ...options, readBack, batchSize: Math.min(batchSize, layer.maxBatchSize) }
}

/** Says who is notified where an input doesn't. */
export const withNotify = (notify: Notify) => (input: FulfillmentInput): FulfillmentInput =>
  notify === "account-default" ? input : {
    ...input,
    notify_customer: input.notify_customer ?? notify.customer,
    notify_order_source: input.notify_order_source ?? notify.orderSource
  }
