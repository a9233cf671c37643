/**
 * A database as the version before plain columns left it (`fixtures/outbox-2.json`): it was filled by that version, with rows
 * in every state, and `expected` is what it read of them.
 */
import { OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const Fixture = Schema.parseJson(Schema.Struct({
  schema: Schema.Struct({ sqlite: Schema.Array(Schema.String), postgres: Schema.Array(Schema.String) }),
  tables: Schema.Record({
    key: Schema.String,
    value: Schema.Array(Schema.Record({
      key: Schema.String,
      value: Schema.NullOr(Schema.Union(Schema.String, Schema.Number))
    }))
  }),
  expected: Schema.Struct({
    rows: Schema.Array(Schema.parseJson(Schema.Struct({
      row: OutboxRow.OutboxRow,
      history: Schema.Array(OutboxRow.HistoryEntry),
      evidence: Schema.Array(OutboxStore.Evidence)
    }))),
    accounts: Schema.Array(Schema.parseJson(OutboxStore.AccountState))
  })
}))

export const fixture = Effect.orDie(
  Effect.suspend(() =>
    Schema.decode(Fixture)(readFileSync(fileURLToPath(new URL("fixtures/outbox-2.json", import.meta.url)), "utf8"))
  )
)

/** Adds a row, with its id. */
export const insert = Effect.fnUntraced(function*(table: string, row: object) {
  const sql = yield* SqlClient.SqlClient
  const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const names = Object.keys(row)
  const places = names.map((_, index) => isPg ? `$${index + 1}` : "?")
  yield* sql.unsafe(
    `INSERT INTO ${table} (${names.join(", ")}) ${isPg ? "OVERRIDING SYSTEM VALUE" : ""} VALUES (${places.join(", ")})`,
    Object.values(row)
  )
})

/** Postgres counts ids only where it gave them. */
const goOn = Effect.fnUntraced(function*(table: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.onDialectOrElse({
    pg: () => sql`SELECT setval(pg_get_serial_sequence(${table}, 'id'), (SELECT max(id) FROM ${sql(table)}))`,
    orElse: () => Effect.succeed([])
  })
})

/** Makes that version's tables, and fills them. */
export const fill = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { schema, tables } = yield* fixture
  const statements = sql.onDialectOrElse({ pg: () => schema.postgres, orElse: () => schema.sqlite })
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  for (const [name, rows] of Object.entries(tables)) {
    yield* Effect.forEach(rows, (row) => insert(`shipstation_outbox_${name}`, row), { discard: true })
  }
  for (const name of ["rows", "history", "evidence"]) yield* goOn(`shipstation_outbox_${name}`)
})
