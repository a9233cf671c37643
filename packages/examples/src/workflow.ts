import { FulfillmentsActivity } from "@effect-shipstation/cluster"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ClusterWorkflowEngine, SingleRunner } from "@effect/cluster"
import { NodeHttpClient } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Workflow } from "@effect/workflow"
import { Config, Console, Effect, Layer, Schema } from "effect"

const Ship = Workflow.make({
  name: "Ship",
  payload: { shipment_id: Schema.String, tracking_number: Schema.String },
  success: FulfillmentOutcome.FulfillmentOutcome,
  error: FulfillmentsActivity.CreateError,
  idempotencyKey: ({ shipment_id }) => shipment_id
})

const ShipLive = Ship.toLayer((payload) =>
  Effect.map(
    FulfillmentsActivity.create({ name: "fulfill", inputs: [{ ...payload, carrier_code: "ups" }] }),
    ([outcome]) => outcome
  )
)

const program = Effect.gen(function*() {
  const payload = { shipment_id: "se-1001", tracking_number: "1Z12345E6605272234" }
  const { _tag, input } = yield* Ship.execute(payload)
  yield* Console.log(`${input.shipment_id}: ${_tag}`)
})

const Live = Layer.provideMerge(ShipLive, ClusterWorkflowEngine.layer).pipe(
  Layer.provide(SingleRunner.layer()),
  Layer.provide(
    Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } })
  ),
  Layer.provide(
    Layer.merge(
      NodeHttpClient.layerUndici,
      SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })
    )
  )
)

await Effect.runPromise(Effect.provide(program, Live))
