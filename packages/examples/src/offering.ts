import { Outbox } from "@effect-shipstation/outbox"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { Config, Console, Effect } from "effect"

// A process that only stores what is to be sent: it has no key, and makes no requests.
const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  const answers = yield* outbox.offer([
    { shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }
  ])
  for (const { _tag, shipment_id } of answers) yield* Console.log(`${shipment_id}: ${_tag}`)
})

const Database = OutboxSqlite.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })

await Effect.runPromise(Effect.provide(program, Database))
