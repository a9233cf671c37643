/**
 * Never more requests than the limit allows in any window of its length, over all that share a `RateLimiterStore`.
 *
 * A sliding log: the moment of each request is kept, and the next may go when fewer than `limit` lie within the window. A
 * place is taken at the moment of going, first come first served, so who gives up waiting has taken none.
 *
 * Why not Effect's own: `effect/RateLimiter` and `@effect/experimental/RateLimiter` let 399 of 200 through in one window
 * when a burst follows an idle time, don't give back the place of an interrupted waiter, and can't be paused. A log behind
 * Effect's semaphore would be unfair: fibers that come back in a loop overtake those that wait.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as ShipStationConfig from "./ShipStationConfig.js"

/** What the limiter is doing. */
export interface State {
  /** Requests per window: the option, else what goes for the key of the last request (a live one before the first). */
  readonly limit: number
  /** Places taken within the window. Without a limit none is counted. */
  readonly used: number
  /** Callers of this limiter that wait. */
  readonly waiting: number
  readonly pausedFor: Duration.Duration
}

/** The limiter can't let a request go within reason. It was not sent. */
export interface Held {
  readonly _tag: "Held"
  readonly retryAfter: Duration.Duration
  readonly reason: string
}

/** Limits and pauses the requests of one account. */
export interface Service {
  /**
   * Waits for its turn, first come first served, and takes a place. Who is interrupted takes none. Fails when a pause is
   * longer than `maxPause`, or the store can't be reached.
   *
   * A wait shows as the span event `rate limit wait`, in the metric `waitTime`, and in a debug log.
   */
  readonly take: (options: { readonly sandbox: boolean }) => Effect.Effect<void, Held>
  /** Holds all requests back, after a 429. Of two pauses the one that ends later wins. */
  readonly pause: (duration: Duration.Duration) => Effect.Effect<void>
  /** Fails when the store can't be reached. */
  readonly state: Effect.Effect<State, StoreError>
}

/** Limits and pauses the requests of one account. */
export class RateLimiter extends Context.Tag("@effect-shipstation/http-client/RateLimiter")<RateLimiter, Service>() {}

/** What can be set. All that share a store and an account should say the same. */
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

