import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { Get, ListAnswer, Row } from "../Script.js"

/** Builds a page of the list. */
export const pageOf = (
  rows: ReadonlyArray<Row>,
  get: Get,
  { cap = Infinity, change = (row) => row, hoursOff = 0, ignores = [], lag = 0, without = [] }: ListAnswer
) => {
  const query = omit(get.query, ignores)
  const seen = get.at - Duration.toMillis(lag)
  const start = millis(query["create_date_start"] ?? "1900-01-01") - hoursOff * 3_600_000
  const end = millis(query["create_date_end"] ?? "9999-01-01") - hoursOff * 3_600_000
  const isAsked = (row: Row) => {
    if (!filters.every((name) => query[name] === undefined || query[name] === row[name])) return false
    const created = millis(row.created_at)
    return created <= seen && start <= created && created <= end
  }
  const found = rows.filter(isAsked)
  const [page, size] = [Number(query["page"] ?? 1), Math.min(Number(query["page_size"] ?? 25), cap)]
  const pages = Math.ceil(found.length / size)
  const link = (page: number) => {
    const url = new URL(get.url, `http://${get.headers["host"] ?? "localhost"}`)
    url.searchParams.set("page", String(page))
    return page >= 1 && page <= pages ? { href: url.href } : {}
  }
  const shown = (row: Row): unknown => {
    const changed = change(row)
    return Predicate.isRecord(changed) ? omit(changed, without) : changed
  }
  const rowsOfPage = (query["sort_dir"] === "desc" ? found.toReversed() : found).slice((page - 1) * size, page * size)
  const links = { first: link(1), last: link(pages), prev: link(page - 1), next: link(page + 1) }
  return omit({ fulfillments: rowsOfPage.map(shown), page, pages, total: found.length, links }, without)
}

const filters = ["shipment_id", "fulfillment_id", "shipment_number", "tracking_number"] as const

const millis = (date: string): number => DateTime.toEpochMillis(DateTime.unsafeMake(date))

const omit = <A>(self: Readonly<Record<string, A>>, names: ReadonlyArray<string>): Record<string, A> =>
  Object.fromEntries(Object.entries(self).filter(([name]) => !names.includes(name)))
