/** The tables. */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { OutboxStoreError } from "../../OutboxError.js"
import * as PlainColumns from "./plainColumns.js"
import { isPostgres } from "./transaction.js"

/** The names of the tables begin with it. */
export const defaultPrefix = "shipstation_outbox_"

const isPrefix = (prefix: string): boolean => /^[a-z_][a-z0-9_]{0,39}$/.test(prefix)

/**
 * Makes the tables, or brings them up to date. Several processes may do it at once. Where nothing is to be done it only
 * reads, so who only looks needs no right to write. A prefix of another form is a defect.
 */
export const migrate = (prefix: string): Effect.Effect<void, OutboxStoreError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    if (!isPrefix(prefix)) return yield* Effect.dieMessage(`Not a prefix for tables: ${prefix}`)
    const sql = yield* SqlClient.SqlClient
    const all = migrations(prefix)
    const table = `${prefix}migrations`
    const isDone = Effect.map(
      sql<{ readonly last: number | null }>`SELECT max(migration_id) AS last FROM ${sql(table)}`,
      ([row]) => (row?.last ?? 0) >= Object.keys(all).length
    )
    let isRefused = false
    const failed = (why: unknown) => {
      const first = originOf(why)
      isRefused ||= first instanceof PlainColumns.MigrationRefused
      const reason = first instanceof Error ? first.message : String(first)
      return new OutboxStoreError({ message: `The tables could not be made: ${reason}`, uncertain: false })
    }
    // inside of a transaction of Postgres nothing may fail
    const isThere = isPostgres(sql)
      ? sql`SELECT 1 WHERE to_regclass(${table}) IS NOT NULL`
      : sql`SELECT 1 FROM sqlite_master WHERE name = ${table}`
    const wasDone = Effect.flatMap(isThere, ({ length }) => length === 0 ? Effect.succeed(false) : isDone)
    if (yield* Effect.mapError(wasDone, failed)) return
    yield* Effect.zipRight(migrator({ loader: Migrator.fromRecord(all), table }), isDone).pipe(
      Effect.mapError(failed),
      // a migration that fails, and a failed commit
      Effect.catchAllDefect((defect) => Effect.fail(failed(defect))),
      Effect.filterOrFail((done) => done, () => failed("another process is at it")),
      // another process may be faster
      Effect.retry({
        schedule: Schedule.intersect(Schedule.spaced("200 millis"), Schedule.recurs(50)),
        while: () => !isRefused
      })
    )
  })

/** Of a migration that fails the reason is in its cause. */
const originOf = (why: unknown): unknown => why instanceof Error && why.cause !== undefined ? originOf(why.cause) : why

const migrator = Migrator.make({})

const statements = (of: (types: ReturnType<typeof PlainColumns.typesOf>) => ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => PlainColumns.run(sql, of(PlainColumns.typesOf(isPostgres(sql)))))

const migrations = (
  prefix: string
): Record<
  string,
  Effect.Effect<void, PlainColumns.MigrationRefused | OutboxStoreError | SqlError, SqlClient.SqlClient>
> => ({
  "0001_outbox": statements(({ id, number }) => [
    `CREATE TABLE ${prefix}rows (
      id ${id},
      account TEXT NOT NULL,
      shipment_id TEXT NOT NULL,
      tracking_number TEXT NOT NULL,
      state TEXT NOT NULL,
      due_at ${number},
      created_at ${number} NOT NULL,
      updated_at ${number} NOT NULL,
      data TEXT NOT NULL,
      UNIQUE (account, shipment_id)
    )`,
    // of rows that ended nothing is due, so claims don't get slower with their number
    `CREATE INDEX ${prefix}rows_due ON ${prefix}rows (state, account, due_at, id) WHERE due_at IS NOT NULL`,
    `CREATE INDEX ${prefix}rows_ended ON ${prefix}rows (updated_at) WHERE due_at IS NULL`,
    `CREATE INDEX ${prefix}rows_state ON ${prefix}rows (state, account, created_at)`,
    // pages of what isn't fulfilled, which is little
    `CREATE INDEX ${prefix}rows_unfulfilled ON ${prefix}rows (state, id) WHERE state <> 'fulfilled'`,
    `CREATE INDEX ${prefix}rows_tracking ON ${prefix}rows (tracking_number)`,
    `CREATE TABLE ${prefix}kept (
      account TEXT NOT NULL,
      shipment_id TEXT NOT NULL,
      tracking_number TEXT NOT NULL,
      state TEXT NOT NULL,
      PRIMARY KEY (account, shipment_id)
    )`,
    `CREATE TABLE ${prefix}history (id ${id}, row_id ${number} NOT NULL, data TEXT NOT NULL)`,
    `CREATE INDEX ${prefix}history_row ON ${prefix}history (row_id)`,
    `CREATE TABLE ${prefix}evidence (id ${id}, row_id ${number} NOT NULL, data TEXT NOT NULL)`,
    `CREATE INDEX ${prefix}evidence_row ON ${prefix}evidence (row_id)`,
    `CREATE TABLE ${prefix}accounts (account TEXT PRIMARY KEY, data TEXT NOT NULL)`,
    `CREATE TABLE ${prefix}limiter (account TEXT PRIMARY KEY, data TEXT NOT NULL)`
  ]),
  "0002_order_source": statements(() => [
    `ALTER TABLE ${prefix}rows ADD COLUMN order_source TEXT`,
    // those that were told are many, and nobody looks for them
    `CREATE INDEX ${prefix}rows_not_told ON ${prefix}rows (order_source, id) WHERE order_source <> 'notified'`
  ]),
  "0003_plain_columns": PlainColumns.migrate(prefix),
  // what was found of what is fulfilled is its own number, most often, and found by that
  "0004_found": statements(({ ofAnyLength }) => [
    `CREATE INDEX ${prefix}progress_found ON ${prefix}progress ${ofAnyLength}(found_tracking_number)
      WHERE found_tracking_number IS NOT NULL AND state <> 'fulfilled'`
  ]),
  "0005_account_history": statements(({ flag, id, number }) => [
    `CREATE TABLE ${prefix}account_history (
      id ${id},
      account TEXT NOT NULL,
      at ${number} NOT NULL,
      is_paused ${flag} NOT NULL,
      actor TEXT,
      error_tag TEXT,
      error_message TEXT,
      error_request_id TEXT
    )`,
    `CREATE INDEX ${prefix}account_history_account ON ${prefix}account_history (account, id)`,
    // what is known of the past
    `INSERT INTO ${prefix}account_history (account, at, is_paused, actor, error_tag, error_message, error_request_id)
      SELECT account, paused_at, 1, paused_by, error_tag, error_message, error_request_id
      FROM ${prefix}accounts WHERE paused_at IS NOT NULL`,
    `INSERT INTO ${prefix}account_history (account, at, is_paused, actor)
      SELECT account, resumed_at, 0, resumed_by FROM ${prefix}accounts WHERE resumed_at IS NOT NULL`
  ])
})
