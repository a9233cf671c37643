import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeHttpClient } from "@effect/platform-node"
import { Console, DateTime, Duration, Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const outcomes = yield* fulfillments.create([
    { shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" },
    {
      shipment_id: "se-1002",
      tracking_number: "3318810025",
      carrier_code: "dhl_express",
      ship_date: DateTime.unsafeMakeZoned("2026-03-02T16:30:00Z", { timeZone: "America/Chicago" }),
      notify_customer: false
    }
  ])
  yield* Effect.forEach(outcomes, (outcome) => {
    switch (outcome._tag) {
      case "Created":
      case "AlreadyFulfilled":
        return Console.log(`${outcome.input.shipment_id}: done`)
      case "Rejected":
        return Console.log(`${outcome.input.shipment_id}: refused, ${outcome.message}`)
      case "Conflict":
        return Console.log(`${outcome.input.shipment_id}: fulfilled with ${outcome.fulfillment.tracking_number}`)
      case "Unknown":
        // called again here, it would be looked up; but this program ends, and the next one remembers nothing
        return Console.log(`${outcome.input.shipment_id}: look in ShipStation first, ${outcome.error.message}`)
      case "NotSent":
        return Console.log(`${outcome.input.shipment_id}: not sent, ${outcome.error.message}`)
    }
  })
}).pipe(
  Effect.catchTag(
    "ShipStationRateLimitError",
    ({ retryAfter }) => Console.error(`Nothing was done: wait ${Duration.format(retryAfter)}`)
  ),
  Effect.catchAll((error) => Console.error(`Nothing was done: ${error.message}`))
)

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(NodeHttpClient.layerUndici)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
