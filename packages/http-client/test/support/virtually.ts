/** Virtual time for ten thousand timers. */
import { beforeEach } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Exit, type Scheduler } from "effect"

// tests that compute for long without a break would keep the test runner from hearing of itself
beforeEach(() => new Promise<void>((resolve) => void setImmediate(resolve)))

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/**
 * Runs an effect in virtual time: whenever nobody has anything left to do, time jumps to the next timer. Does what
 * `TestClock` does, for ten thousand timers in a second; and the wall clock and the timers can be made to misbehave.
 */
export const virtually = <A, E>(
  effect: Effect.Effect<A, E>,
  options: {
    readonly wall?: (now: number) => number
    readonly timer?: (millis: number) => number
    /** Each fiber makes way for the others after so many steps. Never, unless told: the order shows from outside then. */
    readonly yieldAfter?: number
  } = {}
): A => {
  const { timer = (millis) => millis, wall = (now) => now, yieldAfter = Infinity } = options
  let now = 0
  const tasks: Array<Scheduler.Task> = []
  const timers = new Set<Timer>()
  const millis = () => wall(now)
  const nanos = () => BigInt(Math.round(now * 1e6))
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.async((resume) => {
        const entry = { at: now + timer(Duration.toMillis(duration)), fire: () => resume(Effect.void) }
        timers.add(entry)
        return Effect.sync(() => void timers.delete(entry))
      })
  }
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (fiber) => fiber.currentOpCount > yieldAfter ? 0 : false,
    scheduleTask: (task) => void tasks.push(task)
  }
  const fiber = Effect.runFork(Effect.withClock(effect, clock), { scheduler })
  for (let exit = fiber.unsafePoll();; exit = fiber.unsafePoll()) {
    if (exit !== null) {
      return Exit.getOrElse(exit, (cause) => {
        throw Cause.squash(cause)
      })
    }
    const task = tasks.shift()
    if (task !== undefined) {
      task()
      continue
    }
    let next: Timer | undefined
    for (const timer of timers) {
      if (next === undefined || timer.at < next.at) next = timer
    }
    if (next === undefined) throw new Error("everybody waits, and nobody is left to wake them")
    timers.delete(next)
    now = Math.max(now, next.at)
    next.fire()
  }
}
