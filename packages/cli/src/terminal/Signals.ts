/**
 * Ctrl-C and SIGTERM. The first one asks for an orderly end, the second one for an end at once.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ofSignal, type Signal } from "../ExitCode.js"
import { Ended } from "./UsageError.js"

/** Ctrl-C and SIGTERM. */
export class Signals extends Context.Tag("@effect-shipstation/cli/terminal/Signals")<Signals, {
  readonly first: Deferred.Deferred<Signal>
  /** Comes a second after the first at the earliest: shells and package managers may pass on one Ctrl-C twice. */
  readonly second: Deferred.Deferred<Signal>
}>() {}

/** For what may be left at any moment: it is, at the first signal. */
export const orStop = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | Ended, R | Signals> =>
  Effect.raceFirst(
    self,
    Effect.flatMap(
      Signals,
      ({ first }) => Effect.flatMap(Deferred.await(first), (signal) => new Ended({ code: ofSignal(signal) }))
    )
  )

/** For what ends by itself soon after the second signal. If it doesn't, it is left after 10 seconds. */
export const orGiveUp = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | Ended, R | Signals> =>
  Effect.raceFirst(
    Effect.disconnect(self),
    Effect.flatMap(
      Signals,
      ({ second }) =>
        Effect.flatMap(
          Deferred.await(second),
          (signal) => Effect.zipRight(Effect.sleep("10 seconds"), new Ended({ code: ofSignal(signal) }))
        )
    )
  )

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
