/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Overview.Encoded} Overview */
/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Page.Encoded} RowsPage */
/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Detail.Encoded} Detail */
/** @typedef {RowsPage["rows"][number]} Row */

/**
 * What the page shows.
 *
 * @typedef {object} Model
 * @property {"connecting" | "live" | "lost"} connection
 * @property {Overview | undefined} overview
 * @property {ReadonlyArray<Overview["sample"]>} samples for the charts
 * @property {number} at when it was looked at last, by the server's clock
 * @property {number} received when that was told, by the browser's clock
 * @property {{ readonly name: "overview" } | { readonly name: "rows", readonly filter: Record<string, string> } | { readonly name: "row", readonly id: string }} view
 * @property {RowsPage | undefined} rows
 * @property {Detail | undefined} detail
 * @property {string} problem what went wrong with what was asked last
 * @property {{ readonly what: string, readonly path: string, readonly body: Record<string, unknown> } | undefined} asking what a person is about to do
 * @property {number} span of the charts, in milliseconds
 */

/** @returns {Model} */
export const empty = () => ({
  connection: "connecting",
  overview: undefined,
  samples: [],
  at: 0,
  received: 0,
  view: { name: "overview" },
  rows: undefined,
  detail: undefined,
  problem: "",
  asking: undefined,
  span: 3_600_000
})

/**
 * The view that the address says.
 *
 * @param {string} hash
 * @returns {Model["view"]}
 */
export const viewOf = (hash) => {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?")
  const row = /^rows\/(\d+)$/.exec(path)
  if (row?.[1] !== undefined) return { name: "row", id: row[1] }
  return path === "rows"
    ? { name: "rows", filter: Object.fromEntries(new URLSearchParams(query)) }
    : { name: "overview" }
}

/**
 * How many rows of a state there are, of all accounts.
 *
 * @param {Overview} overview
 * @param {string} state
 */
export const countOf = ({ counts }, state) =>
  counts.reduce((sum, one) => one.state === state ? sum + one.count : sum, 0)

/**
 * When the oldest row was offered that isn't done.
 *
 * @param {Overview} overview
 */
export const oldestOf = ({ counts }) => {
  const open = counts.filter(({ count, state }) => isOpen(state) && count > 0)
  return open.length === 0 ? undefined : open.reduce((first, { oldest }) => Math.min(first, oldest), Infinity)
}

/**
 * What is known of each account: those that are paused first, then those of which most waits.
 *
 * @param {Overview} overview
 */
export const accountsOf = ({ accounts, counts }) => {
  /** @type {Map<string, { readonly account: string, state: Overview["accounts"][number] | undefined, pending: number, unknown: number, oldest: number }>} */
  const all = new Map()
  const of = (/** @type {string} */ account) => {
    const found = all.get(account) ?? { account, state: undefined, pending: 0, unknown: 0, oldest: Infinity }
    all.set(account, found)
    return found
  }
  for (const state of accounts) of(state.account).state = state
  for (const { account, count, oldest, state } of counts) {
    const found = of(account)
    if (state === "pending" || state === "unknown") found[state] += count
    if (isOpen(state) && count > 0) found.oldest = Math.min(found.oldest, oldest)
  }
  return Array.from(all.values()).toSorted((one, other) =>
    Number(other.state?.paused !== undefined) - Number(one.state?.paused !== undefined) ||
    other.pending + other.unknown - one.pending - one.unknown ||
    one.account.localeCompare(other.account)
  )
}

/** @param {string} state */
const isOpen = (state) => ["pending", "sending", "unknown"].includes(state)
