/** What the pages of all lists tell of their place, and when a page is the last one. */
import type { Link } from "./ListFulfillments.js"

/** What a page tells of the list that it belongs to. */
export interface Told {
  readonly total?: number | null | undefined
  readonly page?: number | null | undefined
  readonly pages?: number | null | undefined
  readonly links?: { readonly next?: typeof Link.Type | null | undefined } | null | undefined
}

/** Where a page stands: its number, how many rows it has, and how many there were up to its end. */
export interface Place {
  readonly number: number
  /** How many rows it has. */
  readonly rows: number
  /** How many there were on all pages up to its end. */
  readonly seen: number
  /** How many were asked for. */
  readonly size: number
}

/**
 * Is a page the last one? `pages`, `total` and `links.next` are believed when they say that there is more, since a server may
 * cap its pages, or leave some of the three out. Without any of them a page that isn't full is taken for the last.
 */
export const isLast = ({ links, page, pages, total }: Told, { number, rows, seen, size }: Place): boolean => {
  if (rows === 0) return true
  if (typeof links?.next?.href === "string" && links.next.href !== "") return false
  if (typeof total === "number" && seen < total) return false
  if (typeof pages === "number") return (page ?? number) >= pages
  return typeof total === "number" || rows < size
}

/** Is it an end that isn't one, as the list told of more than it gave? */
export const isCutShort = ({ pages, total }: Told, { number, seen }: Pick<Place, "number" | "seen">): boolean =>
  (typeof total === "number" && seen < total) || (typeof pages === "number" && number < pages)
