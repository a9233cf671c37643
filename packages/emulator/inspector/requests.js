import { none, panel } from "./elements.js"
import { kinds, plural, pretty, time } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { outcomeOf } from "./outcome.js"

/** @import { Model } from "./model.js" */
/** @import { Request } from "./outcome.js" */
/** @import { Actions, Ui } from "./page.js" */

/**
 * The timeline.
 *
 * @param {ReadonlyArray<Request>} found
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const requests = (found, { requests, state }, ui, actions) => {
  const keyOf = (/** @type {Request} */ { requestId }) => requestId
  const rows = repeat(found, keyOf, (request) => row(request, ui, actions))
  return panel(
    "Requests",
    `${found.length} of ${(state?.counts.requests ?? 0).toLocaleString("en")}`,
    found.length > 0
      ? html`<ol class="rows">${rows}</ol>`
      : requests.size > 0
      ? none("None of the last ones fits.")
      : first
  )
}

/**
 * @param {Request} request
 * @param {Ui} ui
 * @param {Actions} actions
 */
const row = (request, ui, actions) => {
  const { at, faults, method, path, requestBody, requestId, status } = request
  const { kind, text } = outcomeOf(request)
  const isOpen = ui.open.has(requestId)
  const toggle = (/** @type {Event} */ { target }) => {
    if (target instanceof HTMLDetailsElement) actions.toggle(requestId, target.open)
  }
  const met = faults.length > 0 ? html`<span class="met">${faults.join(", ")}</span>` : nothing
  return html`
    <li>
      <details class="request ${kind}" ?open=${isOpen} @toggle=${toggle}>
        <summary>
          <time datetime=${at}>${time(at)}</time>
          <span class="method">${method}</span>
          <span class="path">${path}</span>
          <span class="minor about">${firstShipments(requestBody ?? "")} ${met}</span>
          <span class="status">${status ?? "–"}</span>
          <span class="badge">${text}</span>
        </summary>
        ${isOpen ? details(request) : nothing}
      </details>
    </li>`
}

/**
 * By the text, as a body may be cut off.
 *
 * @param {string} requestBody
 */
const firstShipments = (requestBody) => {
  const ids = Array.from(requestBody.matchAll(/"shipment_id"\s*:\s*"([^"]*)"/g), ([, id]) => id)
  return ids.length > 2 ? `${ids.slice(0, 2).join(", ")}, …` : ids.join(", ")
}

/** @param {Request} request */
const details = ({ account, answer, committed, created, faults, requestBody, requestId, responseBody }) =>
  html`
    <div class="details">
      <dl>
        <dt>Request id</dt><dd>${requestId}</dd>
        <dt>Account</dt><dd>${account ?? "none: the key is missing or wrong"}</dd>
        <dt>Faults met</dt><dd>${faults.length > 0 ? faults.join(", ") : "none"}</dd>
        <dt>It changed</dt><dd>${committed === 0 ? "nothing" : changed(created, committed)}</dd>
      </dl>
      ${body("Request", requestBody)}
      ${body(answers[answer], responseBody)}
    </div>`

/** @type {Readonly<Record<Request["answer"], string>>} */
const answers = {
  pending: "Answer, not on its way yet",
  sent: "Answer",
  changed: "Answer, changed by a fault",
  lost: "Answer, lost: the client didn't get all of it"
}

/**
 * @param {Request["created"]} created
 * @param {number} committed
 */
const changed = (created, committed) => {
  const items = created.map(({ fulfillment_id, notify_customer, notify_order_source, shipment_id }) => {
    const told = [...notify_customer ? [kinds.customer] : [], ...notify_order_source ? [kinds.order_source] : []]
    const whom = told.length > 0 ? `: ${told.join(" and ").toLowerCase()}` : ", nobody notified"
    return html`<li>${shipment_id} fulfilled by ${fulfillment_id}${whom}</li>`
  })
  const others = committed - created.length
  return html`<ul>${items}${others > 0 ? html`<li>and ${plural(others, "other")}</li>` : nothing}</ul>`
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
const body = (name, text) => {
  const content = text === undefined
    ? none("No body was kept")
    : text === ""
    ? none("An empty body")
    : html`<pre tabindex="0" role="group" aria-label="Body: ${name}">${pretty(text)}</pre>`
  return html`<figure><figcaption>${name}</figcaption>${content}</figure>`
}

const command = `curl ${location.origin}/v2/fulfillments \\
  -H 'api-key: emulator-api-key' -H 'content-type: application/json' \\
  -d '{"fulfillments":[{"shipment_id":"se-1","tracking_number":"1Z12345E6605272234","carrier_code":"ups"}]}'`

const first = html`
  <div class="none">
    <p>No request yet. A first one:</p>
    <pre tabindex="0" role="group" aria-label="A command for a terminal">${command}</pre>
  </div>`
