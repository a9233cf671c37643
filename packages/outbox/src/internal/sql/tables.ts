/** What the statements on all tables share. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OutboxStoreError } from "../../OutboxError.js"
import { isPostgres, makeOnlyOwn, makeTransaction, typed } from "./transaction.js"

/** What is in a column: a text, one that is kept exactly, a number of 64 bits, one of 32, or 0 and 1. */
export type Type = "text" | "exact" | "number" | "count" | "flag"

/** Columns by name, and where in a value they stand. */
export type Columns = Readonly<Record<string, readonly [type: Type, path: string]>>

const typesOnPg = { text: "text", exact: "text", number: "bigint", count: "integer", flag: "smallint" }

/** The names of columns, for a statement. */
export const namesOf = (columns: Columns): string => Object.keys(columns).join(", ")

/** Columns that get what a record has, but some. */
export const assignedOf = (columns: Columns, ...but: ReadonlyArray<string>): string =>
  Object.keys(columns).filter((name) => !but.includes(name)).map((name) => `${name} = j.${name}`).join(", ")

/** The time in milliseconds: the database's on Postgres. */
export const clockOf = (sql: SqlClient.SqlClient): Effect.Effect<number, OutboxStoreError> =>
  isPostgres(sql)
    ? Effect.flatMap(
      typed(sql<{ readonly now: number }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`),
      ([row]) => row === undefined ? Effect.fail(unreadable("the time")) : Effect.succeed(row.now)
    )
    : Clock.currentTimeMillis

/** The tables of a prefix, and how statements are written for the database. */
export type Tables = Effect.Effect.Success<ReturnType<typeof make>>

/** Builds it for the client there is. */
export const make = Effect.fnUntraced(function*(prefix: string) {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const table = (name: string) => sql(`${prefix}${name}`)
  const isPg = isPostgres(sql)
  const lock = (how: string) => sql.literal(isPg ? how : "")
  // numbers of 64 bits come as text from Postgres
  const number = (column: string) => isPg ? `${column}::float8` : column

  /** Columns of a table, as they are read. */
  const selected = (from: string, columns: Columns): string =>
    Object.entries(columns)
      .map(([name, [type]]) => type === "number" ? `${number(`${from}.${name}`)} AS ${name}` : `${from}.${name}`)
      .join(", ")

  const onlyOwn = yield* makeOnlyOwn(sql)
  const transaction = makeTransaction(sql)

  const stored = <A>(self: Effect.Effect<A, SqlError>) => onlyOwn(typed(self))

  /** Many records in one parameter, so that a statement's text never changes. */
  const records = (columns: Columns, values: ReadonlyArray<Readonly<Record<string, unknown>>>): Fragment => {
    const names = Object.entries(columns)
    if (isPg) {
      const types = names.map(([name, [type]]) => `${name} ${typesOnPg[type]}`).join(", ")
      const json = JSON.stringify(values, Object.keys(columns))
      return sql`json_to_recordset(${json}::json) AS j(${sql.literal(types)})`
    }
    // shorter, and quicker to look into; each is parsed once where it stands in a table of its own
    const json = JSON.stringify(values.map((value) => names.map(([name]) => value[name])))
    const extracted = names.map(([name], index) => `json_extract(value, '$[${index}]') AS ${name}`).join(", ")
    return sql`(WITH each AS MATERIALIZED (SELECT value FROM json_each(${json}))
      SELECT ${sql.literal(extracted)} FROM each) AS j`
  }

  /** Adds records to a table. */
  const insertInto = (name: string, columns: Columns) => {
    const names = sql.literal(namesOf(columns))
    return (values: Parameters<typeof records>[1]) =>
      values.length === 0 ? Effect.void : Effect.asVoid(stored(
        sql`INSERT INTO ${table(name)} (${names}) SELECT ${names} FROM ${records(columns, values)}`
      ))
  }

  /** Changes the rows of a table that have the keys of records. */
  const updateFrom = (name: string, key: string, columns: Columns, assigned = assignedOf(columns, key)) => {
    const set = sql.literal(assigned)
    const where = sql.literal(`${prefix}${name}.${key} = j.${key}`)
    return (values: Parameters<typeof records>[1]) =>
      Effect.asVoid(stored(sql`UPDATE ${table(name)} SET ${set} FROM ${records(columns, values)} WHERE ${where}`))
  }

  return {
    sql,
    prefix,
    insertInto,
    updateFrom,
    isPg,
    table,
    lock,
    number,
    selected,
    records,
    stored,
    clock: onlyOwn(clockOf(sql)),
    transaction: <A, E>(self: Effect.Effect<A, E>) => onlyOwn(transaction(self))
  }
})

/** What there is can't be read: another version has written it, or it is damaged. */
export const unreadable = (what: string) =>
  new OutboxStoreError({ message: `The database has ${what} in a form that can't be read`, uncertain: false })

/** Rows of a statement, by a schema. */
export const decodeRows = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return (rows: unknown) => Effect.mapError(decode(rows), () => unreadable(what))
}
