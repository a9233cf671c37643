/** What a runner does for one account. */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import { Accounts } from "@effect-shipstation/outbox/Accounts"
import { type DueAccount, OutboxStore, type Service } from "@effect-shipstation/outbox/OutboxStore"
import * as OutboxWorker from "@effect-shipstation/outbox/OutboxWorker"
import * as Entity from "@effect/cluster/Entity"
import type { Sharding } from "@effect/cluster/Sharding"
import * as Rpc from "@effect/rpc/Rpc"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E, R> {
  /**
   * An account's `Fulfillments`, built when a runner takes the account up. What holds the account's key or limits must be
   * its own; keep the limiter's log where the account's next runner finds it, as `RateLimiterStoreSql` does.
   */
  readonly fulfillments: (account: string) => Layer.Layer<Fulfillments.Fulfillments, E, R>
  /** As for `OutboxWorker`. Default for `stopWithin`: 10 seconds, as the cluster waits for 15. */
  readonly worker?: Omit<OutboxWorker.Options, "name"> | undefined
  /** How long a runner keeps an account for which there is nothing to do. Default 1 minute. */
  readonly idleWithin?: Duration.DurationInput | undefined
}

/** What may be due of an account. */
export type Due = DueAccount["state"]

/** An account, under its name. `Look`: rows in these states may be due. */
export const Account = Entity.make("effect-shipstation/OutboxAccount", [
  Rpc.make("Look", { payload: { due: Schema.Array(Schema.Literal("pending", "unknown", "fulfilled")) } })
])

/** A store that one account's worker looks into when it is told to, and never by itself. Others look after lost rows. */
const ofAccount = (account: string, due: Set<Due>, looks: Stream.Stream<void>) => (store: Service): Service => ({
  ...store,
  announcements: Stream.map(looks, () => undefined),
  dueAccounts: Effect.sync(() => {
    const all = [...due].map((state) => ({ account, state }))
    due.clear()
    return all
  }),
  poll: Duration.infinity,
  expire: Effect.succeed(0),
  counts: () => Effect.succeed([]),
  accounts: Effect.succeed([])
})

/** Keeps this runner from letting the account go while requests are under way. */
const stay = ({ state }: OutboxWorker.Service, every: Duration.Duration) => {
  let isKept = false
  return Effect.gen(function*() {
    yield* Effect.sleep(every)
    const { batches } = yield* state
    if (isKept === batches > 0) return
    yield* Entity.keepAlive(batches > 0)
    isKept = batches > 0
  }).pipe(
    Effect.catchAllCause((cause) =>
      Effect.logWarning("The cluster couldn't be told whether an account has work", cause)
    ),
    Effect.forever,
    Effect.forkScoped
  )
}

/** Works for accounts that this runner has. */
export const layer = <E, R>(
  { fulfillments, idleWithin = "1 minute", worker: options }: Options<E, R>
): Layer.Layer<never, never, OutboxStore | Sharding | R> =>
  Layer.unwrapEffect(Effect.map(Effect.context<OutboxStore | Sharding | R>(), (context) =>
    Account.toLayer(
      Effect.gen(function*() {
        const { entityId } = yield* Entity.CurrentAddress
        const { host, port } = yield* Entity.CurrentRunnerAddress
        const built = yield* Effect.orDie(Layer.build(fulfillments(entityId)))
        const due = new Set<Due>()
        const looks = yield* PubSub.sliding<void>({ capacity: 1, replay: 1 })
        const worker = yield* OutboxWorker.make({ stopWithin: "10 seconds", ...options, name: `${host}:${port}` }).pipe(
          Effect.provideService(Accounts, new Map([[entityId, Context.get(built, Fulfillments.Fulfillments)]])),
          Effect.updateService(OutboxStore, ofAccount(entityId, due, Stream.fromPubSub(looks)))
        )
        yield* stay(worker, Duration.times(idleWithin, 1 / 4))
        return {
          Look: ({ payload }: { readonly payload: { readonly due: ReadonlyArray<Due> } }) =>
            Effect.suspend(() => {
              for (const state of payload.due) due.add(state)
              return Effect.asVoid(PubSub.publish(looks, undefined))
            })
        }
      }).pipe(Effect.mapInputContext((ofEntity: Context.Context<OfEntity>) => Context.merge(context, ofEntity))),
      { maxIdleTime: idleWithin }
    )))

/** What the cluster provides an entity with. */
type OfEntity = Entity.CurrentAddress | Entity.CurrentRunnerAddress | Scope.Scope
