import { moment, states } from "./format.js"
import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Actions } from "./main.js" */
/** @import { Detail, Model } from "./model.js" */

/**
 * One row: why it is as it is, what to do, and all that happened to it.
 *
 * @param {Model} model
 * @param {Actions} actions
 */
export const row = ({ detail }, actions) => {
  if (detail === undefined) return html`<p class="none">Looking …</p>`
  const { evidence, explanation: { actions: possible, steps, why }, history, row } = detail
  const { input } = row
  return html`
    <h2>Shipment ${input.shipment_id} <span class="badge ${row.state}">${row.state}</span></h2>
    <section class="why" aria-labelledby="why-title">
      <h3 id="why-title">Why</h3>
      <p>${why}</p>
      ${steps.length === 0 ? nothing : html`<h3>What to do</h3><ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>`}
      <div class="buttons">${
    possible.map((action, index) => button(action, index === 0 && steps.length > 0, detail, actions))
  }</div>
    </section>
    <section aria-labelledby="what-title">
      <h3 id="what-title">What was asked for</h3>
      <dl>
        <dt>Account</dt><dd>${row.account}</dd>
        <dt>Tracking number</dt><dd class="id">${input.tracking_number}</dd>
        <dt>Carrier</dt><dd>${input.carrier_code}</dd>
        ${input.ship_date === undefined ? nothing : html`<dt>Ship date</dt><dd>${input.ship_date}</dd>`}
        <dt>Customer</dt><dd>${told(input.notify_customer)}</dd>
        <dt>Shop or marketplace</dt><dd>${told(input.notify_order_source)}</dd>
        ${
    row.requestId === undefined ? nothing : html`<dt>ShipStation's request</dt><dd class="id">${row.requestId}</dd>`
  }
        ${
    row.found?.fulfillment_id === undefined
      ? nothing
      : html`<dt>Fulfillment</dt><dd class="id">${row.found.fulfillment_id}</dd>`
  }
      </dl>
    </section>
    <section aria-labelledby="line-title">
      <h3 id="line-title">What happened</h3>
      <ol class="line">
        <li><time>${moment(row.createdAt)}</time> <strong>offered</strong></li>
        ${history.map(happened)}
        ${
    evidence.map(({ at, ended }) =>
      html`<li><time>${
        moment(at)
      }</time> <strong>told too late</strong> by a worker that was no longer in charge: ${ended._tag}</li>`
    )
  }
        <li><time>${moment(row.updatedAt)}</time> <strong>${row.state}</strong>: ${
    Object.entries(states).find(([name]) => name === row.state)?.[1]
  }</li>
      </ol>
    </section>`
}

/** @param {boolean | undefined} is */
const told = (is) => is === undefined ? "as the account has it" : is ? "is told" : "isn't told"

/** @param {Detail["history"][number]} entry */
const happened = ({ at, by, error, from, requestId, startedAt, to }) =>
  html`
  <li>
    ${startedAt === undefined ? nothing : html`<time>${moment(startedAt)}</time> <strong>sent</strong><br>`}
    <time>${moment(at)}</time>
    <strong>${from === to ? "looked up" : to}</strong>
    by ${who(by)}
    ${error === undefined ? nothing : html`<p class="message">${error.message}</p>`}
    ${requestId === undefined ? nothing : html`<span class="minor id">request ${requestId}</span>`}
  </li>`

/** @param {string} by */
const who = (by) => {
  if (by.startsWith("operator:")) return html`a person, <q>${by.slice("operator:".length)}</q>`
  return by === "operator" ? "a person" : by === "offer" ? "an offer" : by.replace(/^worker:/, "")
}

/**
 * @param {Detail["explanation"]["actions"][number]} action
 * @param {boolean} isMeant whether it is what a person is told to do first
 * @param {Detail} detail
 * @param {Actions} actions
 */
const button = (action, isMeant, { row: { account, id, input, state } }, actions) => {
  const ask = () =>
    action === "resume"
      ? actions.ask(`resume account ${account}`, "accounts/resume", { account })
      : actions.ask(`${action} ${input.shipment_id}`, `rows/${id}/${action}`, { ifState: state })
  return html`<button class=${action === "discard" ? "danger" : isMeant ? "primary" : ""} @click=${ask}>${
    labels[action]
  }</button>`
}

const labels = { retry: "Retry", discard: "Discard", resume: "Resume the account" }
