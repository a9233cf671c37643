/** A place of the rate limit while it is held. */
import * as Effect from "effect/Effect"
import type { HeldPlace } from "../RateLimiterStore.js"
import type { Got, Held, Restore } from "./line.js"
import { monotonicMillis } from "./untold.js"

interface Holding {
  /** Runs right before the request goes. */
  readonly leaves: Effect.Effect<void>
  /** Waits for the end of a pause, and for another place where this one was held for too long. */
  readonly ready: Effect.Effect<void, Held>
  /** Tells what became of the place, in an uninterruptible region. */
  readonly end: Effect.Effect<void>
}

/** Holds a place. */
export const makeHolding = (options: {
  readonly first: Got
  readonly acquire: (restore: Restore) => Effect.Effect<Got, Held>
  readonly settle: (place: HeldPlace, hasLeft: boolean) => Effect.Effect<void>
  /** The end of a pause that was set here, in monotonic milliseconds. */
  readonly pausedUntil: () => number
}): Holding => {
  const { acquire, pausedUntil, settle } = options
  let got: Got | undefined = options.first
  let hasLeft = false

  const end = Effect.suspend(() => {
    const place = got?.place
    got = undefined
    return place === undefined ? Effect.void : settle(place, hasLeft)
  })

  const renew = () =>
    Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        end,
        Effect.map(acquire(restore), (next) => {
          got = next
        })
      )
    )

  const isLate = (now: number) => got === undefined || now >= got.leaveBy

  /** Gets another place where this one was held for too long. */
  const leave: Effect.Effect<void> = Effect.clockWith((clock) => {
    if (isLate(monotonicMillis(clock))) return Effect.zipRight(renewSurely, leave)
    hasLeft = true
    return Effect.void
  })

  const renewSurely = Effect.suspend(() => Effect.catchAll(renew(), ({ retryAfter }) => Effect.sleep(retryAfter)))

  // once: a pause that was set here may have been ended elsewhere
  const leaves = Effect.clockWith((clock) => {
    if (hasLeft) return Effect.void
    return monotonicMillis(clock) < pausedUntil() ? Effect.zipRight(renewSurely, leave) : leave
  })

  const ready = Effect.clockWith((clock) => {
    const now = monotonicMillis(clock)
    return !hasLeft && (isLate(now) || now < pausedUntil()) ? renew() : Effect.void
  })

  return { leaves, ready, end }
}
