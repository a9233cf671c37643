import { Emulator } from "@effect-shipstation/emulator"
import { FetchHttpClient, HttpBody, HttpClient } from "@effect/platform"
import { Console, Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  const { url } = yield* Emulator.Server
  const emulator = yield* Emulator.Emulator
  yield* emulator.seed({ shipments: [{ shipment_id: "se-1001", shipment_number: "ORDER-1001" }] })

  // plain HTTP, as any language speaks it
  const post = HttpClient.post(`${url}/v2/fulfillments`, {
    headers: { "api-key": Emulator.defaultApiKey },
    body: HttpBody.unsafeJson({
      fulfillments: [{ shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }]
    })
  }).pipe(Effect.flatMap((response) => response.text))
  yield* Console.log(yield* post)
  yield* Console.log(yield* post)

  const notifications = yield* emulator.notifications
  yield* Console.log(`${notifications.length} notifications`)
})

await program.pipe(
  Effect.provide(Layer.merge(Emulator.layerServer(), FetchHttpClient.layer)),
  Effect.runPromise
)
