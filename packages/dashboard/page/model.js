/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Overview.Encoded} Overview */
/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Page.Encoded} RowsPage */
/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Detail.Encoded} Detail */
/** @typedef {RowsPage["rows"][number]} Row */
/** @typedef {typeof import("@effect-shipstation/outbox").OutboxStore.AccountEntry.Encoded} AccountEntry */
/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Ended.Encoded} Ended */

/**
 * What the page shows.
 *
 * @typedef {object} Model
 * @property {"connecting" | "live" | "lost"} connection
 * @property {Overview | undefined} overview
 * @property {ReadonlyArray<Overview["sample"]>} samples for the charts
 * @property {ReadonlyArray<Ended>} ended what the span holds, from the database
 * @property {number} at when it was looked at last, by the server's clock
 * @property {number} received when that was told, by the browser's clock
 * @property {{ readonly name: "overview" | "none" } | { readonly name: "rows", readonly filter: Record<string, string> } | { readonly name: "row", readonly id: string }} view
 * @property {RowsPage | undefined} rows
 * @property {ReadonlyArray<AccountEntry> | undefined} accountHistory of the account whose rows are listed
 * @property {Detail | undefined} detail
 * @property {string} back where the last list is
 * @property {string} done what was done last, and what happens next
 * @property {string} problem what went wrong with what was asked last
 * @property {"look" | "change" | undefined} unanswered what the dashboard's program didn't answer to last
 * @property {boolean} isMissing whether there is no such row as the address says
 * @property {Asking | undefined} asking what a person is about to do
 * @property {string} fault why the reason that was given isn't taken
 * @property {string} progress of what is being done, once it was confirmed
 * @property {number} span of the charts, in milliseconds
 */

/**
 * What a person is about to do.
 *
 * @typedef {object} Asking
 * @property {string} what
 * @property {ReadonlyArray<string>} says what will happen, where that needs more words
 * @property {boolean} isGrave whether it can't be undone
 * @property {(reason: string) => Promise<string | undefined>} act what was done, and what happens next; nothing if it wasn't
 */

/** @returns {Model} */
export const empty = () => ({
  connection: "connecting",
  overview: undefined,
  samples: [],
  ended: [],
  at: 0,
  received: 0,
  view: { name: "overview" },
  rows: undefined,
  accountHistory: undefined,
  detail: undefined,
  back: "#/rows",
  done: "",
  problem: "",
  unanswered: undefined,
  isMissing: false,
  asking: undefined,
  fault: "",
  progress: "",
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
  if (path === "rows") return { name: "rows", filter: Object.fromEntries(new URLSearchParams(query)) }
  return { name: path === "" ? "overview" : "none" }
}

/**
 * How many rows of a state there are, of an account or of all.
 *
 * @param {Overview} overview
 * @param {string} state
 * @param {string} [account]
 */
export const countOf = ({ counts }, state, account) =>
  counts.reduce(
    (sum, one) => one.state === state && one.account === (account ?? one.account) ? sum + one.count : sum,
    0
  )

/** They go on by themselves. */
const waiting = ["pending", "sending", "unknown"]

/** They go on only if a person does something. */
const refused = ["rejected", "conflict"]

/**
 * When the oldest row came in that waits, or that waits for a person.
 *
 * @param {Overview} overview
 * @param {"waiting" | "refused"} which
 */
export const oldestOf = ({ counts }, which) => {
  const states = which === "waiting" ? waiting : refused
  const open = counts.filter(({ count, state }) => states.includes(state) && count > 0)
  return open.length === 0 ? undefined : open.reduce((first, { oldest }) => Math.min(first, oldest), Infinity)
}

/**
 * When the oldest row of a state came in.
 *
 * @param {Overview} overview
 * @param {string} state
 */
export const oldestIn = ({ counts }, state) =>
  counts.reduce((first, one) => one.state === state && one.count > 0 ? Math.min(first, one.oldest) : first, Infinity)

/**
 * What is known of an account.
 *
 * @typedef {object} Account
 * @property {string} account
 * @property {Overview["accounts"][number] | undefined} state
 * @property {Overview["limits"][number] | undefined} limit
 * @property {Overview["idle"][number] | undefined} idle
 * @property {NonNullable<Overview["overdue"]>[number] | undefined} overdue
 * @property {number} pending
 * @property {number} unknown
 * @property {number} rejected
 * @property {number} conflict
 * @property {number} notNotified
 * @property {number} oldest of those that wait
 */

/** @param {string} account @returns {Account} */
const emptyAccount = (account) => ({
  account,
  state: undefined,
  limit: undefined,
  idle: undefined,
  overdue: undefined,
  pending: 0,
  unknown: 0,
  rejected: 0,
  conflict: 0,
  notNotified: 0,
  oldest: Infinity
})

/** @param {Account} of */
const needing = ({ conflict, notNotified, rejected, unknown }) => conflict + notNotified + rejected + unknown

/** @param {Account} of */
const isStill = ({ idle, overdue }) => idle !== undefined || overdue !== undefined

/**
 * What is known of each account: those that are paused first, then those that send nothing, those that may need a person,
 * and those of which most waits.
 *
 * @param {Overview} overview
 */
export const accountsOf = ({ accounts, counts, idle, limits, notNotifiedOf = [], overdue = [] }) => {
  /** @type {Map<string, Account>} */
  const all = new Map()
  const of = (/** @type {string} */ account) => {
    const found = all.get(account) ?? emptyAccount(account)
    all.set(account, found)
    return found
  }
  for (const state of accounts) of(state.account).state = state
  for (const limit of limits) of(limit.account).limit = limit
  for (const one of idle) of(one.account).idle = one
  for (const one of overdue) of(one.account).overdue = one
  for (const { account, count } of notNotifiedOf) of(account).notNotified = count
  for (const { account, count, oldest, state } of counts) {
    const found = of(account)
    if (state === "pending" || state === "unknown" || state === "rejected" || state === "conflict") {
      found[state] += count
    }
    if (waiting.includes(state) && count > 0) found.oldest = Math.min(found.oldest, oldest)
  }
  return Array.from(all.values()).toSorted((one, other) =>
    Number(other.state?.paused !== undefined) - Number(one.state?.paused !== undefined) ||
    Number(isStill(other)) - Number(isStill(one)) ||
    needing(other) - needing(one) ||
    other.pending - one.pending ||
    one.account.localeCompare(other.account)
  )
}
