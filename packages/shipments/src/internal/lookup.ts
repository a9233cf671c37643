/** Looking up one by its own id or number. Whatever contradicts itself fails: it must not look like an absence. */
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { ShipmentId } from "@effect-shipstation/schema/Fulfillment"
import type * as ListShipments from "@effect-shipstation/schema/ListShipments"
import * as Paging from "@effect-shipstation/schema/Paging"
import type { Shipment } from "@effect-shipstation/schema/Shipment"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Target } from "../ShipmentReference.js"
import { pageSize } from "./estimate.js"
import type { Requests } from "./requests.js"
import { unexpected } from "./unexpected.js"
import { valueOf, type Wanted } from "./wanted.js"

/** So many shipments of one number nobody has. */
const mostPages = 20

const isShipmentId = Schema.is(ShipmentId)

const filterOf = ({ field, value }: Target): ListShipments.Query => {
  switch (field) {
    case "shipment_number":
      return { shipment_number: value }
    case "external_shipment_id":
      return { external_shipment_id: value }
    default:
      return { sales_order_id: value }
  }
}

/** Without any of these a page that isn't full may be a capped one: only an empty one is the end then. */
const tellsItsEnd = ({ links, pages, total }: ListShipments.Page): boolean =>
  typeof total === "number" || typeof pages === "number" || (links ?? undefined) !== undefined

/** Looks up one, and settles it. */
export const make = ({ byId, page }: Pick<Requests, "byId" | "page">) => {
  const byFilter = Effect.fnUntraced(function*(target: Target) {
    const matches = new Map<string, Shipment>()
    const ids = new Set<string>()
    let seen = 0
    /** The most that a page told there are. */
    let total = 0
    /** What each page told. */
    const totals = new Set<number | undefined>()
    let hasOthers = false
    for (let number = 1;; number++) {
      const answer = yield* page({
        ...filterOf(target),
        ...(number > 1 ? { page: number } : {}),
        page_size: pageSize
      })
      const before = ids.size
      const { shipments } = answer.body
      for (const shipment of shipments) {
        const { shipment_id } = shipment
        const value = valueOf(shipment, target.field)
        if (!isShipmentId(shipment_id) || value === undefined) {
          return yield* unexpected(answer, `The list has a shipment without its id or its ${target.field}`)
        }
        ids.add(shipment_id)
        if (value === target.value) matches.set(shipment_id, shipment)
        else hasOthers = true
      }
      seen += shipments.length
      total = Math.max(total, answer.body.total ?? 0)
      totals.add(answer.body.total ?? undefined)
      if (shipments.length > 0 && ids.size === before) return yield* unexpected(answer, "The list repeats itself")
      const place = { number, rows: shipments.length, seen, size: pageSize }
      if (!Paging.isLast(answer.body, place) || (shipments.length > 0 && !tellsItsEnd(answer.body))) {
        if (number < mostPages) continue
        return yield* unexpected(answer, "The list has no end")
      }
      if (seen < total || Paging.isCutShort(answer.body, place)) {
        return yield* unexpected(answer, "The list ends before it has told all that it says it has")
      }
      if (seen > (answer.body.total ?? seen)) {
        return yield* unexpected(answer, "The list has told more than it says it has")
      }
      // the list may hold others than were asked for, but not on one page and on another not
      if (hasOthers && totals.size > 1) {
        return yield* unexpected(
          answer,
          "The list has others than were asked for, and its pages don't agree on how many"
        )
      }
      return matches
    }
  })

  const find = (target: Target): Effect.Effect<Map<string, Shipment>, ShipStationError> =>
    target.field === "shipment_id"
      ? Effect.map(
        byId(target.value),
        (found) => new Map(Option.toArray(found).map((shipment) => [target.value, shipment]))
      )
      : byFilter(target)

  return (wanted: Wanted): Effect.Effect<void, ShipStationError> =>
    Effect.map(find(wanted), (matches) => {
      wanted.matches = matches
      wanted.isSettled = true
    })
}
