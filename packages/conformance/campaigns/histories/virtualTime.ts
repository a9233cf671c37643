/**
 * Virtual time for programs that wait for promises too, as those on the web's streams do: whenever nobody has anything
 * left to do, time jumps to the next timer.
 */
import { Clock, Duration, Effect, type Exit, FiberRef, type Scheduler } from "effect"

/** How an effect is run. */
export interface Options {
  /** What the clock says at first, in milliseconds. */
  readonly start: number
  /** Each fiber makes way for the others after so many steps. */
  readonly yieldAfter: number
  /** So long may it take, in virtual milliseconds. */
  readonly atMost: number
  /** How many turns of the event loop promises get, before time jumps. Default 1: more must make no difference. */
  readonly turns?: number | undefined
}

/** How it ended. */
export interface Ended<A, E> {
  /** None when it hangs: it took longer than it may, or waits and nobody is left to wake it. */
  readonly exit: Exit.Exit<A, E> | undefined
  /** How long it took, in virtual milliseconds. */
  readonly took: number
  /** How many timers were left when it had ended: whatever still sleeps. */
  readonly leftover: number
}

/** So many turns of the event loop may go by before time jumps. Beyond it somebody spins. */
const mostTurns = 100_000

/** Times are compared exactly, so they are whole microseconds. */
const exact = (millis: number): number => Math.round(millis * 1_000) / 1_000

/** Runs an effect in virtual time. `clockAhead` gives it clocks that go wrong by so many milliseconds. */
export const run = async <A, E>(
  effect: (clockAhead: (millis: number) => Clock.Clock) => Effect.Effect<A, E>,
  { atMost, start, turns = 1, yieldAfter }: Options
): Promise<Ended<A, E>> => {
  let now = 0
  const tasks: Array<Scheduler.Task> = []
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>()
  const clockAhead = (ahead: number): Clock.Clock => {
    const millis = () => start + now + ahead
    // no wrong clock changes this one
    const nanos = () => BigInt(Math.round((start + now) * 1_000)) * 1_000n
    return {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: millis,
      unsafeCurrentTimeNanos: nanos,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.async((resume) => {
          const timer = { at: exact(now + Duration.toMillis(duration)), fire: () => resume(Effect.void) }
          timers.add(timer)
          return Effect.sync(() => void timers.delete(timer))
        })
    }
  }
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (fiber) => fiber.currentOpCount > fiber.getFiberRef(FiberRef.currentMaxOpsBeforeYield) ? 0 : false,
    scheduleTask: (task) => void tasks.push(task)
  }
  /** Whether anybody had something to do. Promises that wait for nothing real are done within one turn. */
  const work = async (): Promise<boolean> => {
    for (let turn = 0; turn < turns; turn++) {
      // not all at once, as a fiber may spin until a promise is done
      const batches = tasks.length > 0
      for (let batch = 0; batch < 100 && tasks.length > 0; batch++) for (const task of tasks.splice(0)) task()
      await new Promise((resolve) => setImmediate(resolve))
      if (batches || tasks.length > 0) return true
    }
    return false
  }

  const fiber = Effect.suspend(() => effect(clockAhead)).pipe(
    Effect.withClock(clockAhead(0)),
    Effect.withMaxOpsBeforeYield(yieldAfter),
    (program) => Effect.runFork(program, { scheduler })
  )
  for (let busy = 0;;) {
    if (await work()) {
      if (++busy > mostTurns) return { exit: undefined, took: now, leftover: timers.size }
      continue
    }
    busy = 0
    const exit = fiber.unsafePoll()
    const [first, ...others] = timers
    if (exit !== null || first === undefined) return { exit: exit ?? undefined, took: now, leftover: timers.size }
    const next = others.reduce((next, timer) => timer.at < next.at ? timer : next, first)
    if (next.at > atMost) return { exit: undefined, took: now, leftover: timers.size }
    timers.delete(next)
    now = Math.max(now, next.at)
    next.fire()
  }
}
