import { moment } from "./format.js"
import { html } from "./lit-html/lit-html.js"

/** @import { AccountEntry, Model, Overview, Row } from "./model.js" */

/** What the signs depend on: what there is, and when it was looked at. */
/** @typedef {Pick<Model, "at" | "overview">} Seen */

/**
 * What is wrong with a row that its state doesn't say.
 *
 * @param {Row} row
 * @param {Seen} seen
 * @returns {"notNotified" | "paused" | "idle" | "overdue" | undefined}
 */
const troubleOf = ({ account, due, orderSource, state }, { at, overview }) => {
  if (state === "fulfilled" && orderSource?.state === "notNotified") return "notNotified"
  if (state !== "pending" && state !== "sending" && state !== "unknown") return undefined
  if (pauseOf(account, overview) !== undefined) return state === "sending" ? undefined : "paused"
  if (state === "sending" || state === "unknown") {
    // of what is claimed that is when the claim is over
    return due < at && overdueOf(account, overview) !== undefined ? "overdue" : undefined
  }
  return idleOf(account, overview) !== undefined ? "idle" : undefined
}

const signs = {
  notNotified: { tone: "bad", said: "shop not told" },
  paused: { tone: "bad", said: "account paused" },
  idle: { tone: "warn", said: "nothing is sent" },
  overdue: { tone: "warn", said: "isn't looked for" }
}

/**
 * A row's state, and what is wrong though the state doesn't say so.
 *
 * @param {Row} row
 * @param {Seen} seen
 */
export const badges = (row, seen) => {
  const trouble = troubleOf(row, seen)
  const state = html`<span class="badge ${row.state}">${row.state}</span>`
  return trouble === undefined
    ? state
    : html`${state} <span class="badge ${signs[trouble].tone}">${signs[trouble].said}</span>`
}

/**
 * Why a row is as it is, as far as a line of a list can say.
 *
 * @param {Row} row
 * @param {Seen} seen
 */
export const reasonOf = (row, seen) => {
  const { overview } = seen
  const { account, due, failures, found, lastError, orderSource, state } = row
  switch (troubleOf(row, seen)) {
    case "notNotified":
      return orderSource?.message ?? "The shop or marketplace wasn't told."
    case "paused":
      return whyPaused(pauseOf(account, overview))
    case "idle":
      return `Shipments of its account could be sent since ${
        moment(idleOf(account, overview)?.since ?? 0)
      }, and none was: is a worker running?`
    case "overdue":
      return `It was to be looked for at ${moment(due)}, and wasn't: is a worker running?`
  }
  const there = `In ShipStation it has ${found?.tracking_number ?? "another number"}.`
  if (state === "conflict") return there
  if (state === "discarded") {
    return `${found?.tracking_number === undefined ? "" : `${there} `}A person gave it up: its page says why.`
  }
  const last = lastError?.message ?? ""
  // it begins anew
  return state === "pending" && last !== "" && failures === 0 ? `Before: ${last}` : last
}

/**
 * @param {string} account
 * @param {Overview | undefined} overview
 */
export const stateOf = (account, overview) => overview?.accounts.find((one) => one.account === account)

/**
 * @param {string} account
 * @param {Overview | undefined} overview
 */
export const idleOf = (account, overview) => overview?.idle.find((one) => one.account === account)

/**
 * @param {string} account
 * @param {Overview | undefined} overview
 */
const overdueOf = (account, overview) => overview?.overdue?.find((one) => one.account === account)

/**
 * @param {string} account
 * @param {Overview | undefined} overview
 */
const pauseOf = (account, overview) => stateOf(account, overview)?.paused

/** @param {Overview["accounts"][number]["paused"]} paused */
export const whyPaused = (paused) =>
  paused?.by.startsWith("operator") === false && paused.error !== undefined
    ? `The program paused it by itself: ${paused.error.message}`
    : whoDid(paused?.by)

/**
 * Who paused or resumed an account, and why.
 *
 * @param {AccountEntry} entry
 */
export const whySteered = ({ by, error, isPaused }) => {
  if (isPaused) return whyPaused({ at: 0, by: by ?? "", error })
  return by === undefined ? "The program did it by itself, as its key is taken again." : whoDid(by)
}

/** @param {string | undefined} by */
export const whoDid = (by) => {
  if (by === undefined) return ""
  if (by.startsWith("operator:")) return `A person did it: ${by.slice("operator:".length)}`
  return by === "operator" ? "A person did it." : "The program did it by itself."
}
