import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

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
