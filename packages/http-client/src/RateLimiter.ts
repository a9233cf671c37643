/**
 * Never more requests than the limit allows in any window of its length, over all that share a `RateLimiterStore`.
 *
 * A sliding log: the moment at which each request left is kept, and the next may go when fewer than `limit` lie within the
 * window. Places are given first come first served, and are held until the request has left: who gives up waiting has taken
 * none, and who takes long before the request leaves counts from then.
 *
 * Why not Effect's own: `effect/RateLimiter` and `@effect/experimental/RateLimiter` let 399 of 200 through in one window
 * when a burst follows an idle time, don't give back the place of an interrupted waiter, and can't be paused. A log behind
 * Effect's semaphore would be unfair: fibers that come back in a loop overtake those that wait.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constTrue } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricState from "effect/MetricState"
import * as Schema from "effect/Schema"
import { makeHolding } from "./internal/holding.js"
import { type Held, makeLine, type Restore } from "./internal/line.js"
import { makeUntold, monotonicMillis } from "./internal/untold.js"
import { duration, must, read } from "./Options.js"
import { type HeldPlace, longestPause, RateLimiterStore, StoreError } from "./RateLimiterStore.js"
import * as SharedLayer from "./SharedLayer.js"
import * as ShipStationConfig from "./ShipStationConfig.js"

export type { Held } from "./internal/line.js"

export * from "./RateLimiterStore.js"

/**
 * What the limiter is doing.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  /** Requests per window: the option, else what goes for the key of the last request (a live one before the first). */
  readonly limit: number
  /** Places held now, and those left within the window. Without a limit none is counted. */
  readonly used: number
  /** Callers of this limiter that wait. */
  readonly waiting: number
  readonly pausedFor: Duration.Duration
}

/**
 * Limits and pauses the requests of one account.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Waits for its turn, first come first served, and takes a place, which counts from then on. Who is interrupted takes
   * none. Fails when a pause is longer than `maxPause`, or the store can't be reached.
   *
   * A wait shows as the span event `rate limit wait`, in the metric `waitTime`, and in a debug log.
   */
  readonly take: (options: { readonly sandbox: boolean }) => Effect.Effect<void, Held>
  /**
   * Waits for its turn as `take` does, and holds a place while `use` runs.
   *
   * `use` runs `leaves` right before its request goes. Then the place counts for one window from the end of `use`, as the
   * request left at some time before. If it doesn't, the place is given back, however `use` ends.
   *
   * After what takes long before the request (a `beforeSend`, say) `use` can run `ready`: it waits for the end of a pause
   * that came meanwhile, and for another place where this one was held too long. It fails as `take` does. `leaves` can't
   * fail, so there a place that was held too long is waited for.
   */
  readonly withPlace: <A, E, R>(
    options: { readonly sandbox: boolean },
    use: (leaves: Effect.Effect<void>, ready: Effect.Effect<void, Held>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | Held, R>
  /** Holds all requests back, after a 429, for an hour at most. Of two pauses the one that ends later wins. */
  readonly pause: (duration: Duration.Duration) => Effect.Effect<void>
  /** Ends a pause, whoever set it. Fails when the store can't be reached, or can't do it. */
  readonly resume: Effect.Effect<void, StoreError>
  /** Fails when the store can't be reached. */
  readonly state: Effect.Effect<State, StoreError>
  /** How far apart places lie when all are used: the window by the limit. */
  readonly pace: Effect.Effect<Duration.Duration>
}

/**
 * Limits and pauses the requests of one account.
 *
 * @since 0.1.0
 * @category tags
 */
export class RateLimiter extends Context.Tag("@effect-shipstation/http-client/RateLimiter")<RateLimiter, Service>() {}

/**
 * What can be set. All that share a store and an account should say the same.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Requests per window, at least 1. Default 200, and 20 while the key is a sandbox key (`TEST_…`). `Infinity`: no limit
   * (pauses still hold).
   */
  readonly limit?: number | undefined
  /** Default 61 seconds: a minute, and a second for what the network does to the distances between requests. */
  readonly window?: Duration.DurationInput | undefined
  /** The longest pause that is waited for; default 5 minutes. While a longer one lasts, requests fail at once. */
  readonly maxPause?: Duration.DurationInput | undefined
}

