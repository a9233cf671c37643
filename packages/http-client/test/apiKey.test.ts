/** The key: what can be sent, what can't, and what is told of it. */
import { ShipStationConfig, ShipStationError } from "@effect-shipstation/http-client"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, FiberId, Redacted, Ref, TestClock } from "effect"
import { inspect } from "node:util"
import { client, post, postOnce } from "./support/clients.js"
import { recording } from "./support/recording.js"

describe("the key", () => {
  const long = "0123456789-0123456789"
  it.effect.each<readonly [name: string, key: string]>([
    ["empty", ""],
    ["a line break", `${long}\n`],
    ["a carriage return", `${long}\r\nx-evil: 1`],
    ["a space", `${long} ${long}`],
    ["a letter that no header holds", `${long}ключ`],
    ["a NUL", `${long}\0`]
  ])("that can't be used (%s) is refused unsent and unprinted", ([, key]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey: Redacted.make(key) }, layer)))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      expect(yield* requests).toEqual([])
      const printed = [
        inspect(error, { depth: 9 }),
        JSON.stringify(error),
        String(error),
        Cause.pretty(Cause.fail(error))
      ]
      expect(printed.filter((text) => text.includes(long))).toEqual([])
    }))

  it.effect("is read at each attempt, so that it may rotate", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const current = yield* Ref.make("first")
      const apiKey = Effect.map(current, (key) => Redacted.make(key))
      yield* Effect.gen(function*() {
        yield* postOnce
        yield* Ref.set(current, "second")
        yield* postOnce
        yield* Ref.set(current, "third\n")
        expect(yield* Effect.flip(postOnce)).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      }).pipe(Effect.provide(client({ apiKey }, layer)))
      expect((yield* requests).map(({ key }) => key)).toEqual(["first", "second"])
    }))

  it.effect("that is empty is said to be", () =>
    Effect.gen(function*() {
      const { layer } = yield* recording
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey: Redacted.make("") }, layer)))
      expect(error.message).toContain("empty")
    }))

  it.effect("that is no text is refused unsent: its variable isn't set", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const unset: Record<string, string> = {}
      for (const apiKey of [Redacted.make(unset["KEY"]), Effect.sync(() => Redacted.make(unset["KEY"]))]) {
        // @ts-expect-error a program without these checks
        const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey }, layer)))
        expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      }
      expect(yield* requests).toEqual([])
    }))

  it.effect("that was wiped is refused unsent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const apiKey = Redacted.make(long)
      Redacted.unsafeWipe(apiKey)
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey }, layer)))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent", concerns: "account" })
      expect(error.message).toContain("wiped")
      expect(yield* requests).toEqual([])
    }))

  it.effect.each<readonly [name: string, failure: Effect.Effect<never, ShipStationConfig.KeyError>, told: string]>([
    ["a failure", Effect.fail(new ShipStationConfig.KeyError({ message: "vault is down" })), "vault is down"],
    ["a defect", Effect.die(new Error("vault is down")), "vault is down"],
    ["a defect that is a text", Effect.die("vault is down"), "vault is down"],
    ["a defect that is nothing", Effect.die(undefined), "unknown cause"],
    ["more than a line", Effect.die(new Error("vault is down\nat line 7")), "vault is down"],
    ["a key in its text", Effect.die(new Error("no header: a1B2c3D4e5F6g7H8/i9+J0=")), "no header: <redacted>"],
    ["a key of small letters", Effect.die("no header: 0f1e2d3c4b5a69788796a5b4c3d2e1f0"), "no header: <redacted>"],
    [
      "the start of a key, as JSON.parse tells it",
      Effect.die(new SyntaxError(`Unexpected token 'a', "a1B2c3D4e5"... is not valid JSON`)),
      "Unexpected token 'a', <redacted>... is not valid JSON"
    ],
    [
      "an interruption beside it",
      Effect.failCause(Cause.parallel(Cause.interrupt(FiberId.none), Cause.die("vault is down"))),
      "vault is down"
    ]
  ])("that can't be read (%s) is unsent, dooms nothing and says why", ([, failure, told]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey: failure }, layer)))
      expect({ ...error, message: error.message }).toMatchObject({
        _tag: "ShipStationNetworkError",
        delivery: "unsent",
        concerns: "transport",
        message: `Not sent: the API key could not be read: ${told}`
      })
      expect(ShipStationError.isTransient(error)).toBe(true)
      expect(yield* requests).toEqual([])
    }))

  it.effect("that was read before isn't told when it can't be read any more, however it looks", () =>
    Effect.gen(function*() {
      const { layer } = yield* recording
      const plain = "onlysmallletters"
      const reads = yield* Ref.make(0)
      const apiKey = Effect.flatMap(Ref.updateAndGet(reads, (n) => n + 1), (n) =>
        n === 1
          ? Effect.succeed(Redacted.make(plain))
          : Effect.fail(new ShipStationConfig.KeyError({ message: `expired: ${plain}` })))
      yield* Effect.gen(function*() {
        yield* postOnce
        expect((yield* Effect.flip(postOnce)).message).toContain("expired: <redacted>")
      }).pipe(Effect.provide(client({ apiKey }, layer)))
    }))

  it.effect("that can't be read once is read again, as the policy says", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const reads = yield* Ref.make(0)
      const apiKey = Effect.flatMap(Ref.updateAndGet(reads, (n) => n + 1), (n) =>
        n === 1 ? Effect.die("a hiccup") : Effect.succeed(Redacted.make(long)))
      const fiber = yield* Effect.fork(Effect.provide(post, client({ apiKey }, layer)))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ status: 200 })
      expect((yield* requests).map(({ key }) =>
        key
      )).toEqual([long])
    }))

  it.effect("that doesn't come is unsent after the time-out, and the next one is read", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const reads = yield* Ref.make(0)
      const apiKey = Effect.flatMap(
        Ref.updateAndGet(reads, (n) => n + 1),
        (n) => n === 1 ? Effect.never : Effect.succeed(Redacted.make(long))
      )
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(postOnce))
        yield* TestClock.adjust("30 seconds")
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent" })
        yield* postOnce
      }).pipe(Effect.provide(client({ apiKey }, layer)))
      expect((yield* requests).map(({ key }) => key)).toEqual([long])
    }))

  it.effect("that is being read when the caller is interrupted makes it an interruption", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const fiber = yield* Effect.fork(Effect.provide(post, client({ apiKey: Effect.never }, layer)))
      yield* TestClock.adjust("1 second")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      const itself = yield* Effect.exit(Effect.provide(post, client({ apiKey: Effect.interrupt }, layer)))
      expect(Exit.isInterrupted(itself)).toBe(true)
      expect(yield* requests).toEqual([])
    }))
})
