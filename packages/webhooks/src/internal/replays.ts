/** One delivery that comes again and again, by whomever, is read back once: or a stranger could use up the account's limit. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/** So long what was read counts for the same delivery. ShipStation itself waits for longer. */
const keptMillis = 5_000

/** Runs a read once for all who ask for the same within some seconds. Who hangs up doesn't end it for the others. */
export const make = <A, E>() => {
  const all = new Map<string, { readonly at: number; readonly result: Deferred.Deferred<A, E> }>()
  return <R>(delivery: string, read: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        for (const [key, { at }] of all) if (Math.abs(now - at) >= keptMillis) all.delete(key)
        const known = all.get(delivery)
        if (known !== undefined) return restore(Deferred.await(known.result))
        const result = Deferred.unsafeMake<A, E>(FiberId.none)
        all.set(delivery, { at: now, result })
        return Effect.zipRight(
          Effect.forkDaemon(Effect.interruptible(Effect.intoDeferred(read, result))),
          restore(Deferred.await(result))
        )
      })
    )
}
