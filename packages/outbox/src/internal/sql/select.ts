/** Reading the table of rows. */
import type { Fragment } from "@effect/sql/Statement"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Existing, NewRow } from "../../Offer.js"
import type { OutboxStoreError } from "../../OutboxError.js"
import { hasEnded, OutboxRow, State } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { Count, Filter } from "../service.js"
import { storable } from "../text.js"
import { asText, decodeRows, type Tables } from "./tables.js"

const { decode: decodeNew, encode: encodeNew } = asText(OutboxRow.omit("id"), "a row")

interface DataRow {
  readonly id: number
  readonly data: string
  readonly shipment_id: string
  readonly tracking_number: string
  readonly state: string
}

const toRow = ({ data, id }: DataRow): Effect.Effect<OutboxRow, OutboxStoreError> =>
  Effect.map(decodeNew(data), (row) => ({ ...row, id }))

/** A row as its columns. */
export const toColumns = (row: NewRow) =>
  Effect.map(encodeNew(row), (data) => ({
    account: row.account,
    shipment_id: row.input.shipment_id,
    tracking_number: storable(row.input.tracking_number),
    state: row.state,
    due_at: hasEnded(row) ? null : DateTime.toEpochMillis(row.due),
    created_at: DateTime.toEpochMillis(row.createdAt),
    updated_at: DateTime.toEpochMillis(row.updatedAt),
    order_source: row.orderSource?.state ?? null,
    data
  }))

/** Reads rows. Those that can't be read are told apart. */
const makeSelect = ({ number, sql, stored, table }: Tables) => {
  const selectData = (where: Fragment, rest: Fragment) =>
    stored(
      sql<DataRow>`SELECT ${number("id")} AS id, data, shipment_id, tracking_number, state FROM ${
        table("rows")
      } WHERE ${where} ${rest}`
    )

  const selectRows = (where: Fragment, rest: Fragment) => Effect.flatMap(selectData(where, rest), Effect.forEach(toRow))

  /** A row that another version has written, or that is damaged, must not stop the others. */
  const readable = Effect.fnUntraced(function*(found: ReadonlyArray<DataRow>) {
    const [unreadable, rows] = yield* Effect.partition(found, (one) => Effect.mapError(toRow(one), () => one))
    if (unreadable.length > 0) {
      yield* Effect.annotateLogs(
        Effect.logError("The outbox has rows that can't be read: they are left as they are"),
        "shipstation.rows",
        unreadable.map(({ id }) => id)
      )
    }
    return { rows, unreadable }
  })

  const selectReadable = (where: Fragment, rest: Fragment) =>
    Effect.map(Effect.flatMap(selectData(where, rest), readable), ({ rows }) => rows)

  return { readable, selectData, selectReadable, selectRows }
}

/** Reads rows by who they are. */
export const makeFinds = (tables: Tables) => {
  const { id, lock, sql, stored, table } = tables
  const { readable, selectData, selectReadable, selectRows } = makeSelect(tables)

  const find: OutboxRows.Service["find"] = Effect.fnUntraced(function*(account, shipmentIds, how) {
    const found = new Map<string, Existing>()
    const { rows, unreadable } = yield* Effect.flatMap(
      selectData(
        sql`account = ${account} AND ${sql.in("shipment_id", shipmentIds)}`,
        sql`ORDER BY ${id} ${lock(how === "lock" ? "FOR UPDATE" : "")}`
      ),
      readable
    )
    // after the rows: of one that is pruned meanwhile it is there by now
    const pruned = yield* stored(
      sql`SELECT shipment_id, tracking_number, state FROM ${table("kept")} WHERE account = ${account} AND ${
        sql.in("shipment_id", shipmentIds)
      }`
    )
    for (const one of yield* decodePruned(pruned)) found.set(one.shipment_id, { _tag: "Pruned", remembered: one })
    for (const { shipment_id, state, tracking_number } of unreadable) {
      // a state that there is only in another version may mean anything
      const remembered = { shipment_id, tracking_number, state: isState(state) ? state : "unknown" } as const
      found.set(shipment_id, { _tag: "Unreadable", remembered })
    }
    for (const row of rows) found.set(row.input.shipment_id, { _tag: "Row", row })
    return found
  })

  return {
    find,
    byIds: (ids, how) =>
      ids.length === 0
        ? Effect.succeed([])
        : selectRows(sql.in("id", ids), sql`ORDER BY ${id} ${lock(how === "lock" ? "FOR UPDATE" : "")}`),
    due: Effect.fnUntraced(function*({ account, limit, now, state }) {
      const found = yield* selectData(
        sql.and([
          sql`state = ${state}`,
          ...(account === undefined ? [] : [sql`account = ${account}`]),
          sql`due_at <= ${DateTime.toEpochMillis(now)}`
        ]),
        sql`ORDER BY due_at, ${id} LIMIT ${limit} ${lock("FOR UPDATE SKIP LOCKED")}`
      )
      const { rows, unreadable } = yield* readable(found)
      if (unreadable.length > 0) {
        // or they'd be the first each time
        const later = DateTime.toEpochMillis(DateTime.add(now, { minutes: 5 }))
        const ids = unreadable.map(({ id }) => id)
        yield* stored(sql`UPDATE ${table("rows")} SET due_at = ${later} WHERE ${sql.in("id", ids)}`)
      }
      return rows
    }),
    endedBefore: (moment, limit) =>
      selectReadable(
        sql`due_at IS NULL AND updated_at < ${DateTime.toEpochMillis(moment)}`,
        sql`ORDER BY updated_at LIMIT ${limit} ${lock("FOR UPDATE SKIP LOCKED")}`
      )
  } satisfies Partial<OutboxRows.Service>
}

