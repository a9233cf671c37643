import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Ui } from "./views.js" */

/**
 * What the emulator says is wrong with what a form sent.
 *
 * @param {Ui} ui
 * @param {string} form
 */
export const problems = ({ problems }, form) =>
  problems.form !== form || problems.list.length === 0 ?
    nothing :
    html`<div class="problems" role="alert"><ul>${
      problems.list.map(({ message, path }) =>
        html`<li>${path === "" ? nothing : html`<code>${path}</code> `}${message}</li>`
      )
    }</ul></div>`
