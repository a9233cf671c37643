/** What references mean, on an emulator. */
import { Emulator } from "@effect-shipstation/emulator"
import { ShipmentReference, Shipments } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Either, Option } from "effect"
import { emulated, inTime, many, numbers, requestCount, resolve, told } from "./support.js"

const account: ReadonlyArray<Emulator.Shipment> = [
  { shipment_id: "se-1", shipment_number: "1001", external_shipment_id: "own-1", sales_order_id: "so-1" },
  { shipment_id: "se-2", shipment_number: "1002", sales_order_id: "so-1" },
  { shipment_id: "se-3", shipment_number: "1002" },
  { shipment_id: "se-4", shipment_number: "1004", cancelled: true },
  { shipment_id: "se-5", shipment_number: "1005", cancelled: true },
  { shipment_id: "se-6", shipment_number: "1005", cancelled: true },
  { shipment_id: "se-7", shipment_number: "1007", cancelled: true },
  { shipment_id: "se-8", shipment_number: "1007" },
  { shipment_id: "se-9", shipment_number: " 1009" },
  { shipment_id: "se-10", shipment_number: "abc" },
  { shipment_id: "se-11", shipment_number: "%2F&+ä\"" },
  { shipment_id: "se-12", shipment_number: "1001", account: "other" },
  ...many(30).map((shipment, index) => ({
    ...shipment,
    shipment_id: `se-9${index}`,
    shipment_number: `filler-${index}`,
    external_shipment_id: undefined,
    sales_order_id: undefined
  }))
]

const accounts = [{ name: "mine", apiKey: Emulator.defaultApiKey }, { name: "other", apiKey: "other" }]

type Case = [name: string, reference: ShipmentReference.ShipmentReference, expected: string]

const cases: Array<Case> = [
  ["its number", { shipment_number: "1001" }, "se-1"],
  ["its own id", { shipment_id: "se-8" }, "se-8"],
  ["the caller's id", { external_shipment_id: "own-1" }, "se-1"],
  ["its own id, where the caller gave none", { external_shipment_id: "se-2" }, "se-2"],
  ["the sales order of two", { sales_order_id: "so-1" }, "se-1 or se-2"],
  ["an orderId of API v1", { v1_order_id: "8" }, "se-8"],
  ["a number that two have", { shipment_number: "1002" }, "se-2 or se-3"],
  ["the number of a cancelled one", { shipment_number: "1004" }, "cancelled se-4"],
  ["the id of a cancelled one", { shipment_id: "se-4" }, "cancelled se-4"],
  ["the number of two cancelled ones", { shipment_number: "1005" }, "cancelled se-5 se-6"],
  ["a number of a cancelled one and another", { shipment_number: "1007" }, "se-7 or se-8"],
  ["a number that nobody has", { shipment_number: "9999" }, "none"],
  ["an id that nobody has", { shipment_id: "se-9999" }, "none"],
  ["an orderId that nobody has", { v1_order_id: "9999" }, "none"],
  ["a caller's id that nobody has", { external_shipment_id: "own-9999" }, "none"],
  ["a sales order that nobody has", { sales_order_id: "so-9999" }, "none"],
  ["a number with a space, without it", { shipment_number: "1009" }, "none"],
  ["a number with a space, with it", { shipment_number: " 1009" }, "se-9"],
  ["a number in other case", { shipment_number: "ABC" }, "none"],
  ["a part of a number", { shipment_number: "100" }, "none"],
  ["a number with signs", { shipment_number: "%2F&+ä\"" }, "se-11"],
  ["an id of another account", { shipment_id: "se-12" }, "none"],
  ["a blank number", { shipment_number: " " }, "none: shipment_number must not be blank"],
  ["a blank id", { external_shipment_id: "" }, "none: external_shipment_id must not be blank"],
  ["a blank sales order", { sales_order_id: "\t" }, "none: sales_order_id must not be blank"],
  ["an id without se-", { shipment_id: "8" }, "none: shipment_id must look like se-12345678"],
  ["an id with a space", { shipment_id: "se-8 " }, "none: shipment_id must look like se-12345678"],
  ["an orderId with se-", { v1_order_id: "se-8" }, "none: v1_order_id must be digits, such as 12345678"],
  ["an orderId with a zero before it", { v1_order_id: "08" }, "none: v1_order_id must be digits, such as 12345678"],
  ["an orderId that is too long", { v1_order_id: "1".repeat(23) }, "none: v1_order_id must be digits, such as 12345678"]
]

