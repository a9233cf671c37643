/**
 * What the rate limiter's store has to know and hasn't confirmed. It is told before anything is asked, so that nothing gets
 * lost while the store can't be reached.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Store, StoreError } from "../RateLimiterStore.js"

/** What is still to be told. */
export interface Untold {
  /** Tells it, then does this. */
  readonly before: <A>(self: Effect.Effect<A, StoreError>) => Effect.Effect<A, StoreError>
  /** Pauses until a monotonic moment. */
  readonly pause: (end: number) => Effect.Effect<void, StoreError>
  /** Ends the pause, and takes back one that wasn't told yet. */
  readonly resume: (self: Effect.Effect<void, StoreError>) => Effect.Effect<void, StoreError>
  /** Tells what became of a place. */
  readonly settle: (self: Effect.Effect<void, StoreError>) => Effect.Effect<void, StoreError>
}

/** Monotonic milliseconds. */
export const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Builds a memory with nothing in it. */
export const makeUntold = (account: string, store: Store): Untold => {
  let pauseEnd: number | undefined
  const places = new Set<Effect.Effect<void, StoreError>>()

  const tellPause = Effect.gen(function*() {
    const end = pauseEnd
    if (end === undefined) return
    yield* store.pause({ account, duration: Duration.millis(Math.max(0, end - (yield* monotonicMillis))) })
    if (pauseEnd === end) pauseEnd = undefined
  })

  const settle = (self: Effect.Effect<void, StoreError>) =>
    Effect.onExit(self, (exit) =>
      Effect.sync(() => {
        // who fails with a defect once would do so for ever
        if (Exit.isSuccess(exit) || Cause.isDie(exit.cause)) places.delete(self)
        else places.add(self)
      }))

  const tell = Effect.suspend(() => Effect.zipRight(tellPause, Effect.forEach(places, settle, { discard: true })))

  return {
    before: (self) =>
      Effect.suspend(() => pauseEnd === undefined && places.size === 0 ? self : Effect.zipRight(tell, self)),
    pause: (end) =>
      Effect.suspend(() => {
        pauseEnd = Math.max(pauseEnd ?? 0, end)
        return tellPause
      }),
    resume: (self) =>
      Effect.suspend(() => {
        const end = pauseEnd
        pauseEnd = undefined
        return Effect.tapError(self, () =>
          Effect.sync(() => {
            if (end !== undefined) pauseEnd = Math.max(pauseEnd ?? 0, end)
          }))
      }),
    settle
  }
}
