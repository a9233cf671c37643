/**
 * Has rows looked up that say their shipment or their carrier in words of their own.
 */
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { keyOf, type Reference } from "../resolve/Reference.js"
import { type Account, type Answer, Resolver } from "../resolve/Resolver.js"
import * as CarrierCode from "./carrierCode.js"
import type { Problem } from "./Problem.js"
import { isPending, type PendingRow, type Problems, type Row } from "./rows.js"

/** A row, or what is wrong with it. */
export type Checked<A = Row> = Either.Either<A, Problems>

/** What the columns are called that say it. */
export interface Names {
  readonly shipment: string
  readonly carrier: string
}

/** What was found of all that a file has. */
export interface Answers {
  readonly shipmentOf: (reference: Reference) => Answer | undefined
  readonly codeOf: (name: string) => Answer | undefined
}

/** Nothing had to be looked up. */
export const noAnswers: Answers = { shipmentOf: () => undefined, codeOf: () => undefined }

/** Whether a row has a number or a name, which are looked up for all rows together. */
export const isLookedUp = ({ carrier, shipment }: PendingRow): boolean =>
  typeof shipment !== "string" || carrier._tag === "Name"

/** Whether a row's carrier is a word that the account may know. */
export const hasWord = ({ carrier }: PendingRow): boolean => carrier._tag === "Word"

/** Gathers what has to be looked up, each once, and has it looked up together. */
export const makeGathering = () => {
  const references = new Map<string, Reference>()
  const names = new Set<string>()
  return {
    see: (chunk: Chunk.Chunk<Checked<Row | PendingRow>>): void => {
      for (const row of chunk) {
        if (Either.isLeft(row) || !isPending(row.right)) continue
        const { carrier, shipment } = row.right
        if (typeof shipment !== "string") references.set(keyOf(shipment), shipment)
        if (carrier._tag === "Name") names.add(carrier.name)
      }
    },
    resolve: Effect.gen(function*() {
      const resolver = yield* Resolver
      const codes = names.size === 0 ? [] : yield* resolver.carriers([...names])
      const shipments = references.size === 0 ? [] : yield* resolver.shipments([...references.values()])
      const shipmentOf = new Map([...references.keys()].map((key, index) => [key, shipments[index]]))
      const codeOf = new Map([...names].map((name, index) => [name, codes[index]]))
      const answers: Answers = {
        shipmentOf: (reference) => shipmentOf.get(keyOf(reference)),
        codeOf: (name) => codeOf.get(name)
      }
      return answers
    })
  }
}

/** A row that was looked up, or why it isn't sent. */
export const whole = (
  { carrier, cells, chosen, details, line, notes, shipment }: PendingRow,
  names: Names,
  { codeOf, shipmentOf }: Answers,
  meaningOf: Account["meaningOf"]
): Checked => {
  const id: Answer | undefined = typeof shipment === "string"
    ? { _tag: "Found", value: shipment }
    : choose(shipmentOf(shipment), chosen)
  const code: Answer | undefined = carrier._tag === "Name"
    ? codeOf(carrier.name)
    : (carrier._tag === "Word" ? meaningOf(carrier.name) : undefined) ?? { _tag: "Found", value: carrier.code }
  if (id?._tag === "Found" && code?._tag === "Found") {
    const told = carrier._tag === "Word" && code.value !== carrier.code
      ? [readAs(line, names, carrier, code.value)]
      : []
    return Either.right({
      line,
      cells,
      notes: [...notes, ...told],
      input: { ...details, shipment_id: id.value, carrier_code: code.value }
    })
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
      kind: id?._tag === "NotFound" ? id.kind ?? one.reason : one.reason
    })),
    ...problem(names.carrier, carrier._tag === "Code" ? carrier.code : carrier.name, code, hintFor(carrier, code))
  ]
  return first === undefined ? Either.left([{ line, reason: "can't be sent" }]) : Either.left([first, ...rest])
}

const readAs = (
  line: number,
  { carrier: field }: Names,
  { code, name }: { readonly name: string; readonly code: string },
  value: string
): Problem => ({
  line,
  field,
  value: name,
  reason: `is read as ${value}: the account has no ${code}`,
  kind: `${name} is read as ${value}`
})

/** What a report said before: one of several, or else the same as now. */
const choose = (answer: Answer | undefined, chosen: string | undefined): Answer | undefined => {
  if (chosen === undefined || answer === undefined) return answer
  if (answer._tag === "NotFound") return answer.oneOf?.includes(chosen) ? { _tag: "Found", value: chosen } : answer
  return answer.value === chosen ? answer : {
    _tag: "NotFound",
    reason: `is of ${answer.value}, and the report's shipment_id is ${chosen}`,
    remedy: "empty the cell of shipment_id, or write its id in place of the number",
    kind: "is of another shipment than the report says"
  }
}

const hintFor = (carrier: CarrierCode.Reading, answer: Answer | undefined): string | undefined => {
  // what ShipStation was asked knows better
  if (carrier._tag !== "Name" || answer?._tag !== "NotFound" || !answer.reason.startsWith("is no code")) {
    return undefined
  }
  const code = CarrierCode.hint(carrier.name)
  return code === undefined
    ? undefined
    : `if it is ${code} in ShipStation, say --carrier-code "${carrier.name}"=${code}`
}
