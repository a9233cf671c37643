import { none, panel } from "./elements.js"
import { kinds, ordinal, time } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Changes, Model } from "./model.js" */

/** @typedef {Changes["notifications"][number]} Notification */

/**
 * Who would have been told.
 *
 * @param {ReadonlyArray<Notification>} found
 * @param {Model} model
 */
export const notifications = (found, { notifications, state }) => {
  const keyOf = (/** @type {Notification} */ { fulfillment_id, kind }) => `${fulfillment_id} ${kind}`
  const whyNone = notifications.length > 0
    ? "None of the last ones fits."
    : "Nobody would have been told of anything yet."
  return panel(
    "Notifications",
    `${found.length} of ${(state?.counts.notifications ?? 0).toLocaleString("en")}`,
    found.length > 0 ? html`<ul class="rows">${repeat(found, keyOf, row)}</ul>` : none(whyNone)
  )
}

/** @param {Notification} notification */
const row = ({ at, fulfillment_id, kind, nth, shipment_id }) =>
  html`
    <li class="row ${nth > 1 ? "again" : ""}">
      <span class="id">${shipment_id}</span>
      ${nth > 1 ? html`<span class="badge">${ordinal(nth)} time</span>` : nothing}
      <span class="minor">${kinds[kind]} · ${fulfillment_id}</span>
      <time class="minor end" datetime=${at}>${time(at).slice(0, 8)}</time>
    </li>`
