import { clock } from "./clock.js"
import { onValue } from "./elements.js"
import { faults } from "./faults.js"
import { plural } from "./format.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { select } from "./model.js"
import { notifications } from "./notifications.js"
import { requests } from "./requests.js"
import { shipments, states } from "./shipments.js"
import { webhooks } from "./webhooks.js"

/** @import { Model } from "./model.js" */

/** @typedef {"requests" | "shipments" | "notifications" | "webhooks" | "faults"} Panel */

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
 * @property {(id: number) => void} sendAgain
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
export const page = (shown, latest, ui, actions) => {
  const found = select(shown, ui)
  return html`
    <header>
      <h1><img src="/__emulator/inspector/icon.svg" alt="" width="20" height="20">ShipStation emulator</h1>
      <span class="connection ${ui.connection}">${connections[ui.connection]}</span>
      ${clock(latest, ui, actions)}
      <button class="danger" aria-label="Reset the emulator" @click=${actions.reset}>Reset</button>
    </header>
    ${alarm(latest.state?.counts.notifiedAgain ?? 0)}
    ${toolbar(ui, actions)}
    ${tabs(shown, latest, ui, actions)}
    <main data-panel=${ui.panel} class=${shown.webhooks.size > 0 ? "with-webhooks" : ""}>
      ${requests(found.requests, shown, ui, actions)}
      ${shipments(found.shipments, shown, ui, actions)}
      ${notifications(found.notifications, shown)}
      ${shown.webhooks.size > 0 ? webhooks(found.webhooks, shown, ui, actions) : nothing}
      ${faults(latest, ui, actions)}
    </main>`
}

/** @param {number} again */
const alarm = (again) =>
  again === 0 ? nothing : html`
    <aside class="alarm" aria-label="Told twice">
      <strong>${plural(again, "notification")} went out again.</strong> Somebody was told twice of the same shipment.
    </aside>`

/**
 * @param {Ui} ui
 * @param {Actions} actions
 */
const toolbar = (ui, actions) =>
  html`
    <div class="toolbar" role="search">
      <input id="search" type="search" placeholder="Search ids, bodies, outcomes" aria-label="Search" aria-keyshortcuts="/"
        .value=${ui.search} @input=${onValue((search) => actions.set({ search }))}>
      <button aria-pressed=${ui.paused !== undefined} @click=${actions.pause}>${ui.paused ? "Paused" : "Pause"}</button>
      <select aria-label="Outcome of requests" @change=${onValue((outcome) => actions.set({ outcome }))}>
        <option value="">All outcomes</option>
        <option value="committed">Committed</option>
        <option value="refused">Refused</option>
        <option value="astray">Answer lost or changed</option>
        <option value="pending">Under way</option>
        <option value="read">Read</option>
      </select>
      <select aria-label="State of shipments" @change=${onValue((shipmentState) => actions.set({ shipmentState }))}>
        <option value="">All shipments</option>
        ${Object.entries(states).map(([state, name]) => html`<option value=${state}>${name}</option>`)}
      </select>
    </div>`

/**
 * On a narrow screen only one of the panels is shown.
 *
 * @param {Model} shown
 * @param {Model} latest
 * @param {Ui} ui
 * @param {Actions} actions
 */
const tabs = (shown, latest, ui, actions) => {
  const counts = latest.state?.counts
  /** @param {Panel} panel @param {string} name @param {number | undefined} count */
  const tab = (panel, name, count = 0) =>
    html`
      <button aria-pressed=${ui.panel === panel} @click=${() => actions.set({ panel })}>
        ${name} <span class="count">${count.toLocaleString("en")}</span>
      </button>`
  return html`
    <nav aria-label="Panels">
      ${tab("requests", "Requests", counts?.requests)}
      ${tab("shipments", "Shipments", shown.shipments.size)}
      ${tab("notifications", "Notifications", counts?.notifications)}
      ${shown.webhooks.size > 0 ? tab("webhooks", "Webhooks", shown.webhooks.size) : nothing}
      ${tab("faults", "Faults", counts?.faults)}
    </nav>`
}
