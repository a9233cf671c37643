import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Duration, Effect, LayerMap } from "effect"

// each has a key and a limit of its own: ACME_API_KEY, GLOBEX_API_KEY
class Accounts extends LayerMap.Service<Accounts>()("Accounts", {
  lookup: (account: string) =>
    Fulfillments.layerConfig({
      account,
      apiKey: Config.redacted(`${account.toUpperCase()}_API_KEY`),
      notify: { customer: true, orderSource: true }
    }),
  dependencies: [NodeHttpClient.layerUndici],
  // what a layer remembers of what it sent is gone with it
  idleTimeToLive: Duration.infinity
}) {}

const ship = (shipment_id: string) =>
  Effect.gen(function*() {
    const fulfillments = yield* Fulfillments.Fulfillments
    const [outcome] = yield* fulfillments.create([
      { shipment_id, tracking_number: "1Z12345E6605272234", carrier_code: "ups" }
    ])
    yield* Console.log(`${shipment_id}: ${outcome._tag}`)
  })

const program = Effect.gen(function*() {
  yield* ship("se-1001").pipe(Effect.provide(Accounts.get("acme")))
  yield* ship("se-1002").pipe(Effect.provide(Accounts.get("globex")))
})

await Effect.runPromise(Effect.provide(program, Accounts.Default))
