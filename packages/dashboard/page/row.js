import { ofAccount, ofRow } from "./ask.js"
import { local, moment, states } from "./format.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { badges, whySteered } from "./signs.js"

/** @import { Actions } from "./main.js" */
/** @import { AccountEntry, Detail, Model } from "./model.js" */

/**
 * One row: why it is as it is, what to do, and all that happened to it.
 *
 * @param {Model} model
 * @param {Actions} actions
 */
export const row = (model, actions) => {
  const { back, detail, isMissing } = model
  const up = html`<p><a href=${back}>${back.includes("?") ? "Back to the results" : "All shipments"}</a></p>`
  if (isMissing) {
    return html`${up}<p class="none">There is no such shipment here: the address is wrong, or it ended long ago and was removed. Search for its number, above.</p>`
  }
  if (detail === undefined) return html`${up}<p class="none">Looking …</p>`
  const { explanation: { actions: possible, alternatives, customer, steps, why }, row } = detail
  return html`
    ${up}
    <h2>Shipment ${row.input.shipment_id} ${badges(row, model)}</h2>
    <section class="why" aria-labelledby="why-title">
      <h3 id="why-title">Why</h3>
      <p>${local(why)}</p>
      <h3>Was the customer told?</h3>
      <p>${customer}</p>
      ${steps.length === 0 ? nothing : html`<h3>What to do</h3>${stepsOf(steps, alternatives)}`}
      <div class="buttons">${
    possible.map((action, index) => button(action, index === 0 && isToldTo(detail), model, detail, actions))
  }</div>
    </section>
    ${askedFor(detail)}
    ${whatHappened(detail)}`
}

/**
 * One after the other; but of alternatives, which stand together, one is to be done.
 *
 * @param {ReadonlyArray<string>} steps
 * @param {ReadonlyArray<number>} [alternatives]
 */
const stepsOf = (steps, alternatives = []) => {
  const item = (/** @type {string} */ step) => html`<li>${local(step)}</li>`
  const [first = steps.length] = alternatives
  const end = first + alternatives.length
  const either = html`<ul class="todo">${steps.slice(first, end).map(item)}</ul>`
  if (alternatives.length === steps.length) return either
  if (steps.length === 1) return html`<p>${steps.map(local)}</p>`
  return html`<ol>${steps.slice(0, first).map(item)}${
    alternatives.length === 0 ? nothing : html`<li>One of these, whichever holds: ${either}</li>`
  }${steps.slice(end).map(item)}</ol>`
}

/** @param {Detail} detail */
const askedFor = ({ row }) => {
  const { found, input, requestId } = row
  return html`
    <section aria-labelledby="what-title">
      <h3 id="what-title">What was asked for</h3>
      <dl>
        <dt>Account</dt><dd>${row.account}</dd>
        <dt>Tracking number</dt><dd class="id">${input.tracking_number}</dd>
        <dt>Carrier</dt><dd>${input.carrier_code}</dd>
        ${input.ship_date === undefined ? nothing : html`<dt>Ship date</dt><dd>${input.ship_date}</dd>`}
        <dt>Customer</dt><dd>${wish(input.notify_customer)}</dd>
        <dt>Shop or marketplace</dt><dd>${wish(input.notify_order_source)}</dd>
      </dl>
      ${
    found === undefined && requestId === undefined ? nothing : html`
      <h3>From ShipStation</h3>
      <dl>
        ${
      found?.tracking_number === undefined
        ? nothing
        : html`<dt>Tracking number</dt><dd class="id">${found.tracking_number}</dd>`
    }
        ${
      found?.fulfillment_id === undefined
        ? nothing
        : html`<dt>Fulfillment</dt><dd class="id">${found.fulfillment_id}</dd>`
    }
        ${requestId === undefined ? nothing : html`<dt>Request, for their support</dt><dd class="id">${requestId}</dd>`}
      </dl>`
  }
    </section>`
}

/** @param {Detail} detail */
const whatHappened = ({ accountHistory = [], evidence, history, row }) => {
  const said = history.at(-1)?.to ?? "pending"
  const fulfilled = history.findLast(({ from, to }) => to === "fulfilled" && from !== to)
  const its = [
    ...history.map((entry) => ({ at: entry.at, item: happened(entry, entry === fulfilled ? row.found : undefined) })),
    ...ofItsAccount(row, accountHistory),
    ...ofItsShop(row)
  ].toSorted((one, other) => one.at - other.at)
  return html`
    <section aria-labelledby="line-title">
      <h3 id="line-title">What happened</h3>
      <ol class="line">
        <li><time>${moment(row.createdAt)}</time> <strong>came in</strong>: ${states.pending}</li>
        ${its.map(({ item }) => item)}
        ${
    evidence.map(({ at, ended }) =>
      html`<li><time>${
        moment(at)
      }</time> <strong>told too late</strong> by a worker that was no longer in charge: ${ended._tag}</li>`
    )
  }
        ${
    row.state === said
      ? nothing
      : html`<li><time>${moment(row.updatedAt)}</time> <strong>${row.state}</strong>: ${states[row.state]}</li>`
  }${
    row.claim === undefined
      ? nothing
      : html`<li><strong>a worker has it</strong>: ${workerOf(row.claim.worker)}, until ${
        moment(row.due)
      }, or longer as it renews that</li>`
  }
      </ol>
    </section>`
}

