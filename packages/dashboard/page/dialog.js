import { number } from "./format.js"
import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Model } from "./model.js" */

/** As many letters as are kept of a reason. */
const mostLetters = 500

/**
 * Why a reason isn't taken, if it isn't.
 *
 * @param {string} reason
 */
export const faultOf = (reason) => {
  if (reason.trim() === "") return "Say why, in a word or two: spaces alone aren't a reason."
  return reason.trim().length > mostLetters
    ? `That is ${
      number(reason.trim().length)
    } letters, and no more than ${mostLetters} are kept: shorten it. Nothing was done yet.`
    : ""
}

/**
 * What a person is asked before something is done.
 *
 * @param {Model} model
 * @param {object} on
 * @param {(event: Event) => void} on.confirm
 * @param {() => void} on.close
 */
export const dialog = ({ asking, fault, progress }, { close, confirm }) => {
  if (asking === undefined) return nothing
  const isBusy = progress !== ""
  return html`
    <div class="shade">
      <div class="dialog" role="dialog" aria-modal="true" aria-labelledby="asking"><form novalidate @submit=${confirm}>
        <h2 id="asking">Really ${asking.what}?</h2>
        ${
    asking.says.length === 0 ? nothing : html`<ul class="todo">${asking.says.map((one) => html`<li>${one}</li>`)}</ul>`
  }
        <label for="reason">Why? It is kept with what happened.</label>
        <input id="reason" required aria-describedby="limit fault" aria-invalid=${fault !== ""} autocomplete="off">
        <p id="limit" class="minor">Up to ${mostLetters} letters.</p>
        <p id="fault" class="fault" role="alert">${fault}</p>
        <div class="buttons"><button class=${
    asking.isGrave ? "grave" : "primary"
  } ?disabled=${isBusy}>Yes, ${asking.what}</button><button type="button" ?disabled=${isBusy} @click=${close}>No</button></div>
        ${isBusy ? html`<p role="status">${progress}</p>` : nothing}
      </form></div>
    </div>`
}
