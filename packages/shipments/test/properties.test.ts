/** Whatever an account holds, whatever is asked, and whatever the list does: one match for each, in order, and a true one. */
import type { Emulator, Fault } from "@effect-shipstation/emulator"
import { ShipmentMatch, type ShipmentReference } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Either, FastCheck as fc, Schema } from "effect"
import { emulated, inTime, resolve, told } from "./support.js"

/** Few numbers, so that shipments share them. */
const text = fc.constantFrom("A", "B", "C", "D", "E", "F", "G", "a", " A", "ä/&?", "1", "10")

const id = fc.integer({ min: 1, max: 60 }).map((n) => `se-${n}`)

const shipment: fc.Arbitrary<Emulator.Shipment> = fc.record({
  shipment_id: id,
  shipment_number: text,
  external_shipment_id: fc.option(fc.integer({ min: 1, max: 1_000 }).map((n) => `own-${n}`), { nil: undefined }),
  sales_order_id: fc.option(text, { nil: undefined }),
  cancelled: fc.boolean(),
  created_at: fc.integer({ min: 0, max: 5 }).map((hour) => DateTime.unsafeMake(hour * 3_600_000))
})

const account = fc.uniqueArray(shipment, { selector: ({ shipment_id }) => shipment_id, maxLength: 40 }).map((all) =>
  // the caller's ids are unique
  all.filter(({ external_shipment_id }, index) =>
    external_shipment_id === undefined ||
    all.findIndex((other) => other.external_shipment_id === external_shipment_id) === index
  )
)

const reference: fc.Arbitrary<ShipmentReference.ShipmentReference> = fc.oneof(
  text.map((shipment_number) => ({ shipment_number })),
  text.map((sales_order_id) => ({ sales_order_id })),
  id.map((shipment_id) => ({ shipment_id })),
  fc.integer({ min: -1, max: 60 }).map((n) => ({ v1_order_id: String(n) })),
  fc.oneof(id, fc.integer({ min: 1, max: 30 }).map((n) => `own-${n}`)).map((external_shipment_id) => ({
    external_shipment_id
  })),
  fc.constant({ shipment_number: " " })
)

const fault: fc.Arbitrary<Fault.FaultRule> = fc.oneof(
  fc.record({
    _tag: fc.constant("ChangeList" as const),
    hoursOff: fc.constantFrom(undefined, 8, -8),
    ignores: fc.subarray(["shipment_number", "external_shipment_id", "page", "page_size", "sort_by", "sort_dir"]),
    mostRows: fc.constantFrom(undefined, 1, 3, 10),
    without: fc.subarray(
      ["shipment_id", "shipment_number", "sales_order_id", "total", "pages", "links", "modified_at"],
      {
        maxLength: 2
      }
    ),
    nullRow: fc.constantFrom(undefined, undefined, 0, 3)
  }),
  fc.record({
    _tag: fc.constant("ChangeList" as const),
    values: fc.constantFrom({ total: 3 }, { shipment_number: "A" }, { shipment_number: null }, { shipment_id: "se-1" })
  })
).chain((action) =>
  fc.record({
    endpoint: fc.constant("shipments" as const),
    nth: fc.constantFrom(undefined, 1, 2),
    action: fc.constant(action)
  })
)

/** What a reference means, said the plain way. */
const truth = (all: ReadonlyArray<Emulator.Shipment>, asked: ShipmentReference.ShipmentReference): string => {
  if (asked.shipment_number === " ") return "none: shipment_number must not be blank"
  if (asked.v1_order_id !== undefined && Number(asked.v1_order_id) < 1) {
    return "none: v1_order_id must be digits, such as 12345678"
  }
  const found = all.filter((one) =>
    one.shipment_id === (asked.shipment_id ?? (asked.v1_order_id === undefined ? "" : `se-${asked.v1_order_id}`)) ||
    one.shipment_number === asked.shipment_number ||
    (asked.external_shipment_id !== undefined &&
      (one.external_shipment_id ?? one.shipment_id) === asked.external_shipment_id) ||
    (asked.sales_order_id !== undefined && one.sales_order_id === asked.sales_order_id)
  ).toSorted((one, other) => one.shipment_id.localeCompare(other.shipment_id, "en", { numeric: true }))
  const ids = found.map(({ shipment_id }) => shipment_id)
  if (ids.length === 0) return "none"
  if (found.every(({ cancelled }) => cancelled === true)) return `cancelled ${ids.join(" ")}`
  return ids.toSorted().join(" or ")
}

const isCode = Schema.is(ShipmentMatch.ShipmentMatch)

describe("a resolution", () => {
  it.effect.prop(
    "is the truth, by pages and one by one alike",
    [account, fc.array(reference, { maxLength: 40 })],
    ([shipments, references]) =>
      Effect.gen(function*() {
        const matches = yield* inTime(resolve(references))
        expect(told(matches)).toEqual(references.map((each) => truth(shipments, each)))
        expect(matches.map(({ index, reference }) => [index, reference])).toEqual(
          references.map((each, n) => [n, each])
        )
        expect(matches.every(isCode)).toBe(true)
      }).pipe(Effect.provide(emulated({ shipments, acceptAnyShipment: false, rateLimit: "off" }))),
    { fastCheck: { numRuns: 100, endOnFailure: true } }
  )

  it.effect.prop(
    "is the truth or an error, whatever the list does",
    [account, fc.array(reference, { minLength: 8, maxLength: 40 }), fc.array(fault, { minLength: 1, maxLength: 2 })],
    ([shipments, references, faults]) =>
      Effect.gen(function*() {
        const result = yield* inTime(Effect.either(resolve(references)))
        if (Either.isLeft(result)) {
          expect(result.left._tag).toBe("ShipStationUnexpectedResponseError")
        } else {
          const liesOf = faults.flatMap(({ action }) =>
            action._tag === "ChangeList" && action.values !== undefined ? [1] : []
          )
          if (liesOf.length === 0) {
            expect(told(result.right)).toEqual(references.map((each) => truth(shipments, each)))
          } else {
            expect(result.right.length).toBe(references.length)
          }
        }
      }).pipe(Effect.provide(emulated({ shipments, faults, acceptAnyShipment: false, rateLimit: "off" }))),
    { fastCheck: { numRuns: 200, endOnFailure: true } }
  )
})
