/**
 * The migration from a row as one JSON text to plain columns. It is one transaction, which nobody else's work can get into:
 * what an older version does afterwards fails, as its columns are gone, and nothing is sent without an intent. So older
 * workers may be running meanwhile, and what they had under way becomes unknown, and is looked up.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type { OutboxStoreError } from "../../OutboxError.js"
import { HistoryEntry, OutboxRow } from "../../OutboxRow.js"
import { AccountState, Evidence } from "../service.js"
import { escaped, storable } from "../text.js"
import * as Accounts from "./accounts.js"
import type { Stored } from "./codec.js"
import { inputColumns, progressColumns, toColumns } from "./columns.js"
import { evidenceCodec, evidenceColumns, historyCodec, historyColumns } from "./histories.js"
import * as Tables from "./tables.js"

/** The tables that are changed, in the order in which workers lock them. */
const changed = ["accounts", "rows", "kept", "history", "evidence"]

/** What was read and written at once. */
const step = 1_000

/** How columns are made, and indexes that hold texts of any length. */
export const typesOf = (isPg: boolean) => ({
  id: isPg ? "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT",
  number: isPg ? "BIGINT" : "INTEGER",
  count: "INTEGER",
  flag: isPg ? "SMALLINT" : "INTEGER",
  // others hold 2704 bytes at most
  ofAnyLength: isPg ? "USING hash " : ""
})

/** One after the other. */
export const run = (sql: SqlClient.SqlClient, statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })

const createProgress = (prefix: string, isPg: boolean) => {
  const { count, flag, number } = typesOf(isPg)
  return `CREATE TABLE ${prefix}progress (
    id ${number} PRIMARY KEY,
    account TEXT NOT NULL,
    created_at ${number} NOT NULL,
    failures ${count} NOT NULL,
    read_back_first ${flag} NOT NULL,
    resend_when_absent ${flag} NOT NULL,
    was_fulfilled ${flag},
    token TEXT,
    worker TEXT,
    claimed_until ${number},
    attempts ${count} NOT NULL,
    updated_at ${number} NOT NULL,
    started_at ${number},
    send_before ${number},
    state TEXT NOT NULL,
    due_at ${number},
    order_source TEXT,
    request_id TEXT,
    looks ${count},
    absent_since ${number},
    error_tag TEXT,
    error_message TEXT,
    error_request_id TEXT,
    error_at ${number},
    found_fulfillment_id TEXT,
    found_tracking_number TEXT,
    order_source_looked_at ${number},
    order_source_message TEXT
  )${
    // a row changes four times, and that stays on its page
    isPg ? " WITH (fillfactor = 30)" : ""}`
}

const before = (prefix: string, isPg: boolean): ReadonlyArray<string> => {
  const { flag, number } = typesOf(isPg)
  const add = (table: string, ...columns: ReadonlyArray<string>) =>
    columns.map((column) => `ALTER TABLE ${prefix}${table} ADD COLUMN ${column}`)
  return [
    ...isPg ? [`LOCK TABLE ${changed.map((name) => prefix + name).join(", ")} IN ACCESS EXCLUSIVE MODE`] : [],
    ...add("accounts", `paused_at ${number}`, "paused_by TEXT", "error_tag TEXT", "error_message TEXT"),
    ...add("accounts", "error_request_id TEXT", `not_before ${number}`, `suspect_since ${number}`),
    ...add("accounts", `resumed_at ${number}`, "resumed_by TEXT"),
    ...add("history", `at ${number} NOT NULL DEFAULT 0`, "from_state TEXT NOT NULL DEFAULT ''"),
    ...add("history", "to_state TEXT NOT NULL DEFAULT ''", "actor TEXT NOT NULL DEFAULT ''", `started_at ${number}`),
    ...add("history", "request_id TEXT", "error_tag TEXT", "error_message TEXT", "error_request_id TEXT"),
    ...add(
      "evidence",
      "token TEXT NOT NULL DEFAULT ''",
      `at ${number} NOT NULL DEFAULT 0`,
      "ended TEXT NOT NULL DEFAULT ''"
    ),
    ...add("rows", "carrier_code TEXT NOT NULL DEFAULT ''", "ship_date TEXT", `notify_customer ${flag}`),
    ...add("rows", `notify_order_source ${flag}`, "unreadable TEXT"),
    ...["due", "ended", "state", "unfulfilled", "tracking", "not_told"].map((name) =>
      `DROP INDEX ${prefix}rows_${name}`
    ),
    createProgress(prefix, isPg)
  ]
}