/** Builds the limiter of `ShipStationConfig`'s account. A limit below 1 is a defect. */
export const make = (
  options: Options = {}
): Effect.Effect<Service, never, RateLimiterStore | ShipStationConfig.ShipStationConfig> =>
  Effect.gen(function*() {
    const { account } = yield* ShipStationConfig.ShipStationConfig
    const store = yield* RateLimiterStore
    const window = Duration.decode(options.window ?? "61 seconds")
    const maxPause = Duration.decode(options.maxPause ?? "5 minutes")
    if (options.limit !== undefined && !(options.limit >= 1)) {
      return yield* Effect.dieMessage(`The rate limit must be at least 1, not ${options.limit}`)
    }
    const limitFor = (sandbox: boolean) => options.limit ?? (sandbox ? 20 : 200)

    let limit = limitFor(false)
    let waiting = 0
    /** Whoever holds the turn asks the store; the others queue, in the order of their coming. */
    let turnHeld = false
    const queue = new Set<Deferred.Deferred<void>>()
    /** Wakes who sleeps with the turn. */
    let alarm = Deferred.unsafeMake<void>(FiberId.none)
    /** The end of a pause that the store hasn't confirmed. It is told before anything is asked, so no pause gets lost. */
    let untold: number | undefined

    const passTurn = () => {
      for (const next of queue) {
        queue.delete(next)
        return Deferred.unsafeDone(next, Effect.void)
      }
      turnHeld = false
    }

    // in an uninterruptible region
    const withTurn = (self: Effect.Effect<void, Held>) =>
      Effect.flatMap(Effect.exit(self), (exit) => {
        passTurn()
        return exit
      })

    // not a race, which may wait for ever when it is interrupted as it starts (effect 3.22)
    const sleep = Effect.fnUntraced(function*(duration: Duration.Duration) {
      const awake = Deferred.unsafeMake<void>(FiberId.none)
      alarm = awake
      // whole milliseconds: timers have no finer ones
      const millis = Math.max(1, Math.ceil(Math.min(Duration.toMillis(duration), longestSleep)))
      const timer = yield* Effect.forkDaemon(
        Effect.interruptible(Effect.zipRight(Effect.sleep(millis), Deferred.succeed(awake, undefined)))
      )
      yield* Effect.ensuring(Deferred.await(awake), Fiber.interruptFork(timer))
    })

    const tellPause = Effect.gen(function*() {
      const end = untold
      if (end === undefined) return
      yield* store.pause({ account, duration: Duration.millis(Math.max(0, end - (yield* monotonicMillis))) })
      if (untold === end) untold = undefined
    })

    const announce = Effect.logDebug("Waiting for the rate limit").pipe(
      Effect.annotateLogs("shipstation.account", account),
      Effect.whenLogLevel("Debug")
    )

    const measured = Effect.fnUntraced(function*(wait: Effect.Effect<void, Held>) {
      const start = yield* Clock.currentTimeNanos
      waiting++
      const exit = yield* Effect.exit(wait)
      waiting--
      const waited = Duration.nanos((yield* Clock.currentTimeNanos) - start)
      yield* Metric.update(waitTime, waited)
      const span = yield* Effect.serviceOption(Tracer.ParentSpan)
      if (Option.isSome(span) && span.value._tag === "Span") {
        span.value.event("rate limit wait", start, {
          "shipstation.account": account,
          "shipstation.limiter.wait_ms": Duration.toMillis(waited)
        })
      }
      return yield* exit
    })

    const take: Service["take"] = ({ sandbox }) =>
      Effect.uninterruptibleMask((restore) => {
        limit = limitFor(sandbox)
        const place = { account, limit, window }
        /** Takes a place, or tells how long to wait. */
        const ask = Effect.matchEffect(
          restore(
            Effect.suspend(() =>
              untold === undefined ? store.take(place) : Effect.zipRight(tellPause, store.take(place))
            )
          ),
          {
            onFailure: ({ message }) =>
              Effect.fail(held(Duration.seconds(1), `the rate limiter's store could not be reached: ${message}`)),
            onSuccess: (answer) => {
              if (answer._tag === "Taken") return Effect.succeed(undefined)
              return answer._tag === "Paused" && Duration.greaterThan(answer.wait, maxPause)
                ? Effect.fail(held(answer.wait, `all requests are paused for longer than ${Duration.format(maxPause)}`))
                : Effect.succeed(answer.wait)
            }
          }
        )
        const askUntilTaken = (wait: Duration.Duration | undefined): Effect.Effect<void, Held> =>
          wait === undefined ? Effect.void : Effect.zipRight(restore(sleep(wait)), Effect.flatMap(ask, askUntilTaken))

        if (!turnHeld) {
          turnHeld = true
          return withTurn(
            Effect.flatMap(
              ask,
              (wait) => wait === undefined ? Effect.void : measured(Effect.zipRight(announce, askUntilTaken(wait)))
            )
          )
        }
        const turn = Deferred.unsafeMake<void>(FiberId.none)
        queue.add(turn)
        return measured(
          Effect.flatMap(Effect.exit(Effect.zipRight(announce, restore(Deferred.await(turn)))), (exit) => {
            if (Exit.isSuccess(exit)) return withTurn(Effect.flatMap(ask, askUntilTaken))
            // whoever is no longer in the queue has been given the turn
            if (!queue.delete(turn)) passTurn()
            return exit
          })
        )
      })

    const pause: Service["pause"] = (duration) =>
      Effect.gen(function*() {
        untold = Math.max(untold ?? 0, (yield* monotonicMillis) + Duration.toMillis(duration))
        yield* Effect.ignore(tellPause)
        Deferred.unsafeDone(alarm, Effect.void)
      })

    const state: Service["state"] = Effect.map(
      Effect.zipRight(tellPause, Effect.suspend(() => store.state({ account, window }))),
      ({ pausedFor, used }) => ({ limit, used, waiting, pausedFor })
    )

    return { take, pause, state }
  })

/** Needs a store and the configuration. */
export const layer = (
  options?: Options
): Layer.Layer<RateLimiter, never, RateLimiterStore | ShipStationConfig.ShipStationConfig> =>
  Layer.effect(RateLimiter, make(options))

/**
 * How long requests waited, in milliseconds, whether they got a place in the end or not. Those that needn't wait aren't
 * counted, so that they cost nothing.
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

/** A place was taken, or how long to wait before asking again. */
export type Answer =
  | { readonly _tag: "Taken" }
  | { readonly _tag: "Full"; readonly wait: Duration.Duration }
  | { readonly _tag: "Paused"; readonly wait: Duration.Duration }

/** The store can't be reached. Nothing is sent meanwhile. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", { message: Schema.String }) {}

/**
 * Keeps the log of each account. The time is the store's own (a database's, where several machines share one), so it
 * speaks in durations. The limiter waits for its answers: one that may hang sets its own time-out.
 */