describe("a reference", () => {
  it.effect.each(cases)("%s", ([, reference, expected]) =>
    Effect.gen(function*() {
      const [match, ...others] = yield* resolve([reference])
      expect(told(match === undefined ? [] : [match])).toEqual([expected])
      expect(others).toEqual([])
      expect(match).toMatchObject({ index: 0, reference })
      expect(yield* requestCount).toBe(expected.startsWith("none:") ? 0 : 1)
    }).pipe(Effect.provide(emulated({ shipments: account, accounts }))))

  it.effect("means the same among others, when all of the list is read", () =>
    Effect.gen(function*() {
      const matches = yield* resolve(cases.map(([, reference]) => reference))
      expect(told(matches)).toEqual(cases.map(([, , expected]) => expected))
      expect(matches.map(({ index }) => index)).toEqual(cases.map((_, index) => index))
      // a page, and each that isn't there
      const absent = new Set(cases.filter(([, , expected]) => expected === "none").map(([, reference]) => reference))
      expect(yield* requestCount).toBe(1 + absent.size - 1)
    }).pipe(Effect.provide(emulated({ shipments: account, accounts }))))

  it("that has two values, or none, isn't one", () => {
    const both = { shipment_id: "se-1", shipment_number: "1001" }
    // @ts-expect-error one of them must be left out
    expect(ShipmentReference.toTarget(both)).toEqual(Either.left("it must have exactly one id or number"))
    // @ts-expect-error what a program without types may pass
    expect(ShipmentReference.toTarget({})).toEqual(Either.left("it must have exactly one id or number"))
    // @ts-expect-error what a program without types may pass
    expect(ShipmentReference.toTarget({ shipment_number: 1001 })).toEqual(
      Either.left("shipment_number must be text")
    )
  })

  it.effect("may inherit its number", () =>
    Effect.gen(function*() {
      class Row {
        get shipment_number() {
          return "1001"
        }
      }
      const { resolve } = yield* Shipments.Shipments
      expect(told(yield* resolve([new Row()]))).toEqual(told(yield* resolve([{ shipment_number: "1001" }])))
    }).pipe(Effect.provide(emulated({ shipments: account, accounts }))))

  it("by an orderId of API v1 needs no request to become an id", () => {
    expect(ShipmentReference.fromV1OrderId("12345678")).toEqual(Either.right("se-12345678"))
    for (const orderId of ["", "0", "se-1", " 1", "1.0", "-1", "1e3", "١٢"]) {
      expect(Either.isLeft(ShipmentReference.fromV1OrderId(orderId))).toBe(true)
    }
  })
})

describe("several references", () => {
  it.effect("of none make no request", () =>
    Effect.gen(function*() {
      expect(yield* resolve([])).toEqual([])
      expect(yield* requestCount).toBe(0)
    }).pipe(Effect.provide(emulated())))

  it.effect("that are equal cost one request, also by an orderId of API v1", () =>
    Effect.gen(function*() {
      const references = [{ shipment_id: "se-8" }, { v1_order_id: "8" }, { shipment_id: "se-8" }]
      expect(told(yield* resolve(references))).toEqual(["se-8", "se-8", "se-8"])
      expect(yield* requestCount).toBe(1)
    }).pipe(Effect.provide(emulated({ shipments: account, accounts }))))

  it.effect("keep what they were when they came", () =>
    Effect.gen(function*() {
      const reference = { shipment_number: "1001" }
      const resolving = yield* Effect.fork(resolve([reference]))
      yield* Effect.yieldNow()
      reference.shipment_number = "1004"
      const [match] = yield* resolving
      expect(match).toMatchObject({ _tag: "Found", reference: { shipment_number: "1001" } })
    }).pipe(Effect.provide(emulated({ shipments: account, accounts }))))

  it.effect("tell how far they have come", () =>
    Effect.gen(function*() {
      const seen: Array<Shipments.Progress> = []
      const onProgress = (progress: Shipments.Progress) => Effect.sync(() => seen.push(progress))
      yield* resolve([...numbers(1, 20), { shipment_number: "x" }], { onProgress })
      expect(seen).toEqual([
        { requests: 1, settled: 0, distinct: 21 },
        { requests: 2, settled: 21, distinct: 21 }
      ])
      seen.length = 0
      yield* resolve(numbers(1, 2), { onProgress })
      expect(seen.map(({ settled }) => settled)).toEqual([1, 2])
    }).pipe(Effect.provide(emulated({ shipments: many(30) }))))
})

