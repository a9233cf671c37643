/** How long what failed waits: from `first`, `factor` times as long each time, `longest` at most. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { duration, refuse } from "./options.js"

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

const millis = (name: string, given: unknown): number => Duration.toMillis(duration(`backoff.${name}`, given))

const delay = (name: string, given: Delay = {}, first: string, factor: number, longest: string) => {
  const by = given.factor ?? factor
  return {
    first: millis(`${name}.first`, given.first ?? first),
    factor: Number.isFinite(by) && by >= 1 ? by : refuse(`backoff.${name}.factor`, "1 or more", by),
    longest: millis(`${name}.longest`, given.longest ?? longest)
  }
}

const waits = (given: ReadonlyArray<unknown>): ReadonlyArray<number> => {
  const all = given.map((wait) => millis("verify", wait))
  return all.length > 0 && all.every((wait, index) => wait > (all[index - 1] ?? 0))
    ? all
    : refuse("backoff.verify", "durations that get longer", given)
}

/** Fills in the defaults, in milliseconds. Throws at what can't be. */
export const check = (given: Backoff = {}) => ({
  row: delay("row", given.row, "2 seconds", 2, "15 minutes"),
  account: delay("account", given.account, "1 second", 2, "5 minutes"),
  look: delay("look", given.look, "10 seconds", 4, "30 minutes"),
  failedLook: delay("failedLook", given.failedLook, "5 seconds", 2, "5 minutes"),
  verify: waits(given.verify ?? ["2 minutes", "10 minutes", "30 minutes"]),
  longestHold: millis("longestHold", given.longestHold ?? "1 hour")
})

/** All of it in milliseconds. */
export type Delays = ReturnType<typeof check>

/** After so many failures before this one, in milliseconds. */
export const after = ({ factor, first, longest }: Delays["row"], failures: number): number =>
  Math.min(first * factor ** Math.min(failures, 60), longest)

/** A factor, near 1. */
export const variation: Effect.Effect<number> = Random.nextRange(0.8, 1.2)

/** Varied, so that not all come at the same time. */
export const jittered = (delay: number): Effect.Effect<number> =>
  Effect.map(variation, (factor) => Math.round(delay * factor))
