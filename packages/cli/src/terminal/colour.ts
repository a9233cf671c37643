import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { stripVTControlCharacters } from "node:util"

/** Whether `NO_COLOR` is set to anything. */
export const noColor: Effect.Effect<boolean> = Config.string("NO_COLOR").pipe(
  Effect.match({ onFailure: () => false, onSuccess: (value) => value !== "" })
)

/** Takes colours away where stdout or stderr is no terminal: @effect/cli colours its help wherever it goes. */
export const layerConsole: Layer.Layer<never> = Layer.unwrapEffect(
  Effect.gen(function*() {
    const isPlain = yield* noColor
    const console = yield* Effect.console
    const fit = (stream: NodeJS.WriteStream, args: ReadonlyArray<unknown>) =>
      isPlain || !stream.isTTY
        ? args.map((arg) => typeof arg === "string" ? stripVTControlCharacters(arg) : arg)
        : args
    return Console.setConsole({
      ...console,
      log: (...args) => console.log(...fit(process.stdout, args)),
      error: (...args) => console.error(...fit(process.stderr, args))
    })
  })
)
