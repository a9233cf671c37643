/** Reading rows: those that are known by who they are, and those to be worked on. */
import type { Fragment } from "@effect/sql/Statement"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Existing } from "../../Offer.js"
import { State } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import { unescaped } from "../text.js"
import type { Stored } from "./codec.js"
import { inputColumns, offeredColumns, progressColumns, toRow } from "./columns.js"
import type { Columns, Tables } from "./tables.js"

/** Those of `rows` that aren't in `progress` too. */
const ownColumns = {
  ...inputColumns,
  shipment_id: offeredColumns.shipment_id,
  unreadable: ["text", ""]
} as const satisfies Columns

/** What is known of a row that can't be read, or that was pruned. */
interface KnownPart {
  readonly shipment_id: string
  readonly tracking_number: string
  readonly state: string
}

interface StoredRow extends Stored, KnownPart {
  readonly id: number
}

const idsOf = (rows: ReadonlyArray<Pick<StoredRow, "id">>): ReadonlyArray<number> => rows.map(({ id }) => id)

/** Reads rows of both tables. Those that can't be read are told apart. */
export const makeSelect = ({ selected, sql, stored, table }: Tables) => {
  const columns = sql.literal(`${selected("progress", progressColumns)}, ${selected("offered", ownColumns)}`)
  // also of those whose offer somebody has deleted: they can't be read
  const both = sql`${table("progress")} AS progress LEFT JOIN ${table("rows")} AS offered ON offered.id = progress.id`

  const selectStored = (where: Fragment, rest: Fragment) =>
    stored(sql<StoredRow>`SELECT ${columns} FROM ${both} WHERE ${where} ${rest}`)

  /** A row that another version has written, or that is damaged, must not stop the others. */
  const readable = Effect.fnUntraced(function*(found: ReadonlyArray<StoredRow>) {
    const [unreadable, rows] = yield* Effect.partition(found, (one) => Effect.mapError(toRow(one), () => one))
    if (unreadable.length > 0) {
      yield* Effect.annotateLogs(
        Effect.logError("The outbox has rows that can't be read"),
        "shipstation.rows",
        idsOf(unreadable)
      )
    }
    return { rows, unreadable }
  })

  return { both, readable, selectStored }
}

/**
 * Reads rows by who they are, and by what is to be done with them. They are locked first, and read by a statement of its own:
 * one that waits for a lock in `progress` would see `rows` as they were before.
 */
