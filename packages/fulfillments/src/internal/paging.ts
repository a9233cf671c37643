import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import type * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"

/**
 * Whether a page is the last one, after so many fulfillments in all. `pages`, `total` and `links.next` are believed when
 * they say that there is more, since a server may cap its pages, or leave some of the three out. Without any of them a
 * page that isn't full is taken for the last.
 */
export const isLast = (
  { body: { fulfillments, links, page, pages, total } }: Success<ListFulfillments.Page>,
  { number, seen, size }: { readonly number: number; readonly seen: number; readonly size: number }
): boolean => {
  if (fulfillments.length === 0) return true
  if (typeof links?.next?.href === "string" && links.next.href !== "") return false
  if (typeof total === "number" && seen < total) return false
  if (typeof pages === "number") return (page ?? number) >= pages
  return typeof total === "number" || fulfillments.length < size
}

/** An end that isn't one: the list told of more than it gave. */
export const isCutShort = ({ body: { pages, total } }: Success<ListFulfillments.Page>, number: number, seen: number) =>
  (typeof total === "number" && seen < total) || (typeof pages === "number" && number < pages)
