/**
 * What the pages of all lists tell of their place, and when a page is the last one.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { answerField, answerNumber, answerText, tellsErrors } from "./internal/tolerant.js"

/**
 * A link to another page; `{}` when there is none.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Link = Schema.Struct({
  /** The page's URL. */
  href: answerText,
  /** Its content type. */
  type: answerText
}).annotations({ identifier: "ShipStationLink", description: "A link to another page; empty when there is none" })

/**
 * What every page tells of the list that it belongs to.
 *
 * @since 0.1.0
 * @category schemas
 */
export const told = {
  /** How many there are on all pages. */
  total: answerNumber,
  /** Which page this is, counted from 1. */
  page: answerNumber,
  /** How many pages there are. */
  pages: answerNumber,
  /** Links to other pages. */
  links: answerField(Schema.Struct({
    /** The first page. */
    first: answerField(Link),
    /** The last page. */
    last: answerField(Link),
    /** The page before this. */
    prev: answerField(Link),
    /** The page after this. */
    next: answerField(Link)
  }))
}

/**
 * What every page tells of the list that it belongs to.
 *
 * @since 0.1.0
 * @category models
 */
export type Told = Schema.Struct.Type<typeof told>

/**
 * Where a page stands: its number, how many rows it has, and how many there were up to its end.
 *
 * @since 0.1.0
 * @category models
 */
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
 *
 * @since 0.1.0
 * @category predicates
 */
export const isLast = ({ links, page, pages, total }: Told, { number, rows, seen, size }: Place): boolean => {
  if (rows === 0) return true
  if (hasNext(links)) return false
  if (typeof total === "number" && seen < total) return false
  if (typeof pages === "number") return (page ?? number) >= pages
  return typeof total === "number" || rows < size
}

/**
 * Is it an end that isn't one, as the list told of more than it gave?
 *
 * @since 0.1.0
 * @category predicates
 */
export const isCutShort = (
  { links, pages, total }: Told,
  { number, seen }: Pick<Place, "number" | "seen">
): boolean =>
  (typeof total === "number" && seen < total) || (typeof pages === "number" && number < pages) || hasNext(links) ||
  lastOf(links) > number

const hasNext = (links: Told["links"]): boolean => (links?.next?.href ?? "") !== ""

/** The number of the last page, as its link has it. */
const lastOf = (links: Told["links"]): number => Number(/[?&]page=(\d+)/.exec(links?.last?.href ?? "")?.[1] ?? 0)

/**
 * Reads a page, but not one that also tells of errors: what isn't on it may be there all the same.
 *
 * @since 0.1.0
 * @category schemas
 */
export const withoutErrors = <A, I>(page: Schema.Schema<A, I>): Schema.Schema<A, unknown> =>
  Schema.compose(Schema.Unknown.pipe(Schema.filter((json) => !tellsErrors(json))), page, { strict: false })
