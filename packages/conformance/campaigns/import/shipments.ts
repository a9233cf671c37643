/** The file of the campaign, what there is in ShipStation, and how that misbehaves. */
import type { Emulator, Fault } from "@effect-shipstation/emulator"
import { Array } from "effect"

/** Why a row must be rejected. */
export type Fate = "fulfilled" | "not found" | "cancelled" | "not set up"

/** A row of the file. */
export interface Row {
  readonly cells: ReadonlyArray<string>
  readonly shipmentId: string
  readonly trackingNumber: string
  readonly customer: boolean
  readonly orderSource: boolean
  readonly fate: Fate
}

export const columns = [
  "order_number",
  "shipment_id",
  "tracking_number",
  "carrier_code",
  "notify_customer",
  "notify_order_source",
  "note"
]

const fateOf = (n: number): Fate =>
  n % 97 === 5 ? "not found" : n % 89 === 7 ? "cancelled" : n % 83 === 11 ? "not set up" : "fulfilled"

/** So many rows, of which some must be rejected. */
export const rows = (count: number): ReadonlyArray<Row> =>
  Array.makeBy(count, (n) => {
    const fate = fateOf(n)
    const [shipmentId, trackingNumber] = [`se-${10_000_000 + n}`, `00${9_000_000 + n}`]
    const [customer, orderSource] = [n % 4 !== 0, n % 3 === 0]
    const carrier = fate === "not set up" ? "nobody" : "ups"
    const order = String(n).padStart(7, "0")
    return {
      cells: [
        order,
        shipmentId,
        trackingNumber,
        carrier,
        customer ? "yes" : "no",
        orderSource ? "1" : "0",
        `"${n}", \n`
      ],
      shipmentId,
      trackingNumber,
      customer,
      orderSource,
      fate
    }
  })

export const seedOf = (rows: ReadonlyArray<Row>): Emulator.Seed => ({
  shipments: rows.flatMap(({ fate, shipmentId }) =>
    fate === "not found" ? [] : [{ shipment_id: shipmentId, cancelled: fate === "cancelled" }]
  )
})

const create = (probability: number, action: Fault.FaultAction): Fault.FaultRule => ({
  endpoint: "create",
  probability,
  action
})

const list = (probability: number, action: Fault.FaultAction): Fault.FaultRule => ({
  endpoint: "list",
  probability,
  action
})

/** By when a request has done what it does, and the list shows it, in milliseconds. */
export const settledAfter = 2_000

/** About one request of ten meets something. */
export const faults: ReadonlyArray<Fault.FaultRule> = [
  create(0.01, { _tag: "ErrorBody", status: 429, retryAfter: 1 }),
  create(0.01, { _tag: "ErrorBody", status: 503 }),
  create(0.01, { _tag: "ErrorBody", status: 500, commits: "all" }),
  create(0.01, {
    _tag: "RawBody",
    status: 502,
    body: "<html>Bad gateway</html>",
    headers: { "content-type": "text/html" }
  }),
  create(0.01, { _tag: "Reset", commits: 0 }),
  create(0.01, { _tag: "Reset", commits: 2 }),
  create(0.01, { _tag: "Reset" }),
  create(0.01, { _tag: "CutBody" }),
  create(0.003, { _tag: "Stall", commits: 3 }),
  create(0.01, { _tag: "RefuseConnection" }),
  create(0.01, { _tag: "ChangeResults", drop: 1 }),
  create(0.05, { _tag: "Delay", when: "before", duration: "900 millis" }),
  create(0.05, { _tag: "Delay", when: "after", duration: "900 millis" }),
  list(0.01, { _tag: "ErrorBody", status: 500 }),
  list(0.01, { _tag: "CutBody" }),
  list(0.02, { _tag: "Delay", duration: "500 millis" }),
  list(0.1, { _tag: "LaggingList", lag: "400 millis" })
]
