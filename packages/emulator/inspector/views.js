import { faults } from "./faultsView.js"
import { kinds, ordinal, plural, time } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { nowOf, select } from "./model.js"
import { problems } from "./problemsView.js"
import { requests } from "./requestsView.js"

/** @import { Model } from "./model.js" */

/** @typedef {"requests" | "shipments" | "notifications" | "faults"} Panel */

/**
 * What a person chose and typed.
 *
 * @typedef {object} Ui
 * @property {"connecting" | "live" | "lost"} connection
 * @property {Panel} panel the only one on a narrow screen
 * @property {string} search
 * @property {string} outcome
 * @property {string} shipmentState
 * @property {Model | undefined} paused what was known when it was paused
 * @property {Set<string>} open ids of requests
 * @property {number} preset
 * @property {number} frequency
 * @property {string} rule
 * @property {string} seed
 * @property {string} advance
 * @property {{ readonly form: string, readonly list: ReadonlyArray<{ readonly path: string, readonly message: string }> }} problems
 */

/**
 * @typedef {object} Actions
 * @property {(changes: Partial<Ui>) => void} set
 * @property {() => void} pause
 * @property {(requestId: string, isOpen: boolean) => void} toggle
 * @property {() => void} addFault
 * @property {(index?: number) => void} removeFault all of them without an index
 * @property {() => void} release
 * @property {() => void} addSeed
 * @property {(frozen: boolean) => void} setFrozen
 * @property {() => void} advance
 * @property {() => void} reset
 */

/** @type {Readonly<Record<Ui["connection"], string>>} */
const connections = { connecting: "Connecting", live: "Live", lost: "Connection lost" }

/**
 * The page.
 *
 * @param {Model} shown
 * @param {Model} latest
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const view = (shown, latest, ui, actions) => {
  const found = select(shown, ui)
  const counts = latest.state?.counts
  /** @type {ReadonlyArray<readonly [Panel, string, number]>} */
  const panels = [
    ["requests", "Requests", counts?.requests ?? 0],
    ["shipments", "Shipments", shown.shipments.size],
    ["notifications", "Notifications", counts?.notifications ?? 0],
    ["faults", "Faults", counts?.faults ?? 0]
  ]
  return html`
    <header>
      <h1><img src="/__emulator/inspector/icon.svg" alt="" width="20" height="20">ShipStation emulator</h1>
      <span class="connection ${ui.connection}">${connections[ui.connection]}</span>
      ${clock(latest, ui, actions)}
      <button class="danger" aria-label="Reset the emulator" @click=${actions.reset}>Reset</button>
    </header>
    ${
    counts !== undefined && counts.notifiedAgain > 0
      ? html`<aside class="alarm" aria-label="Told twice"><strong>${
        plural(counts.notifiedAgain, "notification")
      } went out again.</strong>
          Somebody was told twice of the same shipment.</aside>`
      : nothing
  }
    <div class="toolbar" role="search">
      <input id="search" type="search" placeholder="Search ids, bodies, outcomes" aria-label="Search" aria-keyshortcuts="/"
        .value=${ui.search} @input=${value((search) => actions.set({ search }))}>
      <button aria-pressed=${ui.paused !== undefined} @click=${actions.pause}>${
    ui.paused === undefined ? "Pause" : "Paused"
  }</button>
      <select aria-label="Outcome of requests" @change=${value((outcome) => actions.set({ outcome }))}>
        <option value="">All outcomes</option>
        <option value="committed">Committed</option>
        <option value="refused">Refused</option>
        <option value="astray">Answer lost or changed</option>
        <option value="pending">Under way</option>
        <option value="read">Read</option>
      </select>
      <select aria-label="State of shipments" @change=${value((shipmentState) => actions.set({ shipmentState }))}>
        <option value="">All shipments</option>
        ${Object.entries(states).map(([state, name]) => html`<option value=${state}>${name}</option>`)}
      </select>
    </div>
    <nav aria-label="Panels">
      ${
    panels.map(([panel, name, count]) =>
      html`<button aria-pressed=${ui.panel === panel} @click=${() => actions.set({ panel })}>
        ${name} <span class="count">${count.toLocaleString("en")}</span>
      </button>`
    )
  }
    </nav>
    <main data-panel=${ui.panel}>
      ${requests(found.requests, shown, ui, actions)}
      ${shipments(found.shipments, shown, ui, actions)}
      ${notifications(found.notifications, shown)}
      ${faults(latest, ui, actions)}
    </main>`
}

