import { kinds, plural, pretty, time } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { outcomeOf } from "./outcome.js"

/** @import { Model } from "./model.js" */
/** @import { Request } from "./outcome.js" */
/** @import { Actions, Ui } from "./views.js" */

/**
 * The timeline.
 *
 * @param {ReadonlyArray<Request>} found
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const requests = (found, model, ui, actions) =>
  html`
    <section class="panel requests" aria-labelledby="requests">
      <h2 id="requests">Requests
        <span class="count">${found.length} of ${(model.state?.counts.requests ?? 0).toLocaleString("en")}</span></h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="requests">
        ${
    found.length > 0
      ? html`<ol class="rows">${
        repeat(found, ({ requestId }) => requestId, (request) => row(request, ui, actions))
      }</ol>`
      : model.requests.size > 0
      ? html`<p class="none">None of the last ones fits.</p>`
      : first()
  }
      </div>
    </section>`

/**
 * @param {Request} request
 * @param {Ui} ui
 * @param {Actions} actions
 */
const row = (request, ui, actions) => {
  const { at, faults, method, path, requestBody, requestId, status } = request
  const { kind, text } = outcomeOf(request)
  const isOpen = ui.open.has(requestId)
  /** @param {Event} event */
  const toggle = ({ target }) => {
    if (target instanceof HTMLDetailsElement) actions.toggle(requestId, target.open)
  }
  return html`<li>
    <details class="request ${kind}" ?open=${isOpen} @toggle=${toggle}>
      <summary>
        <time datetime=${at}>${time(at)}</time>
        <span class="method">${method}</span>
        <span class="path">${path}</span>
        <span class="minor about">${about(requestBody ?? "")} ${
    faults.length > 0 ? html`<span class="met">${faults.join(", ")}</span>` : nothing
  }</span>
        <span class="status">${status ?? "–"}</span>
        <span class="badge">${text}</span>
      </summary>
      ${isOpen ? details(request) : nothing}
    </details>
  </li>`
}

/**
 * The first shipments of a body, which may be cut off.
 *
 * @param {string} requestBody
 */
const about = (requestBody) => {
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
      ${body(`Answer${answers[answer]}`, responseBody)}
    </div>`

/** @type {Readonly<Record<Request["answer"], string>>} */
const answers = {
  pending: ", not on its way yet",
  sent: "",
  changed: ", changed by a fault",
  lost: ", lost: the client didn't get all of it"
}

/**
 * @param {Request["created"]} created
 * @param {number} committed
 */
const changed = (created, committed) =>
  html`<ul>${
    created.map(({ fulfillment_id, notify_customer, notify_order_source, shipment_id }) => {
      const told = [
        ...notify_customer ? [kinds["customer"]] : [],
        ...notify_order_source ? [kinds["order_source"]] : []
      ]
      return html`<li>${shipment_id} fulfilled by ${fulfillment_id}${
        told.length > 0 ? `: ${told.join(" and ").toLowerCase()}` : ", nobody notified"
      }</li>`
    })
  }${committed > created.length ? html`<li>and ${plural(committed - created.length, "other")}</li>` : nothing}</ul>`

/**
 * @param {string} name
 * @param {string | undefined} text
 */
const body = (name, text) =>
  html`
    <figure>
      <figcaption>${name}</figcaption>
      ${
    text === undefined || text === ""
      ? html`<p class="none">${text === "" ? "An empty body" : "No body was kept"}</p>`
      : html`<pre tabindex="0" role="group" aria-label="Body: ${name}">${pretty(text)}</pre>`
  }
    </figure>`

const first = () =>
  html`
    <div class="none">
      <p>No request yet. A first one:</p>
      <pre tabindex="0" role="group" aria-label="A command for a terminal">${`curl ${location.origin}/v2/fulfillments \\
  -H 'api-key: emulator-api-key' -H 'content-type: application/json' \\
  -d '{"fulfillments":[{"shipment_id":"se-1","tracking_number":"1Z12345E1234567890","carrier_code":"ups"}]}'`}</pre>
    </div>`
