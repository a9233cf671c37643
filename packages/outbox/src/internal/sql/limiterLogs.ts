/** The rate limiter's logs in the database, each changed in a transaction that no caller can roll back. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import { OutboxStoreError } from "../../OutboxError.js"
import { within } from "../alongside.js"
import { decodeLog, encodeLog, type Known, merge, type StoredLog, timeOf } from "./limiterLog.js"
import { clockOf, unreadable } from "./tables.js"
import { currentConnection, isPostgres, makeTransaction, typed } from "./transaction.js"

interface Logs {
  /** Changes an account's log. */
  readonly change: <A>(
    account: string,
    f: (log: StoredLog, time: number) => A
  ) => Effect.Effect<A, OutboxStoreError>
  /** Only looks at it. */
  readonly look: <A>(account: string, f: (log: StoredLog, time: number) => A) => Effect.Effect<A, OutboxStoreError>
}

/** Builds the logs of a table. The ids of this process's places begin with `own`. */
export const makeLogs = Effect.fnUntraced(function*(options: {
  readonly table: string
  readonly timeout: Duration.Duration
  readonly own: string
}): Effect.fn.Return<Logs, OutboxStoreError, SqlClient.SqlClient> {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const rows = makeRows(sql, options.table)
  const transaction = makeTransaction(sql)
  const isInCallers = isCurrent(yield* findOnlyConnection(sql))
  const inTime = within(options.timeout, () => new OutboxStoreError({ message: "no answer in time", uncertain: true }))
  const known = new Map<string, Known>()
  /** Logs as they were after the last change in a caller's transaction, which may have been rolled back. */
  const unsure = new Map<string, StoredLog>()
  /** Within one transaction nothing else keeps apart who asks at once. */
  const inTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)

  const read = (account: string, lock: boolean) =>
    Effect.zipWith(rows.read(account, lock), rows.now, (stored, now) => {
      const mine = unsure.get(account)
      const log = mine === undefined ? stored : merge(stored, mine, options.own)
      return { log, mine, now, time: timeOf(log, now, known.get(account)) }
    })

  const write = <A>(account: string, f: (log: StoredLog, time: number) => A, isSure: boolean) =>
    Effect.suspend(() => {
      let replaced: StoredLog | undefined
      return Effect.gen(function*() {
        const { log, mine, now, time } = yield* read(account, true)
        const answer = f(log, time)
        const changed = { ...log, time, clock: now.clock }
        yield* rows.write(account, changed)
        known.set(account, { time, mono: now.mono })
        if (!isSure) unsure.set(account, changed)
        // before the commit, since the next one may begin with it
        else if (unsure.delete(account)) replaced = mine
        return answer
      }).pipe(
        transaction,
        Effect.onError(() =>
          Effect.sync(() => {
            if (replaced !== undefined && !unsure.has(account)) unsure.set(account, replaced)
          })
        )
      )
    })

  const confirm = makeConfirm((account) => outsideOfTransaction(write(account, constVoid, true)))

  return {
    change: (account, f) =>
      Effect.flatMap(isInCallers, (isIn) =>
        isIn
          // not in a fiber of its own, which might go on in there when the caller has ended it
          ? Effect.zipLeft(inTurn(write(account, f, false)), confirm(account))
          : inTime(outsideOfTransaction(write(account, f, true)))),
    look: (account, f) => {
      const looked = Effect.map(read(account, false), ({ log, time }) => f(log, time))
      return Effect.flatMap(isInCallers, (isIn) => isIn ? looked : inTime(outsideOfTransaction(looked)))
    }
  }
})

/** Writes an account's log again as soon as the caller's transaction has ended. */
const makeConfirm = (write: (account: string) => Effect.Effect<void, OutboxStoreError>) => {
  const confirming = new Set<string>()
  return (account: string) =>
    Effect.suspend(() => {
      if (confirming.has(account)) return Effect.void
      confirming.add(account)
      return write(account).pipe(
        Effect.catchAllCause(() => Effect.void),
        Effect.ensuring(Effect.sync(() => confirming.delete(account))),
        Effect.interruptible,
        Effect.forkDaemon
      )
    })
}

const makeRows = (sql: SqlClient.SqlClient, name: string) => {
  const table = sql(name)
  const find = (account: string, lock: boolean) =>
    sql<{ readonly data: string }>`SELECT data FROM ${table} WHERE account = ${account} ${
      sql.literal(isPostgres(sql) && lock ? "FOR UPDATE" : "")
    }`.pipe(
      typed,
      Effect.flatMap(([row]) =>
        row === undefined ? Effect.succeed(undefined) : Effect.mapError(decodeLog(row.data), unreadableLog)
      )
    )
  return {
    /** Reads a log, and makes one where it is to be locked and there is none. */
    read: Effect.fnUntraced(function*(account: string, lock: boolean): Effect.fn.Return<StoredLog, OutboxStoreError> {
      const log = yield* find(account, lock)
      if (log !== undefined) return log
      const empty = RateLimiter.emptyLog()
      if (!lock) return empty
      const data = yield* Effect.mapError(encodeLog(empty), unreadableLog)
      yield* typed(sql`INSERT INTO ${table} (account, data) VALUES (${account}, ${data}) ON CONFLICT DO NOTHING`)
      return (yield* find(account, lock)) ?? empty
    }),
    write: (account: string, log: StoredLog) =>
      Effect.flatMap(
        Effect.mapError(encodeLog(log), unreadableLog),
        (data) => typed(sql`UPDATE ${table} SET data = ${data} WHERE account = ${account}`)
      ),
    /** The database's clock, and then this process's monotonic one. */
    now: Effect.zipWith(clockOf(sql), Clock.currentTimeNanos, (clock, nanos) => ({ clock, mono: Number(nanos) / 1e6 }))
  }
}

/**
 * The only connection of a database that has no other. (Another database's client may be in a transaction as well, and that
 * is none of it.)
 */
const findOnlyConnection = Effect.fnUntraced(function*(sql: SqlClient.SqlClient) {
  if (isPostgres(sql)) return Option.none()
  const connection = yield* currentConnection
  // built inside of a transaction, it would wait for itself
  if (Option.isSome(connection)) return connection
  return Option.some(yield* typed(Effect.scoped(sql.reserve)))
})

/** Tells whether it runs in a transaction of a caller, who has the only connection. */
const isCurrent = (only: Option.Option<Connection>) =>
  Effect.map(currentConnection, (current) => Option.isSome(current) && Option.contains(only, current.value))

const unreadableLog = () => unreadable("a log")

/** In a transaction of its own: what the caller's rolls back was sent all the same. */
export const outsideOfTransaction = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.mapInputContext(
    self,
    (context: Context.Context<never>) => Context.omit(SqlClient.TransactionConnection)(context)
  )
