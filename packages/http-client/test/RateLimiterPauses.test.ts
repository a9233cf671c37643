/** Pauses: what sets them, how long they last, what ends them, and what comes after. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, TestClock } from "effect"
import { campaign, live, makeLimiter, ownLimiter, queueUp } from "./support/limiter.js"
import { virtually } from "./support/virtually.js"

const seconds = (went: ReadonlyArray<readonly [number, number]>) => went.map(([, at]) => at / 1000)

describe("pauses", () => {
  it.effect("release one by one, a window's share apart, for one window", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      yield* limiter.pause(Duration.seconds(10))
      const { went } = yield* queueUp(10, limiter.take(live))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([10, 25, 40, 55, 70, 85, 100, 115, 130, 145])
    }))

  it.effect("release at whole milliseconds, as timers have no finer ones, without losing any", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 7, window: "1 second" })
      yield* limiter.pause(Duration.seconds(1))
      const { went } = yield* queueUp(9, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went.map(([, at]) => at)).toEqual([1000, 1143, 1286, 1429, 1572, 1715, 1858, 2000, 2143])
    }))

  it.effect("release one by one also where the log is full beyond the pause's end", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      const { went } = yield* queueUp(10, limiter.take(live))
      yield* TestClock.adjust("1 second")
      yield* limiter.pause(Duration.seconds(10))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([0, 0, 0, 0, 60, 75, 90, 105, 120, 135])
    }))

  it("lose nothing to late timers, with a thousand places a second", () => {
    let turn = 0
    const went = virtually(
      Effect.gen(function*() {
        const limiter = yield* ownLimiter({ limit: 60_000, window: "1 minute" })
        yield* limiter.pause(Duration.seconds(1))
        const { went } = yield* campaign([limiter.take(live)], { calls: 5_000 })
        return went
      }),
      { timer: (millis) => millis + (++turn % 5) }
    )
    expect(went[0]?.at).toBeGreaterThanOrEqual(1_000)
    expect(went.at(-1)?.at).toBeGreaterThan(5_800)
    expect(went.at(-1)?.at).toBeLessThan(6_100)
  })

  it.effect("don't space what comes a window later", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      yield* limiter.pause(Duration.seconds(10))
      yield* TestClock.adjust("70 seconds")
      const { went } = yield* queueUp(5, limiter.take(live))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([70, 70, 70, 70, 130])
    }))

  it.effect("hold who waits already, and the later end wins", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      const { went } = yield* queueUp(3, limiter.take(live))
      yield* TestClock.adjust("9 seconds")
      yield* limiter.pause(Duration.seconds(20))
      yield* limiter.pause(Duration.seconds(5))
      yield* TestClock.adjust("5 seconds")
      yield* limiter.pause(Duration.seconds(1))
      yield* TestClock.adjust("5 minutes")
      expect(seconds(went)).toEqual([0, 29, 39])
    }))

  it.effect("hold what is ready, until it has left", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      // what a program does to a request before it goes may take a while
      const slowly = limiter.withPlace(live, (leaves) => Effect.zipRight(Effect.sleep("2 seconds"), leaves))
      const { went } = yield* queueUp(1, slowly)
      yield* TestClock.adjust("1 second")
      yield* limiter.pause(Duration.seconds(20))
      yield* TestClock.adjust("1 minute")
      expect(seconds(went)).toEqual([21])
    }))

  it.effect("longer than maxPause make all that wait fail at once, and those that come", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, maxPause: "2 minutes" })
      const { fibers, went } = yield* queueUp(4, limiter.take(live))
      yield* TestClock.adjust("1 second")
      yield* limiter.pause(Duration.minutes(10))
      yield* Effect.yieldNow()
      const held = (minutes: number): RateLimiter.Held => ({
        _tag: "Held",
        retryAfter: Duration.minutes(minutes),
        reason: "all requests are paused for longer than 2m"
      })
      expect(yield* Effect.forEach(fibers.slice(1), (fiber) => Effect.flip(Fiber.join(fiber)))).toEqual([
        held(10),
        held(10),
        held(10)
      ])
      yield* TestClock.adjust("7 minutes")
      expect(yield* Effect.flip(limiter.take(live))).toEqual(held(3))
      yield* TestClock.adjust("1 minute")
      const later = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("119 seconds")
      expect(later.went).toEqual([])
      yield* TestClock.adjust("1 second")
      expect(seconds(went)).toEqual([0])
      expect(seconds(later.went)).toEqual([601])
    }))

  it.effect("of up to 5 minutes are waited for by default", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      yield* limiter.pause(Duration.minutes(5))
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("5 minutes")
      expect(seconds(went)).toEqual([300])
      yield* limiter.pause(Duration.millis(300_001))
      expect((yield* Effect.flip(limiter.take(live))).retryAfter).toEqual(Duration.millis(300_001))
    }))

  it.effect("of other limiters are noticed within seconds", () =>
    Effect.gen(function*() {
      const [here, there] = yield* Effect.all([makeLimiter({ limit: 1 }), makeLimiter({ limit: 1 })]).pipe(
        Effect.provide(RateLimiter.layerStoreMemory)
      )
      const { fibers } = yield* queueUp(2, here.take(live))
      yield* there.pause(Duration.minutes(10))
      yield* TestClock.adjust("10 seconds")
      expect(fibers[1]?.unsafePoll()).toMatchObject(Exit.fail({ _tag: "Held", retryAfter: Duration.seconds(590) }))
    }))

  it.effect("hold where there is no limit", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: Infinity })
      yield* limiter.pause(Duration.seconds(10))
      const { went } = yield* queueUp(1_000, limiter.take(live))
      yield* TestClock.adjust("9999 millis")
      expect(went).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(new Set(seconds(went))).toEqual(new Set([10]))
      expect(went.length).toBe(1_000)
    }))

  it.effect("are waited for where the caller can't be interrupted", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "1 minute" })
      const { went } = yield* queueUp(2, Effect.uninterruptible(limiter.take(live)))
      yield* limiter.pause(Duration.minutes(2))
      yield* TestClock.adjust("2 minutes")
      expect(seconds(went)).toEqual([0, 120])
    }))
})

describe("a pause is never longer than an hour", () => {
  it.effect.each([
    Duration.infinity,
    Duration.decode("20000 days"),
    Duration.seconds(1e308),
    Duration.seconds(1_764_353_538)
  ])("when the limiter is asked for %s", (duration) =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ maxPause: "1 hour" })
      yield* limiter.pause(duration)
      expect((yield* limiter.state).pausedFor).toEqual(Duration.hours(1))
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("59 minutes")
      yield* limiter.pause(Duration.zero)
      expect(went).toEqual([])
      yield* TestClock.adjust("1 minute")
      expect(seconds(went)).toEqual([3_600])
    }))

  it.effect("whatever the store would do", () =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      const told: Array<Duration.Duration> = []
      const store: RateLimiter.Store = {
        ...memory,
        pause: ({ duration }) => Effect.sync(() => void told.push(duration))
      }
      const limiter = yield* Effect.provideService(makeLimiter(), RateLimiter.RateLimiterStore, store)
      yield* limiter.pause(Duration.infinity)
      expect(told).toEqual([Duration.hours(1)])
    }))

  it.effect("when the store is asked", () =>
    Effect.gen(function*() {
      const store = yield* RateLimiter.makeStoreMemory
      const account = "default"
      yield* store.pause({ account, duration: Duration.infinity })
      const { pausedFor } = yield* store.state({ account, window: Duration.minutes(1) })
      expect(pausedFor).toEqual(Duration.hours(1))
    }))

  it.each([1e308, Infinity, Number.NaN, 3_600_001.5, 2.2e12])("when a log says %s", (pausedUntil) => {
    const log = { ...RateLimiter.emptyLog(), pausedUntil }
    expect(RateLimiter.stateOf({ ...log }, 0, 1_000).pausedFor).toEqual(Duration.hours(1))
    expect(RateLimiter.takePlace(log, 0, 1, 1_000)).toEqual({ _tag: "Paused", wait: Duration.hours(1) })
    expect(RateLimiter.takePlace(log, 3_599_999, 1, 1_000)._tag).toBe("Paused")
    expect(RateLimiter.takePlace(log, 3_600_000, 1, 1_000)._tag).toBe("Taken")
    const other = { ...RateLimiter.emptyLog(), pausedUntil }
    RateLimiter.pauseLog(other, 0, 5_000)
    expect(other.pausedUntil).toBe(3_600_000)
  })

  it("and a shorter one stays as it is", () => {
    const log = RateLimiter.emptyLog()
    RateLimiter.pauseLog(log, 1_000, 3_599_000)
    expect(log.pausedUntil).toBe(3_600_000)
    RateLimiter.pauseLog(log, 2_000, -5_000)
    expect(log.pausedUntil).toBe(3_600_000)
  })
})

describe("resume", () => {
  it.effect("ends a pause, wakes who waits, and releases one by one", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      yield* limiter.take(live)
      yield* limiter.pause(Duration.minutes(4))
      const { went } = yield* queueUp(4, limiter.take(live))
      yield* TestClock.adjust("33 seconds")
      yield* limiter.resume
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([33, 48, 63, 78])
    }))

  it.effect("ends one that is too long to be waited for", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      yield* limiter.pause(Duration.hours(1))
      yield* Effect.flip(limiter.take(live))
      yield* limiter.resume
      yield* limiter.take(live)
      expect((yield* limiter.state).pausedFor).toEqual(Duration.zero)
    }))

  it.effect("ends what another limiter set, which notices within 10 seconds", () =>
    Effect.gen(function*() {
      const [here, there] = yield* Effect.all([makeLimiter(), makeLimiter()]).pipe(
        Effect.provide(RateLimiter.layerStoreMemory)
      )
      yield* here.pause(Duration.minutes(4))
      const { went } = yield* queueUp(1, here.take(live))
      yield* TestClock.adjust("1 second")
      yield* there.resume
      yield* TestClock.adjust("9 seconds")
      expect(seconds(went)).toEqual([10])
    }))

  it.effect("lets what is ready go", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      yield* limiter.pause(Duration.minutes(1))
      yield* limiter.resume
      const { went } = yield* queueUp(1, limiter.withPlace(live, (leaves, ready) => Effect.zipRight(ready, leaves)))
      expect(seconds(went)).toEqual([0])
    }))

  it.effect("does nothing where there is no pause", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      yield* limiter.take(live)
      yield* TestClock.adjust("1 second")
      yield* limiter.resume
      const { went } = yield* queueUp(3, limiter.take(live))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([1, 1, 1])
    }))

  it.effect("ends one pause, and a later one holds", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 2, window: "60 seconds" })
      yield* limiter.resume
      yield* limiter.pause(Duration.seconds(5))
      yield* limiter.resume
      yield* limiter.pause(Duration.seconds(5))
      const { went } = yield* queueUp(2, limiter.take(live))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([5, 35])
    }))
})
