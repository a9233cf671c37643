/**
 * Lanes: what a worker does for one account, sending or looking up. A lane costs nothing while nothing is due: it is told to
 * look, claims rows as long as there are any, and rests.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { OutboxStoreError } from "../OutboxError.js"
import { within } from "./alongside.js"
import * as Backoff from "./backoff.js"
import type { Claim } from "./service.js"

/** What a lane does. */
export interface Options {
  readonly what: string
  readonly claim: Effect.Effect<Claim, OutboxStoreError>
  /** The most rows of a claim: after fewer there are no more. */
  readonly limit: number
  readonly work: (claim: Claim) => Effect.Effect<void>
  /** How many batches are worked on at once. */
  readonly atOnce: number
}

/** What all lanes of a worker share. */
export interface Shared {
  readonly worker: string
  /** Batches that are under way. */
  readonly batches: FiberSet.FiberSet<void>
  readonly loops: FiberSet.FiberSet<void>
  /** So many claims of all lanes at once, first come first served: no account's rows delay another's. */
  readonly turns: Effect.Semaphore
  /**
   * So many batches begin within a tenth of a second: what is claimed is soon sent, also where many accounts have more than
   * the machine can do. One that waits, for its account's limit or an answer, holds nobody up.
   */
  readonly starts: Effect.Semaphore
  readonly claimed: Effect.Effect<void>
}

export interface Lane {
  /**
   * Looks for rows, unless that is being done. `isAnnounced`: something has changed since, so it is looked even where nothing
   * was to be had before, as in an account that is paused.
   */
  readonly look: (isAnnounced: boolean) => Effect.Effect<void>
}

/** Of a database that hangs a worker must not wait for ever, or it couldn't be stopped. */
export const inTime: <A>(self: Effect.Effect<A, OutboxStoreError>) => Effect.Effect<A, OutboxStoreError> = within(
  "10 seconds",
  () => new OutboxStoreError({ message: "no answer in 10 seconds", uncertain: true })
)

/** What is asked every second isn't worth a trace each time. */
export const quietly = Effect.withTracerEnabled(false)

/** Logs what went wrong, and waits a little. */
export const complain = (worker: string, what: string) => (cause: Cause.Cause<unknown>) =>
  Cause.isInterruptedOnly(cause)
    ? Effect.interrupt
    : Effect.logError(`The outbox's worker failed to ${what}`, cause).pipe(
      Effect.annotateLogs("shipstation.worker", worker),
      Effect.zipRight(Effect.flatMap(Backoff.jittered(1_000), Effect.sleep))
    )

/** So long a batch counts as one that begins, whatever it waits for after that. */
const beginning = "100 millis"

/** An account that is paused, or held back, is looked at so seldom: who resumes it may not be heard, in another process. */
const longestRest = 5_000

const monotonicNow = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

export const make = (shared: Shared, { atOnce, claim, limit, what, work }: Options): Lane => {
  const slots = Effect.unsafeMakeSemaphore(atOnce)
  let state: "resting" | "looking" | "toLookAgain" = "resting"
  /** By a clock that doesn't jump, in milliseconds. */
  let restUntil = -Infinity

  const safely = (claimed: Claim) =>
    Effect.catchAllCause(work(claimed), (cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.void
        : Effect.annotateLogs(Effect.logError("A batch broke", cause), "shipstation.worker", shared.worker))

  const start = (claimed: Claim) =>
    Effect.zipRight(
      FiberSet.run(shared.batches, Effect.ensuring(Effect.interruptible(safely(claimed)), slots.release(1))),
      FiberSet.run(shared.loops, Effect.interruptible(Effect.delay(shared.starts.release(1), beginning)))
    )

  const rest = ({ at, held }: Claim) =>
    Effect.map(monotonicNow, (now) => {
      if (held === undefined) return
      restUntil = now + (held === "paused" ? longestRest : Math.min(DateTime.distance(at, held), longestRest))
    })

  /** The result: whether there may be more. */
  const once = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      // where what follows fails it is given back
      const withOne = <A, E>(permits: Effect.Semaphore, self: Effect.Effect<A, E>) =>
        Effect.zipRight(restore(permits.take(1)), Effect.onError(self, () => permits.release(1)))
      // interrupted half-way, rows would be claimed in vain
      const turn = Effect.ensuring(inTime(quietly(claim)), shared.turns.release(1))
      const claiming = Effect.zipRight(restore(shared.turns.take(1)), turn)
      const claimed = yield* withOne(slots, withOne(shared.starts, claiming))
      yield* shared.claimed
      if (claimed.rows.length > 0) yield* start(claimed)
      else {
        yield* shared.starts.release(1)
        yield* slots.release(1)
        yield* rest(claimed)
      }
      return claimed.rows.length >= limit
    })
  )

  const run: Effect.Effect<void> = once.pipe(
    Effect.catchAllCause((cause) => Effect.as(complain(shared.worker, what)(cause), false)),
    Effect.flatMap((hasMore) =>
      Effect.suspend(() => {
        if (hasMore || state === "toLookAgain") {
          state = "looking"
          return run
        }
        state = "resting"
        return Effect.void
      })
    )
  )

  return {
    look: (isAnnounced) =>
      Effect.flatMap(monotonicNow, (now) => {
        if (state !== "resting") {
          if (isAnnounced) state = "toLookAgain"
          return Effect.void
        }
        if (!isAnnounced && now < restUntil) return Effect.void
        state = "looking"
        return Effect.asVoid(FiberSet.run(shared.loops, run))
      })
  }
}
