import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Ui } from "./page.js" */

/**
 * A list with its title, and what may stand below it.
 *
 * @param {string} title
 * @param {string | number} count
 * @param {unknown} content
 * @param {unknown} [below]
 */
export const panel = (title, count, content, below = nothing) => {
  const id = title.toLowerCase()
  return html`
    <section class="panel ${id}" aria-labelledby=${id}>
      <h2 id=${id}>${title} <span class="count">${count}</span></h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby=${id}>${content}</div>
      ${below}
    </section>`
}

/** @param {unknown} text */
export const none = (text) => html`<p class="none">${text}</p>`

/**
 * What the emulator says is wrong with what a form sent.
 *
 * @param {Ui} ui
 * @param {string} form
 */
export const problems = ({ problems }, form) => {
  if (problems.form !== form || problems.list.length === 0) return nothing
  const items = problems.list.map(({ message, path }) => html`<li><code>${path}</code> ${message}</li>`)
  return html`<div class="problems" role="alert"><ul>${items}</ul></div>`
}

/** @param {(value: string) => void} use */
export const onValue = (use) => (/** @type {Event} */ { target }) => {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
  if (isField) use(target.value)
}

/** @param {() => void} act */
export const onSubmit = (act) => (/** @type {Event} */ event) => {
  event.preventDefault()
  act()
}
