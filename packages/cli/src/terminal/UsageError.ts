import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ExitCode from "../ExitCode.js"

/** The command, its settings or the file can't be used. The message says what to do about it. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** The command ends with another code than 0. What is to be said beyond `message` is said already. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number; readonly message?: string }> {}

/** Ends with a code. */
export const endWith = (code: number): Effect.Effect<void, Ended> =>
  code === ExitCode.ok ? Effect.void : Effect.fail(new Ended({ code }))
