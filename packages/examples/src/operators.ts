import { Outbox, OutboxRow } from "@effect-shipstation/outbox"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { Config, Console, Effect, Stream } from "effect"

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

const Live = OutboxSqlite.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })

await Effect.runPromise(Effect.provide(program, Live))
