/**
 * What the command knows of the terminal, and how it asks.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createInterface } from "node:readline"
import { onTerminal } from "./text.js"

/** What the command knows of the terminal. */
export class Screen extends Context.Tag("@effect-shipstation/cli/terminal/Screen")<Screen, {
  /** Whether data is read by a person. */
  readonly stdoutIsTerminal: boolean
  /** Asks on stderr, and gives the line that is typed. `undefined`: the input ended. Absent where nobody can be asked. */
  readonly ask: ((question: string) => Effect.Effect<string | undefined>) | undefined
}>() {}

/** The process's own. */
export const layer: Layer.Layer<Screen> = Layer.sync(Screen, () => ({
  stdoutIsTerminal: process.stdout.isTTY === true,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined
}))

/** A terminal that isn't in raw mode leaves Ctrl-C to `Signals`, and works however dumb it is. */
const ask = (question: string): Effect.Effect<string | undefined> =>
  Effect.async<string | undefined>((resume) => {
    const lines = createInterface({ input: process.stdin, terminal: false })
    process.stderr.write(onTerminal(question, false))
    lines.once("line", (line) => resume(Effect.succeed(line)))
    lines.once("close", () => resume(Effect.succeed(undefined)))
    return Effect.sync(() => lines.close())
  }).pipe(
    // or the process would wait for more
    Effect.ensuring(Effect.sync(() => process.stdin.pause()))
  )
