/** SQLite or Postgres: whatever `DATABASE_URL` names. */
import type { SqlClient, SqlError } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, type ConfigError, Layer, Redacted } from "effect"

type Database = Layer.Layer<SqlClient.SqlClient, SqlError.SqlError | ConfigError.ConfigError>

/** `postgres://…`, or the name of SQLite's file. */
export const layer: Database = Layer.unwrapEffect(
  Config.map(
    Config.withDefault(Config.redacted("DATABASE_URL"), Redacted.make("shop.db")),
    (url): Database =>
      /^postgres(ql)?:/.test(Redacted.value(url))
        ? PgClient.layer({ url })
        : SqliteClient.layer({ filename: Redacted.value(url) })
  )
)
