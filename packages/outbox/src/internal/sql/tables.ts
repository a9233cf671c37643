/** What the statements on all tables share. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OutboxStoreError } from "../../OutboxError.js"
import { makeOnlyOwn } from "./ownTransaction.js"
import { makeTransaction, toStoreError } from "./transaction.js"

/** The tables of a prefix, and how statements are written for the database. */
export type Tables = Effect.Effect.Success<ReturnType<typeof make>>

/** Builds it for the client there is. */
export const make = Effect.fnUntraced(function*(prefix: string) {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const table = (name: string) => sql(`${prefix}${name}`)
  const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const lock = (how: string) => sql.literal(isPg ? how : "")
  // numbers of 64 bits come as text from Postgres
  const number = (column: string) => sql.literal(isPg ? `${column}::float8` : column)
  // without the table's name Postgres orders by the number above, and finds no index for that
  const id = sql.literal(`${prefix}rows.id`)

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

  return {
    sql,
    prefix,
    isPg,
    table,
    lock,
    number,
    id,
    records,
    stored,
    transaction: <A, E>(self: Effect.Effect<A, E>) => onlyOwn(transaction(self))
  }
})

/** What there is can't be read: another version has written it, or it is damaged. */
export const unreadable = (what: string) =>
  new OutboxStoreError({ message: `The database has ${what} in a form that can't be read`, uncertain: false })

/** As one text, by a schema. */
export const asText = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const encode = Schema.encode(Schema.parseJson(schema))
  const decode = Schema.decode(Schema.parseJson(schema))
  const failed = () => unreadable(what)
  return {
    encode: (value: A) => Effect.mapError(encode(value), failed),
    decode: (text: string) => Effect.mapError(decode(text), failed)
  }
}

/** Rows of a statement, by a schema. */
export const decodeRows = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return (rows: unknown) => Effect.mapError(decode(rows), () => unreadable(what))
}
