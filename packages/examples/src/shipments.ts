import { CarrierMatch, Carriers, ShipmentMatch, type ShipmentReference, Shipments } from "@effect-shipstation/shipments"
import { NodeHttpClient } from "@effect/platform-node"
import { Console, Duration, Effect, Layer } from "effect"

// what a file has: order numbers, an id of one's own, an orderId of API v1
const references: ReadonlyArray<ShipmentReference.ShipmentReference> = [
  { shipment_number: "1001" },
  { external_shipment_id: "shop-1002" },
  { v1_order_id: "1003" },
  { shipment_number: "1004" },
  { shipment_number: "1005" }
]

const program = Effect.gen(function*() {
  const shipments = yield* Shipments.Shipments
  const { duration, requests } = yield* shipments.plan(references)
  yield* Console.log(`${requests} requests, ${Duration.format(duration)} at most`)

  const matches = yield* shipments.resolve(references)
  yield* Effect.forEach(matches, (match) =>
    Console.log(
      ShipmentMatch.match(match, {
        Found: ({ index, shipment_id }) => `${index}: ${shipment_id}`,
        NotFound: ({ index, problem }) => `${index}: no such shipment${problem === undefined ? "" : ` (${problem})`}`,
        Ambiguous: ({ index, shipments }) => `${index}: ${shipments.length} shipments, a person must choose`,
        Cancelled: ({ index }) => `${index}: cancelled`
      })
    ))

  const carriers = yield* Carriers.Carriers
  const carrier = yield* carriers.resolve("UPS® Ground")
  yield* Console.log(
    CarrierMatch.match(carrier, {
      Found: ({ carrier_code, name }) => `${name}: ${carrier_code}`,
      NotFound: ({ name, nearest }) =>
        `${name}: no such carrier on this account; did you mean ${nearest.join(" or ")}?`,
      Ambiguous: ({ carrier_codes, name }) => `${name}: one of ${carrier_codes.join(", ")}`
    })
  )
}).pipe(
  // nothing is changed by asking, so it can be run again
  Effect.catchAll((error) => Console.error(`${error._tag}: ${error.message}`))
)

const ShipStation = Shipments.layerConfig().pipe(
  Layer.provide(NodeHttpClient.layerUndici)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
