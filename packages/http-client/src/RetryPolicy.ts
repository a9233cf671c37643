/**
 * Whether and when a failed attempt is made again. A policy is an Effect `Schedule` that sees each attempt's error, and the
 * parts here compose with Effect's own schedules.
 *
 * Safety is not its business: a POST whose delivery is unknown never reaches it, whatever it says.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleInterval from "effect/ScheduleInterval"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import { isTransient, type ShipStationError } from "./ShipStationError.js"

/**
 * When to try again, given the error of the last attempt.
 *
 * @since 0.1.0
 * @category models
 */
export type Policy = Schedule.Schedule<unknown, ShipStationError>

/**
 * 500 ms, doubled each time up to 30 seconds, each delay varied by 20 % so that callers don't come back together.
 *
 * @since 0.1.0
 * @category constructors
 */
export const exponential: Schedule.Schedule<Duration.Duration> = Schedule.exponential("500 millis").pipe(
  Schedule.modifyDelay((_, delay) => Duration.min(delay, "30 seconds")),
  Schedule.jittered,
  // whole milliseconds: timers have no finer ones, and after a finer one `TestClock` can't tell the nanoseconds
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
)

/**
 * Never before the moment that the API names in `Retry-After`. Use it behind everything that changes delays: jitter added
 * later may shorten them.
 *
 * @since 0.1.0
 * @category combinators
 */
export const respectRetryAfter = <Out, In extends ShipStationError, R>(
  self: Schedule.Schedule<Out, In, R>
): Schedule.Schedule<Out, In, R> =>
  Schedule.makeWithState(
    self.initial,
    (now, error: In, state) =>
      Effect.map(self.step(now, error, state), ([next, out, decision]) => [
        next,
        out,
        ScheduleDecision.isDone(decision) || error.retryAfter === undefined
          ? decision
          : continueAt(Math.max(startOf(decision), now + Duration.toMillis(error.retryAfter)))
      ])
  )

/**
 * Only for errors of these classes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const forErrorTypes =
  <const Tags extends readonly [ShipStationError["_tag"], ...Array<ShipStationError["_tag"]>]>(...tags: Tags) =>
  <Out, In extends ShipStationError, R>(self: Schedule.Schedule<Out, In, R>): Schedule.Schedule<Out, In, R> =>
    Schedule.whileInput(self, (error) => tags.includes(error._tag))

/**
 * Ends when the next attempt would begin later than this after the first failure. It counts the coming delay, which
 * `Schedule.recurUpTo` doesn't. Use it behind everything that changes delays.
 *
 * @since 0.1.0
 * @category combinators
 */
export const within: {
  (
    duration: Duration.DurationInput
  ): <Out, In, R>(self: Schedule.Schedule<Out, In, R>) => Schedule.Schedule<Out, In, R>
  <Out, In, R>(
    self: Schedule.Schedule<Out, In, R>,
    duration: Duration.DurationInput
  ): Schedule.Schedule<Out, In, R>
} = dual(2, <Out, In, R>(
  self: Schedule.Schedule<Out, In, R>,
  duration: Duration.DurationInput
): Schedule.Schedule<Out, In, R> => {
  const limit = Duration.toMillis(duration)
  const initial: readonly [state: unknown, firstFailure: number | undefined] = [self.initial, undefined]
  return Schedule.makeWithState(
    initial,
    (now, input: In, [state, firstFailure = now]) =>
      Effect.map(self.step(now, input, state), ([next, out, decision]) => [
        [next, firstFailure] as const,
        out,
        ScheduleDecision.isContinue(decision) && startOf(decision) - firstFailure > limit
          ? ScheduleDecision.done
          : decision
      ])
  )
})

/**
 * Never again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Policy = Schedule.stop

/**
 * Errors that may pass (`ShipStationError.isTransient`): up to 4 retries, `exponential`, never before `Retry-After`, and
 * within 2 minutes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const defaultPolicy: Policy = exponential.pipe(
  Schedule.whileInput(isTransient),
  respectRetryAfter,
  within("2 minutes"),
  Schedule.intersect(Schedule.recurs(4))
)

/**
 * The policy in force. `defaultPolicy` unless one is provided.
 *
 * @since 0.1.0
 * @category tags
 */
export class RetryPolicy extends Context.Reference<RetryPolicy>()("@effect-shipstation/http-client/RetryPolicy", {
  defaultValue: (): Policy => defaultPolicy
}) {}

/**
 * Sets the policy of a whole program, or of the layers that it is provided to.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (policy: Policy): Layer.Layer<RetryPolicy> => Layer.succeed(RetryPolicy, policy)

/**
 * Runs an effect with another policy.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withRetryPolicy: {
  (policy: Policy): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: Policy): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: Policy): Effect.Effect<A, E, R> =>
    Effect.provideService(self, RetryPolicy, policy)
)

const startOf = (decision: ScheduleDecision.Continue): number => ScheduleIntervals.start(decision.intervals)

const continueAt = (millis: number): ScheduleDecision.ScheduleDecision =>
  ScheduleDecision.continueWith(ScheduleInterval.after(millis))
