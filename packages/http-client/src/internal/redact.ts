/**
 * Takes the text of the API key out of what an answer or a cause says. Pure.
 */
import * as Headers from "@effect/platform/Headers"
import type { Answer } from "./toError.js"

/**
 * Below this a key is no secret, and its text may stand anywhere by chance: taking it out of an answer would spoil the
 * answer. Real keys are several times as long.
 */
const shortestKey = 8

/** Removes the key from all of an answer that is looked at, before it is: an answer may repeat what it was sent. */
export const redactAnswer = (answer: Answer, key: string): Answer => {
  if (key.length < shortestKey) return answer
  const redact = redactKey(key)
  const { headers } = answer
  const requestId = headers["x-shipengine-requestid"]
  return {
    ...answer,
    body: redact(answer.body),
    headers: requestId === undefined ? headers : Headers.set(headers, "x-shipengine-requestid", redact(requestId))
  }
}

/** Removes the key from a text, also as it would look inside JSON or a URL. */
export const redactKey = (key: string): (text: string) => string => {
  const forms = new Set([key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)])
  return (text) => [...forms].reduce((redacted, form) => redacted.replaceAll(form, "<redacted>"), text)
}