export const make = (tables: Tables) => {
  const { isPg, lock, sql, stored, table } = tables
  const { both, readable, selectStored } = makeSelect(tables)

  /** SQLite lets nobody else write. */
  const lockAll = (where: Fragment, how: "lock" | "look") =>
    isPg && how === "lock"
      ? stored(sql`SELECT progress.id FROM ${both} WHERE ${where} ORDER BY progress.id FOR UPDATE OF progress`)
      : Effect.void

  /** The first ones that nobody else has locked. */
  const lockFirst = Effect.fnUntraced(function*(where: Fragment, order: "due_at" | "updated_at", limit: number) {
    const first = yield* stored(
      sql<{ readonly id: number }>`SELECT id FROM ${table("progress")} AS progress WHERE ${where}
        ORDER BY ${sql.literal(order)}, id LIMIT ${limit} ${lock("FOR UPDATE SKIP LOCKED")}`
    )
    if (first.length === 0) return { rows: [], unreadable: [] }
    const found = yield* selectStored(
      sql.in("progress.id", idsOf(first)),
      sql`ORDER BY ${sql.literal(order)}, progress.id`
    )
    return yield* readable(found)
  })

  const find: OutboxRows.Service["find"] = Effect.fnUntraced(function*(account, shipmentIds, how) {
    const found = new Map<string, Existing>()
    const where = sql`offered.account = ${account} AND ${sql.in("offered.shipment_id", shipmentIds)}`
    const keptOf = sql`FROM ${table("kept")} AS offered WHERE ${where}`
    // mostly there is nothing, and that takes one statement
    const [some] = yield* stored(
      sql`SELECT 1 FROM ${table("rows")} AS offered WHERE ${where} UNION ALL SELECT 1 ${keptOf} LIMIT 1`
    )
    if (some === undefined) return found
    yield* lockAll(where, how)
    const { rows, unreadable } = yield* Effect.flatMap(selectStored(where, sql`ORDER BY progress.id`), readable)
    // after the rows: of one that is pruned meanwhile it is there by now
    const pruned = yield* stored(sql<KnownPart>`SELECT shipment_id, tracking_number, state ${keptOf}`)
    const remember = (_tag: "Pruned" | "Unreadable") => ({ shipment_id, state, tracking_number }: KnownPart) =>
      found.set(shipment_id, {
        _tag,
        remembered: {
          shipment_id,
          tracking_number: unescaped(tracking_number),
          // one that there is only in another version may mean anything
          state: isState(state) ? state : "unknown"
        }
      })
    pruned.forEach(remember("Pruned"))
    unreadable.forEach(remember("Unreadable"))
    for (const row of rows) found.set(row.input.shipment_id, { _tag: "Row", row })
    return found
  })

  /** Those that others claimed aren't due; they are few. */
  const isDue = (state: State, now: number) =>
    state === "sending"
      // these aren't among what is found by when it is due
      ? sql`progress.state = 'sending' AND progress.state <> 'fulfilled' AND coalesce(claimed_until, due_at) <= ${now}`
      : sql`progress.state = ${state} AND progress.state <> 'sending' AND due_at <= ${now}
        AND (claimed_until IS NULL OR claimed_until <= ${now})`

  const due: OutboxRows.Service["due"] = Effect.fnUntraced(function*({ account, limit, now, state }) {
    const millis = DateTime.toEpochMillis(now)
    const { rows, unreadable } = yield* lockFirst(
      sql.and([
        isDue(state, millis),
        ...(account === undefined ? [] : [sql`progress.account = ${account}`])
      ]),
      "due_at",
      limit
    )
    // what is only claimed may be lost when the database dies, and its intent, which is not, takes the claim along
    if (isPg && rows.length > 0) yield* stored(sql`SET LOCAL synchronous_commit = off`)
    if (unreadable.length > 0) {
      const others = sql.in("id", idsOf(unreadable))
      // of what somebody has deleted; the others would be the first each time
      yield* stored(
        sql`DELETE FROM ${table("progress")} WHERE ${others} AND id NOT IN (SELECT id FROM ${
          table("rows")
        } WHERE ${others})`
      )
      yield* stored(
        sql`UPDATE ${table("progress")} SET due_at = ${millis + 5 * 60_000}, claimed_until = NULL WHERE ${others}`
      )
    }
    return rows
  })

  return {
    find,
    byIds: Effect.fnUntraced(function*(ids, how) {
      // no row has another, and a database fails for some
      const where = sql.in("progress.id", ids.filter(Number.isSafeInteger))
      yield* lockAll(where, how)
      const found = yield* selectStored(where, sql`ORDER BY progress.id`)
      // one that can't be read must not keep others from being settled
      return how === "lock" ? (yield* readable(found)).rows : yield* Effect.forEach(found, toRow)
    }),
    due,
    /** Some, past those that can't be read. */
    endedBefore: Effect.fnUntraced(function*(moment: DateTime.Utc, limit: number) {
      const skipped: Array<number> = []
      while (true) {
        const { rows, unreadable } = yield* lockFirst(
          sql`due_at IS NULL AND updated_at < ${DateTime.toEpochMillis(moment)} AND NOT ${sql.in("id", skipped)}`,
          "updated_at",
          limit
        )
        if (rows.length > 0 || unreadable.length < limit) return rows
        skipped.push(...idsOf(unreadable))
      }
    })
  } satisfies Partial<OutboxRows.Service> & Record<"endedBefore", unknown>
}

const isState = Schema.is(State)
