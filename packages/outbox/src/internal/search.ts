/**
 * Searching the newest fulfillments for rows: one request finds hundreds of them. It never concludes that one isn't there,
 * nor that another's fulfillment is all there is: for that a row is looked up by its own id.
 */
import type { ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import { type Fulfillment, isSameTrackingNumber, isVoided } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Account } from "../Accounts.js"
import type { OutboxRow } from "../OutboxRow.js"

/** What the newest fulfillments tell. */
export interface Searched {
  /** Their fulfillments, by row. */
  readonly found: ReadonlyMap<number, Fulfillment>
  /** Rows whose shipment has another tracking number. */
  readonly others: ReadonlySet<number>
  /** Whether all were seen that were created since the rows were sent. */
  readonly isWhole: boolean
  /** Whether they came newest first. */
  readonly isSorted: boolean
}

/** The most that a page holds. */
const pageSize = 500

/** What would take more is looked up one by one. */
const mostPages = (rows: number): number => Math.min(rows, Math.max(20, Math.ceil(2 * rows / pageSize)))

/** The clocks of the database and of ShipStation may differ. */
const margin = 10 * 60_000

/** Reads pages until the rows are found, or what was created before they were sent; no more pages than rows. */
export const search = Effect.fnUntraced(function*(
  fulfillments: Pick<Account, "listAll">,
  rows: ReadonlyArray<OutboxRow>
): Effect.fn.Return<Searched, ListError> {
  const found = new Map<number, Fulfillment>()
  const others = new Set<number>()
  const byShipment = new Map(rows.map((row) => [row.input.shipment_id, row]))
  const since = rows.reduce((first, row) => Math.min(first, sentAt(row)), Number.POSITIVE_INFINITY) - margin

  const see = (seen: ReadonlyArray<Fulfillment>) => {
    for (const fulfillment of seen) {
      const row = byShipment.get(fulfillment.shipment_id ?? "")
      if (row === undefined || isVoided(fulfillment)) continue
      if (isSameTrackingNumber(fulfillment.tracking_number ?? "", row.input.tracking_number)) {
        found.set(row.id, fulfillment)
      } else others.add(row.id)
    }
  }

  let pages = 0
  let isSorted = true
  let last = Number.POSITIVE_INFINITY
  const sort = ({ created_at }: Fulfillment) => {
    const at = created_at === undefined || created_at === null ? Number.NaN : DateTime.toEpochMillis(created_at)
    isSorted &&= at <= last
    last = at
  }
  const most = mostPages(rows.length)
  const stop = yield* fulfillments.listAll({ sort_dir: "desc", page_size: pageSize }).pipe(
    Stream.chunks,
    Stream.take(most),
    Stream.map((chunk): "found" | "whole" | "blind" | undefined => {
      pages++
      const page = Chunk.toReadonlyArray(chunk)
      if (page.some((fulfillment) => mayBeOf(rows, fulfillment))) return "blind"
      see(page)
      page.forEach(sort)
      if (found.size === rows.length) return "found"
      return page.some(isBefore(since)) ? "whole" : undefined
    }),
    Stream.filterMap(Option.fromNullable),
    Stream.runHead
  )
  // fewer pages than it may read: the list has no more
  const isWhole = Option.match(stop, { onNone: () => pages < most, onSome: (why) => why !== "blind" })
  return { found, others: new Set(Array.difference([...others], [...found.keys()])), isWhole, isSorted }
})

const sentAt = ({ attempt, createdAt }: OutboxRow): number => DateTime.toEpochMillis(attempt?.startedAt ?? createdAt)

/** It doesn't tell which shipment it is of, and may be of one of these; or with which number. */
const mayBeOf = (rows: ReadonlyArray<OutboxRow>, fulfillment: Fulfillment): boolean => {
  const number = fulfillment.tracking_number ?? ""
  const isBlank = number.trim() === ""
  if ((fulfillment.shipment_id ?? "") !== "") return isBlank && !isVoided(fulfillment)
  return isBlank || rows.some(({ input }) => isSameTrackingNumber(number, input.tracking_number))
}

const isBefore = (moment: number) => ({ created_at }: Fulfillment): boolean =>
  created_at !== undefined && created_at !== null && DateTime.toEpochMillis(created_at) < moment
