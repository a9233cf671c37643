/**
 * Has rows looked up that say their shipment or their carrier in words of their own.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as CarrierCode from "../file/carrierCode.js"
import type { Problem } from "../file/Problem.js"
import { isPending, type PendingRow, type Problems, type Row } from "../file/rows.js"
import type { UsageError } from "../terminal/UsageError.js"
import { keyOf, type Reference } from "./Reference.js"
import { type Answer, Resolver } from "./Resolver.js"

/** A row, or what is wrong with it. */
export type Checked<A = Row> = Either.Either<A, Problems>

/** What the columns are called that say it. */
export interface Names {
  readonly shipment: string
  readonly carrier: string
}

/** Looks up what has to be, and leaves all else as it is. `accept` takes rows that are whole. */
export const resolve = Effect.fnUntraced(function*(
  chunk: Chunk.Chunk<Checked<Row | PendingRow>>,
  names: Names,
  accept: (row: Row) => Checked
): Effect.fn.Return<Chunk.Chunk<Checked>, UsageError, Resolver> {
  const pending = Chunk.toReadonlyArray(chunk).flatMap((row) =>
    Either.isRight(row) && isPending(row.right) ? [row.right] : []
  )
  const resolver = yield* Resolver
  const references = [
    ...new Map(
      pending.flatMap(({ shipment }) => typeof shipment === "string" ? [] : [[keyOf(shipment), shipment] as const])
    ).values()
  ]
  const carriers = [...new Set(pending.flatMap(({ carrier }) => carrier._tag === "Name" ? [carrier.name] : []))]
  const shipments = references.length === 0 ? [] : yield* resolver.shipments(references)
  const codes = carriers.length === 0 ? [] : yield* resolver.carriers(carriers)
  const shipmentOf = new Map(references.map((reference, index) => [keyOf(reference), shipments[index]]))
  const codeOf = new Map(carriers.map((name, index) => [name, codes[index]]))
  return Chunk.map(chunk, (checked): Checked =>
    Either.flatMap(checked, (row) =>
      isPending(row)
        ? Either.flatMap(
          whole(row, names, (reference) => shipmentOf.get(keyOf(reference)), (name) => codeOf.get(name)),
          accept
        )
        : Either.right(row)))
})

const whole = (
  { carrier, cells, details, line, notes, shipment }: PendingRow,
  names: Names,
  shipmentOf: (reference: Reference) => Answer | undefined,
  codeOf: (name: string) => Answer | undefined
): Checked => {
  const id: Answer | undefined = typeof shipment === "string"
    ? { _tag: "Found", value: shipment }
    : shipmentOf(shipment)
  const code: Answer | undefined = carrier._tag === "Code"
    ? { _tag: "Found", value: carrier.code }
    : codeOf(carrier.name)
  if (id?._tag === "Found" && code?._tag === "Found") {
    return Either.right({ line, cells, notes, input: { ...details, shipment_id: id.value, carrier_code: code.value } })
  }
  const problem = (field: string, value: string, answer: Answer | undefined, hint?: string): ReadonlyArray<Problem> =>
    answer?._tag === "Found" ? [] : [{
      line,
      field,
      value,
      reason: answer?.reason ?? "wasn't looked up",
      remedy: hint ?? answer?.remedy ?? "run it again",
      kind: `${value}: ${answer?.reason}`,
      cells
    }]
  const [first, ...rest] = [
    ...problem(names.shipment, typeof shipment === "string" ? shipment : shipment.value, id).map((one) => ({
      ...one,
      // a number each, and one thing to say of them
      kind: one.reason
    })),
    ...problem(names.carrier, carrier._tag === "Name" ? carrier.name : carrier.code, code, hintFor(carrier))
  ]
  return first === undefined ? Either.left([{ line, reason: "can't be sent" }]) : Either.left([first, ...rest])
}

const hintFor = (carrier: CarrierCode.Reading): string | undefined => {
  if (carrier._tag === "Code") return undefined
  const code = CarrierCode.hint(carrier.name)
  return code === undefined
    ? undefined
    : `if it is ${code} in ShipStation, say --carrier-code "${carrier.name}"=${code}`
}
