import type { Item } from "../wire.js"

/** Sends one request, and tells how many fulfillments were created. */
export type Contender = (items: ReadonlyArray<Item>) => Promise<number>

/** A made-up key, as long as real ones. */
export const apiKey = "3QHu0S6Wl5Oqkx8P2mVt7ZcYrB1nDfGj"

/** For all contenders the same. In milliseconds. */
export const timeout = 30_000
