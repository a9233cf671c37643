import { none, panel, problems } from "./elements.js"
import { time } from "./format.js"
import { repeat } from "./lit-html/directives/repeat.js"
import { html, nothing } from "./lit-html/lit-html.js"

/** @import { Changes, Model } from "./model.js" */
/** @import { Actions, Ui } from "./page.js" */

/** @typedef {Changes["webhooks"][number]} Webhook */

/**
 * What subscribers were told.
 *
 * @param {ReadonlyArray<Webhook>} found
 * @param {Model} model
 * @param {Ui} ui
 * @param {Actions} actions
 */
export const webhooks = (found, { webhooks }, ui, actions) =>
  panel(
    "Webhooks",
    `${found.length} of ${webhooks.size}`,
    found.length > 0
      ? html`<ul class="rows">${repeat(found, ({ id }) => id, (webhook) => row(webhook, actions))}</ul>`
      : none("None of the last ones fits."),
    problems(ui, "webhooks")
  )

/**
 * @param {Webhook} webhook
 * @param {Actions} actions
 */
const row = (webhook, { sendAgain }) => {
  const { answer, at, attempt, id, keyId, repeats, resource_type, resource_url, status, url } = webhook
  const more = [
    ...attempt > 1 ? [`attempt ${attempt}`] : [],
    ...repeats === undefined ? [] : [`${repeats} again`],
    ...oddities(webhook)
  ]
  return html`
    <li class="row webhook answer-${answer}">
      <span class="id">${id}: ${resource_type}</span>
      <span class="badge">${status ?? (answer === "pending" ? "on its way" : "no answer")}</span>
      <span class="minor">to ${url}${
    resource_url === undefined ? nothing : html`<br>of ${resource_url}`
  }<br>signed by ${keyId}${more.length === 0 ? nothing : html` · <span class="met">${more.join(", ")}</span>`}</span>
      <span class="end"><time class="minor" datetime=${at}>${time(at).slice(0, 8)}</time>
        <button @click=${() => sendAgain(id)}>Send again<span class="unseen"> ${id}</span></button></span>
    </li>`
}

/** @param {Webhook} webhook */
const oddities = ({ faults, repeats }) =>
  [...new Set(faults)].flatMap((fault) => {
    if (fault === "Delay") return ["late"]
    if (fault === "Forge") return ["forged"]
    return fault === "Repeat" && repeats !== undefined ? ["as it was"] : []
  })
