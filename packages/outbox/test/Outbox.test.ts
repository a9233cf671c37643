import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Stream, TestClock } from "effect"
import { are, fresh, freshMany, outbox, slowly, until, working } from "./support.js"

const memory = Outbox.layer.pipe(Layer.provide(OutboxStore.layerStoreMemory))

describe("offer", () => {
  it.effect("answers each input in its place, and an invalid one keeps no other out", () =>
    Effect.gen(function*() {
      const { list, offer } = yield* Outbox.Outbox
      const [first, second] = [fresh(), fresh()]
      const answers = yield* offer([first, { ...fresh(), shipment_id: "123", carrier_code: "UPS" }, second, first])
      expect(answers.map(({ _tag, index }) => [index, _tag])).toEqual([
        [0, "Accepted"],
        [1, "Refused"],
        [2, "Accepted"],
        [3, "Duplicate"]
      ])
      expect(answers[1]).toMatchObject({
        reason: "invalid",
        issues: [{ field: "shipment_id", value: "123" }, { field: "carrier_code", value: "UPS" }]
      })
      expect((yield* list()).rows.map(({ account, input }) => ({ account, input }))).toEqual([
        { account: "default", input: first },
        { account: "default", input: second }
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("takes what is undefined for left out", () =>
    Effect.gen(function*() {
      const { offer } = yield* Outbox.Outbox
      const input = fresh()
      yield* offer([input])
      expect(yield* offer([{ ...input, ship_date: undefined }])).toMatchObject([{ _tag: "Duplicate" }])
    }).pipe(Effect.provide(memory)))

  it.effect("takes what it was given, whatever the caller does with it afterwards", () =>
    Effect.gen(function*() {
      const { list, offer } = yield* Outbox.Outbox
      const input = fresh()
      const given = { ...input }
      yield* offer([given])
      Object.assign(given, { shipment_id: "se-999", tracking_number: "another's", notify_customer: true })
      expect((yield* list()).rows.map(({ input }) => input)).toEqual([input])
    }).pipe(Effect.provide(memory)))

  it.effect("of nothing is nothing", () =>
    Effect.gen(function*() {
      const { counts, offer } = yield* Outbox.Outbox
      expect(yield* offer([])).toEqual([])
      expect(yield* counts).toEqual([])
    }).pipe(Effect.provide(memory)))

  it.effect("keeps the accounts apart", () =>
    Effect.gen(function*() {
      const { counts, offer } = yield* Outbox.Outbox
      const input = fresh()
      const answers = [...yield* offer([input]), ...yield* offer([input], { account: "other" })]
      expect(answers.map(({ _tag }) => _tag)).toEqual(["Accepted", "Accepted"])
      expect((yield* counts).map(({ account }) => account).toSorted()).toEqual(["default", "other"])
    }).pipe(Effect.provide(memory)))
})

describe("operators", () => {
  it.effect("list a hundred at a time, or all of them", () =>
    Effect.gen(function*() {
      const { list, listAll, offer } = yield* Outbox.Outbox
      const inputs = freshMany(1_100)
      yield* offer(inputs)
      expect((yield* list()).rows.length).toBe(100)
      const all = yield* Stream.runCollect(listAll({ states: ["pending"] }))
      expect(Chunk.toReadonlyArray(all).map(({ input }) => input)).toEqual(inputs)
    }).pipe(Effect.provide(memory)))

  it.effect("have unknown rows read back at once", () =>
    Effect.gen(function*() {
      const { offer, reconcile } = yield* Outbox.Outbox
      const emulator = yield* Emulator.Emulator
      const input = fresh()
      yield* offer([input])
      yield* until(are({ unknown: 1 }))
      yield* TestClock.adjust("30 minutes")
      // somebody did it by hand
      yield* emulator.seed({ fulfillments: [input] })
      expect(yield* reconcile("other")).toBe(0)
      expect(yield* reconcile(undefined, { shipmentIds: ["se-0", "se-00"] })).toBe(0)
      expect(yield* reconcile(undefined, { shipmentIds: ["se-0", input.shipment_id] })).toBe(1)
      expect(yield* reconcile()).toBe(1)
      yield* until(are({ fulfilled: 1 }), { most: 8 })
    }).pipe(
      working(),
      Effect.provide(outbox(slowly, { faults: [{ endpoint: "create", action: { _tag: "Reset", commits: 0 } }] }))
    ))
})
