import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxStoreSql, OutboxWorker, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { NodeHttpClient } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Console, Effect, Layer, Schedule } from "effect"

const program = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const outbox = yield* Outbox.Outbox
  yield* sql`CREATE TABLE IF NOT EXISTS packed (shipment_id TEXT PRIMARY KEY)`

  // both are stored, or neither
  const answers = yield* sql.withTransaction(Effect.zipRight(
    sql`INSERT INTO packed VALUES ('se-1001')`,
    outbox.offer([{ shipment_id: "se-1001", tracking_number: "1Z12345E1234567890", carrier_code: "ups" }])
  ))
  for (const { _tag, shipment_id } of answers) yield* Console.log(`${shipment_id}: ${_tag}`)

  // a server would just go on: the worker beside it sends what is there
  yield* Effect.repeat(outbox.openCounts, {
    until: (counts) => counts.length === 0,
    schedule: Schedule.spaced("100 millis")
  })
  for (const { attempts, input, state } of (yield* outbox.list()).rows) {
    yield* Console.log(`${input.shipment_id}: ${state}, ${attempts} attempt${attempts === 1 ? "" : "s"}`)
  }
})

const ShipStation = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(ShipStationClient.layer),
  // the limits are kept in the database too: all processes that use it share them
  Layer.provide(RateLimiter.layer().pipe(Layer.provide(RateLimiterStoreSql.layer()))),
  Layer.provide(Layer.merge(ShipStationConfig.layerConfig(), NodeHttpClient.layerUndici))
)

const Live = Layer.merge(Outbox.layer, Layer.provide(OutboxWorker.layer(), Accounts.layer)).pipe(
  Layer.provide(Layer.merge(OutboxStoreSql.layer(), ShipStation)),
  Layer.provideMerge(
    SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })
  )
)

await Effect.runPromise(Effect.provide(program, Live))
