/** Rows in a database: SQLite or Postgres, over `@effect/sql`. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { OutboxStoreError } from "../../OutboxError.js"
import type { OutboxRow } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import * as Accounts from "./accounts.js"
import * as Due from "./due.js"
import * as Histories from "./histories.js"
import * as Select from "./select.js"
import * as Tables from "./tables.js"

export interface Options {
  readonly prefix: string
  /** What the database tells of other processes' announcements. */
  readonly announcements?: Stream.Stream<string | void> | undefined
  readonly poll: Duration.Duration
  /** Ends a pause of the rate limiter's log beside it. */
  readonly resumeLimiter: (account: string) => Effect.Effect<void, OutboxStoreError>
}

/** Builds the port. */
export const make = Effect.fnUntraced(function*(
  { announcements, poll, prefix, resumeLimiter }: Options
): Effect.fn.Return<OutboxRows.Service, OutboxStoreError, SqlClient | Scope.Scope> {
  const tables = yield* Tables.make(prefix)
  const { addHistory, ...histories } = Histories.make(tables)
  const { insert, prune, updateRows } = makeWrites(tables)
  return {
    transaction: tables.transaction,
    now: makeNow(tables),
    insert,
    update: (changes) => Effect.zipRight(updateRows(changes.map(({ row }) => row)), addHistory(changes)),
    prune,
    ...histories,
    ...Select.makeFinds(tables),
    ...Select.makeLists(tables),
    ...Accounts.make(tables),
    ...yield* Due.make(tables, announcements),
    resumeLimiter,
    poll
  }
})

const makeNow = ({ isPg, sql, stored }: Tables.Tables) =>
  isPg
    ? Effect.flatMap(
      stored(
        sql<{ readonly now: number }>`SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`
      ),
      ([row]) =>
        row === undefined ? Effect.fail(Tables.unreadable("the time")) : Effect.succeed(DateTime.unsafeMake(row.now))
    )
    : DateTime.now

const makeWrites = ({ prefix, records, sql, stored, table }: Tables.Tables) => {
  const insert: OutboxRows.Service["insert"] = Effect.fnUntraced(function*(rows) {
    // always in the same order, or two that insert the same could wait for each other
    const values = (yield* Effect.forEach(rows, Select.toColumns))
      .toSorted((a, b) => a.shipment_id < b.shipment_id ? -1 : 1)
    const names = sql.literal(Object.keys(columns).join(", "))
    const inserted = yield* stored(
      sql<{ readonly shipment_id: string }>`INSERT INTO ${table("rows")} (${names}) SELECT ${names} FROM ${
        records(columns, values)
      } WHERE true ON CONFLICT (account, shipment_id) DO NOTHING RETURNING shipment_id`
    )
    const ids = inserted.map(({ shipment_id }) => shipment_id)
    const [first] = rows
    if (first !== undefined && rows.some(({ readBackFirst }) => readBackFirst)) {
      yield* stored(
        sql`DELETE FROM ${table("kept")} WHERE account = ${first.account} AND ${sql.in("shipment_id", ids)}`
      )
    }
    return new Set(ids)
  })

  const updateRows = (rows: ReadonlyArray<OutboxRow>) =>
    Effect.flatMap(
      Effect.forEach(rows, (row) => Effect.map(Select.toColumns(row), (columns) => ({ ...columns, id: row.id }))),
      (values) =>
        stored(
          sql`UPDATE ${table("rows")} SET ${
            sql.literal(Object.keys(columns).map((name) => `${name} = j.${name}`).join(", "))
          } FROM ${records({ ...columns, id: "number" }, values)} WHERE ${sql.literal(`${prefix}rows.id = j.id`)}`
        )
    )

  const prune: OutboxRows.Service["prune"] = Effect.fnUntraced(function*(rows) {
    const ids = rows.map(({ id }) => id)
    const names = sql.literal("account, shipment_id, tracking_number, state")
    yield* stored(
      sql`INSERT INTO ${table("kept")} (${names}) SELECT ${names} FROM ${table("rows")} WHERE ${sql.in("id", ids)}`
    )
    yield* stored(sql`DELETE FROM ${table("history")} WHERE ${sql.in("row_id", ids)}`)
    yield* stored(sql`DELETE FROM ${table("evidence")} WHERE ${sql.in("row_id", ids)}`)
    yield* stored(sql`DELETE FROM ${table("rows")} WHERE ${sql.in("id", ids)}`)
  })

  return { insert, prune, updateRows }
}

const columns = {
  account: "text",
  shipment_id: "text",
  tracking_number: "text",
  state: "text",
  due_at: "number",
  created_at: "number",
  updated_at: "number",
  order_source: "text",
  data: "text"
} as const
