/** How many rows ended lately, looked up for all readers together. */
import type { Service as Outbox } from "@effect-shipstation/outbox/Outbox"
import { finalStates } from "@effect-shipstation/outbox/OutboxRow"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Ended, Span } from "../DashboardApi.js"

/** So old it may be. */
const between = Duration.seconds(10)

const spans = {
  hour: { per: "minute", back: Duration.hours(1) },
  day: { per: "hour", back: Duration.days(1) }
} as const

const isFinal = Schema.is(Schema.Literal(...finalStates))

/** Looks when somebody asks, and not more often than it may be old. */
export const make = (outbox: Outbox) => {
  const look = Effect.fnUntraced(function*(span: typeof Span.Type) {
    const { back, per } = spans[span]
    // the whole of the first minute, or hour
    const since = DateTime.startOf(DateTime.subtractDuration(yield* DateTime.now, back), per)
    const sums = new Map<string, typeof Ended.Type>()
    for (const { count, from, state } of yield* outbox.changes({ since, per })) {
      if (!isFinal(state)) continue
      const name = `${DateTime.toEpochMillis(from)} ${state}`
      sums.set(name, { from, state, count: (sums.get(name)?.count ?? 0) + count })
    }
    return [...sums.values()]
  })
  return Effect.map(
    Effect.all([
      Effect.cachedWithTTL(look("hour"), between),
      Effect.cachedWithTTL(look("day"), between)
    ]),
    ([hour, day]) => (span: typeof Span.Type) => span === "hour" ? hour : day
  )
}
