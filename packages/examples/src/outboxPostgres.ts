import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxWorker } from "@effect-shipstation/outbox"
import * as OutboxPostgres from "@effect-shipstation/outbox/OutboxPostgres"
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Schedule } from "effect"

const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  yield* outbox.offer([{ shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])
  yield* Effect.repeat(outbox.openCounts, {
    until: (counts) => counts.length === 0,
    schedule: Schedule.spaced("100 millis")
  })
  for (const { count, state } of yield* outbox.counts) yield* Console.log(`${count} ${state}`)
})

const Database = OutboxPostgres.layerConfig({ url: Config.redacted("DATABASE_URL") })

const ShipStation = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide(RateLimiter.layer()),
  Layer.provide([ShipStationConfig.layerConfig(), NodeHttpClient.layerUndici])
)

const Live = OutboxWorker.layer().pipe(
  Layer.provide(Accounts.layer),
  Layer.provide(ShipStation),
  Layer.provideMerge(Database)
)

await Effect.runPromise(Effect.provide(program, Live))
