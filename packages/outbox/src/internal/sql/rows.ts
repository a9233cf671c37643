/** Rows in a database: SQLite or Postgres, over `@effect/sql`. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { OutboxStoreError } from "../../OutboxError.js"
import type * as OutboxRows from "../../OutboxRows.js"
import * as Accounts from "./accounts.js"
import { inputColumns, offeredColumns, progressColumns, toColumns } from "./columns.js"
import * as Due from "./due.js"
import * as Histories from "./histories.js"
import * as Lists from "./lists.js"
import * as Select from "./select.js"
import * as Tables from "./tables.js"

/** Builds the port. `announcements`: what the database tells of other processes' announcements. */
export const make = Effect.fnUntraced(function*(
  prefix: string,
  announcements: Stream.Stream<string | void> | undefined
): Effect.fn.Return<OutboxRows.Service, OutboxStoreError, SqlClient | Scope.Scope> {
  const tables = yield* Tables.make(prefix)
  const { addEvidence, addHistory, ...histories } = Histories.make(tables)
  const { addAccountEntry, saveAccount, ...accounts } = Accounts.make(tables)
  const { insert, updateRows } = makeWrites(tables)
  const { endedBefore, ...finds } = Select.make(tables)
  const remove = makeRemove(tables)
  return {
    transaction: tables.transaction,
    now: Effect.map(tables.clock, (millis) => DateTime.unsafeMake(Math.floor(millis))),
    insert,
    update: Effect.fnUntraced(function*({ account, accountEntry, evidence = [], rows = [] }) {
      if (rows.length > 0) yield* updateRows(rows)
      yield* addHistory(rows)
      yield* addEvidence(evidence)
      if (account !== undefined) yield* saveAccount(account)
      if (accountEntry !== undefined) yield* addAccountEntry(accountEntry)
    }),
    prune: Effect.fnUntraced(function*(before, limit) {
      const ids = (yield* endedBefore(before, limit)).map(({ id }) => id)
      if (ids.length > 0) yield* remove(ids)
      return ids.length
    }),
    ...histories,
    ...finds,
    ...Lists.make(tables),
    ...accounts,
    ...yield* Due.make(tables, announcements)
  }
})

const makeWrites = ({ insertInto, prefix, records, sql, stored, table, updateFrom }: Tables.Tables) => {
  const offered = sql.literal(Tables.namesOf(offeredColumns))
  const insertProgress = insertInto("progress", progressColumns)
  const updateProgress = updateFrom(
    "progress",
    "id",
    progressColumns,
    // of a row that is claimed it stays, so that its indexes do
    `${
      Tables.assignedOf(progressColumns, "id", "due_at")
    }, due_at = CASE WHEN j.claimed_until IS NULL THEN j.due_at ELSE ${prefix}progress.due_at END`
  )
  const replaceInputs = updateFrom("rows", "id", { ...inputColumns, id: progressColumns.id })

  const insert: OutboxRows.Service["insert"] = Effect.fnUntraced(function*(rows) {
    const values = yield* Effect.forEach(rows, (row) => toColumns({ ...row, id: 0 }))
    const inserted = yield* stored(
      // always in the same order, or two that insert the same could wait for each other
      sql<{ readonly id: number; readonly shipment_id: string }>`INSERT INTO ${
        table("rows")
      } (${offered}) SELECT ${offered}
        FROM ${records(offeredColumns, values)} WHERE true ORDER BY shipment_id
        ON CONFLICT (account, shipment_id) DO NOTHING RETURNING id, shipment_id`
    )
    const ids = new Map<unknown, number>(inserted.map(({ id, shipment_id }) => [shipment_id, Number(id)]))
    const begun = values.flatMap((columns) => {
      const id = ids.get(columns["shipment_id"])
      return id === undefined ? [] : [{ ...columns, id }]
    })
    yield* insertProgress(begun)
    const [first] = rows
    if (first !== undefined && rows.some(({ readBackFirst }) => readBackFirst)) {
      yield* stored(
        sql`DELETE FROM ${table("kept")} WHERE account = ${first.account} AND ${
          sql.in("shipment_id", inserted.map(({ shipment_id }) => shipment_id))
        }`
      )
    }
    return new Set(inserted.map(({ shipment_id }) => shipment_id))
  })

  const updateRows = Effect.fnUntraced(function*(changes: ReadonlyArray<OutboxRows.Changed>) {
    const values = yield* Effect.forEach(changes, ({ row }) => toColumns(row))
    yield* updateProgress(values)
    const others = values.filter((_, index) => changes[index]?.isReplaced === true)
    if (others.length > 0) yield* replaceInputs(others)
  })

  return { insert, updateRows }
}

const makeRemove = ({ sql, stored, table }: Tables.Tables) =>
  Effect.fnUntraced(function*(ids: ReadonlyArray<number>) {
    yield* stored(
      sql`INSERT INTO ${
        table("kept")
      } (account, shipment_id, tracking_number, state) SELECT offered.account, shipment_id, tracking_number, state
        FROM ${table("rows")} AS offered JOIN ${table("progress")} AS progress ON progress.id = offered.id
        WHERE ${sql.in("offered.id", ids)}`
    )
    for (
      const [name, key] of [["history", "row_id"], ["evidence", "row_id"], ["progress", "id"], ["rows", "id"]] as const
    ) {
      yield* stored(sql`DELETE FROM ${table(name)} WHERE ${sql.in(key, ids)}`)
    }
  })
