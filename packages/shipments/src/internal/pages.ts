/**
 * Reading the whole list once. By number a shipment is found only in a list that was read to its end, as another shipment may
 * have the same number.
 *
 * Pages are sorted by creation, newest first: what is changed meanwhile stays where it is, and what is created meanwhile moves
 * the others on, so that some come twice and none is left out. (By `modified_at` a shipment that somebody edits would move to
 * a page that was read already.)
 */
import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import { ShipmentId } from "@effect-shipstation/schema/Fulfillment"
import type * as ListShipments from "@effect-shipstation/schema/ListShipments"
import * as Paging from "@effect-shipstation/schema/Paging"
import type { Shipment } from "@effect-shipstation/schema/Shipment"
import * as Array from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Target } from "../ShipmentReference.js"
import * as Concurrently from "./concurrently.js"
import { isWorth, pageSize } from "./estimate.js"
import type { Requests } from "./requests.js"
import { isOpen, isSince, makeIndex, valueOf, type Wanted } from "./wanted.js"

/** How far the list was read. */
export interface Reading {
  /** Whether it was read to its end, and nothing in it contradicts that. */
  readonly isWhole: boolean
  /** How many pages were read. */
  readonly pages: number
  /** Fields that some shipment doesn't tell: it may have any value there. */
  readonly untold: ReadonlySet<Target["field"]>
}

/** A list that is being read. */
interface State {
  readonly index: ReturnType<typeof makeIndex>
  readonly since: DateTime.DateTime | undefined
  readonly ids: Set<string>
  readonly untold: Set<Target["field"]>
  pages: number
  rows: number
  /** How many the first page said there are. */
  atFirst: number
  /** How many the last page said there are. */
  total: number
}

/**
 * Reads the list as long as that takes fewer requests than to look up what is still open, and notes down what it finds.
 * With `since`, only what was changed since then is asked for.
 */
export const read = ({ page }: Pick<Requests, "page">) =>
  Effect.fnUntraced(function*(wanted: ReadonlyArray<Wanted>, since: DateTime.DateTime | undefined) {
    const state: State = {
      index: makeIndex(wanted),
      since,
      ids: new Set(),
      untold: new Set(),
      pages: 0,
      rows: 0,
      atFirst: 0,
      total: 0
    }
    const query: ListShipments.Query = {
      ...(since === undefined ? {} : { modified_at_start: since }),
      sort_by: "created_at",
      sort_dir: "desc",
      page_size: pageSize
    }
    const end = (isWhole: boolean): Reading => ({ isWhole, pages: state.pages, untold: state.untold })
    let ahead = 1
    while (true) {
      const numbers = Array.makeBy(ahead, (n) => state.pages + 1 + n)
      for (const answer of yield* Concurrently.forEach(numbers, (number) => page({ ...query, page: number }))) {
        const verdict = take(state, answer)
        if (verdict !== "more") return end(verdict === "whole")
      }
      const pagesLeft = left(state)
      const open = wanted.filter(isOpen).length
      // a list that grows with every page must not cost more than to look up each
      if (!isWorth({ pagesLeft, open }) || state.pages >= wanted.length) return end(false)
      ahead = Math.min(Concurrently.atOnce, pagesLeft)
    }
  })

/** How many pages are left, by what was told so far. */
const left = ({ pages, rows, total }: State): number =>
  Math.max(1, Math.ceil((total - rows) / Math.max(1, rows / pages)))

const isShipmentId = Schema.is(ShipmentId)

/** Takes in a page, and tells whether there are more, that was all, or it can't be right. */
const take = (state: State, { body }: Success<ListShipments.Page>): "more" | "whole" | "wrong" => {
  const { shipments, total } = body
  if (typeof total !== "number") return "wrong"
  state.pages++
  state.rows += shipments.length
  if (state.pages === 1) state.atFirst = total
  state.total = total
  const before = state.ids.size
  for (const shipment of shipments) note(state, shipment)
  if (state.ids.size > total || (shipments.length > 0 && state.ids.size === before)) return "wrong"
  const place = { number: state.pages, rows: shipments.length, seen: state.rows, size: pageSize }
  if (!Paging.isLast(body, place)) return "more"
  return Paging.isCutShort(body, place) || state.ids.size < state.atFirst ? "wrong" : "whole"
}

/** Notes down what is looked for. One that doesn't tell its id isn't counted, and so is missed in the end. */
const note = ({ ids, index, since, untold }: State, shipment: Shipment): void => {
  const { shipment_id } = shipment
  if (!isShipmentId(shipment_id)) return
  ids.add(shipment_id)
  for (const field of index.fields()) {
    const value = valueOf(shipment, field)
    if (value === undefined) untold.add(field)
    else if (value !== null && isSince(shipment, since)) {
      index.find({ field, value })?.matches.set(shipment_id, shipment)
    }
  }
}
