/** The carriers of an account, which are remembered for a while. */
import { Emulator } from "@effect-shipstation/emulator"
import { Carriers } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, TestClock } from "effect"
import { answer, emulated, hostile, requestCount } from "./support.js"

const list = Effect.flatMap(Carriers.Carriers, ({ list }) => list)

const resolve = (name: string) => Effect.flatMap(Carriers.Carriers, ({ resolve }) => resolve(name))

const ups = { carriers: [{ carrier_code: "ups", friendly_name: "UPS" }] }

describe("the carriers", () => {
  it.effect("of an emulator are resolved by name", () =>
    Effect.gen(function*() {
      const names = ["UPS® Ground", "USPS First Class", "FedEx Home Delivery", "DHL eCommerce", "Royal Mail", "Pigeon"]
      const matches = yield* Effect.forEach(names, resolve)
      expect(matches.map((match) => match._tag === "Found" ? match.carrier_code : match._tag)).toEqual([
        "ups",
        "usps",
        "fedex",
        "dhl_ecommerce",
        "royal_mail",
        "NotFound"
      ])
      expect((yield* list).length).toBe(12)
      expect(yield* requestCount).toBe(1)
    }).pipe(Effect.provide(emulated())))

  it.effect("are remembered for 5 minutes", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      expect((yield* resolve("Pigeon Post"))._tag).toBe("NotFound")
      yield* emulator.seed({ carriers: { pigeon: "Pigeon Post" } })
      yield* TestClock.adjust("299 seconds")
      expect((yield* resolve("Pigeon Post"))._tag).toBe("NotFound")
      yield* TestClock.adjust("1 second")
      expect((yield* resolve("Pigeon Post"))._tag).toBe("Found")
      expect(yield* requestCount).toBe(2)
    }).pipe(Effect.provide(emulated())))

  it.effect("are remembered for as long as is said, or until they are to be forgotten", () =>
    Effect.gen(function*() {
      yield* list
      yield* TestClock.adjust("9 seconds")
      yield* list
      expect(yield* requestCount).toBe(1)
      yield* Effect.flatMap(Carriers.Carriers, ({ forget }) => forget)
      yield* list
      expect(yield* requestCount).toBe(2)
      yield* TestClock.adjust("10 seconds")
      yield* list
      expect(yield* requestCount).toBe(3)
    }).pipe(Effect.provide(emulated({}, { timeToLive: "10 seconds" }))))

  it.effect.each([0, "0 seconds"] as const)("aren't remembered for %j", (timeToLive) =>
    Effect.gen(function*() {
      yield* list
      yield* list
      expect(yield* requestCount).toBe(2)
    }).pipe(Effect.provide(emulated({}, { timeToLive }))))

  it.effect("may be remembered for ever", () =>
    Effect.gen(function*() {
      yield* list
      yield* TestClock.adjust("300 days")
      yield* list
      expect(yield* requestCount).toBe(1)
    }).pipe(Effect.provide(emulated({}, { timeToLive: Infinity }))))

  it.effect.each([NaN, -1, "soon"])("can't be remembered for %j", (timeToLive) =>
    Effect.gen(function*() {
      // @ts-expect-error what a program without types may pass
      const options: Carriers.Options = { timeToLive }
      const exit = yield* Effect.exit(Effect.provide(list, emulated({}, options)))
      expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain("Carriers: timeToLive must be a duration")
    }))

  it.effect("are asked for once by many at once, and again by others when one fails or is interrupted", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((_, count) =>
        count === 0 ? answer("", 503) : count === 1 ? Effect.never : answer(ups)
      )
      yield* Effect.gen(function*() {
        const { list } = yield* Carriers.Carriers
        const first = yield* Effect.fork(list)
        const others = yield* Effect.forEach([1, 2, 3], () => Effect.fork(list))
        expect(Exit.isFailure(yield* Fiber.await(first))).toBe(true)
        yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), requests), { until: ({ length }) => length === 2 })
        const [second, ...waiting] = others
        if (second !== undefined) yield* Fiber.interrupt(second)
        expect((yield* Fiber.joinAll(waiting)).map(({ length }) => length)).toEqual([1, 1])
        expect((yield* requests).length).toBe(3)
      }).pipe(Effect.provide(layer))
    }))

  it.effect.each<[string, number, object]>([
    ["status 207", 207, ups],
    ["its errors", 200, { ...ups, errors: [{ error_source: "carrier", message: "down" }] }]
  ])("aren't remembered when the list is short, by %s", ([, status, body]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile(() => answer(body, status))
      yield* Effect.provide(Effect.zipRight(list, list), layer)
      expect((yield* requests).length).toBe(2)
      expect(yield* requests).toContain("/v2/carriers?include_extended_details=false")
    }))

  it.effect.each<[string, unknown, number]>([
    ["HTML", "<html>", 200],
    ["a gateway's page", "<html>", 404],
    ["no list", {}, 200]
  ])("are an error where %s is answered", ([, body, status]) =>
    Effect.gen(function*() {
      const { layer } = yield* hostile(() => answer(body, status))
      const result = yield* Effect.either(Effect.provide(resolve("UPS"), layer))
      expect(result).toMatchObject({ left: { _tag: "ShipStationUnexpectedResponseError" } })
    }))

  it.effect("of two layers are each layer's own", () =>
    Effect.gen(function*() {
      const american = emulated({ carriers: { usps: "USPS" } })
      const british = emulated({ carriers: { royal_mail: "Royal Mail" } })
      const both = Effect.all([
        Effect.provide(resolve("USPS"), american),
        Effect.provide(resolve("USPS"), british)
      ])
      expect((yield* both).map(({ _tag }) => _tag)).toEqual(["Found", "NotFound"])
    }).pipe(Effect.provide(Layer.empty)))
})
