import { html } from "./lit-html/lit-html.js"

/** @import { Actions } from "./main.js" */
/** @import { Model } from "./model.js" */

const label = "Shipment or tracking number"

/**
 * The search at the head of every view.
 *
 * @param {Model} model
 * @param {Actions} actions
 */
export const search = ({ view }, actions) => {
  const find = (/** @type {Event} */ event) => {
    event.preventDefault()
    const { currentTarget } = event
    if (!(currentTarget instanceof HTMLFormElement)) return
    const text = new FormData(currentTarget).get("search")
    if (typeof text === "string" && text.trim() !== "") actions.search(text.trim())
  }
  const shown = view.name === "rows" ? view.filter["search"] ?? "" : ""
  return html`
    <form class="search" role="search" @submit=${find}>
      <label><span class="unseen">${label}</span><input type="search" name="search" .value=${shown} placeholder=${label} title="Several at once: with spaces or commas between" autocomplete="off" spellcheck="false"></label>
      <button>Search</button>
    </form>`
}
