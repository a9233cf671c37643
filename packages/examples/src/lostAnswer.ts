import { Emulator } from "@effect-shipstation/emulator"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ConfigProvider, Console, Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  // ShipStation does what it is asked for, and its answer never arrives
  const emulator = yield* Emulator.Emulator
  yield* emulator.addFault({ endpoint: "create", times: 1, action: { _tag: "Reset" } })

  const fulfillments = yield* Fulfillments.Fulfillments
  const outcomes = yield* fulfillments.create([
    { shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" },
    { shipment_id: "se-1002", tracking_number: "1Z12345E0205271686", carrier_code: "pigeon" }
  ])
  for (const outcome of outcomes) {
    yield* Console.log(FulfillmentOutcome.match(outcome, {
      Created: ({ input }) => `${input.shipment_id}: done`,
      AlreadyFulfilled: ({ input }) => `${input.shipment_id}: done, as the list says`,
      Conflict: ({ fulfillment, input }) => `${input.shipment_id}: has ${fulfillment.tracking_number}`,
      Rejected: ({ input, message }) => `${input.shipment_id}: ${message}`,
      Unknown: ({ error, input }) => `${input.shipment_id}: nobody knows. ${error.message}`,
      NotSent: ({ error, input }) => `${input.shipment_id}: not sent. ${error.message}`
    }))
  }

  // what only the emulator can tell
  yield* Console.log(`${(yield* emulator.notifiedAgain).length} customers told twice`)
})

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: false } }).pipe(
  // with "accept" a shipment could be fulfilled twice
  Layer.provideMerge(Emulator.layerHttpClient({ alreadyFulfilled: "accept" })),
  Layer.provide(
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["SHIPSTATION_API_KEY", Emulator.defaultApiKey]])))
  )
)

await Effect.runPromise(Effect.provide(program, ShipStation))