/** @param {(value: string) => void} use */
const value = (use) => (/** @type {Event} */ { target }) => {
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) use(target.value)
}

/**
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
const clock = (model, ui, actions) => {
  const frozen = model.state?.clock.frozen === true
  const now = nowOf(model)?.toISOString()
  return html`
    <section class="clock" aria-label="Clock">
      <time class=${frozen ? "frozen" : ""} datetime=${now ?? nothing}>${
    now?.slice(0, 19).replace("T", " ") ?? "…"
  } UTC</time>
      <button aria-pressed=${frozen} @click=${() => actions.setFrozen(!frozen)}>${frozen ? "Resume" : "Freeze"}</button>
      <form @submit=${submit(actions.advance)}>
        <input aria-label="Put the clock forward by" size="9" .value=${ui.advance}
          @input=${value((advance) => actions.set({ advance }))}>
        <button>Advance</button>
      </form>
      ${problems(ui, "clock")}
    </section>`
}

/** @param {() => void} act */
const submit = (act) => (/** @type {Event} */ event) => {
  event.preventDefault()
  act()
}

/** @type {Readonly<Record<string, string>>} */
const states = {
  waiting: "Waiting",
  fulfilled: "Fulfilled",
  "fulfilled twice": "Fulfilled twice",
  cancelled: "Cancelled",
  voided: "Voided"
}

/**
 * @param {ReturnType<typeof select>["shipments"]} found
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
const shipments = (found, model, ui, actions) => {
  const manyAccounts = (model.state?.accounts.length ?? 0) > 1
  return html`
    <section class="panel shipments" aria-labelledby="shipments">
      <h2 id="shipments">Shipments <span class="count">${found.length} of ${model.shipments.size}</span></h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="shipments">
        ${
    found.length > 0
      ? html`<ul class="rows">${
        repeat(found, ({ account, shipment_id }) => `${shipment_id} ${account}`, (shipment) =>
          html`<li class="row state-${shipment.state.replace(" ", "-")}">
              <span class="id">${shipment.shipment_id}</span>
              <span class="badge">${states[shipment.state]}${
            shipment.fulfillments > 2 ? ` ×${shipment.fulfillments}` : ""
          }</span>
              <span class="minor">${shipment.shipment_number}${manyAccounts ? ` · ${shipment.account}` : ""}</span>
              <span class="minor end">${shipment.tracking_number ?? ""}</span>
            </li>`)
      }</ul>`
      : html`<p class="none">${
        model.shipments.size > 0
          ? "None of the last ones fits."
          : model.state?.options.acceptAnyShipment === true
          ? "None yet. Every shipment id is accepted: those that are fulfilled appear here."
          : "None. Only shipments that you add exist."
      }</p>`
  }
      </div>
      <details class="tool">
        <summary>Add shipments</summary>
        <form @submit=${submit(actions.addSeed)}>
          <label for="seed">A seed file, as JSON</label>
          <textarea id="seed" rows="5" spellcheck="false" .value=${ui.seed} @input=${
    area((seed) => actions.set({ seed }))
  }></textarea>
          ${problems(ui, "seed")}
          <button>Add</button>
        </form>
      </details>
    </section>`
}

/** @param {(value: string) => void} use */
const area = (use) => (/** @type {Event} */ { target }) => {
  if (target instanceof HTMLTextAreaElement) use(target.value)
}

/**
 * @param {ReturnType<typeof select>["notifications"]} found
 * @param {Model} model
 */
const notifications = (found, model) =>
  html`
    <section class="panel notifications" aria-labelledby="notifications">
      <h2 id="notifications">Notifications
        <span class="count">${found.length} of ${
    (model.state?.counts.notifications ?? 0).toLocaleString("en")
  }</span></h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="notifications">
        ${
    found.length > 0
      ? html`<ul class="rows">${
        repeat(
          found,
          ({ fulfillment_id, kind }) => `${fulfillment_id} ${kind}`,
          ({ at, fulfillment_id, kind, nth, shipment_id }) =>
            html`<li class="row ${nth > 1 ? "again" : ""}">
              <span class="id">${shipment_id}</span>
              ${nth > 1 ? html`<span class="badge">${ordinal(nth)} time</span>` : nothing}
              <span class="minor">${kinds[kind]} · ${fulfillment_id}</span>
              <time class="minor end" datetime=${at}>${time(at).slice(0, 8)}</time>
            </li>`
        )
      }</ul>`
      : html`<p class="none">${
        model.notifications.length > 0 ? "None of the last ones fits." : "Nobody would have been told of anything yet."
      }</p>`
  }
      </div>
    </section>`
