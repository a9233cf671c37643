import { Emulator } from "@effect-shipstation/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, TestClock } from "effect"
import { create, inProcess, list, sockets } from "./support.js"

describe("the clock", () => {
  it.effect("is the one below until it is touched; frozen, put forward and released it goes its own way", () =>
    Effect.gen(function*() {
      const { clock } = yield* Emulator.Emulator
      const now = Effect.map(clock.now, ({ epochMillis }) => epochMillis)
      yield* TestClock.adjust(1_000)
      assert.strictEqual(yield* now, 1_000)
      yield* clock.freeze
      assert.isTrue(yield* clock.isFrozen)
      yield* TestClock.adjust(1_000)
      assert.strictEqual(yield* now, 1_000)
      yield* clock.advance("10 seconds")
      assert.strictEqual(yield* now, 11_000)
      yield* clock.resume
      assert.isFalse(yield* clock.isFrozen)
      assert.strictEqual(yield* now, 11_000)
      yield* TestClock.adjust(1_000)
      yield* clock.advance("1 second")
      assert.strictEqual(yield* now, 13_000)
      assert.strictEqual(yield* Clock.currentTimeMillis, 3_000)
    }).pipe(Effect.provide(inProcess())))

  it.effect("governs dates, the request limit, what lists show, and conditions of faults", () =>
    Effect.gen(function*() {
      const { clock, fulfillments } = yield* Emulator.Emulator
      yield* clock.freeze
      yield* clock.advance("1 hour")
      const created = yield* create(["se-1"])
      assert.strictEqual(created.headers["date"], "Thu, 01 Jan 1970 01:00:00 GMT")
      assert.strictEqual((yield* fulfillments)[0]?.created_at.epochMillis, 3_600_000)
      assert.notInclude(yield* (yield* list()).text, "notified\":true")
      assert.strictEqual((yield* list()).status, 429)
      yield* clock.advance("1 minute")
      assert.include(yield* (yield* list()).text, "notified\":true")
      yield* clock.advance("1 day")
      assert.strictEqual((yield* list()).status, 503)
    }).pipe(Effect.provide(inProcess({
      rateLimit: { limit: 2 },
      faults: [{ from: "1 day", action: { _tag: "ErrorBody", status: 503 } }]
    }))))

  it.effect("holds delays while it is frozen, and shortens them when it is put forward", () =>
    Effect.gen(function*() {
      const { clock } = yield* Emulator.Emulator
      const request = yield* Effect.fork(create(["se-1"]))
      const isDone = Effect.map(
        Effect.zipRight(TestClock.adjust(0), Fiber.poll(request)),
        ({ _tag }) => _tag === "Some"
      )
      yield* TestClock.adjust("5 seconds")
      yield* clock.freeze
      yield* TestClock.adjust("1 hour")
      assert.isFalse(yield* isDone)
      yield* clock.advance("10 seconds")
      assert.isFalse(yield* isDone)
      yield* clock.resume
      yield* clock.advance("10 seconds")
      assert.isFalse(yield* isDone)
      yield* TestClock.adjust("4999 millis")
      assert.isFalse(yield* isDone)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isDone)
    }).pipe(Effect.provide(inProcess({ faults: [{ action: { _tag: "Delay", duration: "30 seconds" } }] }))))

  it.effect("is back where it was after a reset", () =>
    Effect.gen(function*() {
      const { clock, reset } = yield* Emulator.Emulator
      yield* clock.freeze
      yield* clock.advance("1 hour")
      yield* reset
      assert.isFalse(yield* clock.isFrozen)
      assert.strictEqual((yield* clock.now).epochMillis, 0)
    }).pipe(Effect.provide(inProcess())))

  it.live.each(Object.entries(sockets))("works over %s", ([, layer]) =>
    Effect.gen(function*() {
      const { clock } = yield* Emulator.Emulator
      // it is put forward until it is there, and is answered
      const putForward = Effect.delay(clock.advance("1 hour"), "20 millis")
      const request = yield* Effect.raceFirst(create(["se-1"]), Effect.forever(putForward))
      const sent = Date.parse(request.headers["date"] ?? "")
      assert.isAtLeast(sent, (yield* Clock.currentTimeMillis) + 3_590_000)
    }).pipe(Effect.provide(layer({ faults: [{ action: { _tag: "Delay", duration: "1 hour" } }] }))))
})
