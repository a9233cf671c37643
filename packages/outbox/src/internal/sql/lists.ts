/** Reading rows as people look at them: pages, and how many there are. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { OutboxStoreError } from "../../OutboxError.js"
import { type OutboxRow, State } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { Count, Filter } from "../service.js"
import { escaped, storable } from "../text.js"
import { makeSelect } from "./select.js"
import { decodeRows, type Tables } from "./tables.js"

export const make = (tables: Tables) => {
  const { readable, selectStored } = makeSelect(tables)
  const { sql, table } = tables

  /** Those that have rows, the next one of the index each time: a shipment's index begins with its account. */
  const allAccounts = sql`WITH RECURSIVE every(name) AS (
    SELECT min(account) FROM ${table("rows")}
    UNION ALL
    SELECT (SELECT min(account) FROM ${table("rows")} WHERE account > name) FROM every WHERE name IS NOT NULL
  ) SELECT name FROM every`

  const where = (
    from: number | undefined,
    {
      account,
      endedSince,
      foundTrackingNumbers,
      message,
      newestFirst,
      offeredBefore,
      orderSource,
      shipmentId,
      states,
      trackingNumber,
      trackingNumbers
    }: Filter
  ) =>
    sql.and([
      newestFirst === true
        ? sql`progress.id < ${from ?? Number.MAX_SAFE_INTEGER}`
        : sql`progress.id > ${from ?? 0}`,
      ...(account === undefined ? [] : [sql`progress.account = ${account}`]),
      ...(states === undefined ? [] : [sql.in("progress.state", states)]),
      // or the index that has only those isn't used
      ...(states === undefined || states.includes("fulfilled") ? [] : [sql`progress.state <> 'fulfilled'`]),
      ...(shipmentId === undefined
        ? []
        : [sql`shipment_id = ${storable(shipmentId)} AND offered.account IN (${account ?? allAccounts})`]),
      ...(trackingNumber === undefined ? [] : [sql`tracking_number = ${escaped(trackingNumber)}`]),
      ...(trackingNumbers === undefined ? [] : [sql.in("tracking_number", trackingNumbers.map(escaped))]),
      ...(foundTrackingNumbers === undefined
        ? []
        // or the index that has only those isn't used
        : [sql.in("found_tracking_number", foundTrackingNumbers.map(storable)), sql`progress.state <> 'fulfilled'`]),
      ...(message === undefined ? [] : [sql`lower(error_message) LIKE lower(${pattern(message)}) ESCAPE '!'`]),
      ...(offeredBefore === undefined ? [] : [sql`created_at <= ${DateTime.toEpochMillis(offeredBefore)}`]),
      ...(orderSource === undefined ? [] : [sql`order_source = ${orderSource}`]),
      // or the index that has only those isn't used
      ...(orderSource === undefined || orderSource === "notified" ? [] : [sql`order_source <> 'notified'`]),
      ...(endedSince === undefined
        ? []
        : [sql`due_at IS NULL`, sql`updated_at >= ${DateTime.toEpochMillis(endedSince)}`])
    ])

  return {
    counts: makeCounts(tables),
    list: Effect.fnUntraced(function*({ after, limit, ...filter }) {
      const listed: Array<OutboxRow> = []
      const order = sql.literal(filter.newestFirst === true ? "DESC" : "ASC")
      let from = after
      // a page without those that can't be read is filled up, or it would be taken for the last one
      for (let isLast = false; !isLast;) {
        const wanted = limit - listed.length
        const found: Effect.Effect.Success<ReturnType<typeof selectStored>> = yield* selectStored(
          where(from, filter),
          sql`ORDER BY progress.id ${order} LIMIT ${wanted}`
        )
        const { rows } = yield* readable(found)
        listed.push(...rows)
        isLast = listed.length >= limit || found.length < wanted
        from = found.at(-1)?.id
      }
      return listed
    })
  } satisfies Partial<OutboxRows.Service>
}

/** Each index has all that is counted of its part of the rows. */
const makeCounts = ({ number, prefix, sql, stored }: Tables) => (which: "all" | "open") => {
  const part = (where: string) =>
    `SELECT account, state, count(*) AS count, min(created_at) AS oldest
      FROM ${prefix}progress WHERE ${where} GROUP BY state, account`
  const waiting = "due_at IS NOT NULL AND state <> 'sending'"
  const sending = part("state = 'sending' AND state <> 'fulfilled'")
  const parts = which === "open"
    ? [part(`${waiting} AND state IN ('pending', 'unknown')`), sending]
    : [part(waiting), sending, part("due_at IS NULL")]
  return sql`SELECT account, state, ${sql.literal(number("sum(count)"))} AS count, ${
    sql.literal(number("min(oldest)"))
  } AS oldest
      FROM (${sql.literal(parts.join(" UNION ALL "))}) AS parts GROUP BY state, account`.pipe(
    stored,
    Effect.flatMap(decodeCounts)
  )
}

/** For `LIKE`: what contains the text. */
const pattern = (text: string): string => `%${text.replaceAll(/[!%_]/g, "!$&")}%`

const decodeCounts: (rows: unknown) => Effect.Effect<ReadonlyArray<Count>, OutboxStoreError> = decodeRows(
  Schema.Struct({
    account: Schema.String,
    state: State,
    count: Schema.Number,
    oldest: Schema.DateTimeUtcFromNumber
  }),
  "counts"
)
