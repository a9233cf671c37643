import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeHttpClient } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments

  // all of a stream, in requests of 100
  const packed = Stream.range(1, 250).pipe(
    Stream.map((n) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" }))
  )
  const counts: Record<string, number> = {}
  yield* fulfillments.createAll(packed).pipe(
    Stream.runForEach((outcome) =>
      Effect.sync(() => {
        counts[outcome._tag] = (counts[outcome._tag] ?? 0) + 1
      })
    )
  )
  yield* Console.log(counts)

  // one, as in the handler of a web server; what others ask for at the same time goes with it
  const outcome = yield* fulfillments.createOne({
    shipment_id: "se-251",
    tracking_number: "1Z251",
    carrier_code: "ups"
  })
  yield* Console.log(`se-251: ${outcome._tag}`)
}).pipe(
  Effect.catchTags({
    FulfillmentRejected: (error) => Console.error(`ShipStation refuses it: ${error.message}`),
    FulfillmentConflict: (error) => Console.error(error.message)
  }),
  Effect.catchAll((error) => Console.error(`Nothing was done: ${error.message}`))
)

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(NodeHttpClient.layerUndici)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