export interface Store {
  /**
   * Takes a place if one is free now, else says when to ask again. Atomic. No place is free within a pause, and for one
   * window after it, from the first place taken on, places lie `window / limit` apart, so that those who were held back
   * don't come all at once. An interruption may cost a place, but never gives one too many.
   */
  readonly take: (options: {
    readonly account: string
    readonly limit: number
    readonly window: Duration.Duration
  }) => Effect.Effect<Answer, StoreError>
  /** Holds an account's requests back. A pause that ends later stays. */
  readonly pause: (options: {
    readonly account: string
    readonly duration: Duration.Duration
  }) => Effect.Effect<void, StoreError>
  readonly state: (options: {
    readonly account: string
    readonly window: Duration.Duration
  }) => Effect.Effect<{ readonly used: number; readonly pausedFor: Duration.Duration }, StoreError>
}

/** Where the log is kept: by account, so that one store serves several. */
export class RateLimiterStore extends Context.Tag("@effect-shipstation/http-client/RateLimiter/RateLimiterStore")<
  RateLimiterStore,
  Store
>() {}

/** A store for one process. */
export const makeStoreMemory: Effect.Effect<Store> = Effect.map(Clock.currentTimeNanos, (origin) => {
  const logs = new Map<string, Log>()
  // It ends in a single step, so that no interruption comes between the taking of a place and the answer.
  const withLog = <A>(account: string, f: (log: Log, now: number) => A) =>
    Effect.clockWith((clock) =>
      Effect.sync(() => {
        const log = logs.get(account) ?? emptyLog()
        logs.set(account, log)
        return f(log, Number(clock.unsafeCurrentTimeNanos() - origin) / 1e6)
      })
    )
  return {
    take: ({ account, limit, window }) =>
      withLog(account, (log, now) => takePlace(log, now, limit, Duration.toMillis(window))),
    pause: ({ account, duration }) =>
      withLog(account, (log, now) => {
        log.pausedUntil = Math.max(log.pausedUntil, now + Duration.toMillis(duration))
      }),
    state: ({ account, window }) =>
      withLog(account, (log, now) => {
        const start = now - Duration.toMillis(window)
        return {
          used: log.taken.filter((at) => at > start).length,
          pausedFor: Duration.millis(Math.max(0, log.pausedUntil - now))
        }
      })
  }
})

/** A store for one process. */
export const layerStoreMemory: Layer.Layer<RateLimiterStore> = Layer.effect(RateLimiterStore, makeStoreMemory)

/** What a store keeps of an account. Moments are in milliseconds of the store's own time. */
export interface Log {
  /** When places were taken, oldest first: at least the last `keep`. */
  taken: Array<number>
  /** The largest limit seen. */
  keep: number
  pausedUntil: number
  /** Until then places are spaced … */
  spacedUntil: number
  /** … and this is when the next one may be taken. */
  next: number
}

/** The log of an account that has sent nothing yet. */
export const emptyLog = (): Log => ({
  taken: [],
  keep: 0,
  pausedUntil: -Infinity,
  spacedUntil: -Infinity,
  next: -Infinity
})

const taken: Answer = { _tag: "Taken" }

/** The algorithm, for stores of other kinds: changes the log, and answers. `window` is in milliseconds. */
export const takePlace = (log: Log, now: number, limit: number, window: number): Answer => {
  if (now < log.pausedUntil) return { _tag: "Paused", wait: Duration.millis(log.pausedUntil - now) }
  if (limit === Infinity) return taken
  const oldest = log.taken.at(-limit) ?? -Infinity
  const free = Math.max(oldest + window, Math.min(log.next, log.spacedUntil))
  if (now < free) return { _tag: "Full", wait: Duration.millis(free - now) }

  const spacing = window / limit
  const last = log.taken.at(-1) ?? -Infinity
  if (last < log.pausedUntil && now < log.pausedUntil + window) {
    log.spacedUntil = now + window
    log.next = now
  }
  // Who comes a little late doesn't delay the others: what wasn't used in the last moments may still be.
  log.next = Math.max(log.next, now - Math.max(spacing, 100)) + spacing

  log.taken.push(now)
  log.keep = Math.max(log.keep, limit)
  if (log.taken.length >= 2 * log.keep) log.taken = log.taken.slice(-log.keep)
  return taken
}

/** In milliseconds. Pauses that other processes set are noticed by then, and timers longer than 24 days would never fire. */
const longestSleep = 10_000

const held = (retryAfter: Duration.Duration, reason: string): Held => ({ _tag: "Held", retryAfter, reason })

const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)
