/** What is looked for, and what was found of it. */
import { withInherited } from "@effect-shipstation/http-client/Options"
import type { Shipment } from "@effect-shipstation/schema/Shipment"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import { Ambiguous, Cancelled, Found, NotFound, type ShipmentMatch } from "../ShipmentMatch.js"
import { ByShipmentId, type ShipmentReference, type Target, toTarget } from "../ShipmentReference.js"

/** What is looked for: once, however many references mean it. */
export interface Wanted extends Target {
  /** The shipments that have it, by their ids. */
  matches: Map<string, Shipment>
  /** Whether these are all. */
  isSettled: boolean
}

/** References, each with what is to be looked for, or why that can't be anything. */
export interface Wants {
  readonly all: ReadonlyArray<Wanted>
  readonly references: ReadonlyArray<{
    readonly reference: ShipmentReference
    readonly want: Either.Either<Wanted, string>
  }>
}

/** Tells what is to be looked for. */
export const collect = (references: Iterable<ShipmentReference>): Wants => {
  const index = makeIndex()
  const all: Array<Wanted> = []
  return {
    all,
    references: Array.from(references, (given) => {
      // a copy, with what it inherits: what the caller changes afterwards changes nothing
      const reference = withInherited(ByShipmentId, given)
      const want = Either.map(toTarget(reference), (target) => {
        const known = index.find(target)
        if (known !== undefined) return known
        const wanted: Wanted = { ...target, matches: new Map(), isSettled: false }
        all.push(wanted)
        index.add(wanted)
        return wanted
      })
      return { reference, want }
    })
  }
}

/** Finds what is looked for by field and value. */
export const makeIndex = (wanted: Iterable<Wanted> = []) => {
  const fields = new Map<Target["field"], Map<string, Wanted>>()
  const add = (wanted: Wanted): void => {
    const values = fields.get(wanted.field) ?? new Map<string, Wanted>()
    fields.set(wanted.field, values.set(wanted.value, wanted))
  }
  for (const each of wanted) add(each)
  return {
    add,
    fields: () => fields.keys(),
    find: ({ field, value }: Target): Wanted | undefined => fields.get(field)?.get(value)
  }
}

/** Does no other shipment have it, by the vendor's word? */
const isUnique = ({ field }: Target): boolean => field === "shipment_id" || field === "external_shipment_id"

/** Tells whether it would have to be looked up by itself, if nothing more were read of the list. */
export const isOpen = (wanted: Wanted): boolean => !wanted.isSettled && !(isUnique(wanted) && wanted.matches.size > 0)

/**
 * Reads a field that is looked for. Undefined where it isn't told: then it may be anything. Each shipment has an id and a
 * number, while it need not be of a sales order.
 */
export const valueOf = (shipment: Shipment, field: Target["field"]): string | null | undefined => {
  const value = shipment[field]
  return value === null && field !== "sales_order_id" ? undefined : value
}

/** Did it change after that? One that doesn't tell may have. */
export const isSince = ({ modified_at }: Shipment, since: DateTime.DateTime | undefined): boolean =>
  since === undefined || modified_at === undefined || modified_at === null ||
  DateTime.greaterThanOrEqualTo(modified_at, since)

/** Tells what a reference means. */
export const toMatch = (
  index: number,
  { reference, want }: Wants["references"][number],
  since: DateTime.DateTime | undefined
): ShipmentMatch => {
  if (Either.isLeft(want)) return new NotFound({ index, reference, problem: want.left })
  // in one order, whichever way they were found
  const all = [...want.right.matches].toSorted(([one], [other]) => one.localeCompare(other, "en", { numeric: true }))
  const recent = all.filter(([, shipment]) => isSince(shipment, since))
  const counted = recent.length > 0 ? recent : all
  const [first] = counted
  if (first === undefined) return new NotFound({ index, reference })
  const shipments = counted.map(([, shipment]) => shipment)
  if (shipments.every(({ shipment_status }) => shipment_status === "cancelled")) {
    return new Cancelled({ index, reference, shipments })
  }
  const [shipment_id, shipment] = first
  return shipments.length > 1
    ? new Ambiguous({ index, reference, shipments })
    : new Found({ index, reference, shipment_id, shipment })
}
