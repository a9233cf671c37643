// A worker in a process of its own, which the one that measures kills. Its arguments: ShipStation's URL, the file, and how
// many rows it offers first.
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxWorker } from "@effect-shipstation/outbox"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"

const [, , baseUrl = "", filename = "", rows = "0"] = process.argv

const shipStation = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide(RateLimiter.layer()),
  Layer.provide([ShipStationConfig.layer({ apiKey: Redacted.make("key"), baseUrl }), NodeHttpClient.layerUndici])
)

const live = Layer.provide(Accounts.layer, shipStation).pipe(Layer.provideMerge(OutboxSqlite.layer({ filename })))

const inputs = Array.from({ length: Number(rows) }, (_, n) => ({
  shipment_id: `se-${n + 1}`,
  tracking_number: `1Z12345E${n + 1}`,
  carrier_code: "ups"
}))

Effect.gen(function*() {
  const { offer } = yield* Outbox.Outbox
  if (inputs.length > 0) yield* offer(inputs)
  yield* OutboxWorker.make()
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(live), Effect.runFork)
