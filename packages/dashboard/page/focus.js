/** @import { Model } from "./model.js" */

/** @type {Model["asking"]} what the focus is in */
let asked

/** @type {{ readonly element: HTMLElement, readonly text: string } | undefined} where it was before, and what that said */
let asker

/** Notes where the focus is, before a question is asked. */
export const note = () => {
  const { activeElement: element } = document
  asker = element instanceof HTMLElement ? { element, text: element.innerText } : undefined
}

/** Leaves it where it is when the question is gone, as the page is another. */
export const forget = () => {
  asker = undefined
}

/** @param {string} id */
const focus = (id) => document.getElementById(id)?.focus()

/**
 * Who uses a keyboard comes to the question, and then to what was done. Who did nothing comes back, but never to a button
 * that does something else by now.
 *
 * @param {Model} model
 */
export const move = ({ asking, done, problem }) => {
  if (asked === asking) return
  asked = asking
  if (asking !== undefined) return focus("reason")
  if (done !== "") return focus("done")
  if (problem !== "") return focus("problem")
  if (asker?.element.isConnected === true && asker.element.innerText === asker.text) asker.element.focus()
}
