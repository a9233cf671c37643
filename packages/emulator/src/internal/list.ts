import type { ListFulfillments } from "@effect-shipstation/schema"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { type Answer, refusal } from "./answer.js"
import type { Fulfillment } from "./model.js"
import { is, isWithin, later, type ListChange, pageOf } from "./paging.js"
import { Query, queryErrors } from "./query.js"
import { fulfillmentsOf, type State } from "./state.js"

/** A request for a list that arrived. */
export interface ListRequest {
  readonly requestId: string
  readonly account: string
  readonly query: URLSearchParams
  /** Where the links lead: the URL of the list, without a query. */
  readonly url: string
  readonly now: DateTime.Utc
  readonly change: ListChange
}

/** Answers `GET /v2/fulfillments`. */
export const list = (state: State, { account, change, now, query, requestId, url }: ListRequest): Answer => {
  const { createdUntil, hoursOff = 0, ignores = [], mostRows = Infinity } = change
  const params = Object.fromEntries([...query].filter(([name]) => !ignores.includes(name)))
  const decoded = decodeQuery(params)
  if (Either.isLeft(decoded)) {
    return refusal(400, requestId, queryErrors(decoded.left, params))
  }
  const { page, page_size: asked, sort_by, sort_dir, ...filters } = decoded.right
  const candidates = filters.shipment_id === undefined
    ? state.fulfillments
    : fulfillmentsOf(state, filters.shipment_id)
  const found = candidates.filter((fulfillment) =>
    fulfillment.account === account &&
    isWithin(fulfillment.created_at, undefined, createdUntil) &&
    matches(fulfillment, filters, hoursOff)
  )
  const sorted = Arr.sort(found, sort_by === "shipped_at" ? byShipDate : byCreation)
  if (sort_dir === "desc") sorted.reverse()
  const { rows, ...place } = pageOf(sorted, { page, size: Math.min(asked, mostRows), query, url })
  const body: typeof ListFulfillments.Page.Encoded = {
    fulfillments: rows.map((fulfillment) => toWire(state, fulfillment, now)),
    ...place
  }
  return { status: 200, body }
}

const decodeQuery = Schema.decodeUnknownEither(Query, { errors: "all" })

type Filters = Omit<ListFulfillments.Query, "page" | "page_size" | "sort_by" | "sort_dir">

const matches = (fulfillment: Fulfillment, filters: Filters, hoursOff: number): boolean =>
  // no fulfillment here came from a batch or a provider
  filters.batch_id === undefined &&
  filters.fulfillment_provider_code === undefined &&
  is(filters.ship_to_name, fulfillment.ship_to?.name) &&
  is(filters.ship_to_country_code, fulfillment.ship_to?.country_code) &&
  is(filters.shipment_number, fulfillment.shipment_number) &&
  is(filters.fulfillment_id, fulfillment.fulfillment_id) &&
  is(filters.order_source_id, fulfillment.order_source_id) &&
  is(filters.tracking_number, fulfillment.tracking_number) &&
  isWithin(later(fulfillment.ship_date, hoursOff), filters.ship_date_start, filters.ship_date_end) &&
  isWithin(later(fulfillment.created_at, hoursOff), filters.create_date_start, filters.create_date_end)

const byShipDate = Order.mapInput(DateTime.Order, (fulfillment: Fulfillment) => fulfillment.ship_date)

// whether telling the store modifies it isn't known, and nothing else does: so this is the order of `modified_at` too
const byCreation = Order.mapInput(DateTime.Order, (fulfillment: Fulfillment) => fulfillment.created_at)

const toWire = (
  state: State,
  fulfillment: Fulfillment,
  now: DateTime.Utc
): (typeof ListFulfillments.Page.Encoded)["fulfillments"][number] => ({
  fulfillment_id: fulfillment.fulfillment_id,
  shipment_id: fulfillment.shipment_id,
  shipment_number: fulfillment.shipment_number,
  user_id: "00000000-0000-4000-8000-00000000000a",
  tracking_number: fulfillment.tracking_number,
  created_at: DateTime.formatIso(fulfillment.created_at),
  ship_date: DateTime.formatIsoOffset(fulfillment.ship_date),
  // when exactly isn't known
  voided_at: fulfillment.voided ? DateTime.formatIso(fulfillment.created_at) : null,
  delivered_at: null,
  fulfillment_carrier_friendly_name: state.carriers.get(fulfillment.carrier_code)?.friendly_name,
  fulfillment_provider_id: null,
  fulfillment_provider_friendly_name: null,
  fulfillment_provider_code: null,
  fulfillment_service_code: null,
  fulfillment_fee: { currency: "usd", amount: 0 },
  void_requested: fulfillment.voided,
  voided: fulfillment.voided,
  order_source_notified: fulfillment.notify_order_source && !state.refusing.has(fulfillment.shipment_id) &&
    DateTime.distance(fulfillment.created_at, now) >= state.orderSourceNotifiedAfter,
  notification_error_message: fulfillment.notify_order_source
    ? state.refusing.get(fulfillment.shipment_id) ?? null
    : null,
  ship_to: fulfillment.ship_to
})
