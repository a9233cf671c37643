/**
 * Makes a request again: as the policy says, and once with another key.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import * as RetryPolicy from "../RetryPolicy.js"
import { isNotDone, type ShipStationError } from "../ShipStationError.js"

/**
 * When a request may be made again.
 *
 * - `"always"`: even if it was acted on, since that makes no difference.
 * - `"notDone"`: if it is certain that it wasn't.
 * - `"never"`: at most with another key, after the API refused the first.
 */
export type Repeat = "always" | "notDone" | "never"

/** A request that may be tried several times. */
export interface Attempts<A, E, R, E2, R2> {
  readonly repeat: Repeat
  /** One attempt, with this key, or with the one that there is. Right: what it ended with, for good. */
  readonly attempt: (key: string | undefined) => Effect.Effect<Either.Either<A, E>, ShipStationError, R>
  /** After a 401: the key that there is now, if it is another one than the last attempt's. */
  readonly readOtherKey: Effect.Effect<string | undefined>
  /** Runs before each further attempt. */
  readonly beforeRetry: ((error: ShipStationError) => Effect.Effect<void, E2, R2>) | undefined
  readonly countRetry: Effect.Effect<void>
}

/** Where a policy stands. Made when it is needed: most requests end well at once. */
type Driver = Schedule.ScheduleDriver<unknown, ShipStationError>

/** Tries until it ends well, or may not or shall not be tried again. `policyOfLayer` is in force unless another is. */
export const make = (policyOfLayer: RetryPolicy.Policy) =>
  Effect.fnUntraced(function*<A, E, R, E2, R2>(attempts: Attempts<A, E, R, E2, R2>) {
    const { beforeRetry, countRetry, readOtherKey, repeat } = attempts
    let driver: Driver | undefined
    let isKeyDoubted = false
    let key: string | undefined
    while (true) {
      const ended = yield* Effect.either(attempts.attempt(key))
      if (Either.isRight(ended)) return yield* ended.right
      const error = ended.left
      // what may have been acted on is out of everybody's reach
      if (repeat !== "always" && !isNotDone(error)) return yield* error

      key = undefined
      if (error.status === 401 && !isKeyDoubted) {
        isKeyDoubted = true
        key = yield* readOtherKey
      }
      if (key === undefined) {
        if (repeat === "never") return yield* error
        driver ??= yield* Schedule.driver(yield* policyInForce(policyOfLayer))
        if (!(yield* goesOn(driver, error))) return yield* error
      }
      if (beforeRetry !== undefined) yield* beforeRetry(error)
      yield* countRetry
    }
  })

/** What the caller provides wins, whatever it is. (A reference that nobody provided has a value too.) */
const policyInForce = (policyOfLayer: RetryPolicy.Policy): Effect.Effect<RetryPolicy.Policy> =>
  Effect.map(
    Effect.context<never>(),
    (context) =>
      context.unsafeMap.has(RetryPolicy.RetryPolicy.key) ? Context.get(context, RetryPolicy.RetryPolicy) : policyOfLayer
  )

/** Waits as the policy says, and tells whether there is another attempt. A policy that dies says no. */
const goesOn = (driver: Driver, error: ShipStationError): Effect.Effect<boolean> =>
  driver.next(error).pipe(
    Effect.as(true),
    Effect.catchAll(() => Effect.succeed(false)),
    Effect.catchAllCause((cause) =>
      Effect.as(Effect.logError("The retry policy died; nothing is tried again", cause), false)
    )
  )