describe("modifiedSince", () => {
  const at = (day: number) => DateTime.unsafeMake(Date.UTC(2026, 0, day))
  const modifiedSince = at(10)
  const shipments: ReadonlyArray<Emulator.Shipment> = [
    { shipment_id: "se-1", shipment_number: "A", created_at: at(1) },
    { shipment_id: "se-2", shipment_number: "A", created_at: at(12) },
    { shipment_id: "se-3", shipment_number: "B", created_at: at(1) },
    { shipment_id: "se-4", shipment_number: "C", created_at: at(1), modified_at: at(11) },
    { shipment_id: "se-5", shipment_number: "D", created_at: at(1), modified_at: at(10) },
    { shipment_id: "se-6", shipment_number: "E", created_at: at(1) },
    { shipment_id: "se-7", shipment_number: "E", created_at: at(2) },
    { shipment_id: "se-8", shipment_number: "G", created_at: at(1) },
    { shipment_id: "se-9", shipment_number: "G", created_at: DateTime.subtract(modifiedSince, { hours: 1 }) },
    ...many(3000, { created_at: at(1) }).map((shipment) => ({
      ...shipment,
      shipment_id: shipment.shipment_id.replace("se-", "se-9")
    })),
    ...many(20, { created_at: at(20) }).map((shipment) => ({
      ...shipment,
      shipment_id: shipment.shipment_id.replace("se-", "se-88"),
      shipment_number: `R${shipment.shipment_number}`
    }))
  ]
  const letters = ["A", "B", "C", "D", "E", "F", "G"].map((shipment_number) => ({ shipment_number }))
  const expected = ["se-2", "se-3", "se-4", "se-5", "se-6 or se-7", "none", "se-8 or se-9"]

  it.effect("counts what was changed since, and else all: one by one", () =>
    Effect.gen(function*() {
      expect(told(yield* resolve(letters, { modifiedSince }))).toEqual(expected)
      expect(told(yield* resolve(letters))).toEqual(["se-1 or se-2", ...expected.slice(1)])
    }).pipe(Effect.provide(emulated({ shipments }))))

  it.effect("counts the same by pages, of which there are few then", () =>
    Effect.gen(function*() {
      const more = Array.from({ length: 20 }, (_, index) => ({ shipment_number: `RN-${index + 1}` }))
      const matches = yield* resolve([...letters, ...more], { modifiedSince })
      expect(told(matches.slice(0, 7))).toEqual(expected)
      expect(matches.slice(7).every(({ _tag }) => _tag === "Found")).toBe(true)
      // one page, and B, E, F and G, which aren't in it
      expect(yield* requestCount).toBe(5)
    }).pipe(Effect.provide(emulated({ shipments }))))

  it.effect.each([8, -8, 30, -30])(
    "finds all the same when the filter is %i hours off",
    (hoursOff) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* emulator.setFaults([{ action: { _tag: "ChangeList", hoursOff } }])
        const more = Array.from({ length: 20 }, (_, index) => ({ shipment_number: `RN-${index + 1}` }))
        const matches = told(yield* resolve([...letters, ...more], { modifiedSince }))
        expect(matches.filter((match) => match === "none")).toEqual(["none"])
        expect([matches[0], matches[6]]).toEqual(["se-2", "se-8 or se-9"])
      }).pipe(Effect.provide(emulated({ shipments })))
  )
})

describe("one shipment", () => {
  it.effect("is got by an id", () =>
    Effect.gen(function*() {
      const { get } = yield* Shipments.Shipments
      const first = yield* get({ shipment_id: "se-1" })
      expect(Option.getOrThrow(first)).toMatchObject({ shipment_id: "se-1", shipment_number: "1001" })
      expect(yield* get({ external_shipment_id: "own-1" })).toEqual(first)
      expect(yield* get({ v1_order_id: "1" })).toEqual(first)
      expect(yield* get({ external_shipment_id: "own/1" })).toEqual(Option.none())
      expect(yield* get({ shipment_id: "se-9999" })).toEqual(Option.none())
      const count = yield* requestCount
      expect(yield* get({ shipment_id: "9999" })).toEqual(Option.none())
      expect(yield* get({ v1_order_id: "" })).toEqual(Option.none())
      expect(yield* requestCount).toBe(count)
    }).pipe(Effect.provide(emulated({ shipments: account, accounts }))))
})

it.effect("references to ids stop reading when all are found", () =>
  Effect.gen(function*() {
    // the newest are on the first page
    const shipments = many(20_000).map((shipment, index) => ({
      ...shipment,
      created_at: DateTime.unsafeMake(1e12 + index)
    }))
    const emulator = yield* Emulator.Emulator
    yield* emulator.seed({ shipments })
    const references = Array.from({ length: 60 }, (_, index) => ({ external_shipment_id: `own-${20_000 - index}` }))
    expect((yield* inTime(resolve(references))).every(({ _tag }) => _tag === "Found")).toBe(true)
    expect(yield* requestCount).toBe(1)
  }).pipe(Effect.provide(emulated())))
