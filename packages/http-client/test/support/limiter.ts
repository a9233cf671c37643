/** Limiters, and what goes through them. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import { Array, Clock, Duration, Effect, Fiber, Random, Redacted } from "effect"

export const config = (account?: string) => ShipStationConfig.layer({ apiKey: Redacted.make("key"), account })

/** A limiter over the store that is provided. */
export const makeLimiter = (options?: RateLimiter.Options, account?: string) =>
  RateLimiter.make(options).pipe(Effect.provide(config(account)))

/** A limiter over a store of its own. */
export const ownLimiter = (options?: RateLimiter.Options) =>
  makeLimiter(options).pipe(Effect.provide(RateLimiter.layerStoreMemory))

export const live = { sandbox: false }

/** Monotonic milliseconds. */
export const now = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Calls of take, each forked once the one before waits. Their results, and when they went. */
export const queueUp = (count: number, take: Effect.Effect<void, RateLimiter.Held>) =>
  Effect.gen(function*() {
    const went: globalThis.Array<readonly [call: number, at: number]> = []
    const fibers = yield* Effect.forEach(Array.range(1, count), (call) =>
      take.pipe(
        Effect.zipRight(now),
        Effect.tap((at) => Effect.sync(() => went.push([call, at]))),
        Effect.fork,
        Effect.zipLeft(Effect.yieldNow())
      ))
    return { went, fibers }
  })

export interface Went {
  /** Which of the takers, and as the how manyeth call */
  readonly taker: number
  readonly asked: number
  readonly at: number
}

export interface Pause {
  readonly from: number
  readonly to: number
}

/** Fibers that make calls in loops, until enough were made. */
export const campaign = (
  takers: ReadonlyArray<Effect.Effect<void, unknown>>,
  options: {
    readonly calls?: number
    readonly pause?: (duration: Duration.Duration) => Effect.Effect<void>
    readonly interruptions?: boolean
  } = {}
) =>
  Effect.gen(function*() {
    const { calls = 10_000, interruptions = false, pause } = options
    const went: globalThis.Array<Went> = []
    const pauses: globalThis.Array<Pause> = []
    const start = yield* now
    let asked = 0
    const loop = (index: number) =>
      Effect.gen(function*() {
        const taker = index % takers.length
        while (asked < calls) {
          const mine = asked++
          yield* takers[taker] ?? Effect.void
          went.push({ taker, asked: mine, at: yield* now })
        }
      })

    const fibers: globalThis.Array<Fiber.Fiber<void, unknown>> = []
    for (let i = 0; i < 500; i++) fibers.push(yield* Effect.fork(loop(i)))
    if (pause !== undefined) {
      yield* Effect.fork(Effect.forever(Effect.gen(function*() {
        yield* Effect.sleep(yield* Random.nextIntBetween(1_000, 120_000))
        const length = yield* Random.nextIntBetween(1_000, 90_000)
        const from = yield* now
        yield* pause(Duration.millis(length))
        pauses.push({ from, to: from + length })
      })))
    }
    if (interruptions) {
      yield* Effect.fork(Effect.forever(Effect.gen(function*() {
        yield* Effect.sleep(yield* Random.nextIntBetween(1, 3_000))
        const index = yield* Random.nextIntBetween(0, fibers.length)
        const old = fibers[index]
        if (old !== undefined) yield* Fiber.interrupt(old)
        fibers[index] = yield* Effect.fork(loop(index))
      })))
    }
    for (let i = 0; i < fibers.length; i++) {
      // the fiber at this place may be another by the time that it has ended
      for (let fiber = fibers[i], ended; fiber !== ended; fiber = fibers[i]) {
        ended = fiber
        if (ended !== undefined) yield* Fiber.await(ended)
      }
    }
    return { went, pauses, start }
  }).pipe(Effect.withRandom(Random.make("seed")))

export type Campaign = Effect.Effect.Success<ReturnType<typeof campaign>>

/** The most that went within any minute, both its ends counted. */
export const mostInAMinute = (times: ReadonlyArray<number>) => {
  let first = 0
  return times.reduce((most, at, last) => {
    while (at - (times[first] ?? at) > 60_000) first++
    return Math.max(most, last - first + 1)
  }, 0)
}

/** How much of 200 a minute was used, with the time of pauses left out. */
export const used = ({ pauses, start, went }: Campaign) => {
  const end = went.at(-1)?.at ?? start
  let paused = 0
  let until = start
  for (const { from, to } of pauses) {
    paused += Math.max(0, Math.min(to, end) - Math.max(from, until))
    until = Math.max(until, to)
  }
  return went.length / (200 * (end - start - paused) / 60_000)
}

/** Those that were overtaken by somebody who had asked the same taker later. */
export const overtaken = ({ went }: Campaign) => {
  const latest = new Map<number, number>()
  return went.filter(({ asked, taker }) => {
    const before = latest.get(taker) ?? -1
    latest.set(taker, Math.max(asked, before))
    return asked < before
  })
}

export const duringPauses = ({ pauses, went }: Campaign) =>
  went.filter(({ at }) => pauses.some(({ from, to }) => at > from && at < to))

export const times = ({ went }: Campaign) => went.map(({ at }) => at)
