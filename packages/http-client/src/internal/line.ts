/** The line in which requests wait for their places: one asks the store, and the others queue in the order of their coming. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Answer, HeldPlace, StoreError } from "../RateLimiterStore.js"
import { monotonicMillis } from "./untold.js"

/**
 * The limiter can't let a request go within reason. It was not sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Held {
  readonly _tag: "Held"
  readonly retryAfter: Duration.Duration
  readonly reason: string
}

/** Makes interruptible what was so outside of an uninterruptible region. */
export type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A place that was got. */
export interface Got {
  readonly _tag: "Got"
  /** Unless it counts from the moment at which it was taken. */
  readonly place: HeldPlace | undefined
  /** The request must have left by then, in monotonic milliseconds. */
  readonly leaveBy: number
}

interface Wait {
  readonly _tag: "Wait"
  readonly sleep: Effect.Effect<void>
}

type Ask = Effect.Effect<Answer, StoreError>

interface Line {
  /** Waits for a place, in an uninterruptible region. */
  readonly acquire: (ask: Ask, restore: Restore) => Effect.Effect<Got, Held>
  /** How many wait. */
  readonly waiting: () => number
  /** Lets the first in the line ask again. */
  readonly wake: () => void
  /** Lets the first in the line ask again if a place that was left, or given back, changes what it waits for. */
  readonly settled: (hasLeft: boolean) => void
}

/** Builds a line with nobody in it. */
export const makeLine = ({ account, maxPause, record }: {
  readonly account: string
  readonly maxPause: Duration.Duration
  /** Is told how long somebody waited. */
  readonly record: (waited: Duration.Duration) => Effect.Effect<void>
}): Line => {
  const turns = makeTurns()
  const sleeper = makeSleeper()
  const { measured, waiting } = makeWaits(account, record)
  /** The first in the line was told that places which are held are in the way. */
  let heldInTheWay = false

  /** Gets a place, or tells what to wait for. */
  const askOnce = (ask: Ask, restore: Restore): Effect.Effect<Got | Wait, Held> =>
    Effect.clockWith((clock) => {
      const asked = monotonicMillis(clock)
      const woken = sleeper.woken()
      return Effect.matchEffect(restore(ask), {
        onFailure: ({ message }) =>
          Effect.fail(held(Duration.seconds(1), `the rate limiter's store could not be reached: ${message}`)),
        onSuccess: (answer): Effect.Effect<Got | Wait, Held> => {
          if (answer._tag === "Taken") return Effect.succeed(gotAt(asked, answer.place))
          heldInTheWay = answer._tag === "Full" && answer.held === true
          return answer._tag === "Paused" && Duration.greaterThan(answer.wait, maxPause)
            ? Effect.fail(held(answer.wait, `all requests are paused for longer than ${Duration.format(maxPause)}`))
            : Effect.succeed({ _tag: "Wait", sleep: sleeper.sleep(answer.wait, woken) })
        }
      })
    })

  const askUntilGot = (ask: Ask, restore: Restore, answer: Got | Wait): Effect.Effect<Got, Held> =>
    answer._tag === "Got"
      ? Effect.succeed(answer)
      : Effect.zipRight(
        restore(answer.sleep),
        Effect.flatMap(askOnce(ask, restore), (next) => askUntilGot(ask, restore, next))
      )

  return {
    acquire: (ask, restore) =>
      Effect.suspend(() => {
        const first = askOnce(ask, restore)
        const goOn = (answer: Got | Wait) => askUntilGot(ask, restore, answer)
        const turn = turns.enter()
        return turn === undefined
          ? turns.passing(
            Effect.flatMap(first, (answer) => answer._tag === "Got" ? Effect.succeed(answer) : measured(goOn(answer)))
          )
          : measured(Effect.zipRight(turns.wait(turn, restore), turns.passing(Effect.flatMap(first, goOn))))
      }),
    waiting,
    wake: sleeper.wake,
    settled: (hasLeft) => {
      if (heldInTheWay || !hasLeft) sleeper.wake()
    }
  }
}

