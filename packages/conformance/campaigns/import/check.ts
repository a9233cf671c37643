/** What must be true once all is done: of the emulator's ledger, and of the reports. */
import type { Emulator } from "@effect-shipstation/emulator"
import { DateTime } from "effect"
import type { Row } from "./shipments.js"

/** A report: its header, and its rows. */
export type Report = ReadonlyArray<ReadonlyArray<string>>

export interface Done {
  readonly rows: ReadonlyArray<Row>
  readonly columns: ReadonlyArray<string>
  readonly fulfillments: ReadonlyArray<Emulator.Fulfillment>
  readonly notifications: ReadonlyArray<Emulator.Notification>
  readonly requests: ReadonlyArray<Emulator.Request>
  readonly limit: number
  readonly reports: Readonly<Record<"fulfilled" | "rejected" | "unknown" | "not-sent", Report>>
}

/** What is broken, a line each. */
export const check = (done: Done): ReadonlyArray<string> => [
  ...ledger(done),
  ...limit(done),
  ...reports(done)
]

/** Each was fulfilled once, and each was told once, but those that must be rejected. */
const ledger = ({ fulfillments, notifications, rows }: Done): ReadonlyArray<string> => {
  const times = <A>(all: ReadonlyArray<A>, keyOf: (one: A) => string) => {
    const counts = new Map<string, number>()
    for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
    return (key: string) => counts.get(key) ?? 0
  }
  const fulfilled = times(fulfillments, ({ shipment_id, tracking_number }) => `${shipment_id} ${tracking_number}`)
  const told = times(notifications, ({ kind, shipment_id }) => `${kind} ${shipment_id}`)
  const broken = rows.flatMap(({ customer, fate, orderSource, shipmentId, trackingNumber }) => {
    const isToBe = fate === "fulfilled"
    const expected = [
      ["fulfilled", fulfilled(`${shipmentId} ${trackingNumber}`), isToBe],
      ["customer mailed", told(`customer ${shipmentId}`), isToBe && customer],
      ["order source told", told(`order_source ${shipmentId}`), isToBe && orderSource]
    ] as const
    return expected.flatMap(([what, count, once]) =>
      count === (once ? 1 : 0) ? [] : [`${shipmentId}: ${what} ${count} times`]
    )
  })
  const known = rows.filter(({ fate }) => fate === "fulfilled").length
  return fulfillments.length > known
    ? [...broken, `${fulfillments.length} fulfillments for ${known} shipments`]
    : broken
}

/** The most requests within a minute. */
export const most = (requests: Done["requests"]): number => {
  const times = requests.map(({ at }) => DateTime.toEpochMillis(at))
  let start = 0
  return times.reduce((most, time, end) => {
    while (time - (times[start] ?? time) >= 60_000) start++
    return Math.max(most, end - start + 1)
  }, 0)
}

const limit = ({ limit, requests }: Done): ReadonlyArray<string> => [
  ...(most(requests) > limit ? [`${most(requests)} requests in a minute`] : []),
  ...(requests.some(({ limited }) => limited) ? ["a request was refused for the limit"] : []),
  ...(requests.length >= 10_000 ? ["the journal may have forgotten requests"] : [])
]

/** Each row is in one report, with its own columns, and with what the emulator knows. */
const reports = ({ columns, fulfillments, reports, rows }: Done): ReadonlyArray<string> => {
  const { fulfilled, rejected } = reports
  const ids = new Map(fulfillments.map(({ fulfillment_id, shipment_id }) => [shipment_id, fulfillment_id]))
  const lines = new Map([fulfilled, rejected].flatMap((report) => report.slice(1).map((line) => [line[1] ?? "", line])))
  const header = [...columns, "outcome", "message", "request_id", "fulfillment_id"].join()
  const sum = Object.values(reports).reduce((sum, report) => sum + report.length - 1, 0)
  return [
    ...Object.entries(reports).flatMap(([name, report]) => report[0]?.join() === header ? [] : [`${name}: its header`]),
    ...(sum === rows.length ? [] : [`${sum} rows in the reports, and ${rows.length} in the file`]),
    ...(["unknown", "not-sent"] as const).flatMap((name) => reports[name].length === 1 ? [] : [`${name} is not empty`]),
    ...rows.flatMap(({ cells, fate, shipmentId }) => {
      const line = lines.get(shipmentId) ?? []
      const [outcome, message = "", , fulfillmentId] = line.slice(cells.length)
      const isRight = line.slice(0, cells.length).join() === cells.join() && (
        fate === "fulfilled"
          ? outcome === "fulfilled" && (fulfillmentId === "" || fulfillmentId === ids.get(shipmentId))
          : outcome === "rejected" && message.includes(fate) && fulfillmentId === ""
      )
      return isRight ? [] : [`${shipmentId}, ${fate}: the reports have ${line.join() || "nothing"}`]
    })
  ]
}
