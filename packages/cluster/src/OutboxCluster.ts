/**
 * Workers of the outbox on Effect Cluster: each account is an entity, which one runner of the cluster has at a time. So
 * thousands of accounts are spread over the runners, one of these asks the database which accounts have something to do,
 * and an account without work costs nothing.
 *
 * An entity may run twice for a moment, while its shard moves. That does no harm: a row is sent only by who holds its claim.
 *
 * @since 0.1.0
 */
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import { OutboxStore } from "@effect-shipstation/outbox/OutboxStore"
import { Sharding } from "@effect/cluster/Sharding"
import * as Singleton from "@effect/cluster/Singleton"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Account from "./internal/account.js"
import * as Dispatcher from "./internal/dispatcher.js"

export type { Options } from "./internal/account.js"

/**
 * Works for the accounts of a store, together with all runners of the cluster that have this layer. Where an account's
 * `Fulfillments` can't be built, that is logged, and tried again.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E, R>(
  options: Account.Options<E, R>
): Layer.Layer<never, never, OutboxStore | Sharding | R> =>
  SharedLayer.make(
    Effect.all({ store: OutboxStore, sharding: Sharding }),
    () => Layer.merge(Account.layer(options), Singleton.make("effect-shipstation/OutboxAccounts", Dispatcher.run))
  )
