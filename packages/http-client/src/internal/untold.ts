/**
 * What the rate limiter's store has to know and hasn't confirmed. It is told before anything is asked, so that nothing gets
 * lost while the store can't be reached.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Store, StoreError } from "../RateLimiterStore.js"

type Tell = Effect.Effect<void, StoreError>

/** What is still to be told. */
export interface Untold {
  /** Tells it, then does this. */
  readonly before: <A>(self: Effect.Effect<A, StoreError>) => Effect.Effect<A, StoreError>
  /** Pauses until a monotonic moment. */
  readonly pause: (end: number) => Tell
  /** Ends the pause, and takes back one that wasn't told yet. */
  readonly resume: (self: Tell) => Tell
  /**
   * Tells what became of a place, in an uninterruptible region. The caller waits for it, but for no longer than he wants
   * to.
   */
  readonly settle: (self: Tell, told: () => void) => Effect.Effect<void>
}

/** Monotonic milliseconds. */
export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos()) / 1e6

/** Builds a memory with nothing in it. What is told without a caller is told in the context. */
export const makeUntold = ({ account, context, store }: {
  readonly account: string
  readonly context: Context.Context<never>
  readonly store: Store
}): Untold => {
  let pauseEnd: number | undefined
  const places = new Set<Tell>()

  const tellPause = Effect.clockWith((clock) => {
    const end = pauseEnd
    if (end === undefined) return Effect.void
    const duration = Duration.millis(Math.max(0, end - monotonicMillis(clock)))
    return Effect.map(store.pause({ account, duration }), () => {
      if (pauseEnd === end) pauseEnd = undefined
    })
  })

  /** Has it told again, unless it was told. What ends in a defect once would do so for ever. */
  const note = (self: Tell, exit: Exit.Exit<void, StoreError>) => {
    if (Exit.isSuccess(exit) || Cause.isDie(exit.cause)) places.delete(self)
    else places.add(self)
  }

  const noting = (self: Tell) => Effect.onExit(self, (exit) => Effect.sync(() => note(self, exit)))

  const tell = Effect.zipRight(
    tellPause,
    Effect.suspend(() => Effect.forEach(places, noting, { discard: true }))
  )

  return {
    before: (self) => pauseEnd === undefined && places.size === 0 ? self : Effect.zipRight(tell, self),
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
    settle: (self, told) =>
      Effect.flatMap(Effect.exit(Effect.interruptible(self)), (exit) => {
        note(self, exit)
        if (Exit.isSuccess(exit)) told()
        return Exit.isInterrupted(exit)
          ? Effect.asVoid(Effect.forkDaemon(Effect.interruptible(Effect.map(inContext(context, noting(self)), told))))
          : Effect.void
      })
  }
}

/** What a caller has in its own, such as the connection of a transaction, ends with the caller. */
const inContext = <A, E>(context: Context.Context<never>, self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.mapInputContext(self, (_: Context.Context<never>) => context)
