import { countOf } from "./model.js"
import { stateOf } from "./signs.js"

/** @import { Overview, Row } from "./model.js" */

/**
 * What a person is asked before something is done to one row or account.
 *
 * @typedef {object} Question
 * @property {string} what
 * @property {ReadonlyArray<string>} says what will happen
 * @property {boolean} isGrave whether it can't be undone
 * @property {string} path
 * @property {Record<string, unknown>} body
 * @property {string} done what was done, and what happens next
 */

/** @param {string} text */
const sentence = (text) => /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`

/**
 * What is to be over before an account is resumed.
 *
 * @param {NonNullable<ReturnType<typeof stateOf>>["paused"]} paused
 */
const isOver = (paused) => {
  if (paused?.error !== undefined) return [`It was paused because: ${sentence(paused.error.message)} Is that repaired?`]
  return paused?.by.startsWith("operator:") === true
    ? [`It was paused because: ${sentence(paused.by.slice("operator:".length))} Is that over?`]
    : []
}

/**
 * What happens next to what waits of an account.
 *
 * @param {number} waiting
 */
const nextOf = (waiting) => {
  if (waiting === 0) return "Nothing of it waits."
  return `${waiting === 1 ? "1 shipment waits" : `${waiting} shipments wait`}, to be sent as soon as a worker runs.`
}

/**
 * Pausing or resuming an account.
 *
 * @param {"pause" | "resume"} operation
 * @param {string} account
 * @param {Overview | undefined} overview
 * @returns {Question}
 */
export const ofAccount = (operation, account, overview) => {
  const state = stateOf(account, overview)
  const waiting = overview === undefined ? 0 : countOf(overview, "pending", account)
  return {
    what: `${operation} account ${account}`,
    says: operation === "pause"
      ? ["Nothing of it is sent until somebody resumes it. What is being sent now is finished."]
      : [...isOver(state?.paused), nextOf(waiting)],
    isGrave: false,
    path: `accounts/${operation}`,
    body: { account, ifSeen: { pausedAt: state?.paused?.at, resumedAt: state?.resumed?.at } },
    done: operation === "pause"
      ? `Account ${account} is paused. Nothing of it is sent until somebody resumes it.`
      : `Account ${account} is resumed. ${nextOf(waiting)}${
        waiting === 0 ? "" : " If that doesn't happen within minutes, this page says so."
      }`
  }
}

/** What becomes of a row that is retried: before, and when it was done. */
const retried = {
  pending: "It needn't wait any longer: it is sent as soon as a worker takes it.",
  rejected: "It is sent again as soon as a worker takes it, and the customer is told if ShipStation takes it.",
  conflict: "It is looked up, and sent unless ShipStation still has another tracking number.",
  unknown: "It is looked for twice in ShipStation, and sent if it isn't there.",
  fulfilled: "It is looked up, and sent again only if it was voided in ShipStation.",
  sending: "",
  discarded: ""
}

/** @param {Row} row */
const isReady = ({ lastError, state }) => {
  if (state === "conflict") return ["Is the other tracking number voided in ShipStation?"]
  if (lastError === undefined) return []
  if (state === "rejected") return [`It was refused because: ${sentence(lastError.message)} Is that repaired?`]
  return state === "pending" ? [`What went wrong last: ${sentence(lastError.message)} Is that repaired?`] : []
}

/**
 * What becomes of a row that is given up. What was sent before can't be taken back.
 *
 * @param {Row} row
 */
const givenUp = ({ attempts, found, input: { tracking_number: number }, state }) => {
  if (state === "unknown") return ["It is never sent again, nor looked for. It may have been sent already."]
  if (state === "conflict") {
    return [
      `The customer won't be told of ${number} by this program. ShipStation keeps ${
        found?.tracking_number ?? "the other number"
      }, of which the customer may have been told.`
    ]
  }
  return [
    attempts === 0
      ? `It wasn't sent yet, and never is: the customer won't be told of ${number} by this program.`
      : `The customer won't be told of ${number} by this program any more.`
  ]
}

/**
 * Retrying or discarding a row.
 *
 * @param {"retry" | "discard"} operation
 * @param {Row} row
 * @param {Overview | undefined} overview
 * @returns {Question}
 */
export const ofRow = (operation, row, overview) => {
  const { account, id, input: { shipment_id, tracking_number }, state } = row
  const isPaused = stateOf(account, overview)?.paused !== undefined
  return {
    what: `${operation} ${shipment_id}`,
    says: operation === "retry" ? [...isReady(row), retried[state]] : [...givenUp(row), "This can't be undone."],
    isGrave: operation === "discard",
    path: `rows/${id}/${operation}`,
    body: { ifState: state, ifTrackingNumber: tracking_number },
    done: operation === "retry"
      ? `${shipment_id} is retried. ${retried[state]}${
        isPaused ? ` Account ${account} is paused: nothing happens before somebody resumes it.` : ""
      }`
      : `${shipment_id} is discarded: given up for good.`
  }
}