/**
 * That its account was paused or resumed while it waited.
 *
 * @param {Detail["row"]} row
 * @param {ReadonlyArray<AccountEntry>} entries
 */
const ofItsAccount = ({ createdAt, state, updatedAt }, entries) => {
  const isOpen = state === "pending" || state === "sending" || state === "unknown"
  return entries
    .filter(({ at }) => at >= createdAt && (isOpen || at <= updatedAt))
    .map((entry) => ({
      at: entry.at,
      item: html`<li><time>${moment(entry.at)}</time> <strong>its account was ${
        entry.isPaused ? "paused" : "resumed"
      }</strong>. ${whySteered(entry)}</li>`
    }))
}

/**
 * Whether the shop was told, where that was looked for.
 *
 * @param {Detail["row"]} row
 */
const ofItsShop = ({ orderSource }) => {
  // that it wasn't told is in the history
  if (orderSource?.lookedAt === undefined || orderSource.state === "notNotified") return []
  const { lookedAt, state } = orderSource
  return [{
    at: lookedAt,
    item: html`<li><time>${moment(lookedAt)}</time> ${
      state === "notified"
        ? html`<strong>the shop or marketplace was told</strong>, as ShipStation says`
        : html`<strong>the shop or marketplace wasn't told yet</strong>: it is looked again`
    }</li>`
  }]
}

/** @param {boolean | undefined} is */
const wish = (is) =>
  is === undefined
    ? "we leave it to the setting of ShipStation, or of the program that sends"
    : is
    ? "is to be told"
    : "isn't to be told"

/** @typedef {Detail["history"][number]} Entry */

/**
 * @param {Entry} entry
 * @param {Detail["row"]["found"]} found in ShipStation's list, as no answer said it
 */
const happened = (entry, found) => {
  const { at, by, error, requestId, startedAt } = entry
  return html`
  <li>
    ${
    // what was looked up first wasn't sent, and ends as it begins
    startedAt === undefined || startedAt === at
      ? nothing
      : html`<time>${moment(startedAt)}</time> <strong>began to send it</strong><br>`}
    <time>${moment(at)}</time>
    <strong>${doneOf(entry)}</strong>
    by ${who(by)}${meaningOf(entry)}${
    found?.fulfillment_id === undefined
      ? nothing
      : html`, found in ShipStation as <span class="id">${found.fulfillment_id}</span>`
  }
    ${error === undefined ? nothing : html`<p class="message">${error.message}</p>`}
    ${requestId === undefined ? nothing : html`<span class="minor id">request ${requestId}</span>`}
  </li>`
}

/**
 * What was done, by whomever.
 *
 * @param {Entry} entry
 */
const doneOf = ({ by, from, to }) => {
  if (by === "offer") return "came in again"
  if (by.startsWith("operator")) return to === "discarded" ? "discarded" : "retried"
  return from === to ? "looked up" : to
}

/**
 * What the state says into which it came.
 *
 * @param {Entry} entry
 */
const meaningOf = ({ from, to }) => from === to ? "" : `: ${states[to]}`

/** @param {string} by */
const who = (by) => {
  if (by.startsWith("operator:")) return html`a person, <q>${by.slice("operator:".length)}</q>`
  return by === "operator"
    ? "a person"
    : by === "offer"
    ? "a program"
    : html`the program (${workerOf(by.replace(/^worker:/, ""))})`
}

/** @param {string} name */
const workerOf = (name) => html`<span title="A worker is a program that sends">worker ${name}</span>`

/**
 * Whether a person is told to do first what is possible. Of what is unknown it is to look.
 *
 * @param {Detail} detail
 */
const isToldTo = ({ explanation: { actions, steps }, row }) =>
  steps.length > 0 && (row.state !== "unknown" || actions[0] === "resume")

/**
 * @param {Detail["explanation"]["actions"][number]} action
 * @param {boolean} isMeant whether it is what a person is told to do first
 * @param {Model} model
 * @param {Detail} detail
 * @param {Actions} actions
 */
const button = (action, isMeant, { overview }, { row }, actions) => {
  const ask = () =>
    actions.ask(action === "resume" ? ofAccount("resume", row.account, overview) : ofRow(action, row, overview))
  return html`<button class=${action === "discard" ? "danger" : isMeant ? "primary" : ""} @click=${ask}>${
    labels[action]
  }</button>`
}

const labels = { retry: "Retry", discard: "Discard", resume: "Resume the account" }
