/**
 * How far a run is: a bar on a terminal, a line now and then elsewhere. On stderr.
 */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import ora from "ora"
import { noColor } from "./colour.js"
import { number } from "./text.js"

/** How far a run is. */
export interface State {
  /** What is counted. Default: shipments. */
  readonly unit?: "shipments" | "requests" | undefined
  readonly total: number
  readonly done: number
  readonly rejected: number
  readonly unknown: number
  /** Until when the rate limit holds requests back. */
  readonly limitedUntil: DateTime.Utc | undefined
}

/** How far a run is. */
export class Progress extends Context.Tag("@effect-shipstation/cli/terminal/Progress")<Progress, {
  /** Shows it until the scope closes. Call what it gives as often as you like. */
  readonly start: Effect.Effect<(state: State) => Effect.Effect<void>, never, Scope.Scope>
}>() {}

/**
 * A bar where stderr is a terminal that can do more than lines; without colour where `NO_COLOR` is set. Elsewhere a line
 * at most every 10 seconds.
 */
export const layer: Layer.Layer<Progress> = Layer.effect(
  Progress,
  Effect.gen(function*() {
    const color = (yield* noColor) ? false : "cyan"
    const term = yield* Effect.orElseSucceed(Config.string("TERM"), () => "")
    // on a terminal that doesn't tell its width, ora would clear lines for ever
    const isPlain = process.stderr.isTTY !== true || process.stderr.columns === 0 || term === "dumb"
    return { start: isPlain ? lines : bar(color) }
  })
)

const bar = (color: false | "cyan") =>
  Effect.gen(function*() {
    const spinner = yield* Effect.acquireRelease(
      // it would take the terminal's Ctrl-C for itself
      Effect.sync(() => ora({ text: "Starting", color, discardStdin: false }).start()),
      (spinner) => Effect.sync(() => spinner.stop())
    )
    const describe = yield* makeDescribe
    return (state: State) =>
      Effect.map(describe(state), (text) => {
        const filled = state.total === 0 ? width : Math.floor(state.done / state.total * width)
        spinner.text = `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${text}`
      })
  })

const width = 24

const lines = Effect.gen(function*() {
  const describe = yield* makeDescribe
  let said = yield* Clock.currentTimeMillis
  return (state: State) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (now - said < Duration.toMillis(between)) return
      said = now
      yield* Console.error(yield* describe(state))
    })
})

const between = Duration.seconds(10)

const makeDescribe = Effect.map(Clock.currentTimeMillis, (start) => {
  let doneBefore: number | undefined
  return (state: State) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      doneBefore ??= state.done
      const minutes = (now - start) / 60_000
      const perMinute = minutes > 0 ? (state.done - doneBefore) / minutes : 0
      const left = state.total - state.done
      return [
        `${number(state.done)} of ${number(state.total)} ${state.unit ?? "shipments"}`,
        ...(perMinute >= 1 ? [`${number(Math.round(perMinute))} a minute`] : []),
        ...(perMinute >= 1 && left > 0 ? [`${remaining(left / perMinute)} left`] : []),
        ...(state.rejected > 0 ? [`${number(state.rejected)} rejected`] : []),
        ...(state.unknown > 0 ? [`${number(state.unknown)} unknown`] : []),
        ...(state.limitedUntil === undefined ? [] : [`rate limit until ${time(state.limitedUntil)}`])
      ].join(", ")
    })
})

const remaining = (minutes: number): string =>
  minutes < 1 ? "less than a minute" : minutes < 90 ? `${Math.ceil(minutes)} min` : `${(minutes / 60).toFixed(1)} h`

/** By the clock on the wall. */
const time = (moment: DateTime.Utc): string =>
  DateTime.format(DateTime.setZone(moment, DateTime.zoneMakeLocal()), { timeStyle: "medium", locale: "en-GB" })
