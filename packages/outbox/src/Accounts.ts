/**
 * The ShipStation accounts that a worker works for, by name, each with its own key and limits.
 *
 * @since 0.1.0
 */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * The accounts by name: a `Map`, or what finds them when they are needed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Pick<ReadonlyMap<string, Account>, "get" | "has"> {
  /** The names that are known beforehand. */
  readonly keys: () => Iterable<string>
}

/**
 * What a worker asks of an account: a part of `Fulfillments`.
 *
 * @since 0.1.0
 * @category models
 */
export type Account = Pick<Fulfillments.Service, "create" | "readBack" | "listAll">

/**
 * The ShipStation accounts that a worker works for.
 *
 * @since 0.1.0
 * @category tags
 */
export class Accounts extends Context.Tag("@effect-shipstation/outbox/Accounts")<Accounts, Service>() {}

/**
 * The name of the account for all who have one only.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultAccount = "default"

/**
 * One account, named `default`: the `Fulfillments` there is.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Accounts, never, Fulfillments.Fulfillments> = SharedLayer.make(
  Effect.all({ service: Fulfillments.Fulfillments }),
  ({ service }) => Layer.succeed(Accounts, new Map([[defaultAccount, service]]))
)

/**
 * Several accounts: a layer for each, by name. What they are built on must not be shared where it holds an account's key
 * or limits: give each its own `ShipStationClient`, with the account's name in its `ShipStationConfig`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFrom = <E, R>(
  accounts: Readonly<Record<string, Layer.Layer<Fulfillments.Fulfillments, E, R>>>
): Layer.Layer<Accounts, E, R> =>
  // what its accounts need isn't known here
  Layer.fresh(Layer.scoped(
    Accounts,
    Effect.map(
      Effect.forEach(Object.entries(accounts), ([name, layer]) =>
        Effect.map(Layer.build(layer), (context) =>
          [
            name,
            Context.get(context, Fulfillments.Fulfillments)
          ] as const)),
      (entries) => new Map(entries)
    )
  ))

/**
 * All accounts that the store has, each built when it has something to do, by its name, and let go when it has had nothing
 * for `idleWithin` (default 1 minute): of ten thousand accounts those cost memory that send. A new account needs no restart.
 *
 * One that can't be built within 30 seconds is logged as a batch that broke, held back, and tried again. As in `layerFrom`, what the layers
 * are built on must not be shared where it holds an account's key or limits; keep the limiter's log where it outlives them,
 * as `RateLimiterStoreSql` does.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerLazy = <E, R>(
  fulfillments: (account: string) => Layer.Layer<Fulfillments.Fulfillments, E, R>,
  options: { readonly idleWithin?: Duration.DurationInput | undefined } = {}
): Layer.Layer<Accounts, never, R> =>
  // what its accounts need isn't known here
  Layer.fresh(Layer.scoped(
    Accounts,
    Effect.map(
      makeLazy(
        (account) => Effect.map(Layer.build(fulfillments(account)), Context.get(Fulfillments.Fulfillments)),
        options.idleWithin ?? "1 minute"
      ),
      (get) => ({ get, has: () => true, keys: () => [] })
    )
  ))

/** Its rows would wait for ever where a vault doesn't answer. */
const builtWithin = Duration.seconds(30)

/** Makes accounts of how each is built by its name. Whoever asks the first time builds it, and others wait for that. */
const makeLazy = Effect.fnUntraced(function*<E, R>(
  build: (name: string) => Effect.Effect<Account, E, R | Scope.Scope>,
  idleWithin: Duration.DurationInput
) {
  const context = yield* Effect.context<R>()
  const refs = yield* Effect.getFiberRefs
  const built = yield* RcMap.make({
    // in a fiber of its own. What surrounds the batch that comes first, its span and its retries, isn't the account's
    lookup: (name: string) =>
      Effect.scopeWith((scope) =>
        Effect.setFiberRefs(refs).pipe(
          Effect.zipRight(Effect.provide(Scope.extend(build(name), scope), context)),
          Effect.timeoutFailCause({
            duration: builtWithin,
            onTimeout: () => Cause.die(new Error(`An account wasn't built within ${Duration.format(builtWithin)}`))
          })
        )
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