/**
 * The window where the option is left out.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultWindow: Duration.Duration = Duration.seconds(61)

/**
 * Builds the limiter of `ShipStationConfig`'s account. A bad option is a defect that names it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Service, never, RateLimiterStore | ShipStationConfig.ShipStationConfig> =>
  Effect.gen(function*() {
    const config = yield* ShipStationConfig.ShipStationConfig
    const { account } = config
    const store = yield* RateLimiterStore
    const name = store.nameOf?.(config) ?? account
    const { limit: fixed, maxPause, window } = yield* checkOptions(options)
    const untold = makeUntold({ account: name, store, context: yield* Effect.context<never>() })
    const ownWaitTime = Metric.tagged(waitTime, "account", account)
    const line = makeLine({ account, maxPause, record: (waited) => Metric.update(ownWaitTime, waited) })
    const limitFor = (sandbox: boolean) => fixed ?? (sandbox ? 20 : 200)

    let limit = limitFor(false)
    /** The end of the last pause that was set here, in monotonic milliseconds. */
    let pausedUntil = -Infinity

    const acquire = (sandbox: boolean, hold: boolean) => (restore: Restore) => {
      limit = limitFor(sandbox)
      const place = { account: name, limit, window }
      const ask = Effect.suspend(() => untold.before(store.take(hold ? { ...place, hold } : place)))
      return line.acquire(ask, restore)
    }

    const settle = (place: HeldPlace, hasLeft: boolean) =>
      untold.settle(hasLeft ? place.left : place.giveBack, () => line.settled(hasLeft))

    const withPlace: Service["withPlace"] = ({ sandbox }, use) =>
      Effect.uninterruptibleMask((restore) => {
        const acquireAny = acquire(sandbox, true)
        return Effect.flatMap(acquireAny(restore), (first) => {
          const { end, leaves, ready } = makeHolding({
            first,
            acquire: acquireAny,
            settle,
            pausedUntil: () => pausedUntil
          })
          return Effect.flatMap(
            Effect.exit(restore(Effect.suspend(() => use(leaves, ready)))),
            (exit) => Effect.zipRight(end, exit)
          )
        })
      })

    return {
      take: ({ sandbox }) => Effect.uninterruptibleMask((restore) => Effect.asVoid(acquire(sandbox, false)(restore))),
      withPlace,
      pause: (duration) =>
        Effect.clockWith((clock) => {
          const end = monotonicMillis(clock) + Duration.toMillis(Duration.min(duration, longestPause))
          pausedUntil = Math.max(pausedUntil, end)
          return Effect.zipRight(Effect.ignore(untold.pause(end)), Effect.sync(line.wake))
        }),
      resume: Effect.suspend(() => {
        pausedUntil = -Infinity
        return untold.resume(
          store.resume?.({ account: name }) ?? new StoreError({ message: "this store can't end a pause" })
        )
      }).pipe(Effect.zipRight(Effect.sync(line.wake))),
      state: Effect.map(
        Effect.suspend(() => untold.before(store.state({ account: name, window }))),
        ({ pausedFor, used }) => ({ limit, used, waiting: line.waiting(), pausedFor })
      ),
      pace: Effect.sync(() => Duration.times(window, 1 / limit))
    }
  })

/**
 * Needs a store and the configuration, and makes one limiter for each two of them: accounts in one program never share one,
 * though the layer is one constant.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<RateLimiter, never, RateLimiterStore | ShipStationConfig.ShipStationConfig> =>
  SharedLayer.make(
    Effect.all({ store: RateLimiterStore, config: ShipStationConfig.ShipStationConfig }),
    () => Layer.effect(RateLimiter, make(options))
  )

/**
 * How long requests waited, in milliseconds, by `account`, whether they got a place in the end or not. Those that needn't
 * wait aren't counted, so that they cost nothing.
 *
 * @since 0.1.0
 * @category metrics
 */
export const waitTime: Metric.Metric<
  MetricKeyType.MetricKeyType.Histogram,
  Duration.Duration,
  MetricState.MetricState.Histogram
> = Metric.timerWithBoundaries(
  "shipstation.limiter.wait",
  [10, 100, 1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000],
  "How long requests waited for the rate limit"
)

const readOptions = read(Schema.Struct({
  limit: Schema.optional(
    Schema.Number.pipe(Schema.filter((limit) => limit >= 1)).annotations(must("at least 1"))
  ),
  window: Schema.optional(duration("a duration above zero")),
  maxPause: Schema.optional(duration("a duration", constTrue))
}))

const checkOptions = (options: Options) =>
  Either.match(readOptions(options), {
    onLeft: (wrong) => Effect.dieMessage(`The rate limiter's ${wrong.join(" ")}`),
    onRight: ({ limit, maxPause = Duration.minutes(5), window = defaultWindow }) =>
      Effect.succeed({ limit, maxPause, window })
  })
