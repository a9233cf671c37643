/** The tables of what happened to rows, and of what was told too late: nothing in them changes. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { OutboxStoreError } from "../../OutboxError.js"
import { HistoryEntry, State } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import { type ChangeCount, type ChangesOptions, Evidence } from "../service.js"
import { Ended } from "../told.js"
import * as Codec from "./codec.js"
import { type Columns, decodeRows, type Tables } from "./tables.js"

/** The columns of the history, but its ids. */
export const historyColumns = {
  row_id: ["number", ""],
  at: ["number", "at"],
  from_state: ["text", "from"],
  to_state: ["text", "to"],
  actor: ["text", "by"],
  started_at: ["number", "startedAt"],
  request_id: ["text", "requestId"],
  error_tag: ["text", "error._tag"],
  error_message: ["text", "error.message"],
  error_request_id: ["text", "error.requestId"]
} as const satisfies Columns

/** The columns of evidence, but its ids. What was told stays JSON: it is for people only, and rare. */
export const evidenceColumns = {
  row_id: ["number", "id"],
  token: ["text", "token"],
  at: ["number", "at"],
  ended: ["text", "ended"]
} as const satisfies Columns

/** An entry of a history as columns. */
export const historyCodec = Codec.make(HistoryEntry, historyColumns, "a row's history")

/** Evidence as columns. */
export const evidenceCodec = Codec.make(
  Schema.Struct({ ...Evidence.fields, ended: Schema.parseJson(Ended) }),
  evidenceColumns,
  "evidence"
)

/** Adds to the tables. */
const makeAdds = ({ insertInto }: Tables) => {
  const [addHistory, addEvidence] = [insertInto("history", historyColumns), insertInto("evidence", evidenceColumns)]
  return {
    addHistory: (changes: ReadonlyArray<OutboxRows.Changed>) =>
      Effect.flatMap(
        Effect.forEach(
          changes.flatMap(({ history, row }) => history.map((entry) => ({ entry, row_id: row.id }))),
          ({ entry, row_id }) => Effect.map(historyCodec.toColumns(entry), (columns) => ({ ...columns, row_id }))
        ),
        addHistory
      ),
    addEvidence: (evidence: ReadonlyArray<Evidence>) =>
      Effect.flatMap(Effect.forEach(evidence, evidenceCodec.toColumns), addEvidence)
  }
}

/** Adds to the tables, and reads them. */
export const make = (tables: Tables) => {
  const { selected, sql, stored, table } = tables
  const of = (name: string, columns: Columns, id: number) =>
    stored(
      sql<Codec.Stored>`SELECT ${sql.literal(selected("told", columns))} FROM ${table(name)} AS told
        WHERE row_id = ${id} ORDER BY id`
    )
  return {
    ...makeAdds(tables),
    told: (id) =>
      Effect.all({
        history: Effect.flatMap(
          of("history", historyColumns, id),
          Effect.forEach((row) => historyCodec.fromColumns(row))
        ),
        evidence: Effect.flatMap(
          of("evidence", evidenceColumns, id),
          Effect.forEach((row) => evidenceCodec.fromColumns(row))
        )
      }),
    changes: makeChanges(tables)
  } satisfies Partial<OutboxRows.Service> & Record<"addEvidence" | "addHistory", unknown>
}

const width = { minute: 60_000, hour: 3_600_000 }

const makeChanges = ({ number, sql, stored, table }: Tables) => ({ account, per, since }: ChangesOptions) => {
  const began = `told.at / ${width[per]} * ${width[per]}`
  const of = account === undefined ? sql.literal("") : sql`AND progress.account = ${account}`
  return sql`SELECT progress.account AS account, told.to_state AS state,
      ${sql.literal(number(`min(${began})`))} AS "from", ${sql.literal(number("count(*)"))} AS count
    FROM ${table("history")} AS told JOIN ${table("progress")} AS progress ON progress.id = told.row_id
    WHERE told.at >= ${DateTime.toEpochMillis(since)} AND told.from_state <> told.to_state ${of}
    GROUP BY progress.account, told.to_state, ${sql.literal(began)}
    ORDER BY ${sql.literal(began)}, progress.account, told.to_state`.pipe(
    stored,
    Effect.flatMap(decodeChanges)
  )
}

const decodeChanges: (rows: unknown) => Effect.Effect<ReadonlyArray<ChangeCount>, OutboxStoreError> = decodeRows(
  Schema.Struct({ account: Schema.String, state: State, from: Schema.DateTimeUtcFromNumber, count: Schema.Number }),
  "changes"
)
