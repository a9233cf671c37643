import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Duration, Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const { total } = yield* fulfillments.list({ page_size: 1 })
  yield* Console.log(`${total ?? "?"} fulfillments so far`)
}).pipe(
  Effect.catchAll((error) => Console.error(error.message))
)

const ShipStation = Fulfillments.layer({ notify: "account-default" }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide(RateLimiter.layer({ limit: 100 })),
  Layer.provide([
    RateLimiter.layerStoreMemory,
    ShipStationConfig.layerConfig({
      apiKey: Config.redacted("SHIPSTATION_API_KEY"),
      baseUrl: Config.withDefault(Config.string("SHIPSTATION_BASE_URL"), undefined),
      timeout: Config.succeed(Duration.seconds(20))
    }),
    NodeHttpClient.layerUndici
  ])
)

await Effect.runPromise(Effect.provide(program, ShipStation))
