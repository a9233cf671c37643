import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeHttpClient } from "@effect/platform-node"
import { Array, Console, Effect, Layer } from "effect"

const rows = [
  { id: 1001, tracking: "1Z12345E6605272234" },
  { id: 1002, tracking: "1Z12345E0205271686" }
]

const program = Effect.gen(function*() {
  const inputs = rows.map(({ id, tracking }) => ({
    shipment_id: `se-${id}`,
    tracking_number: tracking,
    carrier_code: "ups"
  }))
  if (!Array.isNonEmptyReadonlyArray(inputs)) return yield* Console.log("Nothing was packed")

  const fulfillments = yield* Fulfillments.Fulfillments
  const outcomes = yield* fulfillments.create(inputs)
  yield* Console.log(outcomes.map(({ _tag }) => _tag).join(", "))
})

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(NodeHttpClient.layerUndici)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
