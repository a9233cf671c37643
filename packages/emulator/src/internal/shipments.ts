import { Fulfillment as Wire, type ListShipments, type Shipment } from "@effect-shipstation/schema"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { type Answer, refusal } from "./answer.js"
import type { ListRequest } from "./list.js"
import { is, isWithin, later, pageOf } from "./paging.js"
import { queryErrors, ShipmentsQuery } from "./query.js"
import { findShipment, fulfillmentsOf, shipmentsOf, type State, type StoredShipment } from "./state.js"

/** Answers `GET /v2/shipments`. */
export const listShipments = (state: State, { account, change, query, requestId, url }: ListRequest): Answer => {
  const { createdUntil, hoursOff = 0, ignores = [], mostRows = Infinity } = change
  const params = Object.fromEntries([...query].filter(([name]) => !ignores.includes(name)))
  const decoded = decodeQuery(params)
  if (Either.isLeft(decoded)) return refusal(400, requestId, queryErrors(decoded.left, params))
  const { page, page_size, sort_by, sort_dir, ...filters } = decoded.right
  const found = shipmentsOf(state, account).map((shipment) => withState(state, shipment)).filter((shipment) =>
    isWithin(shipment.created_at, undefined, createdUntil) && matches(shipment, filters, hoursOff)
  )
  const sorted = Arr.sort(found, sort_by === "modified_at" ? byChange : byCreation)
  if (sort_dir === "desc") sorted.reverse()
  const { rows, ...place } = pageOf(sorted, { page, size: Math.min(page_size, mostRows), query, url })
  const body: typeof ListShipments.Page.Encoded = { shipments: rows.map(toWire), ...place }
  return { status: 200, body }
}

/** Which one shipment is asked for. */
export type By = "shipment_id" | "external_shipment_id"

/** Answers `GET /v2/shipments/{shipment_id}` and `GET /v2/shipments/external_shipment_id/{external_shipment_id}`. */
export const getShipment = (
  state: State,
  { account, by, id, requestId }: Pick<ListRequest, "account" | "requestId"> & { readonly by: By; readonly id: string }
): Answer => {
  const shipment = by === "shipment_id" ? findById(state, account, id) : findByExternalId(state, account, id)
  return shipment === undefined
    ? refusal(404, requestId, [{
      error_type: "validation",
      error_code: "not_found",
      message: "There is no such shipment.",
      field_name: by,
      field_value: id
    }])
    : { status: 200, body: toWire(withState(state, shipment)) }
}

const decodeQuery = Schema.decodeUnknownEither(ShipmentsQuery, { errors: "all" })

const isShipmentId = Schema.is(Wire.ShipmentId)

const findById = (state: State, account: string, id: string) =>
  isShipmentId(id) ? findShipment(state, account, id) : undefined

// where none was given it is the shipment's id
const findByExternalId = (state: State, account: string, id: string) =>
  [...state.shipments.values()].find((shipment) =>
    shipment.account === account && shipment.external_shipment_id === id
  ) ?? (state.shipments.has(id) ? undefined : findById(state, account, id))

/** A shipment, with what became of it. */
interface CurrentShipment extends StoredShipment {
  readonly shipment_status: typeof Shipment.ShipmentStatus.Type
}

const withState = (state: State, shipment: StoredShipment): CurrentShipment => {
  const fulfillments = fulfillmentsOf(state, shipment.shipment_id).filter(({ account }) => account === shipment.account)
  return {
    ...shipment,
    modified_at: fulfillments.reduce(
      (latest, { created_at }) => DateTime.max(latest, created_at),
      shipment.modified_at
    ),
    // which one a fulfilled shipment has isn't published
    shipment_status: state.cancelled.has(shipment.shipment_id)
      ? "cancelled"
      : fulfillments.some(({ voided }) => !voided)
      ? "label_purchased"
      : "pending"
  }
}

type Filters = Omit<ListShipments.Query, "page" | "page_size" | "sort_by" | "sort_dir">

const matches = (shipment: CurrentShipment, filters: Filters, hoursOff: number): boolean =>
  // no shipment here belongs to a batch
  filters.batch_id === undefined &&
  is(filters.shipment_status, shipment.shipment_status) &&
  is(filters.shipment_number, shipment.shipment_number) &&
  is(filters.external_shipment_id, shipment.external_shipment_id) &&
  is(filters.sales_order_id, shipment.sales_order_id) &&
  is(filters.store_id, shipment.order_source_id) &&
  (filters.tag === undefined || shipment.tags.includes(filters.tag)) &&
  isWithin(later(shipment.created_at, hoursOff), filters.created_at_start, filters.created_at_end) &&
  isWithin(later(shipment.modified_at, hoursOff), filters.modified_at_start, filters.modified_at_end)

const byCreation = Order.mapInput(DateTime.Order, ({ created_at }: CurrentShipment) => created_at)

const byChange = Order.mapInput(DateTime.Order, ({ modified_at }: CurrentShipment) => modified_at)

const toWire = (shipment: CurrentShipment): typeof Shipment.Shipment.Encoded => ({
  shipment_id: shipment.shipment_id,
  shipment_number: shipment.shipment_number,
  external_shipment_id: shipment.external_shipment_id,
  sales_order_id: shipment.sales_order_id ?? null,
  store_id: shipment.order_source_id,
  carrier_id: null,
  service_code: null,
  shipment_status: shipment.shipment_status,
  created_at: DateTime.formatIso(shipment.created_at),
  modified_at: DateTime.formatIso(shipment.modified_at),
  ship_date: null,
  ship_to: shipment.ship_to,
  ship_from: null,
  items: [],
  packages: [{ package_code: "package" }],
  tags: shipment.tags.map((name) => ({ name }))
})
