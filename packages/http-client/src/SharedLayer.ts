/**
 * Layers that are built once for what they need.
 *
 * Effect builds a layer once in one program, whatever it is provided with: one constant, provided with two accounts, would
 * give both the first one's. A fresh one is built anew wherever it is used: an account used twice would have two limits.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

/**
 * Makes a layer that is one for all that have equal keys, and another for each other key. It lives as long as one of them.
 *
 * The key is what the layer depends on: services, or the options that a configuration had. Its fields are compared by
 * `Equal`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <K extends object, E, R, A, E2, R2>(
  key: Effect.Effect<K, E, R>,
  layerOf: (key: K) => Layer.Layer<A, E2, R2>
): Layer.Layer<A, E | E2, R | R2> => {
  const shared = new Set<Shared<A, E2, R2>>()
  const join = Effect.fnUntraced(function*(fields: K) {
    const scope = yield* Scope.make()
    const context = yield* Effect.cached(Layer.buildWithScope(layerOf(fields), scope))
    const mine: Shared<A, E2, R2> = { key: Data.struct(fields), scope, context, users: 0 }
    // in a single step, so that two who come at once find each other
    return yield* Effect.sync(() => {
      const ours = [...shared].find(({ key }) => Equal.equals(key, mine.key)) ?? mine
      ours.users++
      shared.add(ours)
      return ours
    })
  })
  const leave = (ours: Shared<A, E2, R2>, exit: Exit.Exit<unknown, unknown>) =>
    Effect.suspend(() => {
      ours.users--
      if (ours.users > 0) return Effect.void
      shared.delete(ours)
      return Scope.close(ours.scope, exit)
    })
  return Layer.fresh(Layer.scopedContext(
    Effect.flatMap(key, (fields) => Effect.acquireRelease(join(fields), leave)).pipe(
      Effect.flatMap(({ context }) => context)
    )
  ))
}

/** What is built for one key. */
interface Shared<A, E, R> {
  readonly key: object
  readonly scope: Scope.CloseableScope
  readonly context: Effect.Effect<Context.Context<A>, E, R>
  users: number
}