const after = (prefix: string, isPg: boolean): ReadonlyArray<string> => {
  const progress = `${prefix}progress`
  return [
    `UPDATE ${prefix}kept SET tracking_number = replace(tracking_number, '\\', '\\\\')`,
    ...["accounts", "history", "evidence"].map((name) => `ALTER TABLE ${prefix}${name} DROP COLUMN data`),
    ...["state", "due_at", "created_at", "updated_at", "order_source", "data"].map((column) =>
      `ALTER TABLE ${prefix}rows DROP COLUMN ${column}`
    ),
    `CREATE INDEX ${prefix}rows_tracking ON ${prefix}rows ${typesOf(isPg).ofAnyLength}(tracking_number)`,
    // of rows that ended nothing is due, so claims don't get slower with their number; those that are being sent are few,
    // and found by their state
    `CREATE INDEX ${progress}_due ON ${progress} (state, account, due_at, id, created_at)
      WHERE due_at IS NOT NULL AND state <> 'sending'`,
    // with all that is counted of them. Postgres counts them in any order, and two indexes would be twice the log
    ...isPg
      ? [`CREATE INDEX ${progress}_ended ON ${progress} (updated_at, state, account, created_at) WHERE due_at IS NULL`]
      : [
        `CREATE INDEX ${progress}_ended ON ${progress} (updated_at) WHERE due_at IS NULL`,
        `CREATE INDEX ${progress}_counted ON ${progress} (state, account, created_at) WHERE due_at IS NULL`
      ],
    // pages of what isn't fulfilled, which is little
    `CREATE INDEX ${progress}_unfulfilled ON ${progress} (state, id) WHERE state <> 'fulfilled'`,
    // those that were told are many, and nobody looks for them
    `CREATE INDEX ${progress}_not_told ON ${progress} (order_source, id) WHERE order_source <> 'notified'`,
    ...isPg
      ? [
        `ALTER TABLE ${prefix}history DROP CONSTRAINT ${prefix}history_pkey`,
        `DROP INDEX ${prefix}history_row`,
        // one index instead of two
        `ALTER TABLE ${prefix}history ADD PRIMARY KEY (row_id, id)`,
        `CREATE INDEX ${prefix}history_at ON ${prefix}history USING brin (at)`,
        `ANALYZE ${progress}`,
        `ANALYZE ${prefix}rows`
      ]
      : [`CREATE INDEX ${prefix}history_at ON ${prefix}history (at)`]
  ]
}

/** What is stored can't be moved, however often it is tried. */
export class MigrationRefused extends Schema.TaggedError<MigrationRefused>()("MigrationRefused", {
  message: Schema.String
}) {}

/** Changes the tables, and what is in them. */
export const migrate = Effect.fnUntraced(function*(
  prefix: string
): Effect.fn.Return<void, MigrationRefused | OutboxStoreError | SqlError, SqlClient.SqlClient> {
  const tables = yield* Tables.make(prefix)
  const { isPg, sql } = tables
  yield* run(sql, before(prefix, isPg))
  yield* moveAccounts(tables)
  yield* inSteps(tables, "rows", moveRows(tables))
  yield* inSteps(tables, "history", moveHistory(tables))
  yield* inSteps(tables, "evidence", moveEvidence(tables))
  yield* run(sql, after(prefix, isPg))
})

/** A row as it was, of one of the tables. */
interface Old extends Stored {
  readonly id: number
  readonly row_id: number
  readonly tracking_number: string
  readonly data: string
}

