import { ofAccount } from "./ask.js"
import { duration, moment, number, states } from "./format.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { accountsOf, countOf, oldestIn, oldestOf } from "./model.js"
import { whoDid, whyPaused } from "./signs.js"

/** @import { Actions } from "./main.js" */
/** @import { Account, Ended, Model, Overview } from "./model.js" */

/**
 * What there is, and how it goes.
 *
 * @param {Model} model
 * @param {Actions} actions
 */
export const overview = (model, actions) => {
  const { at, ended, overview, samples, span } = model
  if (overview === undefined) return html`<p class="none">Looking …</p>`
  const accounts = accountsOf(overview)
  return html`
    <section aria-labelledby="rows-title">
      <h2 id="rows-title">Shipments</h2>
      <ul class="tiles">
        ${Object.keys(states).map((state) => tile(overview, state))}
        ${age(at, oldestOf(overview, "waiting"), "the oldest that waits: pending, sending or unknown")}
        ${age(at, oldestOf(overview, "refused"), "the oldest that waits for a person: rejected or conflict")}
      </ul>
      ${wantsPerson(model, overview, actions)}
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
        <figure><figcaption>Ended, ${span > 3_600_000 ? "an hour" : "a minute"}: ${
    sumOf(ended, "fulfilled")
  } fulfilled, ${sumOf(ended, "rejected")} rejected</figcaption><div class="chart" data-chart="ended"></div></figure>
        <figure><figcaption>Waiting, and unknown</figcaption><div class="chart" data-chart="open"></div></figure>
        <figure><figcaption>How old the oldest is that waits, in minutes</figcaption><div class="chart" data-chart="oldest"></div></figure>
        ${
    overview.limits.every(({ limit }) => limit === undefined)
      ? nothing
      : html`<figure><figcaption>Requests a minute of the account that is nearest to its limit, in % of that</figcaption><div class="chart" data-chart="limit"></div></figure>`
  }
      </div>
      <p class="minor">All of this but what ended is known since this page's program began to watch, at ${
    moment(samples[0]?.at ?? at)
  }.</p>
    </section>
    <section aria-labelledby="accounts-title">
      <h2 id="accounts-title">Accounts</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="accounts-title">
        <table class="cards">
          <thead><tr><th>Account</th><th>State</th><th class="num">Waiting</th><th class="num">Oldest that waits</th><th>Shipments for a person</th><th class="num">Requests, a minute</th><th><span class="unseen">What to do</span></th></tr></thead>
          <tbody>${accounts.slice(0, mostAccounts).map((account) => accountRow(account, model, actions))}</tbody>
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
 * @param {number} at
 * @param {number | undefined} oldest
 * @param {string} label
 */
const age = (at, oldest, label) =>
  html`
  <li class="tile">
    <span class="count">${oldest === undefined ? "–" : duration(at - oldest)}</span>
    <span class="minor">${label}</span>
  </li>`

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

/**
 * @param {ReadonlyArray<Ended>} ended
 * @param {string} wanted
 */
const sumOf = (ended, wanted) =>
  number(ended.reduce((sum, { count, state }) => state === wanted ? sum + count : sum, 0))

/**
 * @param {Model} model
 * @param {Overview} overview
 * @param {Actions} actions
 */
const wantsPerson = ({ at }, overview, actions) => {
  const { idle, notNotified, overdue = [] } = overview
  const paused = overview.accounts.filter(({ paused }) => paused !== undefined)
  const limited = overview.limits.filter(({ pausedUntil }) => pausedUntil !== undefined && pausedUntil > overview.at)
  const items = [
    ...idle.map((one) => idleItem(at, overview, one)),
    ...overdue.map(overdueItem),
    ...limited.map(({ account, pausedUntil }) =>
      html`<li>Account ${
        linkTo(account)
      } has used up ShipStation's limit, which answered with 429: its requests wait until ${
        moment(pausedUntil ?? 0)
      }.</li>`
    ),
    ...paused.slice(0, mostItems).map(({ account, paused }) =>
      html`<li>Account ${linkTo(account)} is paused: nothing of it is sent. ${whyPaused(paused)} <button @click=${() =>
        actions.ask(
          ofAccount("resume", account, overview)
        )}>Resume<span class="unseen"> the paused account ${account}</span></button></li>`
    ),
    ...paused.length > mostItems
      ? [html`<li>And ${number(paused.length - mostItems)} more accounts are paused.</li>`]
      : [],
    ...["unknown", "rejected", "conflict"].flatMap((state) => {
      const count = countOf(overview, state)
      return count === 0 ? [] : [
        html`<li><a href="#/rows?state=${state}">${number(count)} ${state}</a>, ${
          count === 1 ? "which" : "the oldest of which"
        } came in ${duration(at - oldestIn(overview, state))} ago</li>`
      ]
    }),
    ...notNotified === 0 ? [] : [
      html`<li><a href="#/rows?orderSource=notNotified">${
        counted(notNotified)
      } marked as shipped of which the shop or marketplace wasn't told</a></li>`
    ]
  ]
  return html`<h3>What may need a person</h3>${
    items.length === 0
      ? html`<p class="minor">Nothing, as far as is known.</p>`
      : html`<ul class="todo">${items}</ul>`
  }`
}

