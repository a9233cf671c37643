import { Outbox, OutboxRow, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Console, Effect, Layer, Stream } from "effect"

// run it once a day
const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  for (const { account, paused } of yield* outbox.accounts) {
    if (paused !== undefined) {
      yield* Console.log(
        `${account}: paused by ${OutboxRow.nameOf(paused.by)}, ${paused.error?.message ?? "no reason given"}`
      )
    }
  }
  // what somebody has to look at
  yield* outbox.listAll({ states: ["rejected", "conflict", "unknown"] }).pipe(
    Stream.runForEach(({ id, input, lastError, state }) =>
      Console.log(`row ${id}, ${input.shipment_id}: ${state}, ${lastError?.message ?? "see its history"}`)
    )
  )
  yield* Console.log(`${yield* outbox.prune("90 days")} rows pruned`)
})

const Live = Outbox.layer.pipe(
  Layer.provide(OutboxStoreSql.layer()),
  Layer.provide(SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") }))
)

await Effect.runPromise(Effect.provide(program, Live))
