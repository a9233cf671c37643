import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxWorker } from "@effect-shipstation/outbox"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { NodeHttpClient } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Config, Console, Effect, Layer, Schedule } from "effect"

const program = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const outbox = yield* Outbox.Outbox
  yield* sql`CREATE TABLE IF NOT EXISTS packed (shipment_id TEXT PRIMARY KEY)`

  // both are stored, or neither
  const answers = yield* sql.withTransaction(Effect.zipRight(
    sql`INSERT INTO packed VALUES ('se-1001') ON CONFLICT DO NOTHING`,
    outbox.offer([{ shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])
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

const Database = OutboxSqlite.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })

const ShipStation = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(ShipStationClient.layer),
  // its log is in the database too: all processes that use it share the limits
  Layer.provide(RateLimiter.layer()),
  Layer.provide([ShipStationConfig.layerConfig(), NodeHttpClient.layerUndici])
)

const Live = OutboxWorker.layer().pipe(
  Layer.provide(Accounts.layer),
  Layer.provide(ShipStation),
  Layer.provideMerge(Database)
)

await Effect.runPromise(Effect.provide(program, Live))
