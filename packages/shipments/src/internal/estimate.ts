/** What a resolution costs. One rule, for what is told before and for what is done. */

/** The most that a page of the list takes. */
export const pageSize = 500

/** Below this many references the first page may cost more than it saves. */
export const fewest = 10

/**
 * Which way references are resolved in, and how many requests that takes if all of them exist.
 *
 * @since 0.1.0
 * @category models
 */
export interface Estimate {
  /** `"pages"`: the list is read once, page by page. `"each"`: each is looked up by its own id or number. */
  readonly way: "pages" | "each"
  readonly requests: number
}

/**
 * Tells which way takes fewer requests, for so many different references in a list that has so many shipments. Fewer than 10
 * are looked up one by one. Of more, the first page of the list tells how many pages it has: if that is fewer than there are
 * references, all of it is read.
 *
 * @since 0.1.0
 * @category getters
 */
export const estimate = ({ distinct, listed }: { readonly distinct: number; readonly listed: number }): Estimate => {
  if (distinct < fewest) return { way: "each", requests: distinct }
  const pages = Math.max(1, Math.ceil(listed / pageSize))
  return isWorth({ pagesLeft: pages - 1, open: distinct })
    ? { way: "pages", requests: pages }
    // the page that told it
    : { way: "each", requests: distinct + 1 }
}

/** Is it worth it to read on? So many pages are left, and so many would be looked up by themselves. */
export const isWorth = ({ open, pagesLeft }: { readonly pagesLeft: number; readonly open: number }): boolean =>
  pagesLeft < open
