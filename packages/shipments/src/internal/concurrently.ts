import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** How many requests are under way at once. When they leave, the limiter decides. */
export const atOnce = 4

/**
 * Runs an effect for each, a few at once; results come in the order of the items. After a failure nothing more is begun.
 *
 * `Effect.forEach` with `concurrency` may wait for ever when it is interrupted right when it starts (effect 3.22).
 */
export const forEach = <A, B, E, R>(
  items: ReadonlyArray<A>,
  use: (item: A) => Effect.Effect<B, E, R>
): Effect.Effect<ReadonlyArray<B>, E, R> =>
  Effect.scoped(Effect.gen(function*() {
    const results: Array<B> = []
    const entries = items.entries()
    let hasFailed = false
    const worker = Effect.gen(function*() {
      for (const [index, item] of entries) {
        results[index] = yield* Effect.tapErrorCause(use(item), () =>
          Effect.sync(() => {
            hasFailed = true
          }))
        if (hasFailed) return
      }
    })
    const fibers = yield* Effect.forEach(items.slice(0, atOnce), () => Effect.forkScoped(worker))
    yield* Effect.forEach(fibers, Fiber.join, { discard: true })
    return results
  }))
