import { moment } from "./format.js"
import { whoDid } from "./signs.js"

/** @import { OutboxError } from "@effect-shipstation/outbox" */

/** What the dashboard's program answered: nothing, if it didn't. */
/** @typedef {{ readonly status: number, readonly body: Awaited<ReturnType<Response["json"]>> } | undefined} Answer */

/** @typedef {typeof OutboxError.OutboxAccountChanged.Encoded | typeof OutboxError.OutboxStateError.Encoded} Changed */

/** So long is waited for an answer. */
const patience = 30_000

/**
 * Asks the dashboard's program.
 *
 * @param {string} path
 * @param {Record<string, unknown>} [body] of what changes something
 * @returns {Promise<Answer>}
 */
export const request = async (path, body) => {
  const aborter = new AbortController()
  const timer = setTimeout(() => aborter.abort(), patience)
  const { signal } = aborter
  try {
    const response = await fetch(
      `./api/${path}`,
      body === undefined ? { signal } : {
        signal,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body)
      }
    )
    const isEmpty = response.status === 204
    return {
      status: response.status,
      body: isEmpty ? {} : await response.json().catch(() => response.ok ? undefined : {})
    }
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

const unsure = "It isn't known whether that was done: look at what is shown here before you do it again."

/** Of what was to be changed, once the program answers again. */
export const answersAgain = `The dashboard's program answers again. ${unsure}`

/** @param {Changed} body */
const changedTo = (body) => {
  if (body._tag !== "OutboxAccountChanged") return ` It is ${body.state} by now.`
  const { account, at, by, isPaused } = body
  const when = at === undefined ? "meanwhile" : `at ${moment(at)}`
  return ` Account ${account} was ${isPaused ? "paused" : "resumed"} ${when}. ${whoDid(by)}`
}

/**
 * What is wrong with an answer, in words.
 *
 * @param {Answer} answer
 * @param {boolean} isChange whether something was to be changed
 */
export const problemOf = (answer, isChange) => {
  if (answer === undefined) return `The dashboard's program didn't answer.${isChange ? ` ${unsure}` : ""}`
  const { body, status } = answer
  if (status === 409) return `It has changed meanwhile. Nothing was done.${changedTo(body)}`
  const said = String(body.message ?? `The dashboard's program answered with ${status}.`)
  return isChange && status >= 500 ? `${said} ${unsure}` : said
}
