/**
 * Ctrl-C and SIGTERM. The first one asks for an orderly end, the second one for an end at once.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Signal } from "./ExitCode.js"

/** Ctrl-C and SIGTERM. */
export class Signals extends Context.Tag("@effect-shipstation/cli/Signals")<Signals, {
  readonly first: Deferred.Deferred<Signal>
  /** Comes a second after the first at the earliest: shells and package managers may pass on one Ctrl-C twice. */
  readonly second: Deferred.Deferred<Signal>
}>() {}

/** Listens to the process. While it does, a signal doesn't end the process by itself. */
export const layer: Layer.Layer<Signals> = Layer.scoped(
  Signals,
  Effect.gen(function*() {
    const first = yield* Deferred.make<Signal>()
    const second = yield* Deferred.make<Signal>()
    let current = first
    yield* Effect.forEach(["SIGINT", "SIGTERM"] as const, (signal) => {
      const listener = () => Deferred.unsafeDone(current, Effect.succeed(signal))
      return Effect.acquireRelease(
        Effect.sync(() => process.on(signal, listener)),
        () => Effect.sync(() => process.off(signal, listener))
      )
    })
    yield* Deferred.await(first).pipe(
      Effect.zipRight(Effect.sleep("1 second")),
      Effect.zipRight(Effect.sync(() => {
        current = second
      })),
      Effect.forkScoped
    )
    return { first, second }
  })
)
