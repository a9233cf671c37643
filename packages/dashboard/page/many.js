import { number } from "./format.js"

/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.Matching.Encoded} Matching */
/** @typedef {typeof import("@effect-shipstation/dashboard").DashboardApi.ManyDone.Encoded} Done */
/** @import { Asking } from "./model.js" */

/** What happens to rows in a state. */
const happens = {
  retry: {
    pending: "needn't wait any longer",
    rejected: "are sent again",
    conflict: "are looked up, and sent again if ShipStation doesn't have another tracking number any more"
  },
  discard: {
    pending: "are given up: this program won't send them",
    rejected: "are given up",
    conflict: "are given up"
  }
}

const states = /** @type {const} */ (["pending", "rejected", "conflict"])

/** @param {number} count */
const shipments = (count) => count === 1 ? "1 shipment" : `${number(count)} shipments`

/** As many as one request takes. */
const atOnce = 200

const names = {
  search: "search",
  account: "account",
  state: "state",
  shipmentId: "shipment",
  trackingNumber: "tracking number",
  message: "last error has",
  orderSource: "shop"
}

/** @param {Record<string, string>} filter */
const described = (filter) => {
  const parts = Object.entries(names).flatMap(([name, label]) =>
    filter[name] === undefined ? [] : [`${label} ${filter[name]}`]
  )
  return parts.length === 0 ? "All shipments, of all accounts." : `All shipments that match: ${parts.join(", ")}.`
}

/**
 * What is going to happen to these rows, a sentence each.
 *
 * @param {"retry" | "discard"} operation
 * @param {Record<string, string>} filter
 * @param {Matching} matching
 */
const says = (operation, filter, { isWhole, rows: all }) => {
  const rows = changed(operation, all)
  const due = all.length - rows.length
  return [
    described(filter),
    ...states.flatMap((state) => {
      const count = rows.filter((row) => row.state === state).length
      return count === 0 ? [] : [`${number(count)} ${state}: they ${happens[operation][state]}.`]
    }),
    ...due === 0 ? [] : [`${number(due)} pending: they wait for a worker only, so that a retry changes nothing.`],
    ...operation === "discard" ? ["This can't be undone."] : [],
    "Shipments that are unknown, being sent or fulfilled stay as they are: what may have been sent is decided one by one.",
    ...isWhole ? [] : [`These are the first ${number(all.length)}. Do it again for the rest.`]
  ]
}

/**
 * Those to which something happens: who retries what a worker may take already changes nothing.
 *
 * @param {"retry" | "discard"} operation
 * @param {Matching["rows"]} rows
 */
const changed = (operation, rows) => operation === "retry" ? rows.filter(({ isDue }) => isDue !== true) : rows

/**
 * Why nothing of it is done.
 *
 * @param {"retry" | "discard"} operation
 * @param {Matching["rows"]} rows
 */
const whyNone = (operation, rows) =>
  rows.length > 0
    ? "A retry changes nothing here: these are sent as soon as a worker runs. Nothing holds them back but that."
    : `None of these can be ${
      operation === "retry" ? "retried" : "discarded"
    } together, as they may have been sent, or have ended. Open each by itself: its page says what can be done.`

/**
 * Asks whether to do it to all rows that match, and then does it in parts.
 *
 * @param {object} page
 * @param {(path: string) => Promise<Matching | undefined>} page.call
 * @param {(path: string, body: Record<string, unknown>) => Promise<Done | undefined>} page.post
 * @param {(asking: Asking) => void} page.askFor
 * @param {(kind: "problem" | "progress", text: string) => void} page.tell
 * @param {"retry" | "discard"} operation
 * @param {Record<string, string>} filter
 */
export const askMany = async ({ askFor, call, post, tell }, operation, { after: _, ...filter }) => {
  tell("problem", "")
  const matching = await call(`matching?${new URLSearchParams(filter)}`)
  if (matching === undefined) return
  const rows = changed(operation, matching.rows)
  if (rows.length === 0) {
    tell("problem", whyNone(operation, matching.rows))
    return
  }
  askFor({
    what: `${operation} ${shipments(rows.length)}`,
    says: says(operation, filter, matching),
    isGrave: operation === "discard",
    act: async (reason) => {
      let left = 0
      for (let from = 0; from < rows.length; from += atOnce) {
        tell("progress", `${number(from)} of ${number(rows.length)} …`)
        const some = rows.slice(from, from + atOnce).map(({ id, state, tracking_number }) => ({
          id,
          ifState: state,
          ifTrackingNumber: tracking_number
        }))
        const done = await post(`matching/${operation}`, { reason, rows: some })
        if (done === undefined) return undefined
        left += done.left
      }
      if (left > 0) tell("problem", `${number(left)} had changed meanwhile, and nothing was done to them.`)
      return `${shipments(rows.length - left)} ${operation === "retry" ? "retried" : "discarded: given up for good"}.`
    }
  })
}
