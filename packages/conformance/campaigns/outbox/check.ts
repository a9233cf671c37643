/** What must hold when all is done. The emulator's ledger is the truth. Pure. */
import type { Emulator } from "@effect-shipstation/emulator"
import { OutboxRow, type OutboxStore } from "@effect-shipstation/outbox"
import { Array, DateTime } from "effect"

export interface Ledger {
  /** What processes told to be committed, before they were killed. */
  readonly packed: ReadonlyArray<string>
  /** The shipments of the orders. */
  readonly orders: ReadonlyArray<string>
  readonly rows: ReadonlyArray<OutboxStore.RowWithHistory>
  /** Those that were created by requests. */
  readonly fulfillments: ReadonlyArray<Emulator.Fulfillment>
  readonly notifications: ReadonlyArray<Emulator.Notification>
}

/** What was broken, in words; nothing when all is well. */
export const check = ({ fulfillments, notifications, orders, packed, rows }: Ledger): ReadonlyArray<string> => {
  const stored = new Set(rows.map(({ row }) => row.input.shipment_id))
  const ordered = new Set(orders)
  const done = Array.groupBy(fulfillments, ({ shipment_id }) => shipment_id)
  const isDone = (shipmentId: string) => done[shipmentId] !== undefined
  return [
    ...packed.filter((id) => !stored.has(id)).map((id) => `${id}: lost`),
    ...orders.filter((id) => !stored.has(id)).map((id) => `${id}: an order without its fulfillment`),
    ...[...stored].filter((id) => !ordered.has(id)).map((id) => `${id}: a fulfillment without its order`),
    ...twice(notifications).map((id) => `${id}: notified twice`),
    ...Object.entries(done).flatMap(([id, { length }]) => length > 1 ? [`${id}: fulfilled twice`] : []),
    ...rows.flatMap(({ history, row }) => {
      const id = row.input.shipment_id
      const problems: Array<string> = []
      switch (row.state) {
        case "fulfilled":
          if (!isDone(id)) problems.push("is fulfilled, and nothing was done")
          break
        case "rejected":
        case "conflict":
          if (isDone(id)) problems.push(`is ${row.state}, and was fulfilled`)
          break
        case "discarded":
          if (isDone(id) && row.attempts === 0) problems.push("was fulfilled without an attempt")
          break
        default:
          problems.push(`is still ${row.state}`)
      }
      return [...problems, ...hasty(history)].map((problem) => `${id}: ${problem}`)
    })
  ]
}

/** Whoever got the same message more than once. */
export const twice = (notifications: ReadonlyArray<Emulator.Notification>): ReadonlyArray<string> =>
  Array.dedupe(notifications.filter(({ nth }) => nth > 1).map(({ shipment_id }) => shipment_id))

/** Nothing that is unknown may be sent again before an operator says so. */
const hasty = (history: OutboxStore.RowWithHistory["history"]): ReadonlyArray<string> => {
  let isAllowed = false
  const problems: Array<string> = []
  for (const { by, from, to } of history) {
    if (from !== "unknown" && to === "unknown") isAllowed = false
    else if (from === "unknown" && by._tag === "Operator") isAllowed = true
    else if (from === "unknown" && to === "pending" && !isAllowed) problems.push("was unknown, and sent again unasked")
  }
  return problems
}

/** All edges of the table. */
export const edges: ReadonlyArray<string> = Object.entries(OutboxRow.transitions).flatMap(([from, all]) =>
  all.map((to) => `${from} → ${to}`)
)

/** The edges that a row went. A history leaves the intent out: an attempt tells when it began. */
export const edgesOf = (history: OutboxStore.RowWithHistory["history"]): ReadonlyArray<string> =>
  history.flatMap(({ from, startedAt, to }) => [
    ...startedAt === undefined ? [] : ["pending → sending"],
    ...from === to ? [] : [`${from} → ${to}`]
  ])

/** The most requests of one account within a window (milliseconds), by the moments of their coming. */
export const mostWithin = (requests: ReadonlyArray<Emulator.Request>, window: number): number => {
  let most = 0
  for (const all of Object.values(Array.groupBy(requests, ({ account }) => account ?? "none"))) {
    const at = all.map(({ at }) => DateTime.toEpochMillis(at)).toSorted((a, b) => a - b)
    let first = 0
    for (const [n, moment] of at.entries()) {
      while ((at[first] ?? moment) <= moment - window) first++
      most = Math.max(most, n - first + 1)
    }
  }
  return most
}
