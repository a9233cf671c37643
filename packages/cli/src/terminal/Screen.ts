/**
 * What the command knows of the terminal, and how it asks.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { closeSync, openSync } from "node:fs"
import { createInterface } from "node:readline"
import { ReadStream } from "node:tty"
import { onTerminal } from "./text.js"

/** What the command knows of the terminal. */
export class Screen extends Context.Tag("@effect-shipstation/cli/terminal/Screen")<Screen, {
  /** Whether data is read by a person. */
  readonly stdoutIsTerminal: boolean
  /** Asks on stderr, and gives the line that is typed. `undefined`: the input ended. Absent where nobody can be asked. */
  readonly ask: ((question: string) => Effect.Effect<string | undefined>) | undefined
}>() {}

/** The process's own. Where stdin is the file that is imported, it asks on the terminal of the session. */
export const layer: Layer.Layer<Screen> = Layer.sync(Screen, () => {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY
  return {
    stdoutIsTerminal: process.stdout.isTTY === true,
    ask: isTerminal ? askOn(process.stdin) : process.stderr.isTTY && hasSessionTerminal() ? askSession : undefined
  }
})

/** A terminal that isn't in raw mode leaves Ctrl-C to `Signals`, and works however dumb it is. */
const askOn = (input: NodeJS.ReadStream) => (question: string): Effect.Effect<string | undefined> =>
  Effect.async<string | undefined>((resume) => {
    const lines = createInterface({ input, terminal: false })
    process.stderr.write(onTerminal(question, false))
    lines.once("line", (line) => resume(Effect.succeed(line)))
    lines.once("close", () => resume(Effect.succeed(undefined)))
    return Effect.sync(() => lines.close())
  }).pipe(
    // or the process would wait for more
    Effect.ensuring(Effect.sync(() => input.pause()))
  )

/** The terminal of the session, whatever stdin is. Windows has none of that name. */
const sessionTerminal = "/dev/tty"

const hasSessionTerminal = (): boolean => {
  try {
    closeSync(openSync(sessionTerminal, "r"))
    return true
  } catch {
    return false
  }
}

const askSession = (question: string): Effect.Effect<string | undefined> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new ReadStream(openSync(sessionTerminal, "r"))),
    (input) => askOn(input)(question),
    (input) => Effect.sync(() => input.destroy())
  )
