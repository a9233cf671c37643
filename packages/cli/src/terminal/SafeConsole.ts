/**
 * The last gate before a terminal: whatever a file name, an argument or a cell holds, no control and no bidi character of
 * it gets through.
 */
import * as Console from "effect/Console"
import type * as Effect from "effect/Effect"
import { onTerminal } from "./text.js"

/** Has all that is printed pass the gate. `colours`: whether escape sequences for colours are our own, and pass. */
export const safely = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  { colours }: { readonly colours: boolean }
): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) => {
    const fit = (args: ReadonlyArray<unknown>) =>
      args.map((arg) => typeof arg === "string" ? onTerminal(arg, colours) : arg)
    return Console.withConsole(self, {
      ...console,
      log: (...args) => console.log(...fit(args)),
      error: (...args) => console.error(...fit(args))
    })
  })
