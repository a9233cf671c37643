/**
 * Whose transaction is it? `SqlClient` keeps the current one in one place for all databases: inside of a transaction of one,
 * statements of another's client would go to the first.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { OutboxStoreError } from "../../OutboxError.js"
import { toStoreError } from "./transaction.js"

/** Fails inside of a transaction of another client. */
export type OnlyOwn = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | OutboxStoreError, R>

const current = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  Option.map(([connection]): Connection => connection)
)

/** Builds it for a client. */
export const makeOnlyOwn = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient
): Effect.fn.Return<OnlyOwn, OutboxStoreError> {
  const around = yield* current
  const reserve = Effect.mapError(Effect.scoped(sql.reserve), (error) => toStoreError(error))
  // built inside of a transaction it takes that for its own: a client with one connection would wait for itself
  const [own, again] = Option.isSome(around) ? [around.value, around.value] : [yield* reserve, yield* reserve]
  // all connections of a client share their methods, and no other client has them; of one that makes them anew each time,
  // such as one that is wrapped, it can't be told
  const isKnown = own.execute === again.execute
  return <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.flatMap(
      current,
      (connection): Effect.Effect<A, E | OutboxStoreError, R> =>
        !isKnown || Option.isNone(connection) || connection.value.execute === own.execute
          ? self
          : Effect.fail(anotherDatabase)
    )
})

const anotherDatabase = new OutboxStoreError({
  message: "this is inside of a transaction of another SqlClient, which can't hold what is stored here",
  uncertain: false
})
