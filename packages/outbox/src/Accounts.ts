/**
 * The ShipStation accounts that a worker works for, by name, each with its own key and limits.
 *
 * @since 0.1.0
 */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * The accounts by name.
 *
 * @since 0.1.0
 * @category models
 */
export type Service = ReadonlyMap<string, Fulfillments.Service>

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