/** Nobody reads more. */
const mostItems = 20

/** The server counts no further. */
const mostNotNotified = 100

/** @param {number} notNotified */
const counted = (notNotified) => notNotified === mostNotNotified ? `${mostNotNotified} or more` : number(notNotified)

/** @param {string} account */
const linkTo = (account) =>
  html`<a href="#/rows?account=${encodeURIComponent(account)}"><strong>${account}</strong></a>`

const askForWorker = "Ask who runs the program that sends: is a worker running for this account?"

/**
 * @param {number} at
 * @param {Overview} overview
 * @param {Overview["idle"][number]} idle
 */
const idleItem = (at, overview, { account, lastDone, since }) => {
  const waiting = overview.counts.find((one) => one.account === account && one.state === "pending")
  const count = waiting?.count ?? 0
  return html`<li>Account ${linkTo(account)}: ${number(count)} ${count === 1 ? "waits" : "wait"}, the oldest for ${
    duration(at - (waiting?.oldest ?? since))
  }. They could be sent since ${moment(since)}, and none was.${
    lastDone === undefined ? "" : ` The last one of this account was done at about ${moment(lastDone)}.`
  } ${askForWorker}</li>`
}

/** @param {NonNullable<Overview["overdue"]>[number]} overdue */
const overdueItem = ({ account, count, since }) =>
  html`<li>Account ${linkTo(account)}: ${
    count === 1
      ? html`1 was to be looked for at ${moment(since)}, and wasn't.`
      : html`${number(count)} were to be looked for, the first at ${moment(since)}, and weren't.`
  } It isn't known whether the customer was told. ${askForWorker}</li>`

/** A page with more of them is of no use, and slow. */
const mostAccounts = 200

/**
 * @param {Account} of
 * @param {Model} model
 * @param {Actions} actions
 */
const accountRow = (of, { at, overview }, actions) => {
  const { account, limit, oldest, pending, state } = of
  const isPaused = state?.paused !== undefined
  return html`
    <tr>
      <th scope="row"><a href="#/rows?account=${encodeURIComponent(account)}">${account}</a></th>
      <td data-label="State">${accountState(of, at)}</td>
      <td data-label="Waiting" class="num">${number(pending)}</td>
      <td data-label="Oldest that waits" class="num">${oldest === Infinity ? "–" : duration(at - oldest)}</td>
      <td data-label="Shipments for a person">${needsPerson(of)}</td>
      <td data-label="Requests, a minute" class="num">${
    limit === undefined
      ? "–"
      : limit.limit === undefined
      ? number(limit.used)
      : `${number(limit.used)} of ${number(limit.limit)}`
  }</td>
      <td><button @click=${() => actions.ask(ofAccount(isPaused ? "resume" : "pause", account, overview))}>${
    isPaused ? "Resume" : "Pause"
  }<span class="unseen"> account ${account}</span></button></td>
    </tr>`
}

/**
 * What a person may have to see to, beside the account itself.
 *
 * @param {Account} of
 */
const needsPerson = ({ account, conflict, notNotified, rejected, unknown }) => {
  const link = (/** @type {string} */ filter, /** @type {string} */ text) =>
    html`<a class="need" href="#/rows?account=${encodeURIComponent(account)}&${filter}">${text}</a> `
  const states = Object.entries({ unknown, rejected, conflict }).filter(([, count]) => count > 0)
  if (states.length === 0 && notNotified === 0) return "–"
  return html`${states.map(([state, count]) => link(`state=${state}`, `${number(count)} ${state}`))}${
    notNotified === 0 ? nothing : link("orderSource=notNotified", `${counted(notNotified)} shop not told`)
  }`
}

/**
 * What is known of an account: that a worker works for it isn't.
 *
 * @param {Account} of
 * @param {number} now
 */
const accountState = ({ idle, limit, overdue, state }, now) => {
  const isLimited = limit?.pausedUntil !== undefined && limit.pausedUntil > now
  const waits = state?.notBefore !== undefined && state.notBefore > now
  return html`${
    state?.paused !== undefined
      ? html`<span class="badge bad">paused</span>`
      : waits
      ? html`<span class="badge warn">waits until ${moment(state.notBefore ?? 0)}</span>`
      : isLimited
      ? html`<span class="badge warn">ShipStation's limit, until ${moment(limit.pausedUntil ?? 0)}</span>`
      : idle !== undefined
      ? html`<span class="badge warn">nothing is sent</span> <span class="minor">though it could be since ${
        moment(idle.since)
      }: is a worker running?</span>`
      : overdue !== undefined
      ? html`<span class="badge warn">isn't looked for</span> <span class="minor">though it was to be at ${
        moment(overdue.since)
      }: is a worker running?</span>`
      : html`<span class="badge">not paused</span>`
  }
        ${
    state?.resumed === undefined
      ? nothing
      : html`<span class="minor">Resumed at ${moment(state.resumed.at)}. ${whoDid(state.resumed.by)}</span>`
  }
        ${state?.distrustedSince === undefined ? nothing : html`<span class="badge warn">looks each up first</span>`}`
}