/** Reads rows as people look at them. */
export const makeLists = (tables: Tables) => {
  const { id, isPg, number, sql, stored, table } = tables
  const { readable, selectData } = makeSelect(tables)

  // an older version stored characters that Postgres doesn't take out of JSON, and at which SQLite's texts end: in there
  // they stand escaped
  const lastMessage = sql.literal(
    isPg
      ? "regexp_replace(data, '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\\\ufffd', 'g')::json -> 'lastError' ->> 'message'"
      : "json_extract(replace(data, '\\u0000', '\\ufffd'), '$.lastError.message')"
  )

  const where = (
    from: number,
    { account, endedSince, message, offeredBefore, orderSource, shipmentId, states, trackingNumber }: Filter
  ) =>
    sql.and([
      sql`id > ${from}`,
      ...(account === undefined ? [] : [sql`account = ${account}`]),
      ...(states === undefined ? [] : [sql.in("state", states)]),
      // or the index that has only those isn't used
      ...(states === undefined || states.includes("fulfilled") ? [] : [sql`state <> 'fulfilled'`]),
      ...(shipmentId === undefined ? [] : [sql`shipment_id = ${storable(shipmentId)}`]),
      ...(trackingNumber === undefined ? [] : [sql`tracking_number = ${storable(trackingNumber)}`]),
      ...(message === undefined ? [] : [sql`lower(${lastMessage}) LIKE ${pattern(message)} ESCAPE '\\'`]),
      ...(offeredBefore === undefined ? [] : [sql`created_at <= ${DateTime.toEpochMillis(offeredBefore)}`]),
      ...(orderSource === undefined ? [] : [sql`order_source = ${orderSource}`]),
      // or the index that has only those isn't used
      ...(orderSource === undefined || orderSource === "notified" ? [] : [sql`order_source <> 'notified'`]),
      ...(endedSince === undefined
        ? []
        : [sql`due_at IS NULL`, sql`updated_at >= ${DateTime.toEpochMillis(endedSince)}`])
    ])

  return {
    counts: (which) =>
      sql`SELECT account, state, ${number("count(*)")} AS count, ${number("min(created_at)")} AS oldest
        FROM ${table("rows")} ${
        // by state, as the index that has all of it begins with it
        which === "open" ? sql`WHERE ${sql.in("state", openStates)}` : sql.literal("")}
        GROUP BY state, account`.pipe(stored, Effect.flatMap(decodeCounts)),
    list: Effect.fnUntraced(function*(
      { after = 0, limit, ...filter }
    ) {
      const listed: Array<OutboxRow> = []
      // a page without those that can't be read is filled up, or it would be taken for the last one
      for (let from: number | undefined = after; from !== undefined;) {
        const wanted = limit - listed.length
        const found: ReadonlyArray<DataRow> = yield* selectData(
          where(from, filter),
          sql`ORDER BY ${id} LIMIT ${wanted}`
        )
        const { rows } = yield* readable(found)
        listed.push(...rows)
        from = listed.length < limit && found.length === wanted ? found.at(-1)?.id : undefined
      }
      return listed
    })
  } satisfies Partial<OutboxRows.Service>
}

const isState = Schema.is(State)

const openStates = ["pending", "sending", "unknown"] as const satisfies ReadonlyArray<State>

/** For `LIKE`: what contains the text. */
const pattern = (text: string): string => `%${text.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`

const decodePruned = decodeRows(
  Schema.Struct({ shipment_id: Schema.String, tracking_number: Schema.String, state: State }),
  "what was pruned"
)

const decodeCounts: (rows: unknown) => Effect.Effect<ReadonlyArray<Count>, OutboxStoreError> = decodeRows(
  Schema.Struct({
    account: Schema.String,
    state: State,
    count: Schema.Number,
    oldest: Schema.DateTimeUtcFromNumber
  }),
  "counts"
)
