import { none, onSubmit, onValue, panel, problems } from "./elements.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { frequencies, presets } from "./presets.js"

/** @import { Model } from "./model.js" */
/** @import { Actions, Ui } from "./page.js" */

/**
 * What goes wrong, and what shall.
 *
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const faults = ({ faults }, ui, actions) => {
  const rows = faults.map((fault, index) => row(fault, index, actions))
  const list = faults.length > 0 ? html`<ol class="rows">${rows}</ol>` : none("None: it answers as ShipStation would.")
  const allOff = html`<button type="button" @click=${() => actions.removeFault()}>Switch all off</button>`
  return panel(
    "Faults",
    faults.length,
    html`
      ${list}
      <form class="tool" @submit=${onSubmit(actions.addFault)}>
        <label for="preset">What goes wrong</label>
        <select id="preset" @change=${onValue((value) => actions.set({ preset: Number(value) }))}>${
      options(presets)
    }</select>
        <label for="frequency">For</label>
        <select id="frequency" @change=${onValue((value) => actions.set({ frequency: Number(value) }))}>
          ${options(frequencies)}
        </select>
        <label for="rule">The rule, as JSON</label>
        <textarea id="rule" rows="8" spellcheck="false" .value=${ui.rule}
          @input=${onValue((rule) => actions.set({ rule }))}></textarea>
        ${problems(ui, "fault")}
        <div class="buttons">
          <button class="primary">Switch on</button>
          <button type="button" @click=${actions.release}>Release held requests</button>
          ${faults.length > 1 ? allOff : nothing}
        </div>
      </form>`
  )
}

/** @param {ReadonlyArray<{ readonly name: string }>} choices */
const options = (choices) => choices.map(({ name }, index) => html`<option value=${index}>${name}</option>`)

/**
 * @param {Model["faults"][number]} fault
 * @param {number} index
 * @param {Actions} actions
 */
const row = ({ applied, rule: { action: { _tag, ...action }, ...conditions }, seen }, index, actions) => {
  const { nth = Infinity, times = Infinity } = conditions
  const isSpent = applied >= times || seen >= nth
  const use = isSpent ? `spent, applied ${applied} ×` : applied > 0 ? `applied ${applied} ×` : "armed"
  const fields = [...Object.entries(conditions), ...Object.entries(action)].map(([name, value]) =>
    `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
  )
  const off = () => actions.removeFault(index)
  return html`
    <li class="row fault ${isSpent ? "spent" : ""}">
      <span><span class="id">${_tag}</span> <span class="minor">${use}</span></span>
      <button class="end" aria-label="Switch fault ${index + 1}, ${_tag}, off" @click=${off}>Off</button>
      <span class="minor rule">${fields.join(" · ")}</span>
    </li>`
}
