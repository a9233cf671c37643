/** Rows in a database: SQLite or Postgres, over `@effect/sql`. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Existing, NewRow } from "../../Offer.js"
import { OutboxStoreError } from "../../OutboxError.js"
import { finalStates, HistoryEntry, OutboxRow, State } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import { AccountState, type Count, type DueAccount, Evidence } from "../service.js"
import { storable } from "../text.js"
import { makeOnlyOwn } from "./ownTransaction.js"
import { makeTransaction, toStoreError } from "./transaction.js"

export interface Options {
  readonly prefix: string
  /** What the database tells of other processes' announcements. */
  readonly announcements?: Stream.Stream<string | void> | undefined
  readonly poll: Duration.Duration
  /** Ends a pause of the rate limiter's log beside it. */
  readonly resumeLimiter: (account: string) => Effect.Effect<void, OutboxStoreError>
}

const named = "account:"

/** What a notification says. A name that is too long for one isn't told. */
const payloadOf = (account: string | undefined): string =>
  account === undefined || account.length > 1_000 ? "due" : named + account

/** The account that a notification names. Older versions name none. */
export const accountOf = (payload: string | undefined): string | undefined =>
  payload?.startsWith(named) === true ? payload.slice(named.length) : undefined

/** Announcements on Postgres. */
export const channel = (prefix: string): string => `${prefix}due`

