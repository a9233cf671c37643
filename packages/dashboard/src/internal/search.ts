/** Finding rows by what a person writes. */
import type { Service as Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"

/** Each shipment is asked for by itself. */
const mostTerms = 50

/** As ids are: `se-` and digits. */
const shipmentOf = (term: string): string => {
  const digits = /^(?:se-)?(\d+)$/i.exec(term)?.[1]
  return digits === undefined ? term : `se-${digits}`
}

/** Carriers print capitals, and people type what they like. */
const numbersOf = (term: string): ReadonlyArray<string> => [term, term.toUpperCase(), term.toLowerCase()]

const byId = Order.mapInput(Order.number, ({ id }: OutboxRow) => id)

/** What is looked for, and what isn't, as it is too much. */
interface Terms {
  readonly terms: ReadonlyArray<string>
  readonly leftOut: ReadonlyArray<string>
}

/** What a person has written. */
export const termsOf = (text: string): Terms => {
  const all = Array.dedupe(text.split(/[\s,;]+/).filter((term) => term !== ""))
  return { terms: all.slice(0, mostTerms), leftOut: all.slice(mostTerms) }
}

/** Those that were offered with one of the numbers, and those of which ShipStation had one instead. */
const byNumbers = Effect.fnUntraced(function*(outbox: Outbox, terms: ReadonlyArray<string>) {
  const numbers = Array.dedupe(terms.flatMap(numbersOf))
  const offered = yield* outbox.list({ trackingNumbers: numbers })
  const found = yield* outbox.list({ foundTrackingNumbers: numbers })
  return [...offered.rows, ...found.rows]
})

/** All rows that are meant. */
export const search = Effect.fnUntraced(function*(outbox: Outbox, { terms }: Terms) {
  if (terms.length === 0) return []
  // carriers print numbers in groups, with spaces between
  const whole = yield* byNumbers(outbox, [terms.join("")])
  const shipments = whole.length > 0 ? [] : yield* Effect.forEach(
    Array.dedupe(terms.map(shipmentOf)),
    (shipmentId) => outbox.list({ shipmentId })
  )
  const numbers = whole.length > 0 ? whole : yield* byNumbers(outbox, terms)
  const all = [...shipments.flatMap(({ rows }) => rows), ...numbers]
  return Array.sort(new Map(all.map((row) => [row.id, row])).values(), byId)
})

/** What none of the rows has. */
export const notFound = ({ terms }: Terms, rows: ReadonlyArray<OutboxRow>): ReadonlyArray<string> => {
  const has = new Set(rows.flatMap(({ found, input }) => [
    input.shipment_id,
    input.tracking_number,
    found?.tracking_number ?? ""
  ]))
  const isFound = (term: string) => has.has(shipmentOf(term)) || numbersOf(term).some((number) => has.has(number))
  return isFound(terms.join("")) ? [] : terms.filter((term) => !isFound(term))
}