const held = (retryAfter: Duration.Duration, reason: string): Held => ({ _tag: "Held", retryAfter, reason })

const gotAt = (asked: number, place: HeldPlace | undefined): Got => ({
  _tag: "Got",
  place,
  leaveBy: place === undefined ? Infinity : asked + Duration.toMillis(place.leaveWithin)
})

/** Shows each wait: as a log, as a span event, and to who records it. */
const makeWaits = (account: string, record: (waited: Duration.Duration) => Effect.Effect<void>) => {
  let waiting = 0

  const announce = Effect.logDebug("Waiting for the rate limit").pipe(
    Effect.annotateLogs("shipstation.account", account),
    Effect.whenLogLevel("Debug")
  )

  const measured = Effect.fnUntraced(function*<A>(wait: Effect.Effect<A, Held>) {
    const start = yield* Clock.currentTimeNanos
    waiting++
    const exit = yield* Effect.exit(Effect.zipRight(announce, wait))
    waiting--
    const waited = Duration.nanos((yield* Clock.currentTimeNanos) - start)
    yield* record(waited)
    const span = yield* Effect.serviceOption(Tracer.ParentSpan)
    if (Option.isSome(span) && span.value._tag === "Span") {
      span.value.event("rate limit wait", start, {
        "shipstation.account": account,
        "shipstation.limiter.wait_ms": Duration.toMillis(waited)
      })
    }
    return yield* exit
  })

  return { measured, waiting: () => waiting }
}

/** One has the turn, and the others queue. */
const makeTurns = () => {
  let taken = false
  const queue = new Set<Deferred.Deferred<void>>()
  const pass = () => {
    for (const next of queue) {
      queue.delete(next)
      return Deferred.unsafeDone(next, Effect.void)
    }
    taken = false
  }
  return {
    /** Takes the turn, or a place in the queue. */
    enter: () => {
      if (!taken) {
        taken = true
        return undefined
      }
      const turn = Deferred.unsafeMake<void>(FiberId.none)
      queue.add(turn)
      return turn
    },
    /** Waits in the queue. An interruption leaves it. */
    wait: (turn: Deferred.Deferred<void>, restore: Restore) =>
      Effect.flatMap(Effect.exit(restore(Deferred.await(turn))), (exit) => {
        // whoever is no longer in the queue has been given the turn
        if (Exit.isFailure(exit) && !queue.delete(turn)) pass()
        return exit
      }),
    passing: <A, E>(self: Effect.Effect<A, E>) =>
      Effect.flatMap(Effect.exit(self), (exit) => {
        pass()
        return exit
      })
  }
}

/** In milliseconds. What other processes do is noticed by then, and timers longer than 24 days would never fire. */
const longestSleep = 10_000

/** The sleep of the one who has the turn. */
const makeSleeper = () => {
  let count = 0
  let alarm = Deferred.unsafeMake<void>(FiberId.none)
  return {
    /** How often it was woken. */
    woken: () => count,
    /** Sleeps, but not if it was woken since. It is no race, which may wait for ever when it is interrupted as it starts. */
    sleep: (duration: Duration.Duration, woken: number) =>
      Effect.suspend(() => {
        if (woken !== count) return Effect.void
        const awake = Deferred.unsafeMake<void>(FiberId.none)
        alarm = awake
        // whole milliseconds: timers have no finer ones
        const millis = Math.max(1, Math.ceil(Math.min(Duration.toMillis(duration), longestSleep)))
        return Effect.flatMap(
          Effect.forkDaemon(
            Effect.interruptible(Effect.zipRight(Effect.sleep(millis), Deferred.succeed(awake, undefined)))
          ),
          (timer) => Effect.ensuring(Deferred.await(awake), Fiber.interruptFork(timer))
        )
      }),
    wake: () => {
      count++
      Deferred.unsafeDone(alarm, Effect.void)
    }
  }
}
