import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Duration, Effect, Layer, LayerMap } from "effect"

/** Requests a minute, as ShipStation's support said. Others have 200. */
const limits: Readonly<Record<string, number>> = { globex: 600 }

class Accounts extends LayerMap.Service<Accounts>()("Accounts", {
  lookup: (account: string) =>
    Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
      Layer.provide(ShipStationClient.layer),
      // merged, so that the program can ask it
      Layer.provideMerge(RateLimiter.layer({ limit: limits[account] ?? 200 })),
      Layer.provide([
        RateLimiter.layerStoreMemory,
        ShipStationConfig.layerConfig({
          ...ShipStationConfig.environment,
          account: Config.succeed(account),
          apiKey: Config.redacted(`${account.toUpperCase()}_API_KEY`)
        })
      ])
    ),
  dependencies: [NodeHttpClient.layerUndici],
  idleTimeToLive: Duration.infinity
}) {}

const ship = (account: string, shipment_id: string) =>
  Effect.gen(function*() {
    const fulfillments = yield* Fulfillments.Fulfillments
    yield* fulfillments.create([{ shipment_id, tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])

    const limiter = yield* RateLimiter.RateLimiter
    const { limit, used, waiting } = yield* limiter.state
    yield* Console.log(`${account}: ${used} of ${limit} requests used, ${waiting} wait`)
  }).pipe(Effect.provide(Accounts.get(account)))

const program = Effect.zipRight(ship("acme", "se-1001"), ship("globex", "se-1002"))

await Effect.runPromise(Effect.provide(program, Accounts.Default))
