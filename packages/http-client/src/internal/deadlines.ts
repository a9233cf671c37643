/**
 * Ends exchanges that take too long. All exchanges of a client may take equally long, so that their deadlines come in order,
 * and one fiber is enough to wait for them. (A fiber and a timer for each cost as much as all the rest of an exchange.)
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import { monotonicMillis } from "./untold.js"

/** An exchange that is under way. */
export interface Exchange {
  /** By the clock's monotonic milliseconds. */
  readonly deadline: number
  /** Ends it. Taken away when it has ended by itself, as what hangs on it is large. */
  end: (() => void) | undefined
  /** It was ended, as it took too long. */
  hasCome: boolean
}

/** The deadlines of one client. */
export interface Deadlines {
  /** How long an exchange may take. */
  readonly timeout: Duration.Duration
  /** Ends it when its time is over. */
  readonly watch: (clock: Clock.Clock, end: () => void) => Exchange
  /** Runs it when what was ended has had the time to end. The result takes that back. */
  readonly afterGrace: (clock: Clock.Clock, giveUp: () => void) => () => void
  /** Stops waiting where nothing is under way, so that no timer keeps the process alive. */
  readonly close: Effect.Effect<void>
}

/**
 * The longest sleep, in milliseconds. So long at most does a timer stay after the last exchange, which nobody interrupts:
 * that would cost more than the exchange's own fiber.
 */
const longestSleep = 500

/** For so long an exchange that was told to end may take for it. */
const grace = Duration.seconds(1)

/** Who waits for the deadlines of one clock. */
interface Waiting {
  /** In the clock's monotonic milliseconds. */
  wakesAt: number
  fiber?: Fiber.RuntimeFiber<void>
}

/** Waits by the clock of who asks: a test has its own. */
export const make = (timeout: Duration.Duration): Effect.Effect<Deadlines> =>
  Effect.map(Effect.runtime<never>(), (runtime) => {
    const run = Runtime.runFork(runtime)
    const waiting = new Map<Clock.Clock, Waiting>()
    const queues = new WeakMap<Clock.Clock, Array<Exchange>>()

    const wait = (clock: Clock.Clock, queue: Array<Exchange>, self: Waiting): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (waiting.get(clock) !== self) return Effect.void
        const now = monotonicMillis(clock)
        while (queue[0] !== undefined && (queue[0].end === undefined || queue[0].deadline <= now)) {
          const exchange = queue.shift()
          if (exchange?.end === undefined) continue
          exchange.hasCome = true
          exchange.end()
        }
        const [next] = queue
        if (next === undefined) {
          waiting.delete(clock)
          return Effect.void
        }
        const millis = Math.max(1, Math.ceil(Math.min(next.deadline - now, longestSleep)))
        self.wakesAt = now + millis
        return Effect.zipRight(clock.sleep(Duration.millis(millis)), wait(clock, queue, self))
      })

    /** Some runtimes stop the timers of a request that has ended: then somebody else has to wait. */
    const isWaiting = (clock: Clock.Clock, now: number): boolean => {
      const last = waiting.get(clock)
      return last !== undefined && now <= last.wakesAt + longestSleep
    }

    return {
      timeout,
      watch: (clock, end) => {
        const now = monotonicMillis(clock)
        const exchange = { deadline: now + Duration.toMillis(timeout), end, hasCome: false }
        const queue = queues.get(clock) ?? []
        queues.set(clock, queue)
        queue.push(exchange)
        if (!isWaiting(clock, now)) {
          const self: Waiting = { wakesAt: now }
          waiting.set(clock, self)
          self.fiber = run(Effect.interruptible(wait(clock, queue, self)))
        }
        return exchange
      },
      afterGrace: (clock, giveUp) => {
        const timer = run(Effect.interruptible(Effect.zipRight(clock.sleep(grace), Effect.sync(giveUp))))
        return () => timer.unsafeInterruptAsFork(timer.id())
      },
      close: Effect.suspend(() => {
        // what is still under way keeps its deadline
        const idle = [...waiting].filter(([clock]) =>
          queues.get(clock)?.every(({ end }) => end === undefined) !== false
        )
        for (const [clock] of idle) waiting.delete(clock)
        return Fiber.interruptAll(idle.flatMap(([, { fiber }]) => fiber ?? []))
      })
    }
  })
