import { Accounts, Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Console, Effect, Layer } from "effect"

// run it after a restore, before any worker starts
const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  const known = (yield* outbox.accounts).map(({ account }) => account)
  for (const account of new Set([Accounts.defaultAccount, ...known])) {
    yield* outbox.distrust(account)
    yield* Console.log(`${account}: paused. Once it is resumed, each row is looked up before it is sent`)
  }
})

const Live = Outbox.layer.pipe(
  Layer.provide(OutboxStoreSql.layer()),
  Layer.provide(SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") }))
)

await Effect.runPromise(Effect.provide(program, Live))
