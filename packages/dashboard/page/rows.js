import { duration, moment, states } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Model, Row } from "./model.js" */

/**
 * A list of rows, and what narrows it.
 *
 * @param {Model} model
 * @param {Record<string, string>} filter
 */
export const rows = ({ at, rows }, filter) => {
  const narrow = (/** @type {Event} */ event) => {
    event.preventDefault()
    const { currentTarget } = event
    if (!(currentTarget instanceof HTMLFormElement)) return
    const entries = Array.from(new FormData(currentTarget)).flatMap(([name, value]) =>
      typeof value === "string" && value.trim() !== "" ? [[name, value.trim()]] : []
    )
    location.hash = `#/rows?${new URLSearchParams(entries)}`
  }
  return html`
    <h2 id="list-title">Rows</h2>
    <form class="toolbar" role="search" @submit=${narrow}>
      ${field("shipmentId", "Shipment", filter)}
      ${field("trackingNumber", "Tracking number", filter)}
      ${field("account", "Account", filter)}
      ${field("message", "Last error has", filter)}
      <label>State <select name="state" .value=${filter["state"] ?? ""}>
        <option value="">any</option>
        ${
    Object.keys(states).map((state) =>
      html`<option value=${state} ?selected=${state === filter["state"]}>${state}</option>`
    )
  }
      </select></label>
      <label>Shop <select name="orderSource">
        <option value="">any</option>
        ${
    Object.entries(shops).map(([value, label]) =>
      html`<option value=${value} ?selected=${value === filter["orderSource"]}>${label}</option>`
    )
  }
      </select></label>
      <button class="primary">Search</button>
      <a class="button" href="#/rows">All</a>
    </form>
    ${
    rows === undefined ? html`<p class="none">Looking …</p>` : rows.rows.length === 0
      ? html`<p class="none">No row is like that.</p>`
      : html`
        <div class="scroll" tabindex="0" role="group" aria-labelledby="list-title">
          <table>
            <thead><tr><th>Shipment</th><th>State</th><th>Tracking number</th><th>Account</th><th>Last error</th><th class="num">Attempts</th><th class="num">Offered</th></tr></thead>
            <tbody>${repeat(rows.rows, ({ id }) => id, (row) => line(row, at))}</tbody>
          </table>
        </div>
        ${
        rows.next === undefined
          ? nothing
          : html`<a class="button" href="#/rows?${new URLSearchParams({
            ...filter,
            after: String(rows.next)
          })}">Next page</a>`
      }`
  }`
}

const shops = { notNotified: "not told", waiting: "not told yet", notified: "told" }

/**
 * @param {string} name
 * @param {string} label
 * @param {Record<string, string>} filter
 */
const field = (name, label, filter) =>
  html`<label>${label} <input name=${name} .value=${filter[name] ?? ""} autocomplete="off" spellcheck="false"></label>`

/**
 * @param {Row} row
 * @param {number} now
 */
const line = ({ account, attempts, createdAt, id, input, lastError, state }, now) =>
  html`
  <tr>
    <th scope="row"><a href="#/rows/${id}">${input.shipment_id}</a></th>
    <td><span class="badge ${state}">${state}</span></td>
    <td class="id">${input.tracking_number}</td>
    <td>${account}</td>
    <td class="message">${lastError?.message ?? ""}</td>
    <td class="num">${attempts}</td>
    <td class="num"><time datetime=${new Date(createdAt).toISOString()} title=${moment(createdAt)}>${
    duration(now - createdAt)
  } ago</time></td>
  </tr>`
