import { duration, moment, number, states } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { badges, reasonOf, whySteered } from "./signs.js"

/** @import { Actions } from "./main.js" */
/** @import { AccountEntry, Model } from "./model.js" */

/**
 * A list of rows, and what narrows it.
 *
 * @param {Model} model
 * @param {Record<string, string>} filter
 * @param {Actions} actions
 */
export const rows = (model, filter, actions) => {
  const { accountHistory, at, rows } = model
  return html`
    <h2 id="list-title">Shipments</h2>
    ${toolbar(filter)}
    ${accountHistory === undefined ? nothing : pauses(filter["account"] ?? "", accountHistory)}
    ${
    rows === undefined ? html`<p class="none">Looking …</p>` : rows.rows.length === 0 ? noHit(filter) : html`
        ${missed(rows, filter)}
        ${isNarrowed(filter) && rows.rows.length > 1 ? allThatMatch(rows, at, filter, actions) : nothing}
        <p class="minor">The newest first.</p>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="list-title">
          <table class="cards">
            <thead><tr><th>Shipment</th><th>State</th><th>Tracking number</th><th>Account</th><th>Why</th><th class="num" title="How often it was about to be sent">Attempts</th><th class="num" title="When it came in">Since</th></tr></thead>
            <tbody>${repeat(rows.rows, ({ id }) => id, (row) => line(row, model))}</tbody>
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

/** The server tells no more of them. */
const mostPauses = 100

/**
 * When an account was paused and resumed, and why.
 *
 * @param {string} account
 * @param {ReadonlyArray<AccountEntry>} entries
 */
const pauses = (account, entries) =>
  entries.length === 0 ? html`<p class="minor">Account ${account} was never paused, as far as is known.</p>` : html`
    <details class="pauses">
      <summary>Pauses of account ${account}: ${
    entries.length === mostPauses ? "the last ones" : number(entries.filter(({ isPaused }) => isPaused).length)
  }</summary>
      <ol class="line">${
    entries.map((entry) =>
      html`<li><time>${moment(entry.at)}</time> <strong>${entry.isPaused ? "paused" : "resumed"}</strong>. ${
        whySteered(entry)
      }</li>`
    )
  }</ol>
    </details>`

/** What is searched for at the head, or by an address, stays while the rest is changed. */
const kept = ["search", "shipmentId", "trackingNumber"]

/** @param {Record<string, string>} filter */
const searchedFor = (filter) => kept.flatMap((name) => filter[name] ?? [])

/** @param {Record<string, string>} filter */
const isNarrowed = ({ after: _, ...filter }) => Object.keys(filter).length > 0

/** @param {Record<string, string>} filter */
const toolbar = (filter) => {
  const narrow = (/** @type {Event} */ event) => {
    event.preventDefault()
    const { currentTarget } = event
    if (!(currentTarget instanceof HTMLFormElement)) return
    const entries = Array.from(new FormData(currentTarget)).flatMap(([name, value]) =>
      typeof value === "string" && value.trim() !== "" ? [[name, value.trim()]] : []
    )
    const before = Object.entries(filter).filter(([name]) => kept.includes(name))
    location.hash = `#/rows?${new URLSearchParams([...before, ...entries])}`
  }
  const searched = searchedFor(filter)
  return html`
    <form class="toolbar" aria-label="Filter" @submit=${narrow}>
      ${searched.length === 0 ? nothing : html`<p>Searched for <strong>${searched.join(", ")}</strong></p>`}
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
      <button class="primary">Filter</button>
      <a class="button" href="#/rows">All</a>
    </form>`
}

/** What was looked at last may be some seconds old, and who waits no longer than that gains nothing. */
const soon = 10_000

/** What may be retried or discarded together, as nothing of it was done. */
const many = ["pending", "rejected", "conflict"]

/**
 * What can be done to some of them, as far as this page of them tells.
 *
 * @param {NonNullable<Model["rows"]>} page
 * @param {number} at
 * @param {Record<string, string>} filter
 */
const possible = ({ next, rows }, at, { state }) => {
  const mayFollow = next !== undefined && (state === undefined || many.includes(state))
  const those = rows.filter((row) => many.includes(row.state))
  return {
    discard: mayFollow || those.length > 0,
    // what a worker may take already gains nothing
    retry: mayFollow || those.some((row) => row.state !== "pending" || (row.claim === undefined && row.due > at + soon))
  }
}

/**
 * @param {NonNullable<Model["rows"]>} page
 * @param {number} at
 * @param {Record<string, string>} filter
 * @param {Actions} actions
 */
const allThatMatch = (page, at, filter, actions) => {
  const can = possible(page, at, filter)
  if (!can.discard) return nothing
  return html`
  <div class="buttons" role="group" aria-label="All that match">
    ${
    can.retry
      ? html`<button @click=${() => actions.askMany("retry", filter)}>Retry all that match</button>`
      : nothing
  }
    <button class="danger" @click=${() => actions.askMany("discard", filter)}>Discard all that match</button>
  </div>`
}

/**
 * What of a search for several wasn't found.
 *
 * @param {NonNullable<Model["rows"]>} page
 * @param {Record<string, string>} filter
 */
const missed = ({ searched }, filter) => {
  const { leftOut = [], notFound = [] } = searched ?? {}
  const isFiltered = Object.keys(filter).length > searchedFor(filter).length
  return html`${
    notFound.length === 0
      ? nothing
      : html`<p class="missed">Not found${isFiltered ? ", or not let through by the filter" : ""}: <strong>${
        notFound.join(", ")
      }</strong></p>`
  }${
    leftOut.length === 0
      ? nothing
      : html`<p class="missed">Not looked for, as it is too much at once: <strong>${leftOut.join(", ")}</strong></p>`
  }`
}

/** @param {Record<string, string>} filter */
const noHit = (filter) => {
  const searched = searchedFor(filter)
  const others = Object.keys(filter).length - searched.length
  return searched.length === 0
    ? html`<p class="none">No shipment is like that.</p>`
    : html`<div class="none"><p>There is no shipment <strong>${searched.join(", ")}</strong> here${
      others === 0 ? "" : ", or none that the filter lets through"
    }: it never came in, or it ended long ago and was removed.</p>
      <ul class="todo">
        <li>Is it the shipment's id, such as se-123, or the tracking number? Order numbers aren't known here.</li>
        <li>Numbers are searched whole: a part of one finds nothing.</li>
        <li>A tracking number is found if it came in here, or if ShipStation had it instead when it was looked up. Else search for the shipment's id.</li>
      </ul></div>`
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
 * @param {NonNullable<Model["rows"]>["rows"][number]} row
 * @param {Model} model
 */
const line = (row, model) => {
  const { at } = model
  const { account, attempts, createdAt, id, input } = row
  return html`
  <tr>
    <th scope="row"><a href="#/rows/${id}">${input.shipment_id}</a></th>
    <td data-label="State">${badges(row, model)}</td>
    <td data-label="Tracking number" class="id">${input.tracking_number}</td>
    <td data-label="Account">${account}</td>
    <td data-label="Why" class="message">${reasonOf(row, model)}</td>
    <td data-label="Attempts" class="num">${attempts}</td>
    <td data-label="Since" class="num"><time datetime=${new Date(createdAt).toISOString()} title=${moment(createdAt)}>${
    duration(at - createdAt)
  } ago</time></td>
  </tr>`
}
