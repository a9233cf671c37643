import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Chunk, Clock, Duration, Effect, Exit, Fiber, Layer, Redacted, Scope, TestClock, TestContext } from "effect"
import * as Deadlines from "../src/internal/deadlines.js"

const sleeping = Effect.map(TestClock.sleeps(), Chunk.size)

describe("deadlines", () => {
  it.effect("each ends in its time, if it isn't over, and one sleep is enough for all", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make(Duration.seconds(30))
      const clock = yield* Effect.clock
      const ended: Array<number> = []
      const watch = (n: number) => deadlines.watch(clock, () => ended.push(n))
      const exchanges = []
      for (let n = 0; n < 5; n++) {
        exchanges.push(watch(n))
        yield* TestClock.adjust("1 second")
      }
      expect(yield* sleeping).toBe(1)
      const [first, , third] = exchanges
      if (third !== undefined) third.end = undefined
      yield* TestClock.adjust("24 seconds")
      expect(ended).toEqual([])
      yield* TestClock.adjust("1 second")
      expect([ended, first?.hasCome]).toEqual([[0], true])
      yield* TestClock.adjust("4 seconds")
      expect([ended, third?.hasCome]).toEqual([[0, 1, 3, 4], false])
      yield* TestClock.adjust("1 second")
      expect(yield* sleeping).toBe(0)

      // it begins anew
      watch(5)
      yield* TestClock.adjust("30 seconds")
      expect(ended).toEqual([0, 1, 3, 4, 5])
    }))

  it.effect("each is kept to the millisecond, also right after the last one", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make(Duration.millis(750))
      const clock = yield* Effect.clock
      const ended: Array<string> = []
      for (const name of ["first", "second"]) {
        deadlines.watch(clock, () => ended.push(name))
        yield* TestClock.adjust("749 millis")
        expect(ended).not.toContain(name)
        yield* TestClock.adjust("1 millis")
        expect(ended).toContain(name)
        yield* TestClock.adjust("10 millis")
      }
    }))

  it.effect("no sleep is left half a second after the last exchange", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make(Duration.minutes(5))
      const exchange = deadlines.watch(yield* Effect.clock, () => expect.unreachable())
      yield* TestClock.adjust("10 seconds")
      exchange.end = undefined
      yield* TestClock.adjust("500 millis")
      expect(yield* sleeping).toBe(0)
    }))

  it.effect("what is under way when it closes, and what comes after it, keeps its deadline", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make(Duration.seconds(30))
      const clock = yield* Effect.clock
      const ended: Array<string> = []
      deadlines.watch(clock, () => ended.push("before"))
      yield* deadlines.close
      yield* TestClock.adjust("30 seconds")
      yield* deadlines.close
      deadlines.watch(clock, () => ended.push("after"))
      yield* TestClock.adjust("30 seconds")
      expect(ended).toEqual(["before", "after"])
    }))

  it.effect("somebody else waits when the timer of who waited was stopped", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      const deadlines = yield* Deadlines.make(Duration.seconds(30))
      const ended: Array<string> = []
      let isStopped = true
      const stopping: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanos: clock.currentTimeNanos,
        sleep: (duration) => isStopped ? Effect.never : clock.sleep(duration)
      }
      deadlines.watch(stopping, () => ended.push("first"))
      yield* TestClock.adjust("2 seconds")
      isStopped = false
      deadlines.watch(stopping, () => ended.push("second"))
      yield* TestClock.adjust("28 seconds")
      expect(ended).toEqual(["first"])
      yield* TestClock.adjust("2 seconds")
      expect(ended).toEqual(["first", "second"])
    }))

  it.effect("goes by the clock of who asks", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make(Duration.seconds(30))
      const ended: Array<string> = []
      deadlines.watch(yield* Effect.clock, () => ended.push("here"))
      yield* Effect.gen(function*() {
        deadlines.watch(yield* Effect.clock, () => ended.push("there"))
        yield* TestClock.adjust("30 seconds")
      }).pipe(Effect.provide(TestContext.TestContext))
      expect(ended).toEqual(["there"])
    }))

  it.effect("a layer that closes leaves no sleep behind", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      let asleep = 0
      const counting: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanos: clock.currentTimeNanos,
        sleep: (duration) =>
          Effect.acquireUseRelease(
            Effect.sync(() => asleep++),
            () => clock.sleep(duration),
            () => Effect.sync(() => asleep--)
          )
      }
      yield* Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          ShipStationClient.layer.pipe(
            Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key_12345678") })),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.never)))
          ),
          scope
        )
        const call = yield* Effect.fork(
          Effect.provide(
            Effect.flatMap(ShipStationClient.ShipStationClient, ({ listFulfillments }) => listFulfillments({})),
            context
          )
        )
        yield* Effect.repeat(Effect.yieldNow(), { until: () => asleep > 0 })
        yield* Fiber.interrupt(call)
        expect(asleep).toBe(1)
        yield* Scope.close(scope, Exit.void)
        expect(asleep).toBe(0)
      }).pipe(Effect.withClock(counting))
    }))
})
