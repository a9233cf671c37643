/**
 * Where the rate limiter keeps its log, and the algorithm itself: a sliding log of when requests left.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as ShipStationConfig from "./ShipStationConfig.js"

/**
 * A place was taken, or how long to wait before asking again.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer =
  | {
    readonly _tag: "Taken"
    /** Where one was asked for that is held, and the store can. */
    readonly place?: HeldPlace | undefined
  }
  | {
    readonly _tag: "Full"
    readonly wait: Duration.Duration
    /** Places that are held are in the way, so it may be sooner: once one of them is left or given back. */
    readonly held?: true | undefined
  }
  | { readonly _tag: "Paused"; readonly wait: Duration.Duration }

/**
 * A place that counts as used as long as it is held.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeldPlace {
  /** The request has left by now: the place counts for one window from this moment. May be told again. */
  readonly left: Effect.Effect<void, StoreError>
  /** No request left. May be told again. */
  readonly giveBack: Effect.Effect<void, StoreError>
  /** The request must have left so long after the place was asked for. Later the place may be another's. */
  readonly leaveWithin: Duration.Duration
}

/**
 * The store can't be reached. Nothing is sent meanwhile.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", { message: Schema.String }) {}

/**
 * Keeps the log of each account. The time is the store's own (a database's, where several machines share one), so it
 * speaks in durations. The limiter waits for its answers: one that may hang sets its own time-out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Store {
  /**
   * The name under which an account is kept, for stores that more can be told of an account than its name. Left out: its
   * name, as it is for all processes that share the store.
   */
  readonly nameOf?: ((config: Pick<ShipStationConfig.Service, "account" | "apiKey">) => string) | undefined
  /**
   * Takes a place if one is free now, else says when to ask again. Atomic. No place is free within a pause, and for one
   * window after it, from the first place taken on, places lie `window / limit` apart, so that those who were held back
   * don't come all at once. An interruption may cost a place, but never gives one too many.
   *
   * With `hold` the answer carries the place, which counts as used until it is told to have been left or given back. A
   * store that can't do this answers without, and the place counts from now.
   */
  readonly take: (options: {
    readonly account: string
    readonly limit: number
    readonly window: Duration.Duration
    readonly hold?: true | undefined
  }) => Effect.Effect<Answer, StoreError>
  /** Holds an account's requests back, for `longestPause` at most. A pause that ends later stays. */
  readonly pause: (options: {
    readonly account: string
    readonly duration: Duration.Duration
  }) => Effect.Effect<void, StoreError>
  /** Ends an account's pause, whoever set it. */
  readonly resume?: ((options: { readonly account: string }) => Effect.Effect<void, StoreError>) | undefined
  readonly state: (options: {
    readonly account: string
    readonly window: Duration.Duration
  }) => Effect.Effect<Use, StoreError>
}

/**
 * How much of an account's limit is used.
 *
 * @since 0.1.0
 * @category models
 */
export interface Use {
  /** Places held now, and those left within the window. */
  readonly used: number
  /** How long a pause still lasts. */
  readonly pausedFor: Duration.Duration
  /** The limit of whoever took a place last, if that is known. */
  readonly limit?: number | undefined
}

/**
 * Where the log is kept: by account, so that one store serves several.
 *
 * @since 0.1.0
 * @category tags
 */
export class RateLimiterStore extends Context.Tag("@effect-shipstation/http-client/RateLimiterStore")<
  RateLimiterStore,
  Store
>() {}

/**
 * A store for one process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeStoreMemory: Effect.Effect<Store> = Effect.map(Clock.currentTimeNanos, (origin) => {
  const logs = new Map<string, Log>()
  /** By account, its keys: one that has several is as many accounts. */
  const keys = new Map<string, Array<ShipStationConfig.Service["apiKey"]>>()
  let lastId = 0
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
    // most have no name of their own
    nameOf: ({ account, apiKey }) => {
      // nobody knows whether two effects read the same key: one limit too few is better than one too many
      if (!Exit.isExit(apiKey)) return account
      const ofAccount = keys.get(account) ?? []
      keys.set(account, ofAccount)
      const place = ofAccount.findIndex((key) => Equal.equals(key, apiKey))
      const n = place < 0 ? ofAccount.push(apiKey) - 1 : place
      return n === 0 ? account : `${account}\u0000${n}`
    },
    take: ({ account, hold, limit, window }) =>
      withLog(account, (log, now) => {
        const id = hold === undefined ? undefined : String(++lastId)
        const answer = takePlace(log, now, limit, Duration.toMillis(window), id)
        if (answer._tag !== "Taken" || id === undefined || limit === Infinity) return answer
        return {
          _tag: "Taken",
          place: {
            left: withLog(account, (log, now) => leavePlace(log, now, id)),
            giveBack: withLog(account, (log) => giveBackPlace(log, id)),
            leaveWithin
          }
        }
      }),
    pause: ({ account, duration }) => withLog(account, (log, now) => pauseLog(log, now, Duration.toMillis(duration))),
    resume: ({ account }) => withLog(account, resumeLog),
    state: ({ account, window }) => withLog(account, (log, now) => stateOf(log, now, Duration.toMillis(window)))
  }
})

