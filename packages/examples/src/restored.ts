import { Accounts, Outbox } from "@effect-shipstation/outbox"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import { Config, Console, Effect } from "effect"

// run it after a restore, before any worker starts
const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  const known = (yield* outbox.accounts).map(({ account }) => account)
  for (const account of new Set([Accounts.defaultAccount, ...known])) {
    yield* outbox.suspect(account)
    yield* Console.log(`${account}: paused. Once it is resumed, each row is looked up before it is sent`)
  }
})

const Live = OutboxSqlite.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") })

await Effect.runPromise(Effect.provide(program, Live))
