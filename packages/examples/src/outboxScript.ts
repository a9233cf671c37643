import { Fulfillments } from "@effect-shipstation/fulfillments"
import { Accounts, Outbox, OutboxStoreSql, OutboxWorker } from "@effect-shipstation/outbox"
import { NodeHttpClient } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Console, Effect, Layer, Schedule } from "effect"

const shipments = [
  { shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" },
  { shipment_id: "se-1002", tracking_number: "3318810025", carrier_code: "dhl_express" }
]

// Kill it and run it again: what was offered is there, and nothing is done twice.
const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  for (const answer of yield* outbox.offer(shipments)) {
    if (answer._tag === "Refused") yield* Console.error(`${answer.shipment_id}: not taken, ${answer.reason}`)
  }

  // what is unknown is read back for an hour, and a refused key needs somebody: that is for another run
  const isOver = Effect.zipWith(
    outbox.openCounts,
    outbox.accounts,
    (counts, accounts) =>
      counts.every(({ state }) => state === "unknown") || accounts.some(({ paused }) => paused !== undefined)
  )
  yield* Effect.repeat(isOver, { until: (over) => over, schedule: Schedule.spaced("100 millis") })

  const ended = yield* Effect.forEach(shipments, ({ shipment_id }) =>
    Effect.gen(function*() {
      const { rows: [row] } = yield* outbox.list({ shipmentId: shipment_id, limit: 1 })
      yield* Console.log(`${shipment_id}: ${row?.state ?? "not taken"} ${row?.lastError?.message ?? ""}`)
      return row?.state
    }))
  // 5: run it again. 3: somebody has to look
  if (ended.some((state) => state === "pending" || state === "unknown")) return 5
  return ended.every((state) => state === "fulfilled") ? 0 : 3
})

const Live = Layer.merge(Outbox.layer, Layer.provide(OutboxWorker.layer(), Accounts.layer)).pipe(
  Layer.provide(Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } })),
  Layer.provide(OutboxStoreSql.layer()),
  Layer.provide([
    SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "shipments.db") }),
    NodeHttpClient.layerUndici
  ])
)

process.exitCode = await Effect.runPromise(Effect.provide(program, Live))
