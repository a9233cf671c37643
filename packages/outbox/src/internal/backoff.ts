/** How long what failed waits: from `first`, `factor` times as long each time, `longest` at most. */
import { duration, must } from "@effect-shipstation/http-client/Options"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"

/**
 * How long something waits that failed so often.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delay {
  /** After the first time. */
  readonly first?: Duration.DurationInput | undefined
  /** How many times as long after each further one, 1 or more. */
  readonly factor?: number | undefined
  readonly longest?: Duration.DurationInput | undefined
}

/**
 * All that a worker waits for by itself. Each is varied by a fifth, so that not all come at the same time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Backoff {
  /** A row of which nothing was done. Default 2 seconds, doubled up to 15 minutes. */
  readonly row?: Delay | undefined
  /** An account whose requests fail. Default 1 second, doubled up to 5 minutes. */
  readonly account?: Delay | undefined
  /** Between looks for a row that isn't found. Default 10 seconds, four times as long each time, up to 30 minutes. */
  readonly look?: Delay | undefined
  /** After a look that failed. Default 5 seconds, doubled up to 5 minutes. */
  readonly failedLook?: Delay | undefined
  /**
   * After a fulfillment: when to look whether its order source was told, where that is wanted, each later than the one
   * before. The last one decides. Default 2, 10 and 30 minutes.
   */
  readonly verify?: ReadonlyArray<Duration.DurationInput> | undefined
  /** The longest that an account is held back, whatever ShipStation asks for. Default 1 hour. */
  readonly longestHold?: Duration.DurationInput | undefined
}

const Wait = Schema.transform(duration("a duration above zero"), Schema.Number, {
  strict: true,
  decode: Duration.toMillis,
  encode: Duration.millis
})

const Factor = Schema.Finite.pipe(Schema.greaterThanOrEqualTo(1)).annotations(must("1 or more"))

const Waits = Schema.NonEmptyArray(Wait).pipe(
  Schema.filter((all) => all.every((wait, index) => index === 0 || wait > (all[index - 1] ?? 0)))
).annotations(must("durations, each longer than the one before"))

const delay = (first: number, factor: number, longest: number) =>
  Schema.optionalWith(
    Schema.Struct({
      first: Schema.optionalWith(Wait, { default: () => first }),
      factor: Schema.optionalWith(Factor, { default: () => factor }),
      longest: Schema.optionalWith(Wait, { default: () => longest })
    }),
    { default: () => ({ first, factor, longest }) }
  )

/** All of it, with its defaults. */
export const Known = Schema.Struct({
  row: delay(2_000, 2, 15 * 60_000),
  account: delay(1_000, 2, 5 * 60_000),
  look: delay(10_000, 4, 30 * 60_000),
  failedLook: delay(5_000, 2, 5 * 60_000),
  verify: Schema.optionalWith(Waits, { default: () => [2 * 60_000, 10 * 60_000, 30 * 60_000] }),
  longestHold: Schema.optionalWith(Wait, { default: () => 60 * 60_000 })
})

/** All of it in milliseconds. */
export type Delays = typeof Known.Type

/** After so many failures before this one, in milliseconds. */
export const after = ({ factor, first, longest }: Delays["row"], failures: number): number =>
  Math.min(first * factor ** Math.min(failures, 60), longest)

/** A factor, near 1. */
export const variation: Effect.Effect<number> = Random.nextRange(0.8, 1.2)

/** Varied, so that not all come at the same time. */
export const jittered = (delay: number): Effect.Effect<number> =>
  Effect.map(variation, (factor) => Math.round(delay * factor))
