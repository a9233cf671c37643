/** Accounts that are built when a worker asks something of them, and let go when it hasn't for a while. */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Account } from "../Accounts.js"

/** Makes accounts of how each is built by its name. Whoever asks the first time builds it, and others wait for that. */
export const make = Effect.fnUntraced(function*<E, R>(
  build: (name: string) => Effect.Effect<Account, E, R | Scope.Scope>,
  idleWithin: Duration.DurationInput
) {
  const context = yield* Effect.context<R>()
  const refs = yield* Effect.getFiberRefs
  const built = yield* RcMap.make({
    // in a fiber of its own. What surrounds the batch that comes first, its span and its retries, isn't the account's
    lookup: (name: string) =>
      Effect.scopeWith((scope) =>
        Effect.zipRight(Effect.setFiberRefs(refs), Effect.provide(Scope.extend(build(name), scope), context))
      ),
    idleTimeToLive: idleWithin
  })

  return (name: string): Account => {
    const account = RcMap.get(built, name).pipe(
      // or it would fail for as long as it is asked for
      Effect.tapErrorCause((cause) => Cause.isInterruptedOnly(cause) ? Effect.void : RcMap.invalidate(built, name)),
      Effect.orDie
    )
    const using = <A, E, R>(use: (account: Account) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.acquireUseRelease(Scope.make(), (scope) => Effect.flatMap(Scope.extend(account, scope), use), Scope.close)
    return {
      create: (inputs, options) => using(({ create }) => create(inputs, options)),
      readBack: (inputs) => using(({ readBack }) => readBack(inputs)),
      listAll: (query) => Stream.unwrapScoped(Effect.map(account, ({ listAll }) => listAll(query)))
    }
  }
})
