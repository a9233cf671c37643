/** What lists have in common: how they are filtered and cut into pages. */
import * as DateTime from "effect/DateTime"

/** How a list is searched and cut into pages. */
export interface ListChange {
  /** What was created later isn't shown. */
  readonly createdUntil?: DateTime.Utc | undefined
  /** Filters by date take each row for so many hours later than it is. */
  readonly hoursOff?: number | undefined
  /** These parameters change nothing. */
  readonly ignores?: ReadonlyArray<string> | undefined
  /** A page holds so many at most. */
  readonly mostRows?: number | undefined
}

/** Cuts out a page, and says where the others are. */
export const pageOf = <A>(
  sorted: ReadonlyArray<A>,
  { page, query, size, url }: {
    readonly page: number
    readonly size: number
    readonly query: URLSearchParams
    /** Where the links lead: the URL of the list, without a query. */
    readonly url: string
  }
) => {
  const pages = Math.ceil(sorted.length / size)
  const link = (target: number) => {
    const withPage = new URLSearchParams(query)
    withPage.set("page", String(target))
    return { href: `${url}?${withPage}` }
  }
  return {
    rows: sorted.slice((page - 1) * size, page * size),
    total: sorted.length,
    page,
    pages,
    links: {
      first: link(1),
      last: link(Math.max(pages, 1)),
      prev: page > 1 ? link(page - 1) : {},
      next: page < pages ? link(page + 1) : {}
    }
  }
}

/** Moves a date by so many hours. */
export const later = (date: DateTime.DateTime, hours: number): DateTime.DateTime =>
  hours === 0 ? date : DateTime.add(date, { hours })

/** Whether a value fits a filter, if there is one. */
export const is = (wanted: string | undefined, value: string | null | undefined): boolean =>
  wanted === undefined || wanted === value

/** Whether a date lies within, both ends included. */
export const isWithin = (
  date: DateTime.DateTime,
  start: DateTime.DateTime | undefined,
  end: DateTime.DateTime | undefined
): boolean =>
  (start === undefined || DateTime.greaterThanOrEqualTo(date, start)) &&
  (end === undefined || DateTime.lessThanOrEqualTo(date, end))
