/** What layers share, and what is told of a call. */
import { Emulator } from "@effect-shipstation/emulator"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Carriers, Shipments } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Logger, Redacted, Tracer } from "effect"
import { emulated, inTime, many, numbers, requestCount, resolve, told } from "./support.js"

class First extends Context.Tag("First")<First, Shipments.Service>() {}

class Second extends Context.Tag("Second")<Second, Shipments.Service>() {}

class FirstCarriers extends Context.Tag("FirstCarriers")<FirstCarriers, Carriers.Service>() {}

class SecondCarriers extends Context.Tag("SecondCarriers")<SecondCarriers, Carriers.Service>() {}

const client = (apiKey: string) =>
  Layer.provide(ShipStationClient.layer, ShipStationConfig.layer({ apiKey: Redacted.make(apiKey) }))

// one, so that it could be built once for both
const carriers = Carriers.layer()

describe("layers", () => {
  it.effect("of two accounts in one program each ask with their own key", () =>
    Effect.gen(function*() {
      const service = (apiKey: string) =>
        Effect.provide(
          resolve([{ shipment_number: "N-1" }]),
          Shipments.layer.pipe(
            Layer.provide(ShipStationClient.layer),
            Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(apiKey) }))
          )
        )
      const matches = yield* Effect.all([service("key-a"), service("key-b"), service("key-a")])
      expect(matches.map(told)).toEqual([["se-1"], ["se-2"], ["se-1"]])
    }).pipe(Effect.provide(Emulator.layerHttpClient({
      accounts: [{ name: "a", apiKey: "key-a" }, { name: "b", apiKey: "key-b" }],
      shipments: [
        { shipment_id: "se-1", shipment_number: "N-1", account: "a" },
        { shipment_id: "se-2", shipment_number: "N-1", account: "b" }
      ]
    }))))

  it.effect("of two accounts under two tags are two, also when they are built as one layer", () =>
    Effect.gen(function*() {
      const first = yield* First
      const second = yield* Second
      const reference = [{ shipment_number: "N-1" }]
      expect(told(yield* first.resolve(reference))).toEqual(["se-1"])
      expect(told(yield* second.resolve(reference))).toEqual(["se-2"])
      expect((yield* (yield* FirstCarriers).list).length).toBe(12)
      expect((yield* (yield* SecondCarriers).list).length).toBe(12)
      const emulator = yield* Emulator.Emulator
      expect((yield* emulator.requests).map(({ account }) => account)).toEqual(["a", "b", "a", "b"])
    }).pipe(Effect.provide(
      Layer.mergeAll(
        Layer.effect(First, Shipments.Shipments).pipe(Layer.provide(Shipments.layer), Layer.provide(client("key-a"))),
        Layer.effect(Second, Shipments.Shipments).pipe(Layer.provide(Shipments.layer), Layer.provide(client("key-b"))),
        Layer.effect(FirstCarriers, Carriers.Carriers).pipe(Layer.provide(carriers), Layer.provide(client("key-a"))),
        Layer.effect(SecondCarriers, Carriers.Carriers).pipe(Layer.provide(carriers), Layer.provide(client("key-b")))
      ).pipe(Layer.provideMerge(Emulator.layerHttpClient({
        accounts: [{ name: "a", apiKey: "key-a" }, { name: "b", apiKey: "key-b" }],
        shipments: [
          { shipment_id: "se-1", shipment_number: "N-1", account: "a" },
          { shipment_id: "se-2", shipment_number: "N-1", account: "b" }
        ]
      })))
    )))

  it.effect("layerConfig has both services, under one limit", () =>
    Effect.gen(function*() {
      const shipments = yield* Shipments.Shipments
      const carriers = yield* Carriers.Carriers
      yield* inTime(Effect.all([
        Effect.forEach(numbers(1, 198), (number) => shipments.resolve([number]), { discard: true }),
        carriers.list,
        carriers.forget,
        carriers.list
      ]))
      const emulator = yield* Emulator.Emulator
      expect((yield* emulator.requests).filter(({ limited }) => limited)).toEqual([])
      expect(yield* requestCount).toBe(200)
      const late = yield* Effect.fork(shipments.resolve([{ shipment_number: "N-1" }]))
      yield* Effect.yieldNow()
      expect(yield* requestCount).toBe(200)
      yield* inTime(late)
      expect(yield* requestCount).toBe(201)
    }).pipe(Effect.provide(
      Shipments.layerConfig().pipe(
        Layer.provideMerge(Emulator.layerHttpClient({ shipments: many(10) })),
        Layer.provide(Layer.setConfigProvider(
          ConfigProvider.fromMap(new Map([["SHIPSTATION_API_KEY", Emulator.defaultApiKey]]))
        ))
      )
    )))

  it.effect("go under a limiter that is provided", () =>
    Effect.gen(function*() {
      yield* resolve(numbers(1, 5))
      const limiter = yield* RateLimiter.RateLimiter
      expect((yield* limiter.state).used).toBe(5)
    }).pipe(Effect.provide(
      Shipments.layer.pipe(
        Layer.provide(ShipStationClient.layer),
        Layer.provideMerge(RateLimiter.layer({ limit: 10 })),
        Layer.provide(RateLimiter.layerStoreMemory),
        Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey) })),
        Layer.provideMerge(Emulator.layerHttpClient({ shipments: many(10) }))
      )
    )))

  it.effect("work in the mode readOnly, since all of it is reading", () =>
    Effect.gen(function*() {
      expect(told(yield* resolve(numbers(1, 12)))[11]).toBe("none")
    }).pipe(Effect.provide(
      Shipments.layer.pipe(
        Layer.provide(ShipStationClient.layer),
        Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey), mode: "readOnly" })),
        Layer.provide(Emulator.layerHttpClient({ shipments: many(11) }))
      )
    )))
})

const nativeTracer = Effect.runSync(Effect.tracer)

describe("a call", () => {
  it.effect("is a span that counts, and neither it nor a log has the references or the key", () => {
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      context: (execution) => execution(),
      span: (...args) => {
        const span: Tracer.Span = nativeTracer.span(...args)
        spans.push(span)
        return span
      }
    })
    const logs: Array<unknown> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, message }) => {
        logs.push(message, [...annotations])
      })
    )
    return Effect.gen(function*() {
      yield* resolve([...numbers(1, 15), { shipment_number: "SECRET-1" }])
      const [root] = spans.filter(({ name }) => name === "Shipments.resolve")
      expect(Object.fromEntries(root?.attributes ?? [])).toEqual({
        "shipstation.references": 16,
        "shipstation.found": 12,
        "shipstation.not_found": 4,
        "shipstation.ambiguous": 0,
        "shipstation.cancelled": 0
      })
      const text = JSON.stringify(
        [spans.map(({ attributes }) => [...attributes]), logs],
        (_, value) => typeof value === "bigint" ? String(value) : value
      )
      expect(text).not.toContain("SECRET")
      expect(text).not.toContain("N-1")
      expect(text).not.toContain(Emulator.defaultApiKey)
    }).pipe(Effect.provide(Layer.merge(emulated({ shipments: many(12) }), logger)), Effect.withTracer(tracer))
  })
})
