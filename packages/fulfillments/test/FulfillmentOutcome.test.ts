import { FulfillmentOutcome, InvalidFulfillmentError } from "@effect-shipstation/fulfillments"
import { ShipStationError } from "@effect-shipstation/http-client"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import type { Array } from "effect"
import { Effect, Either } from "effect"
import { input } from "./support.js"

const error = new ShipStationError.ShipStationNetworkError({
  delivery: "unsent",
  message: "no",
  method: "POST",
  url: "",
  errors: []
})
const common = { index: 0, input: input(1) }
const created = new FulfillmentOutcome.Created(common)
const already = new FulfillmentOutcome.AlreadyFulfilled({ ...common, fulfillment: {} })
const conflict = new FulfillmentOutcome.Conflict({ ...common, fulfillment: {} })
const rejected = new FulfillmentOutcome.Rejected({ ...common, message: "no" })
const unknown = new FulfillmentOutcome.Unknown({ ...common, error })
const notSent = new FulfillmentOutcome.NotSent({
  ...common,
  error: new InvalidFulfillmentError.InvalidFulfillmentError({ issues: [] })
})

describe("match", () => {
  const cases = {
    Created: ({ shipment_number = "none" }: FulfillmentOutcome.Created) => `created ${shipment_number}`,
    AlreadyFulfilled: () => "already",
    Conflict: () => "conflict",
    Rejected: ({ message }: FulfillmentOutcome.Rejected) => `rejected ${message}`,
    Unknown: () => "unknown",
    NotSent: () => "not sent"
  }

  it("handles each kind, data first and last", () => {
    const all = [created, already, conflict, rejected, unknown, notSent]
    const expected = ["created none", "already", "conflict", "rejected no", "unknown", "not sent"]
    expect(all.map((outcome) => FulfillmentOutcome.match(outcome, cases))).toEqual(expected)
    expect(all.map(FulfillmentOutcome.match(cases))).toEqual(expected)
  })

  it("of all kinds, and gives what they give", () => {
    expectTypeOf(FulfillmentOutcome.match(created, { ...cases, Created: () => 1 })).toEqualTypeOf<string | number>()
    const { NotSent: _, ...others } = cases
    // @ts-expect-error one is missing
    const incomplete = () => FulfillmentOutcome.match(created, others)
    expect(incomplete).toBeTypeOf("function")
  })
})

describe("partition", () => {
  it("puts each outcome in exactly one place, in its order", () => {
    expect(FulfillmentOutcome.partition([unknown, conflict, already, notSent, created, rejected])).toEqual({
      fulfilled: [already, created],
      rejected: [conflict, rejected],
      unsettled: [unknown, notSent]
    })
    expect(FulfillmentOutcome.partition([])).toEqual({ fulfilled: [], rejected: [], unsettled: [] })
  })
})

describe("orFail", () => {
  it.effect("gives the outcomes when all were fulfilled", () =>
    Effect.gen(function*() {
      expect(yield* FulfillmentOutcome.orFail([created, already])).toEqual([created, already])
    }))

  it.effect.each([[conflict], [rejected], [unknown], [notSent]])(
    "fails on anything else, and keeps everything",
    ([other]) =>
      Effect.gen(function*() {
        const outcomes: Array.NonEmptyArray<FulfillmentOutcome.FulfillmentOutcome> = [created, other ?? created]
        const failure = yield* Effect.flip(FulfillmentOutcome.orFail(outcomes))
        expect(failure._tag).toBe("FulfillmentsIncomplete")
        expect([...failure.fulfilled, ...failure.rejected, ...failure.unsettled]).toEqual(outcomes)
        expect(failure.message).toMatch(/^1 fulfilled, [01] rejected, [01] unsettled$/)
        expect(Either.isLeft(yield* Effect.either(FulfillmentOutcome.orFail([other ?? created])))).toBe(true)
      })
  )
})
