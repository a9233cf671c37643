/** Offers, and what there is for shipments. */
import * as Array from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { type Answer, decide, type Existing, type NewRow, Refused } from "../../Offer.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { Service } from "../service.js"
import type { Change } from "../transitions.js"
import { chunk, save } from "./shared.js"

const offerChunk = Effect.fnUntraced(function*(
  port: OutboxRows.Service,
  account: string,
  inputs: Parameters<Service["offer"]>[1],
  isVoided: boolean | undefined,
  now: DateTime.Utc,
  /** Shipments that something stands in the way of. */
  blocked: Set<string>
) {
  const existing = new Map(
    yield* port.find(account, Array.dedupe(inputs.map(({ input }) => input.shipment_id)), "lock")
  )
  const answers = new Map<number, Answer>()
  const inserts = new Map<string, { readonly row: NewRow; readonly index: number }>()
  const changes = new Map<number, Change>()
  const later: Array<(typeof inputs)[number]> = []
  for (const { index, input } of inputs) {
    const { shipment_id } = input
    if (inserts.has(shipment_id)) {
      later.push({ index, input })
      continue
    }
    const { answer, change, insert } = decide(
      { account, index, input, isVoided, existing: existing.get(shipment_id) },
      now
    )
    answers.set(index, answer)
    if (insert !== undefined) inserts.set(shipment_id, { row: insert, index })
    if (change !== undefined) {
      const before = changes.get(change.row.id)?.history ?? []
      changes.set(change.row.id, { ...change, history: [...before, ...change.history] })
      const replaced: Existing = { _tag: "Row", row: change.row }
      existing.set(shipment_id, replaced)
    }
  }
  yield* save(port, [...changes.values()])
  const inserted = inserts.size === 0
    ? new Set<string>()
    : yield* port.insert(Array.fromIterable(inserts.values()).map(({ row }) => row))
  for (const [shipment_id, { index, row }] of inserts) {
    if (inserted.has(shipment_id)) continue
    if (blocked.has(shipment_id)) {
      // a part of a row, which this package never writes
      answers.set(index, new Refused({ index, shipment_id, reason: "unreadable", issues: [] }))
    } else {
      // another process was faster, and its row is there now
      answers.delete(index)
      blocked.add(shipment_id)
      later.push({ index, input: row.input })
    }
  }
  return { answers, later, isDue: changes.size > 0 || inserted.size > 0 }
})

/** Takes inputs in. */
export const make = (port: OutboxRows.Service): Pick<Service, "offer" | "find"> => ({
  offer: (account, inputs, { voided } = {}) =>
    port.transaction(Effect.gen(function*() {
      const now = yield* port.now
      const all = new Map<number, Answer>()
      const chunks = Array.chunksOf(inputs, chunk)
      const blocked = new Set<string>()
      let isDue = false
      for (let next = chunks.shift(); next !== undefined; next = chunks.shift()) {
        const done = yield* offerChunk(port, account, next, voided, now, blocked)
        for (const [index, answer] of done.answers) all.set(index, answer)
        if (Array.isNonEmptyArray(done.later)) chunks.unshift(done.later)
        isDue ||= done.isDue
      }
      if (isDue) yield* port.announce(account)
      return inputs.flatMap(({ index }) => all.get(index) ?? [])
    })),
  find: Effect.fnUntraced(function*(account, shipmentIds) {
    const found = new Map<string, Existing>()
    // a statement takes so many values only
    for (const ids of Array.chunksOf(shipmentIds, chunk)) {
      for (const [id, one] of yield* port.find(account, ids, "look")) found.set(id, one)
    }
    return found
  })
})
