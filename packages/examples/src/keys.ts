import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Redacted } from "effect"

// the file is read at each attempt, and again after a 401: whoever writes a new key there restarts nothing
const Configuration = Layer.unwrapEffect(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const file = yield* Config.string("SHIPSTATION_KEY_FILE")
  const { baseUrl } = ShipStationConfig.environment
  return ShipStationConfig.layer({
    apiKey: fs.readFileString(file).pipe(
      Effect.map((text) => Redacted.make(text.trim())),
      // nothing is sent then, and it is tried again
      Effect.mapError(({ message }) => new ShipStationConfig.KeyError({ message }))
    ),
    baseUrl: yield* baseUrl
  })
}))

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const { total } = yield* fulfillments.list({ page_size: 1 })
  yield* Console.log(`${total ?? "?"} fulfillments so far`)
})

const ShipStation = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide([Configuration, NodeHttpClient.layerUndici]),
  Layer.provide(NodeContext.layer)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
