/**
 * What was typed, so that a person can be told to type it again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { printable } from "./text.js"

/** The arguments of this run. */
export class Invocation extends Context.Reference<Invocation>()("@effect-shipstation/cli/terminal/Invocation", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

/** An argument as it can be pasted into a shell. */
export const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${printable(arg).replaceAll("'", "'\\''")}'`

/** A database may be a URL with a password. */
const withoutPassword = (arg: string): string => arg.replace(/\/\/[^/@]*@/, "//…@")

/** The command of this run, as it can be pasted into a shell. */
export const again: Effect.Effect<string> = Effect.map(
  Invocation,
  (args) => ["fulfill", ...args.map((arg) => quoted(withoutPassword(arg)))].join(" ")
)