const inSteps = Effect.fnUntraced(function*(
  { sql, table }: Tables.Tables,
  name: string,
  move: (some: ReadonlyArray<Old>) => Effect.Effect<void, OutboxStoreError>
): Effect.fn.Return<void, OutboxStoreError | SqlError> {
  for (let last = 0;;) {
    const some: ReadonlyArray<Old> = yield* sql<Old>`SELECT * FROM ${
      table(name)
    } WHERE id > ${last} ORDER BY id LIMIT ${step}`
    const end = some.at(-1)
    if (end === undefined) return
    yield* move(some)
    last = Number(end.id)
  }
})

/** Of an account that can't be read it isn't known whether it is paused. */
const moveAccounts = Effect.fnUntraced(function*(tables: Tables.Tables) {
  const save = Accounts.makeSave(tables)
  const decode = Schema.decode(Schema.parseJson(AccountState))
  const rows = yield* tables.sql<{ readonly data: string }>`SELECT data FROM ${tables.table("accounts")}`
  for (const { data } of rows) {
    const state = yield* Effect.mapError(
      decode(data),
      () => new MigrationRefused({ message: `an account can't be read, and may be paused: ${data}` })
    )
    yield* save(state)
  }
})

/** Fills columns of the table's rows. */
const fill = ({ updateFrom }: Tables.Tables, name: string, columns: Tables.Columns) =>
  updateFrom(name, "id", { ...columns, id: progressColumns.id }, `${Tables.assignedOf(columns)}, data = ''`)

/** What is in the text as columns; what can't be read by other columns, that keep it as it is for whoever can. */
const moved = <A, I>(
  schema: Schema.Schema<A, I>,
  toColumns: (value: A) => Effect.Effect<Stored, OutboxStoreError>,
  unreadable: (old: Old) => Stored
) => {
  const decode = Schema.decodeEither(Schema.parseJson(schema))
  return (some: ReadonlyArray<Old>) =>
    Effect.forEach(some, (old) =>
      Either.match(decode(old.data), {
        onLeft: () => Effect.succeed<Stored>({ ...old, ...unreadable(old) }),
        onRight: (value) =>
          Effect.map(toColumns(value), ({ account, ...columns }) => ({
            // older versions stored what ShipStation says as it came
            ...Record.map(columns, (column) => typeof column === "string" ? storable(column) : column),
            account,
            id: old.id,
            row_id: old.row_id
          }))
      }))
}

const moveRows = (tables: Tables.Tables) => {
  const insertProgress = tables.insertInto("progress", progressColumns)
  const fillRows = fill(tables, "rows", { ...inputColumns, unreadable: ["text", ""] })
  const movedRows = moved(
    OutboxRow.pipe(Schema.omit("id")),
    (row) => toColumns({ ...row, id: 0 }),
    ({ data, tracking_number }) => ({
      tracking_number: escaped(tracking_number),
      carrier_code: "",
      unreadable: data,
      failures: 0,
      attempts: 0,
      read_back_first: 0,
      resend_when_absent: 0
    })
  )
  return Effect.fnUntraced(function*(some: ReadonlyArray<Old>) {
    const rows = yield* movedRows(some)
    yield* insertProgress(rows)
    yield* fillRows(rows)
  })
}

const moveHistory = (tables: Tables.Tables) => {
  const fillHistory = fill(tables, "history", historyColumns)
  // in no state, so that it still can't be read
  const nowhere = { at: 0, from_state: "", to_state: "", actor: "" }
  const movedHistory = moved(HistoryEntry, historyCodec.toColumns, ({ data }) => ({ ...nowhere, error_message: data }))
  return (some: ReadonlyArray<Old>) => Effect.flatMap(movedHistory(some), fillHistory)
}

const moveEvidence = (tables: Tables.Tables) => {
  const fillEvidence = fill(tables, "evidence", evidenceColumns)
  const movedEvidence = moved(Evidence, evidenceCodec.toColumns, ({ data }) => ({ token: "", at: 0, ended: data }))
  return (some: ReadonlyArray<Old>) => Effect.flatMap(movedEvidence(some), fillEvidence)
}
