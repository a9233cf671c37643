import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { NodeHttpClient } from "@effect/platform-node"
import { Console, Effect, Layer, Schema } from "effect"

// as much of the answer as is needed
const Page = Schema.Struct({ total: Schema.Number })

const program = Effect.gen(function*() {
  const client = yield* ShipStationClient.ShipStationClient
  const { body } = yield* client.request("GET", "/v2/fulfillments", {
    query: { shipment_id: "se-12345678" },
    response: Page
  })
  yield* Console.log(`${body.total} fulfillments of se-12345678`)

  // nothing but a GET is sent again, unless the request says that doing it twice does no harm
  yield* client.request("PUT", ShipStationClient.path`/v2/shipments/${"se-12345678"}/cancel`, {
    response: Schema.Void,
    mayRepeat: true
  })
}).pipe(
  Effect.catchAll((error) => Console.log(`${error.method} ${error.status}: ${error._tag}`))
)

const ShipStation = ShipStationClient.layer.pipe(
  Layer.provide(ShipStationConfig.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
