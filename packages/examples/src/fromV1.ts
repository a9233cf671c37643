import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Carriers, Shipments } from "@effect-shipstation/shipments"
import { NodeHttpClient } from "@effect/platform-node"
import { Array, Console, Effect, Layer } from "effect"

// what a program has that was written for API v1
const packed = [
  { orderId: 1001, tracking: "1Z12345E6605272234", carrier: "UPS" },
  { orderId: 1009, tracking: "1Z12345E0205271686", carrier: "Pigeon Post" }
]

const program = Effect.gen(function*() {
  const shipments = yield* Shipments.Shipments
  const carriers = yield* Carriers.Carriers

  // an order of API v1 is a shipment here; whether there is one is looked up
  const matches = yield* shipments.resolve(packed.map(({ orderId }) => ({ v1_order_id: String(orderId) })))
  const inputs = yield* Effect.forEach(
    Array.zip(packed, matches),
    ([{ carrier, orderId, tracking }, match]) =>
      Effect.gen(function*() {
        // only a carrier of the account will do
        const code = yield* carriers.resolve(carrier)
        if (match._tag === "Found" && code._tag === "Found") {
          return [{ shipment_id: match.shipment_id, tracking_number: tracking, carrier_code: code.carrier_code }]
        }
        yield* Console.log(`${orderId}: shipment ${match._tag}, carrier ${code._tag}`)
        return []
      })
  )

  const toSend = inputs.flat()
  if (!Array.isNonEmptyArray(toSend)) return
  const fulfillments = yield* Fulfillments.Fulfillments
  for (const outcome of yield* fulfillments.create(toSend)) {
    yield* Console.log(`${outcome.input.shipment_id}: ${outcome._tag}`)
  }
})

// who is told has no default
const ShipStation = Layer.mergeAll(
  Fulfillments.layer({ notify: { customer: true, orderSource: true } }),
  Shipments.layer,
  Carriers.layer()
).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide([ShipStationConfig.layerConfig(), NodeHttpClient.layerUndici])
)

await Effect.runPromise(Effect.provide(program, ShipStation))
