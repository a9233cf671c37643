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
import * as Schedule from "effect/Schedule"
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
  /** How many are left to do, without those that an earlier run did. Undefined: that isn't known yet. */
  readonly left: number | undefined
  readonly rejected: number
  readonly unknown: number
  /** Until when the rate limit holds requests back. */
  readonly limitedUntil: DateTime.Utc | undefined
}

/** How far a run is. */
export class Progress extends Context.Tag("@effect-shipstation/cli/terminal/Progress")<Progress, {
  /** Shows it until the scope closes. Call what it gives as often as you like. */
  readonly start: Effect.Effect<(state: State) => Effect.Effect<void>, never, Scope.Scope>
  /** Likewise, how much of a file is read, from 0 to 1. Absent where there is no terminal for it. */
  readonly startReading:
    | ((title: string) => Effect.Effect<(share: number) => Effect.Effect<void>, never, Scope.Scope>)
    | undefined
}>() {}

/** Shows how much of a file is read, while something reads it. */
export const whileReading =
  (title: string, share: () => number) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Progress> =>
    Effect.flatMap(
      Progress,
      ({ startReading }) =>
        startReading === undefined ? self : Effect.scoped(Effect.gen(function*() {
          const show = yield* startReading(title)
          yield* Effect.forkScoped(Effect.schedule(Effect.suspend(() => show(share())), Schedule.spaced("250 millis")))
          return yield* self
        }))
    )

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
    return isPlain ? { start: lines, startReading: undefined } : bars(color)
  })
)

const bars = (color: false | "cyan"): Progress["Type"] => {
  let shown = 0
  const start = Effect.gen(function*() {
    const spinner = yield* Effect.acquireRelease(
      Effect.sync(() => {
        shown++
        return makeSpinner(color).start("Starting")
      }),
      (spinner) =>
        Effect.sync(() => {
          shown--
          spinner.stop()
        })
    )
    const describe = yield* makeDescribe
    return (state: State) =>
      Effect.map(describe(state), (text) => {
        spinner.text = `${bar(state.total === 0 ? 0 : state.done / state.total)} ${text}`
      })
  })
  const startReading = (title: string) =>
    Effect.gen(function*() {
      const begun = yield* Clock.currentTimeMillis
      const spinner = yield* Effect.acquireRelease(
        Effect.sync(() => makeSpinner(color)),
        (spinner) => Effect.sync(() => spinner.stop())
      )
      return (share: number) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          // what is over soon needs none, and there is one bar at a time
          if (shown > 0) spinner.stop()
          else if (now - begun > 1_000) {
            spinner.text = `${bar(share)} ${title}: ${Math.floor(share * 100)} %`
            if (!spinner.isSpinning) spinner.start()
          }
        })
    })
  return { start, startReading }
}

// it would take the terminal's Ctrl-C for itself
const makeSpinner = (color: false | "cyan") => ora({ color, discardStdin: false })

const bar = (share: number): string => {
  const filled = Math.floor(Math.min(1, share) * width)
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`
}

const width = 24

const lines = Effect.gen(function*() {
  const describe = yield* makeDescribe
  let said = yield* Clock.currentTimeMillis
  return (state: State) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      // it learns from each how fast it goes
      const text = yield* describe(state)
      if (now - said < Duration.toMillis(between)) return
      said = now
      yield* Console.error(text)
    })
})

const between = Duration.seconds(10)

const makeDescribe = Effect.sync(() => {
  let first: { readonly at: number; readonly left: number } | undefined
  return (state: State) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { left } = state
      if (left !== undefined) first ??= { at: now, left }
      const perMinute = left === undefined || first === undefined || now === first.at
        ? 0
        : (first.left - left) / (now - first.at) * 60_000
      return [
        `${number(state.done)} of ${number(state.total)} ${state.unit ?? "shipments"}`,
        ...(perMinute >= 1 ? [`${number(Math.round(perMinute))} a minute`] : []),
        ...(perMinute >= 1 && left !== undefined && left > 0 ? [`${remaining(left / perMinute)} left`] : []),
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
