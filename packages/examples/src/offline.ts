import { Emulator } from "@effect-shipstation/emulator"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ConfigProvider, Console, Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const outcomes = yield* fulfillments.create([
    { shipment_id: "se-12345678", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }
  ])
  const { fulfilled, rejected, unsettled } = FulfillmentOutcome.partition(outcomes)
  yield* Console.log(`${fulfilled.length} fulfilled, ${rejected.length} rejected, ${unsettled.length} unsettled`)

  // what only the emulator can tell
  const emulator = yield* Emulator.Emulator
  const notifications = yield* emulator.notifications
  yield* Console.log(notifications.map(({ kind, shipment_id }) => `${kind} told of ${shipment_id}`).join("\n"))
})

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provideMerge(Emulator.layerHttpClient()),
  Layer.provide(
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["SHIPSTATION_API_KEY", Emulator.defaultApiKey]])))
  )
)

await Effect.runPromise(Effect.provide(program, ShipStation))
