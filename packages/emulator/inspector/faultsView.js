import { html, nothing } from "./lit-html/lit-html.js"
import { frequencies, presets } from "./presets.js"
import { problems } from "./problemsView.js"

/** @import { Model } from "./model.js" */
/** @import { Actions, Ui } from "./views.js" */

/**
 * What goes wrong, and what shall.
 *
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const faults = ({ faults }, ui, actions) =>
  html`
    <section class="panel faults" aria-labelledby="faults">
      <h2 id="faults">Faults <span class="count">${faults.length}</span></h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="faults">
        ${
    faults.length > 0
      ? html`<ol class="rows">${faults.map((fault, index) => armed(fault, index, actions))}</ol>`
      : html`<p class="none">None: it answers as ShipStation would.</p>`
  }
        <form class="tool" @submit=${(/** @type {Event} */ event) => {
    event.preventDefault()
    actions.addFault()
  }}>
          <label for="preset">What goes wrong</label>
          <select id="preset" @change=${choice((preset) => actions.set({ preset }))}>
            ${
    presets.map(({ name }, index) => html`<option value=${index} ?selected=${index === ui.preset}>${name}</option>`)
  }
          </select>
          <label for="frequency">For</label>
          <select id="frequency" @change=${choice((frequency) => actions.set({ frequency }))}>
            ${
    frequencies.map(({ name }, index) =>
      html`<option value=${index} ?selected=${index === ui.frequency}>${name}</option>`
    )
  }
          </select>
          <label for="rule">The rule, as JSON</label>
          <textarea id="rule" rows="8" spellcheck="false" .value=${ui.rule} @input=${(
    /** @type {Event} */ { target }
  ) => {
    if (target instanceof HTMLTextAreaElement) actions.set({ rule: target.value })
  }}></textarea>
          ${problems(ui, "fault")}
          <div class="buttons">
            <button class="primary">Switch on</button>
            <button type="button" @click=${actions.release}>Release held requests</button>
            ${
    faults.length > 1
      ? html`<button type="button" @click=${() => actions.removeFault()}>Switch all off</button>`
      : nothing
  }
          </div>
        </form>
      </div>
    </section>`

/** @param {(index: number) => void} use */
const choice = (use) => (/** @type {Event} */ { target }) => {
  if (target instanceof HTMLSelectElement) use(Number(target.value))
}

/**
 * @param {Model["faults"][number]} fault
 * @param {number} index
 * @param {Actions} actions
 */
const armed = ({ applied, rule: { action: { _tag, ...action }, ...conditions }, seen }, index, actions) => {
  const { nth = Infinity, times = Infinity } = conditions
  const isSpent = applied >= times || seen >= nth
  return html`
    <li class="row fault ${isSpent ? "spent" : ""}">
      <span><span class="id">${_tag}</span> <span class="minor">${
    isSpent ? `spent, applied ${applied} ×` : applied > 0 ? `applied ${applied} ×` : "armed"
  }</span></span>
      <button class="end" aria-label="Switch fault ${index + 1}, ${_tag}, off"
        @click=${() => actions.removeFault(index)}>Off</button>
      <span class="minor rule">${
    [...Object.entries(conditions), ...Object.entries(action)].map(([name, value]) =>
      `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
    ).join(" · ")
  }</span>
    </li>`
}
