import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { type WebhookEvent, WebhookKeys, Webhooks } from "@effect-shipstation/webhooks"
import { HttpRouter, HttpServer } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Console, Effect, Layer, Queue, Redacted } from "effect"
import { createServer } from "node:http"

const program = Effect.gen(function*() {
  // each comes at least once and in any order: a real handler stores what it learns by fulfillment_id
  const events = yield* Queue.unbounded<WebhookEvent.WebhookEvent>()
  yield* HttpRouter.empty.pipe(
    HttpRouter.post("/webhooks/shipstation", Webhooks.httpApp((event) => Queue.offer(events, event))),
    HttpServer.serveEffect()
  )

  // the emulator stands for ShipStation here, where a webhook is set up in the settings
  const emulator = yield* Emulator.Emulator
  const url = yield* HttpServer.addressFormattedWith((address) => Effect.succeed(`${address}/webhooks/shipstation`))
  yield* emulator.seed({ webhooks: [{ url }] })
  const fulfillments = yield* Fulfillments.Fulfillments
  yield* fulfillments.create([{ shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])

  const event = yield* Queue.take(events)
  if (event._tag === "FulfillmentsShipped") {
    for (const { shipment_id, tracking_number } of event.fulfillments) {
      yield* Console.log(`${shipment_id} was shipped, ${tracking_number}`)
    }
  }
})

// with ShipStation itself: `ShipStationConfig.layerConfig()` and `WebhookKeys.layer()`, which need no URLs
const ShipStation = Layer.unwrapEffect(Effect.map(Emulator.Server, ({ url }) =>
  Layer.mergeAll(
    Fulfillments.layer({ notify: { customer: true, orderSource: true } }),
    WebhookKeys.layer({ url: `${url}/jwks` })
  ).pipe(
    Layer.provideMerge(ShipStationClient.layer),
    Layer.provideMerge(
      ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey), baseUrl: url })
    ),
    Layer.provide(NodeHttpClient.layerUndici)
  )))

await program.pipe(
  Effect.provide(
    Layer.merge(ShipStation, NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })).pipe(
      Layer.provideMerge(Emulator.layerServer())
    )
  ),
  Effect.scoped,
  Effect.runPromise
)
