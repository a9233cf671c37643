import { OutboxCluster } from "@effect-shipstation/cluster"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Outbox, OutboxStoreSql, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SingleRunner } from "@effect/cluster"
import { NodeHttpClient } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Console, Effect, Layer, Schedule } from "effect"

// each account has its own key and its own limit, whose log its next runner finds in the database
const fulfillments = (account: string) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(Layer.provide(RateLimiter.layer(), RateLimiterStoreSql.layer())),
    Layer.provide(ShipStationConfig.layerConfig({
      ...ShipStationConfig.environment,
      account: Config.succeed(account),
      apiKey: Config.redacted(`${account.toUpperCase()}_API_KEY`)
    }))
  )

const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  for (const account of ["acme", "globex"]) {
    yield* outbox.offer(
      [{ shipment_id: `se-${account.length}`, tracking_number: "1Z12345E6605272234", carrier_code: "ups" }],
      { account }
    )
  }
  yield* Effect.repeat(outbox.openCounts, {
    until: (counts) => counts.length === 0,
    schedule: Schedule.spaced("100 millis")
  })
  for (const { account, input, state } of (yield* outbox.list()).rows) {
    yield* Console.log(`${account}, ${input.shipment_id}: ${state}`)
  }
})

const Live = Layer.provideMerge(OutboxCluster.layer({ fulfillments }), Outbox.layer).pipe(
  // on several machines: NodeClusterSocket.layer() of @effect/platform-node, and Postgres
  Layer.provide(Layer.merge(SingleRunner.layer(), OutboxStoreSql.layer())),
  Layer.provide(
    Layer.merge(
      NodeHttpClient.layerUndici,
      SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })
    )
  )
)

await Effect.runPromise(Effect.provide(program, Live))