/**
 * A store for one process. Accounts of one name, such as those without one, share nothing if their keys are given
 * and differ. Of keys that are read at each attempt nobody knows: these share the name's limit.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStoreMemory: Layer.Layer<RateLimiterStore> = Layer.effect(RateLimiterStore, makeStoreMemory)

/**
 * What a store keeps of an account. Moments are in milliseconds of the store's own time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Log {
  /** When places were taken, oldest first: at least the last `keep`. A place that was held stands here once it was left. */
  taken: Array<number>
  /** The largest limit seen. */
  keep: number
  /** The limit of whoever took a place last. None in a log of an older version. */
  limit?: number | undefined
  pausedUntil: number
  /** Until then places are spaced … */
  spacedUntil: number
  /** … and this is when the next one may be taken. */
  next: number
  /** Places that are held. None in a log of an older version. */
  held?: Array<Hold> | undefined
  /** When the last place was given, held ones among them. */
  given?: number | undefined
}

/**
 * A place that is held until it is told what became of it, or until this moment.
 *
 * @since 0.1.0
 * @category models
 */
export interface Hold {
  readonly id: string
  readonly until: number
}

/**
 * The log of an account that has sent nothing yet.
 *
 * @since 0.1.0
 * @category constructors
 */
export const emptyLog = (): Log => ({
  taken: [],
  keep: 0,
  pausedUntil: -Infinity,
  spacedUntil: -Infinity,
  next: -Infinity,
  held: [],
  given: -Infinity
})

/**
 * The longest pause: what asks for more is cut to it, in logs of older versions too.
 *
 * @since 0.1.0
 * @category constants
 */
export const longestPause: Duration.Duration = Duration.hours(1)

/**
 * How long a place can be held, in milliseconds: who holds it may have died. Then it counts as left, so what leaves at the
 * last moment is counted as well.
 */
const longestHold = 300_000

/**
 * How soon a request must leave with a place that is held: a minute before another may have it, for what lies between the
 * last look at the clock and the first byte.
 *
 * @since 0.1.0
 * @category constants
 */
export const leaveWithin: Duration.Duration = Duration.minutes(4)

const taken: Answer = { _tag: "Taken" }

/**
 * The algorithm, for stores of other kinds: changes the log, and answers. `window` is in milliseconds. With an id the place
 * is held under it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const takePlace = (log: Log, now: number, limit: number, window: number, id?: string): Answer => {
  tidy(log, now)
  if (now < log.pausedUntil) return { _tag: "Paused", wait: Duration.millis(log.pausedUntil - now) }
  if (limit === Infinity) return taken
  const held = log.held?.length ?? 0
  const notHeld = Math.floor(limit) - held
  if (notHeld <= 0) return { _tag: "Full", wait: askAgain, held: true }
  const oldest = log.taken.at(-notHeld) ?? -Infinity
  const free = Math.max(oldest + window, Math.min(log.next, log.spacedUntil))
  if (now < free) return { _tag: "Full", wait: Duration.millis(free - now) }

  const spacing = window / limit
  const last = log.given ?? log.taken.at(-1) ?? -Infinity
  if (last < log.pausedUntil && now < log.pausedUntil + window) {
    log.spacedUntil = now + window
    log.next = now
  }
  // Who comes a little late doesn't delay the others: what wasn't used in the last moments may still be.
  log.next = Math.max(log.next, now - Math.max(spacing, 100)) + spacing

  log.keep = Math.max(log.keep, limit)
  log.limit = limit
  log.given = now
  if (id === undefined) insert(log, now)
  else log.held = [...log.held ?? [], { id, until: now + longestHold }]
  return taken
}

/**
 * The request has left by now: its place counts for one window from this moment.
 *
 * @since 0.1.0
 * @category combinators
 */
export const leavePlace = (log: Log, now: number, id: string): void => {
  tidy(log, now)
  if (log.held?.some((hold) => hold.id === id) !== true) return
  giveBackPlace(log, id)
  insert(log, now)
}

/**
 * Nothing left: the place is free again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const giveBackPlace = (log: Log, id: string): void => {
  log.held = log.held?.filter((hold) => hold.id !== id)
}

/**
 * Holds all back for so many milliseconds, `longestPause` at most.
 *
 * @since 0.1.0
 * @category combinators
 */
export const pauseLog = (log: Log, now: number, duration: number): void => {
  tidy(log, now)
  log.pausedUntil = Math.max(log.pausedUntil, now + duration)
  tidy(log, now)
}

/**
 * Ends a pause.
 *
 * @since 0.1.0
 * @category combinators
 */
export const resumeLog = (log: Log, now: number): void => {
  log.pausedUntil = Math.min(log.pausedUntil, now)
}

/**
 * How many places are used, of how many, and how long a pause still lasts.
 *
 * @since 0.1.0
 * @category getters
 */
export const stateOf = (log: Log, now: number, window: number): Use => {
  tidy(log, now)
  return {
    limit: log.limit,
    used: log.taken.filter((at) => at > now - window).length + (log.held?.length ?? 0),
    pausedFor: Duration.millis(Math.max(0, log.pausedUntil - now))
  }
}

/** When to look again at places that are held: others may hold them, and tell nobody here. */
const askAgain = Duration.seconds(10)

/** Ends what lasts too long: pauses, and places that are held. */
const tidy = (log: Log, now: number) => {
  const latest = now + Duration.toMillis(longestPause)
  if (!(log.pausedUntil <= latest)) log.pausedUntil = latest
  for (const { id, until } of log.held ?? []) {
    if (until > now) continue
    giveBackPlace(log, id)
    insert(log, until)
  }
}

const insert = (log: Log, at: number) => {
  let index = log.taken.length
  while (index > 0 && (log.taken[index - 1] ?? 0) > at) index--
  if (index === log.taken.length) log.taken.push(at)
  else log.taken.splice(index, 0, at)
  if (log.taken.length >= 2 * log.keep) log.taken = log.taken.slice(-log.keep)
}
