import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Option } from "effect"

/** How undici reaches others: here through the proxy that `HTTPS_PROXY` names, if it is set. */
const Dispatcher = Layer.scoped(
  NodeHttpClient.Dispatcher,
  Effect.gen(function*() {
    const proxy = yield* Config.option(Config.string("HTTPS_PROXY"))
    return yield* Effect.acquireRelease(
      Effect.sync(() => Option.isSome(proxy) ? new Undici.ProxyAgent(proxy.value) : new Undici.Agent()),
      (agent) => Effect.promise(() => agent.destroy())
    )
  })
)

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const { total } = yield* fulfillments.list({ page_size: 1 })
  yield* Console.log(`${total ?? "?"} fulfillments so far`)
})

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(NodeHttpClient.layerUndiciWithoutDispatcher),
  Layer.provide(Dispatcher)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
