import { none, onSubmit, onValue, panel, problems } from "./elements.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html } from "./lit-html/lit-html.js"
import { most } from "./model.js"

/** @import { Changes, Model } from "./model.js" */
/** @import { Actions, Ui } from "./page.js" */

/** @typedef {Changes["shipments"][number]} Shipment */

/** @type {Readonly<Record<Shipment["state"], string>>} */
export const states = {
  waiting: "Waiting",
  fulfilled: "Fulfilled",
  "fulfilled twice": "Fulfilled twice",
  cancelled: "Cancelled",
  voided: "Voided"
}

/**
 * @param {ReadonlyArray<Shipment>} found
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const shipments = (found, model, ui, actions) => {
  const hasAccounts = (model.state?.accounts.length ?? 0) > 1
  const keyOf = (/** @type {Shipment} */ { account, shipment_id }) => `${shipment_id} ${account}`
  const rows = repeat(found, keyOf, (shipment) => row(shipment, hasAccounts))
  return panel(
    "Shipments",
    `${found.length} of ${model.shipments.size < most ? "" : "the last "}${model.shipments.size}`,
    found.length > 0 ? html`<ul class="rows">${rows}</ul>` : none(whyNone(model)),
    add(ui, actions)
  )
}

/**
 * @param {Shipment} shipment
 * @param {boolean} hasAccounts
 */
const row = ({ account, fulfillments, shipment_id, shipment_number, state, tracking_number }, hasAccounts) =>
  html`
    <li class="row state-${state.replace(" ", "-")}">
      <span class="id">${shipment_id}</span>
      <span class="badge">${states[state]}${fulfillments > 2 ? ` ×${fulfillments}` : ""}</span>
      <span class="minor">${shipment_number}${hasAccounts ? ` · ${account}` : ""}</span>
      <span class="minor end">${tracking_number}</span>
    </li>`

/** @param {Model} model */
const whyNone = ({ shipments, state }) => {
  if (shipments.size > 0) return "None of the last ones fits."
  return state?.options.acceptAnyShipment === true
    ? "None yet. Every shipment id is accepted: those that are fulfilled appear here."
    : "None. Only shipments that you add exist."
}

/**
 * @param {Ui} ui
 * @param {Actions} actions
 */
const add = (ui, actions) =>
  html`
    <details class="tool">
      <summary>Add shipments</summary>
      <form @submit=${onSubmit(actions.addSeed)}>
        <label for="seed">A seed file, as JSON</label>
        <textarea id="seed" rows="5" spellcheck="false" .value=${ui.seed}
          @input=${onValue((seed) => actions.set({ seed }))}></textarea>
        ${problems(ui, "seed")}
        <button>Add</button>
      </form>
    </details>`
