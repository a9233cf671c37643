/** How many requests it takes, and what is told of that before. */
import { Emulator } from "@effect-shipstation/emulator"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Shipments } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Layer, Redacted } from "effect"
import { emulated, inTime, many, numbers, requestCount, resolve, told } from "./support.js"

const plan = (...args: Parameters<Shipments.Service["plan"]>) =>
  Effect.flatMap(Shipments.Shipments, ({ plan }) => plan(...args))

describe("10,000 numbers", () => {
  it.effect("of 12,000 shipments take 24 requests", () =>
    Effect.gen(function*() {
      const planned = yield* inTime(plan(numbers(1, 10_000)))
      expect(planned).toMatchObject({ way: "pages", requests: 24, references: 10_000, distinct: 10_000, invalid: 0 })
      const before = yield* requestCount
      const matches = yield* inTime(resolve(numbers(1, 10_000)))
      expect((yield* requestCount) - before).toBe(24)
      expect(told(matches)).toEqual(Array.from({ length: 10_000 }, (_, index) => `se-${index + 1}`))
    }).pipe(Effect.provide(emulated({ shipments: many(12_000) }))))

  it.effect("take a request each where the list doesn't tell how long it is: the control", () =>
    Effect.gen(function*() {
      const start = yield* Clock.currentTimeMillis
      const matches = yield* inTime(resolve(numbers(1, 410)))
      expect(told(matches)).toEqual(Array.from({ length: 410 }, (_, index) => `se-${index + 1}`))
      expect(yield* requestCount).toBe(411)
      // three windows of the limit
      expect((yield* Clock.currentTimeMillis) - start).toBeGreaterThan(2 * 60_000)
    }).pipe(Effect.provide(emulated({
      shipments: many(500),
      faults: [{ action: { _tag: "ChangeList", without: ["total"] } }]
    }))))

  it.effect("of which some are missing take a request for each of these", () =>
    Effect.gen(function*() {
      const matches = yield* inTime(resolve(numbers(501, 1_530)))
      expect(told(matches).filter((match) => match === "none").length).toBe(30)
      expect(yield* requestCount).toBe(3 + 30)
    }).pipe(Effect.provide(emulated({ shipments: many(1_500) }))))

  it.effect("of which all are missing take a hundred requests, and not one each", () =>
    Effect.gen(function*() {
      const matches = yield* inTime(resolve(numbers(2_001, 7_000)))
      expect(told(matches).every((match) => match === "none")).toBe(true)
      expect(yield* requestCount).toBe(3 + 100)
    }).pipe(Effect.provide(emulated({ shipments: many(1_500) }))))
})

describe("the way", () => {
  it.effect.each<[count: number, listed: number, requests: number]>([
    [1, 600, 1],
    [9, 100, 9],
    [10, 100, 1],
    [10, 4_999, 10],
    [10, 5_001, 11],
    [30, 1_001, 3],
    [30, 20_000, 31]
  ])(
    "of %i numbers among %i shipments takes %i requests, as planned",
    ([count, listed, requests]) =>
      Effect.gen(function*() {
        const { requests: planned, way } = yield* plan(numbers(1, count))
        const before = yield* requestCount
        expect(before).toBe(count < 10 ? 0 : 1)
        yield* inTime(resolve(numbers(1, count)))
        expect((yield* requestCount) - before).toBe(requests)
        expect(planned).toBe(requests)
        expect(way).toBe(requests >= count && requests !== 10 ? "each" : "pages")
        expect(Shipments.estimate({ distinct: count, listed })).toEqual({ way, requests })
      }).pipe(Effect.provide(emulated({ shipments: many(listed) })))
  )

  it.effect("takes pages as large as they come", () =>
    Effect.gen(function*() {
      const matches = yield* inTime(resolve(numbers(1, 40)))
      expect(told(matches)).toEqual(Array.from({ length: 40 }, (_, index) => `se-${index + 1}`))
      expect(yield* requestCount).toBe(10)
    }).pipe(Effect.provide(emulated({
      shipments: many(1_000),
      faults: [{ action: { _tag: "ChangeList", mostRows: 100 } }]
    }))))

  it.effect("is one by one when pages turn out to be small", () =>
    Effect.gen(function*() {
      const matches = yield* inTime(resolve(numbers(1, 40)))
      expect(told(matches)).toEqual(Array.from({ length: 40 }, (_, index) => `se-${index + 1}`))
      expect(yield* requestCount).toBe(41)
    }).pipe(Effect.provide(emulated({
      shipments: many(1_000),
      faults: [{ action: { _tag: "ChangeList", mostRows: 10 } }]
    }))))
})

describe("a plan", () => {
  it.effect("counts what is different, and what can't be", () =>
    Effect.gen(function*() {
      const references = [...numbers(1, 20), ...numbers(1, 5), { shipment_number: "" }, { v1_order_id: "x" }]
      expect(yield* plan(references)).toEqual({
        way: "pages",
        requests: 1,
        references: 27,
        distinct: 20,
        invalid: 2,
        duration: Duration.millis(305)
      })
      expect(yield* plan([])).toMatchObject({ references: 0, requests: 0, duration: Duration.zero })
    }).pipe(Effect.provide(emulated({ shipments: many(30) }))))

  it.effect("asks for what was changed since", () =>
    Effect.gen(function*() {
      const modifiedSince = DateTime.unsafeMake("2026-01-02T00:00:00Z")
      expect((yield* plan(numbers(1, 20))).requests).toBe(3)
      expect((yield* plan(numbers(1, 20), { modifiedSince })).requests).toBe(1)
    }).pipe(Effect.provide(emulated({
      shipments: many(1_400, { created_at: DateTime.unsafeMake("2026-01-01T00:00:00Z") })
    }))))

  it.effect("of a list that doesn't tell how long it is, is one request each", () =>
    Effect.gen(function*() {
      expect(yield* plan(numbers(1, 20))).toMatchObject({ way: "each", requests: 21 })
    }).pipe(Effect.provide(emulated({ faults: [{ action: { _tag: "ChangeList", without: ["total"] } }] }))))

  it.effect("goes by the limit that is in force, and isn't exceeded by much more than the limit's window", () =>
    Effect.gen(function*() {
      const { duration, requests } = yield* plan(numbers(1, 100))
      expect(requests).toBe(101)
      expect(Duration.toMillis(duration)).toBe(101 * 6_000)
      const start = yield* Clock.currentTimeMillis
      yield* inTime(resolve(numbers(1, 100)))
      const took = (yield* Clock.currentTimeMillis) - start
      expect(took).toBeLessThanOrEqual(Duration.toMillis(duration))
      expect(took).toBeGreaterThan(9 * 60_000)
    }).pipe(Effect.provide(
      Shipments.layer.pipe(
        Layer.provide(ShipStationClient.layer),
        Layer.provide(RateLimiter.layer({ limit: 10, window: "1 minute" })),
        Layer.provide(RateLimiter.layerStoreMemory),
        Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey) })),
        Layer.provideMerge(Emulator.layerHttpClient({
          shipments: many(100),
          faults: [{ action: { _tag: "ChangeList", without: ["total"] } }]
        }))
      )
    )))
})
