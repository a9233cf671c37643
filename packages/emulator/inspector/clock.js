import { onSubmit, onValue, problems } from "./elements.js"
import { html, nothing } from "./lit-html/lit-html.js"
import { nowOf } from "./model.js"

/** @import { Model } from "./model.js" */
/** @import { Actions, Ui } from "./page.js" */

/**
 * The emulator's time.
 *
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const clock = (model, ui, actions) => {
  const isFrozen = model.state?.clock.frozen === true
  const now = nowOf(model)?.toISOString()
  const shown = now?.slice(0, 19).replace("T", " ") ?? "…"
  return html`
    <section class="clock" aria-label="Clock">
      <time class=${isFrozen ? "frozen" : ""} datetime=${now ?? nothing}>${shown} UTC</time>
      <button aria-pressed=${isFrozen} @click=${() => actions.setFrozen(!isFrozen)}>${
    isFrozen ? "Resume" : "Freeze"
  }</button>
      <form @submit=${onSubmit(actions.advance)}>
        <input aria-label="Put the clock forward by" size="9" .value=${ui.advance}
          @input=${onValue((advance) => actions.set({ advance }))}>
        <button>Advance</button>
      </form>
      ${problems(ui, "clock")}
    </section>`
}
