import * as Data from "effect/Data"

/** The command, its settings or the file can't be used. The message says what to do about it. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}
