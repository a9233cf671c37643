/**
 * How far a run is, on a terminal's stderr.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import ora from "ora"
import { noColor } from "./internal/colour.js"

/** How far a run is. */
export class Progress extends Context.Tag("@effect-shipstation/cli/Progress")<Progress, {
  /** Shows a bar until the scope closes. Call what it gives with how many are done. */
  readonly start: (total: number) => Effect.Effect<(done: number) => Effect.Effect<void>, never, Scope.Scope>
}>() {}

/** A bar where stderr is a terminal, and nothing elsewhere. Without colour where `NO_COLOR` is set. */
export const layer: Layer.Layer<Progress> = Layer.effect(
  Progress,
  Effect.gen(function*() {
    const color = (yield* noColor) ? false : "cyan"
    return {
      start: (total) =>
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() =>
              ora({
                text: bar(0, total),
                color,
                // on a terminal that doesn't tell its width, ora would clear lines for ever
                isSilent: !process.stderr.isTTY || process.stderr.columns === 0,
                // it would take the terminal's Ctrl-C for itself
                discardStdin: false
              }).start()
            ),
            (spinner) => Effect.sync(() => spinner.stop())
          ),
          (spinner) => (done) =>
            Effect.sync(() => {
              spinner.text = bar(done, total)
            })
        )
    }
  })
)

const width = 24

const bar = (done: number, total: number): string => {
  const filled = Math.floor(done / total * width)
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${done} of ${total} shipments`
}