export const make = Effect.fnUntraced(function*(options: Options) {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const { prefix } = options
  const local = yield* PubSub.sliding<string | undefined>(1_000)
  const table = (name: string) => sql(`${prefix}${name}`)
  const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const lock = (how: string) => sql.literal(isPg ? how : "")
  // numbers of 64 bits come as text from Postgres
  const number = (column: string) => sql.literal(isPg ? `${column}::float8` : column)
  // without the table's name Postgres orders by the number above, and finds no index for that
  const id = sql.literal(`${prefix}rows.id`)

  const lastMessage = sql.literal(
    isPg ? "data::json -> 'lastError' ->> 'message'" : "json_extract(data, '$.lastError.message')"
  )

  const onlyOwn = yield* makeOnlyOwn(sql)
  const transaction = makeTransaction(sql)

  const stored = <A>(self: Effect.Effect<A, SqlError>) => onlyOwn(Effect.mapError(self, (error) => toStoreError(error)))

  /** Many records in one parameter, so that a statement's text never changes. */
  const records = (columns: Readonly<Record<string, "number" | "text">>, values: ReadonlyArray<object>): Fragment => {
    const json = JSON.stringify(values)
    const names = Object.entries(columns)
    if (isPg) {
      const types = names.map(([name, type]) => `${name} ${type === "number" ? "bigint" : "text"}`).join(", ")
      return sql`json_to_recordset(${json}::json) AS j(${sql.literal(types)})`
    }
    const extracted = names.map(([name]) => `json_extract(value, '$.${name}') AS ${name}`).join(", ")
    return sql`(SELECT ${sql.literal(extracted)} FROM json_each(${json})) AS j`
  }

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
    const kept = yield* stored(
      sql`SELECT shipment_id, tracking_number, state FROM ${table("kept")} WHERE account = ${account} AND ${
        sql.in("shipment_id", shipmentIds)
      }`
    )
    for (const one of yield* decodeKept(kept)) found.set(one.shipment_id, { _tag: "Kept", kept: one })
    for (const { shipment_id, state, tracking_number } of unreadable) {
      // a state that there is only in another version may mean anything
      const kept = { shipment_id, tracking_number, state: isState(state) ? state : "unknown" } as const
      found.set(shipment_id, { _tag: "Unreadable", kept })
    }
    for (const row of rows) found.set(row.input.shipment_id, { _tag: "Row", row })
    return found
  })

  const insert: OutboxRows.Service["insert"] = Effect.fnUntraced(function*(rows) {
    // always in the same order, or two that insert the same could wait for each other
    const values = (yield* Effect.forEach(rows, toColumns))
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

  const addData = <A>(name: string, values: ReadonlyArray<{ readonly row_id: number; readonly data: A }>) =>
    values.length === 0 ? Effect.void : stored(
      sql`INSERT INTO ${table(name)} (row_id, data) SELECT row_id, data FROM ${
        records({ row_id: "number", data: "text" }, values)
      }`
    )

  const dataOf = (name: string, id: number) =>
    Effect.map(
      stored(sql<{ readonly data: string }>`SELECT data FROM ${table(name)} WHERE row_id = ${id} ORDER BY id`),
      (rows) => rows.map(({ data }) => data)
    )

  const announceLocally = (account: string | undefined) => PubSub.publish(local, account)
  if (options.announcements !== undefined) {
    yield* Effect.forkScoped(
      Stream.runForEach(options.announcements, (account) => announceLocally(account ?? undefined))
    )
  }

  /** The next account of the index each time, so that no account's rows are read one by one. */
  const nextAccount = (state: string, after: Fragment) =>
    sql`(SELECT account FROM ${table("rows")}
      WHERE state = ${state} AND due_at IS NOT NULL ${after} ORDER BY account LIMIT 1)`

  const dueAccounts = (state: "pending" | "unknown", now: number) =>
    stored(sql<DueAccount>`
      WITH RECURSIVE accounts(name) AS (
        SELECT ${nextAccount(state, sql.literal(""))}
        UNION ALL
        SELECT ${nextAccount(state, sql.literal("AND account > accounts.name"))} FROM accounts WHERE name IS NOT NULL
      )
      SELECT name AS account, ${state} AS state FROM accounts WHERE name IS NOT NULL AND EXISTS (
        SELECT 1 FROM ${table("rows")} WHERE state = ${state} AND account = accounts.name AND due_at <= ${now}
      )`)

  const updateRows = (rows: ReadonlyArray<OutboxRow>) =>
    Effect.flatMap(
      Effect.forEach(rows, (row) => Effect.map(toColumns(row), (columns) => ({ ...columns, id: row.id }))),
      (values) =>
        stored(
          sql`UPDATE ${table("rows")} SET ${
            sql.literal(Object.keys(columns).map((name) => `${name} = j.${name}`).join(", "))
          } FROM ${records({ ...columns, id: "number" }, values)} WHERE ${sql.literal(`${prefix}rows.id = j.id`)}`
        )
    )

  const addHistory = (changes: ReadonlyArray<OutboxRows.Changed>) =>
    Effect.flatMap(
      Effect.forEach(
        changes.flatMap(({ history, row }) => history.map((entry) => ({ entry, id: row.id }))),
        ({ entry, id }) => Effect.map(encodeHistory(entry), (data) => ({ row_id: id, data }))
      ),
      (values) => addData("history", values)
    )

  const findAccount = (name: string, how: "shared" | "exclusive") =>
    sql<{ readonly data: string }>`SELECT data FROM ${table("accounts")} WHERE account = ${name} ${
      lock(how === "shared" ? "FOR SHARE" : "FOR UPDATE")
    }`.pipe(
      stored,
      Effect.flatMap(([row]) => row === undefined ? Effect.succeed(undefined) : decodeAccount(row.data))
    )

  const addAccount = (account: string) =>
    Effect.flatMap(encodeAccount({ account }), (data) =>
      stored(
        sql`INSERT INTO ${table("accounts")} (account, data) VALUES (${account}, ${data}) ON CONFLICT DO NOTHING`
      ))

  const rows: OutboxRows.Service = {
    transaction: (self) => onlyOwn(transaction(self)),
    now: isPg
      ? Effect.flatMap(
        stored(
          sql<{ readonly now: number }>`SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`
        ),
        ([row]) =>
          row === undefined ? Effect.fail(unreadable("the time")) : Effect.succeed(DateTime.unsafeMake(row.now))
      )
      : DateTime.now,
    find,
    insert,
    update: (changes) => Effect.zipRight(updateRows(changes.map(({ row }) => row)), addHistory(changes)),
    addEvidence: (evidence) =>
      Effect.flatMap(
        Effect.forEach(evidence, (one) => Effect.map(encodeEvidence(one), (data) => ({ row_id: one.id, data }))),
        (values) => addData("evidence", values)
      ),
    byIds: (ids) =>
      ids.length === 0
        ? Effect.succeed([])
        : selectRows(sql.in("id", ids), sql`ORDER BY ${id} ${lock("FOR UPDATE")}`),
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
    account: (name, how) =>
      Effect.flatMap(findAccount(name, how), (state) =>
        state !== undefined ? Effect.succeed(state) : Effect.zipRight(
          // another may write it down at the same moment, and then what it says counts
          addAccount(name),
          Effect.map(findAccount(name, how), (state): AccountState => state ?? { account: name })
        )),
    accounts: sql<{ readonly data: string }>`SELECT data FROM ${table("accounts")} ORDER BY account`.pipe(
      stored,
      Effect.flatMap(Effect.forEach(({ data }) => decodeAccount(data)))
    ),
    saveAccount: (state) =>
      Effect.flatMap(
        encodeAccount(state),
        (data) => stored(sql`UPDATE ${table("accounts")} SET data = ${data} WHERE account = ${state.account}`)
      ),
    resumeLimiter: options.resumeLimiter,
    counts: (which) =>
      sql`SELECT account, state, ${number("count(*)")} AS count, ${number("min(created_at)")} AS oldest
        FROM ${table("rows")} ${
        // by state, as the index that has all of it begins with it
        which === "open" ? sql`WHERE ${sql.in("state", openStates)}` : sql.literal("")}
        GROUP BY state, account`.pipe(stored, Effect.flatMap(decodeCounts)),
    list: Effect.fnUntraced(function*(
      { account, after = 0, limit, message, offeredBefore, shipmentId, states, trackingNumber }
    ) {
      const listed: Array<OutboxRow> = []
      // a page without those that can't be read is filled up, or it would be taken for the last one
      for (let from: number | undefined = after; from !== undefined;) {
        const wanted = limit - listed.length
        const where = sql.and([
          sql`id > ${from}`,
          ...(account === undefined ? [] : [sql`account = ${account}`]),
          ...(states === undefined ? [] : [sql.in("state", states)]),
          // or the index that has only those isn't used
          ...(states === undefined || states.includes("fulfilled") ? [] : [sql`state <> 'fulfilled'`]),
          ...(shipmentId === undefined ? [] : [sql`shipment_id = ${storable(shipmentId)}`]),
          ...(trackingNumber === undefined ? [] : [sql`tracking_number = ${storable(trackingNumber)}`]),
          ...(message === undefined ? [] : [sql`lower(${lastMessage}) LIKE ${pattern(message)} ESCAPE '\\'`]),
          ...(offeredBefore === undefined ? [] : [sql`created_at <= ${DateTime.toEpochMillis(offeredBefore)}`])
        ])
        const found: ReadonlyArray<DataRow> = yield* selectData(where, sql`ORDER BY ${id} LIMIT ${wanted}`)
        const { rows } = yield* readable(found)
        listed.push(...rows)
        from = listed.length < limit && found.length === wanted ? found.at(-1)?.id : undefined
      }
      return listed
    }),
    told: (id) =>
      Effect.all({
        history: Effect.flatMap(dataOf("history", id), Effect.forEach(decodeHistory)),
        evidence: Effect.flatMap(dataOf("evidence", id), Effect.forEach(decodeEvidence))
      }),
    endedBefore: (moment, limit) =>
      selectReadable(
        sql`due_at IS NULL AND updated_at < ${DateTime.toEpochMillis(moment)}`,
        sql`ORDER BY updated_at LIMIT ${limit} ${lock("FOR UPDATE SKIP LOCKED")}`
      ),
    prune: Effect.fnUntraced(function*(rows) {
      const ids = rows.map(({ id }) => id)
      const names = sql.literal("account, shipment_id, tracking_number, state")
      yield* stored(
        sql`INSERT INTO ${table("kept")} (${names}) SELECT ${names} FROM ${table("rows")} WHERE ${sql.in("id", ids)}`
      )
      yield* stored(sql`DELETE FROM ${table("history")} WHERE ${sql.in("row_id", ids)}`)
      yield* stored(sql`DELETE FROM ${table("evidence")} WHERE ${sql.in("row_id", ids)}`)
      yield* stored(sql`DELETE FROM ${table("rows")} WHERE ${sql.in("id", ids)}`)
    }),
    dueAccounts: (now) =>
      Effect.zipWith(
        dueAccounts("pending", DateTime.toEpochMillis(now)),
        dueAccounts("unknown", DateTime.toEpochMillis(now)),
        (pending, unknown) => [...pending, ...unknown]
      ),
    announce: (account) =>
      isPg
        ? Effect.zipRight(
          stored(sql`SELECT pg_notify(${channel(prefix)}, ${payloadOf(account)})`),
          announceLocally(account)
        )
        : announceLocally(account),
    announcements: Stream.fromPubSub(local),
    poll: options.poll
  }
  return rows
})

