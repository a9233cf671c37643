import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { KeyError } from "../ShipStationConfig.js"
import type { Happened } from "./toError.js"

/** There is no key to send. */
export type NoKey = Extract<Happened, { readonly _tag: "Refused" | "KeyUnreadable" }>

/** The keys of one request: the one that there is, and after it was refused another, if there is another by then. */
export const makeKeys = (apiKey: Effect.Effect<Redacted.Redacted, KeyError>) => {
  let last: string | undefined
  return {
    read: Effect.tap(readKey(apiKey), (key) => {
      last = key
    }),
    readOther: Effect.matchEffect(readKey(apiKey), {
      onFailure: () => Effect.succeed(undefined),
      onSuccess: (key) => Effect.succeed(key === last ? undefined : key)
    })
  }
}

/**
 * The key as a header value. It is checked first because a platform's header constructor throws an error that quotes
 * what it was given.
 */
const readKey = (apiKey: Effect.Effect<Redacted.Redacted, KeyError>): Effect.Effect<string, NoKey> =>
  Effect.matchCauseEffect(apiKey, {
    onFailure: (cause) =>
      Cause.isInterrupted(cause) && Cause.isInterruptedOnly(cause)
        ? Effect.failCause(Cause.stripFailures(cause))
        : Effect.fail<NoKey>({ _tag: "KeyUnreadable", reason: describe(Cause.squash(cause)) }),
    onSuccess: (redacted) =>
      Option.match(valueOf(redacted), {
        onNone: () => refuse("the API key was wiped (Redacted.unsafeWipe)"),
        onSome: check
      })
  })

const check = (key: unknown): Effect.Effect<string, NoKey> => {
  // of an environment variable that isn't set, it is no text
  if (typeof key !== "string" || key === "") return refuse("the API key is empty")
  return /^[\x21-\x7e]+$/.test(key)
    ? Effect.succeed(key)
    : refuse("the API key has a character that a header can't hold, such as a line break or a space")
}

const refuse = (reason: string): Effect.Effect<never, NoKey> => Effect.fail({ _tag: "Refused", reason })

/** A wiped one throws. */
const valueOf: (redacted: Redacted.Redacted) => Option.Option<string> = Option.liftThrowable(Redacted.value)

/** The first line of what went wrong, without what may be a key: which one it was isn't known here. */
const describe = (error: unknown): string => {
  const text = error instanceof Error ? error.message || error.name : typeof error === "string" ? error : ""
  const [line = ""] = text.trim().split(/[\r\n]/)
  return line === "" ? "unknown cause" : withoutKeys(line).slice(0, longestReason)
}

/** Long words with digits look like keys, and what stands in quotes may be the start of one. */
const withoutKeys = (text: string): string =>
  text.replace(/[\w+/=-]{16,}/g, (word) => /\d/.test(word) ? "<redacted>" : word).replace(/"[^"]*"/g, "<redacted>")

const longestReason = 200
