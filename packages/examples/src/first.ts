import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { FetchHttpClient } from "@effect/platform"
import { Console, Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const outcomes = yield* fulfillments.create([
    { shipment_id: "se-12345678", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }
  ])
  const { fulfilled, rejected, unsettled } = FulfillmentOutcome.partition(outcomes)
  yield* Console.log(`${fulfilled.length} fulfilled, ${rejected.length} rejected, ${unsettled.length} unsettled`)
}).pipe(
  // whatever error it is: nothing was created, and nobody was notified
  Effect.catchTags({
    InvalidFulfillmentError: (error) => Console.error(`Correct the input: ${error.message}`),
    ShipStationSecurityError: (error) => Console.error(`Check the API key: ${error.message}`)
  })
)

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(FetchHttpClient.layer)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
