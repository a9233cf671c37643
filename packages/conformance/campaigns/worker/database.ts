/** The databases of the campaigns. */
import { type OutboxError, type OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import type { SqlError } from "@effect/sql/SqlError"
import { type ConfigError, Context, Effect, Layer, Redacted } from "effect"
import type { Database } from "./Job.js"

/** The outbox's store, and the client. `change` gets the client before anybody uses it. */
export const layer = (
  database: Database,
  prefix: string,
  poll: number,
  change: (sql: SqlClient.SqlClient) => void = () => {}
): Layer.Layer<
  OutboxStore.OutboxStore | SqlClient.SqlClient,
  ConfigError.ConfigError | SqlError | OutboxError.OutboxStoreError
> => {
  const changed = <R, E, A>(client: Layer.Layer<A | SqlClient.SqlClient, E, R>) =>
    Layer.tap(client, (context) => Effect.sync(() => change(Context.get(context, SqlClient.SqlClient))))
  const options = { prefix, poll }
  return database._tag === "SQLite"
    ? OutboxStoreSql.layer(options).pipe(
      Layer.provideMerge(changed(SqliteClient.layer({ filename: database.filename })))
    )
    : OutboxStorePg.layer(options).pipe(
      Layer.provideMerge(changed(PgClient.layer({
        url: Redacted.make(database.url),
        maxConnections: 3
      })))
    )
}
