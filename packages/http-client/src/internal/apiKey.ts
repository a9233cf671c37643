import * as Headers from "@effect/platform/Headers"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Answer } from "./toError.js"

/**
 * The key as a header value. It is checked first because a platform's header constructor throws an error that quotes
 * what it was given.
 */
export const readKey = (apiKey: Effect.Effect<Redacted.Redacted>): Effect.Effect<string, string> =>
  apiKey.pipe(
    Effect.catchAllDefect(() => Effect.fail("the API key could not be read")),
    Effect.flatMap((redacted) => {
      const key = Redacted.value(redacted)
      if (key === "") return Effect.fail("the API key is empty")
      return /^[\x21-\x7e]+$/.test(key)
        ? Effect.succeed(key)
        : Effect.fail("the API key has a character that a header can't hold, such as a line break or a space")
    })
  )

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
