import { duration, moment, number, states } from "./format.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { accountsOf, countOf, oldestOf } from "./model.js"

/** @import { Actions } from "./main.js" */
/** @import { Model, Overview } from "./model.js" */

/**
 * What there is, and how it goes.
 *
 * @param {Model} model
 * @param {Actions} actions
 */
export const overview = (model, actions) => {
  const { at, overview, samples, span } = model
  if (overview === undefined) return html`<p class="none">Looking …</p>`
  const oldest = oldestOf(overview)
  const accounts = accountsOf(overview)
  return html`
    <section aria-labelledby="rows-title">
      <h2 id="rows-title">Rows</h2>
      <ul class="tiles">
        ${Object.keys(states).map((state) => tile(overview, state))}
        <li class="tile">
          <span class="count">${oldest === undefined ? "–" : duration(at - oldest)}</span>
          <span class="minor">age of the oldest that isn't done</span>
        </li>
      </ul>
      ${wantsPerson(overview)}
    </section>
    <section aria-labelledby="charts-title">
      <h2 id="charts-title">Over time</h2>
      <div class="buttons" role="group" aria-label="How far back">
        ${
    [["Last hour", 3_600_000], ["Last day", 86_400_000]].map(([label, value]) =>
      html`<button aria-pressed=${span === value} @click=${() =>
        actions.set({ span: Number(value) })}>${label}</button>`
    )
  }
      </div>
      <div class="charts">
        <figure><figcaption>Ended, a minute</figcaption><div class="chart" data-chart="ended"></div></figure>
        <figure><figcaption>Waiting, and unknown</figcaption><div class="chart" data-chart="open"></div></figure>
      </div>
      <p class="minor">Since this page's program began to watch, at ${moment(samples[0]?.at ?? at)}.</p>
    </section>
    <section aria-labelledby="accounts-title">
      <h2 id="accounts-title">Accounts</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="accounts-title">
        <table>
          <thead><tr><th>Account</th><th>State</th><th class="num">Waiting</th><th class="num">Unknown</th><th class="num">Oldest</th><th><span class="unseen">What to do</span></th></tr></thead>
          <tbody>${accounts.slice(0, mostAccounts).map((account) => accountRow(account, at, actions))}</tbody>
        </table>
      </div>
      ${
    accounts.length > mostAccounts
      ? html`<p class="minor">And ${number(accounts.length - mostAccounts)} more, of which less waits.</p>`
      : nothing
  }
    </section>`
}

/**
 * @param {Overview} overview
 * @param {string} state
 */
const tile = (overview, state) => {
  const count = countOf(overview, state)
  return html`
    <li class="tile ${state} ${count > 0 ? "some" : ""}">
      <a href="#/rows?state=${state}">
        <span class="count">${number(count)}</span>
        <span class="state">${state}</span>
        <span class="minor">${Object.entries(states).find(([name]) => name === state)?.[1]}</span>
      </a>
    </li>`
}

/** @param {Overview} overview */
const wantsPerson = (overview) => {
  const paused = overview.accounts.filter(({ paused }) => paused !== undefined)
  const items = [
    ...paused.map(({ account, paused }) =>
      html`<li>Account <strong>${account}</strong> is paused: nothing of it is sent. ${
        paused?.error?.message ?? reasonOf(paused?.by)
      }</li>`
    ),
    ...["unknown", "rejected", "conflict"].flatMap((state) => {
      const count = countOf(overview, state)
      return count === 0 ? [] : [html`<li><a href="#/rows?state=${state}">${number(count)} ${state}</a></li>`]
    }),
    html`<li><a href="#/rows?orderSource=notNotified">Shops and marketplaces that weren't told</a></li>`
  ]
  return html`<h3>What may need a person</h3><ul class="todo">${items}</ul>`
}

/** @param {string | undefined} by */
const reasonOf = (by) =>
  by === undefined
    ? ""
    : by.startsWith("operator:")
    ? `A person did it: ${by.slice("operator:".length)}`
    : "A person did it."

/** A page with more of them is of no use, and slow. */
const mostAccounts = 200

/**
 * @param {ReturnType<typeof accountsOf>[number]} of
 * @param {number} now
 * @param {Actions} actions
 */
const accountRow = ({ account, oldest, pending, state, unknown }, now, actions) => {
  const isPaused = state?.paused !== undefined
  const waits = state?.notBefore !== undefined && state.notBefore > now
  const what = isPaused ? "resume" : "pause"
  return html`
    <tr>
      <th scope="row"><a href="#/rows?account=${encodeURIComponent(account)}">${account}</a></th>
      <td>${
    isPaused
      ? html`<span class="badge bad">paused</span>`
      : waits
      ? html`<span class="badge warn">waits until ${moment(state.notBefore ?? 0)}</span>`
      : html`<span class="badge good">sends</span>`
  }
        ${
    state?.distrustedSince === undefined ? nothing : html`<span class="badge warn">looks each up first</span>`
  }</td>
      <td class="num">${number(pending)}</td>
      <td class="num">${number(unknown)}</td>
      <td class="num">${oldest === Infinity ? "–" : duration(now - oldest)}</td>
      <td><button @click=${() => actions.ask(`${what} account ${account}`, `accounts/${what}`, { account })}>${
    isPaused ? "Resume" : "Pause"
  }<span class="unseen"> account ${account}</span></button></td>
    </tr>`
}
