import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

/**
 * The emulator's own time. Where nobody touches it, it is that of the `Clock` of whoever built the emulator.
 *
 * @since 0.1.0
 * @category models
 */
export interface ControlledClock {
  readonly now: Effect.Effect<DateTime.Utc>
  readonly isFrozen: Effect.Effect<boolean>
  /** Time stands still from now on. */
  readonly freeze: Effect.Effect<void>
  /** Puts the time forward, frozen or not. What waited for less goes on. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
  /** Time goes on, from where it is. */
  readonly resume: Effect.Effect<void>
}

/** A clock that can be controlled, the same for Effect, and its way back to the one below. */
export const make = (base: Clock.Clock) => {
  let ahead = 0
  let frozenAt: number | undefined
  let changes = 0
  let changed = Deferred.unsafeMake<false>(FiberId.none)

  const now = () => frozenAt ?? base.unsafeCurrentTimeMillis() + ahead

  const change = (set: () => void) =>
    Effect.sync(() => {
      set()
      changes++
      const waiting = changed
      changed = Deferred.unsafeMake(FiberId.none)
      Deferred.unsafeDone(waiting, Exit.succeed(false))
    })

  const sleepUntil = (until: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const left = until - now()
      if (left <= 0) return Effect.void
      const isChanged = Deferred.await(changed)
      const isOver = frozenAt === undefined
        ? Effect.raceFirst(Effect.as(base.sleep(Duration.millis(left)), true), isChanged)
        : isChanged
      return Effect.flatMap(isOver, (isOver) => isOver ? Effect.void : sleepUntil(until))
    })

  const unsafeCurrentTimeNanos = () => BigInt(Math.trunc(now() * 1_000)) * 1_000n
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: Effect.sync(unsafeCurrentTimeNanos),
    sleep: (duration) => Effect.suspend(() => sleepUntil(now() + Duration.toMillis(duration)))
  }
  const control: ControlledClock = {
    now: Effect.sync(() => DateTime.unsafeMake(now())),
    isFrozen: Effect.sync(() => frozenAt !== undefined),
    freeze: change(() => {
      frozenAt = now()
    }),
    advance: (duration) =>
      change(() => {
        const by = Duration.toMillis(duration)
        if (frozenAt === undefined) ahead += by
        else frozenAt += by
      }),
    resume: change(() => {
      ahead = now() - base.unsafeCurrentTimeMillis()
      frozenAt = undefined
    })
  }
  const reset = change(() => {
    ahead = 0
    frozenAt = undefined
  })
  return { clock, control, reset, changes: () => changes }
}
