/**
 * Two things at once, of which one decides. Effect's races and time-outs, and `Effect.forEach` with `concurrency`, may wait
 * for ever when they are interrupted as they start (effect 3.22), so they aren't used here where that can happen.
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** Runs `other` as long as `self` takes. Nobody waits for its end, nor hears of it. */
export const alongside =
  <R2>(other: Effect.Effect<unknown, never, R2>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | R2> =>
    Effect.acquireUseRelease(Effect.forkDaemon(Effect.interruptible(other)), () => self, Fiber.interruptFork)

/** What ends first decides. The other is interrupted, and not waited for: what asks a database may hang. */
export const unless =
  <A2, E2, R2>(other: Effect.Effect<A2, E2, R2>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A | A2, E | E2, R | R2> =>
    Effect.flatMap(Deferred.make<A | A2, E | E2>(), (answer) =>
      Deferred.await(answer).pipe(
        alongside(Effect.intoDeferred(self, answer)),
        alongside(Effect.intoDeferred(other, answer))
      ))

/** Fails when `self` takes longer. */
export const within = <E2>(duration: Duration.DurationInput, tooLate: () => E2) =>
  unless(Effect.delay(Effect.failSync(tooLate), duration))

/** Runs some at once, at most. The results are in the order of the items. */
export const someAtOnce = <A, B, E, R>(
  most: number,
  items: ReadonlyArray<A>,
  f: (item: A) => Effect.Effect<B, E, R>
): Effect.Effect<ReadonlyArray<B>, E, R> =>
  Effect.scoped(Effect.gen(function*() {
    const turns = yield* Effect.makeSemaphore(most)
    const fibers = yield* Effect.forEach(items, (item) => Effect.forkScoped(turns.withPermits(1)(f(item))))
    return yield* Effect.forEach(fibers, Fiber.join)
  }))
