/**
 * Another process that uses the same database. It does one thing after the other, each when it is told to, so that several
 * of them do it at the same moment.
 */
import { Outbox, type OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { once } from "node:events"

const [database = "", prefix = "", ...things] = process.argv.slice(2)

const outbox: Layer.Layer<OutboxStore.OutboxStore | SqlClient.SqlClient, unknown> = database.startsWith("postgres:")
  ? Layer.provideMerge(OutboxStorePg.layer({ prefix }), PgClient.layer({ url: Redacted.make(database) }))
  : Layer.provideMerge(OutboxStoreSql.layer({ prefix }), SqliteClient.layer({ filename: database }))

const runtime = ManagedRuntime.make(Layer.provideMerge(Outbox.layer, outbox))

const doThe: Record<string, Effect.Effect<unknown, unknown, Outbox.Outbox | SqlClient.SqlClient>> = {
  tables: Effect.flatMap(Outbox.Outbox, ({ counts }) => counts),
  offers: Effect.flatMap(Outbox.Outbox, ({ offer }) =>
    Effect.forEach(
      Array.from({ length: 40 }, (_, number) => number),
      (number) =>
        Effect.map(
          offer([{ shipment_id: `se-${number}`, tracking_number: `1Z${number}`, carrier_code: "ups" }]),
          ([answer]) => answer?._tag
        )
    )),
  lock: Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      Effect.zipRight(
        sql`BEGIN EXCLUSIVE`,
        Effect.as(Effect.forkDaemon(Effect.delay(sql`ROLLBACK`, "1500 millis")), [])
      )
  )
}

process.send?.("ready")
for (const thing of things) {
  await once(process, "message")
  process.send?.(
    await runtime.runPromise(
      Effect.catchAllCause(doThe[thing] ?? Effect.void, (cause) => Effect.succeed(String(cause)))
    )
  )
}
process.on("message", () => process.exit())
