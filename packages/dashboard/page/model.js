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
 * @property {number} received when it came, by the browser's clock
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
 * How many rows of a state there are, of one account or of all.
 *
 * @param {Overview} overview
 * @param {string} state
 * @param {string} [account]
 */
export const countOf = ({ counts }, state, account) =>
  counts.reduce(
    (sum, one) => one.state === state && (account === undefined || one.account === account) ? sum + one.count : sum,
    0
  )

/**
 * When the oldest row was offered that isn't done.
 *
 * @param {Overview} overview
 * @param {string} [account]
 */
export const oldestOf = ({ counts }, account) => {
  const open = counts.filter((one) =>
    ["pending", "sending", "unknown"].includes(one.state) && one.count > 0 &&
    (account === undefined || one.account === account)
  )
  return open.length === 0 ? undefined : Math.min(...open.map(({ oldest }) => oldest))
}

/** @param {Overview} overview */
export const accountsOf = ({ accounts, counts }) =>
  Array.from(new Set([...accounts.map(({ account }) => account), ...counts.map(({ account }) => account)])).toSorted()