interface DataRow {
  readonly id: number
  readonly data: string
  readonly shipment_id: string
  readonly tracking_number: string
  readonly state: string
}

const isState = Schema.is(State)

const openStates = ["pending", "sending", "unknown"] as const satisfies ReadonlyArray<State>

/** For `LIKE`: what contains the text. */
const pattern = (text: string): string => `%${text.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`

const columns = {
  account: "text",
  shipment_id: "text",
  tracking_number: "text",
  state: "text",
  due_at: "number",
  created_at: "number",
  updated_at: "number",
  data: "text"
} as const

const unreadable = (what: string) =>
  new OutboxStoreError({ message: `The database has ${what} in a form that can't be read`, uncertain: false })

/** As one text, by a schema. */
const asText = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const encode = Schema.encode(Schema.parseJson(schema))
  const decode = Schema.decode(Schema.parseJson(schema))
  const failed = () => unreadable(what)
  return {
    encode: (value: A) => Effect.mapError(encode(value), failed),
    decode: (text: string) => Effect.mapError(decode(text), failed)
  }
}

const { decode: decodeNew, encode: encodeNew } = asText(OutboxRow.omit("id"), "a row")
const { decode: decodeHistory, encode: encodeHistory } = asText(HistoryEntry, "a row's history")
const { decode: decodeEvidence, encode: encodeEvidence } = asText(Evidence, "evidence")
const { decode: decodeAccount, encode: encodeAccount } = asText(AccountState, "an account")

const toRow = ({ data, id }: DataRow): Effect.Effect<OutboxRow, OutboxStoreError> =>
  Effect.map(decodeNew(data), (row) => ({ ...row, id }))

const toColumns = (row: NewRow) =>
  Effect.map(encodeNew(row), (data) => ({
    account: row.account,
    shipment_id: row.input.shipment_id,
    tracking_number: storable(row.input.tracking_number),
    state: row.state,
    due_at: finalStates.some((state) => state === row.state) ? null : DateTime.toEpochMillis(row.due),
    created_at: DateTime.toEpochMillis(row.createdAt),
    updated_at: DateTime.toEpochMillis(row.updatedAt),
    data
  }))

const decodeRows = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return (rows: unknown) => Effect.mapError(decode(rows), () => unreadable(what))
}

const decodeKept = decodeRows(
  Schema.Struct({ shipment_id: Schema.String, tracking_number: Schema.String, state: State }),
  "what was kept"
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
