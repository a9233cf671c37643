/**
 * Transactions that end in a typed error whatever happens, with a lock from the start on SQLite. And whose is the one that
 * something is inside of? `SqlClient` keeps the current one in one place for all databases: inside of a transaction of one,
 * statements of another's client would go to the first.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { OutboxStoreError } from "../../OutboxError.js"

/** What the database said, in a line. The statement's values aren't in it. */
export const toStoreError = (error: SqlError, uncertain = false): OutboxStoreError => {
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ""
  return new OutboxStoreError({ message: `${error.message}${cause}`, uncertain })
}

/** Fails with what the database said. */
export const typed = <A, R>(self: Effect.Effect<A, SqlError, R>): Effect.Effect<A, OutboxStoreError, R> =>
  Effect.mapError(self, (error) => toStoreError(error))

/** The commit failed, and then it isn't known whether it was done. */
class CommitFailed {
  readonly error: SqlError
  constructor(error: SqlError) {
    this.error = error
  }
}

/** An intent that a crash of the database takes back is sent again: what is committed stays, however it is set up. */
const beginOnPg =
  `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '10s'; SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`

/** Whether it is Postgres; else it is SQLite. */
export const isPostgres = (sql: SqlClient.SqlClient): boolean =>
  sql.onDialectOrElse({ pg: () => true, orElse: () => false })

/**
 * `SqlClient.withTransaction` with three differences: a failed `COMMIT` is an error here and a defect there;
 * on SQLite it takes the write lock at once, since a transaction that reads first can't always write later; on Postgres a
 * worker that was stopped in the midst of it doesn't keep its locks. Inside another transaction it is a part of that.
 */
export const makeTransaction = (sql: SqlClient.SqlClient) => {
  const run = (statement: string) => (connection: Connection) => connection.executeUnprepared(statement, [], undefined)
  // it fails where there is nothing left to roll back, and what went wrong before that is what's worth telling
  const rollback = (connection: Connection) => Effect.ignore(run("ROLLBACK")(connection))
  const withTransaction = SqlClient.makeWithTransaction({
    transactionTag: SqlClient.TransactionConnection,
    spanAttributes: [],
    acquireConnection: Effect.flatMap(
      Scope.make(),
      (scope) => Effect.map(Scope.extend(sql.reserve, scope), (connection) => [scope, connection] as const)
    ),
    begin: run(isPostgres(sql) ? beginOnPg : "BEGIN IMMEDIATE"),
    savepoint: (connection, id) => run(`SAVEPOINT outbox_${id}`)(connection),
    commit: (connection) =>
      Effect.catchAll(run("COMMIT")(connection), (error) =>
        // SQLite would still be inside of it
        Effect.zipRight(rollback(connection), Effect.die(new CommitFailed(error)))),
    rollback,
    rollbackSavepoint: (connection, id) => run(`ROLLBACK TO SAVEPOINT outbox_${id}`)(connection)
  })
  return <A, E>(self: Effect.Effect<A, E>): Effect.Effect<A, E | OutboxStoreError> =>
    withTransaction(self).pipe(
      Effect.mapError((error) => error instanceof SqlError ? toStoreError(error) : error),
      Effect.catchSomeDefect((defect) => {
        if (defect instanceof CommitFailed) return Option.some(Effect.fail(toStoreError(defect.error, true)))
        if (defect instanceof SqlError) return Option.some(Effect.fail(toStoreError(defect)))
        return Option.none()
      })
    )
}

/** Fails inside of a transaction of another client. */
export type OnlyOwn = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | OutboxStoreError, R>

/** The connection of the transaction that this is inside of. */
export const currentConnection = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  Option.map(([connection]): Connection => connection)
)

/** Builds it for a client. */
export const makeOnlyOwn = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient
): Effect.fn.Return<OnlyOwn, OutboxStoreError> {
  const around = yield* currentConnection
  const reserve = typed(Effect.scoped(sql.reserve))
  // built inside of a transaction it takes that for its own: a client with one connection would wait for itself
  const [own, again] = Option.isSome(around) ? [around.value, around.value] : [yield* reserve, yield* reserve]
  // all connections of a client share their methods, and no other client has them; of one that makes them anew each time,
  // such as one that is wrapped, it can't be told
  const isKnown = own.execute === again.execute
  return <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.flatMap(
      currentConnection,
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
