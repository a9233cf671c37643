/**
 * The log of the rate limiter in your database, so that all workers, processes and machines that use it share the limits,
 * and a restart doesn't forget them.
 */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { within } from "./internal/beside.js"
import { defaultPrefix, migrate } from "./internal/sql/migrations.js"
import { makeTransaction, toStoreError } from "./internal/sql/transaction.js"
import { OutboxStoreError } from "./OutboxError.js"

/** What can be set. */
export interface Options {
  /** The outbox's: what the tables' names begin with. Default `shipstation_outbox_`. */
  readonly prefix?: string | undefined
  /** How long the database may take for an answer. Default 5 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/** JSON has no infinite numbers. */
const Moment = Schema.transform(Schema.NullOr(Schema.Number), Schema.Number, {
  strict: true,
  decode: (moment) => moment ?? -Infinity,
  encode: (moment) => Number.isFinite(moment) ? moment : null
})

const Log = Schema.parseJson(Schema.mutable(Schema.Struct({
  taken: Schema.mutable(Schema.Array(Schema.Number)),
  keep: Schema.Number,
  pausedUntil: Moment,
  spacedUntil: Moment,
  next: Moment
})))

/** Makes the tables, or brings them up to date, and builds the store. Time is the database's on Postgres. */
export const make = Effect.fnUntraced(
  function*({ prefix = defaultPrefix, timeout = "5 seconds" }: Options = {}): Effect.fn.Return<
    RateLimiter.Store,
    OutboxStoreError,
    SqlClient.SqlClient
  > {
    yield* migrate(prefix)
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const table = sql(`${prefix}limiter`)
    const transaction = makeTransaction(sql)
    const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
    const stored = <A>(self: Effect.Effect<A, SqlError>) => Effect.mapError(self, (error) => toStoreError(error))

    const now = isPg
      ? Effect.map(
        stored(sql<{ readonly now: number }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`),
        ([row]) => row?.now ?? Number.NaN
      )
      : Clock.currentTimeMillis

    const read = (account: string, lock: boolean) =>
      sql<{ readonly data: string }>`SELECT data FROM ${table} WHERE account = ${account} ${
        sql.literal(isPg && lock ? "FOR UPDATE" : "")
      }`.pipe(
        stored,
        Effect.flatMap(([row]) =>
          row === undefined ? Effect.succeed(undefined) : Effect.mapError(decodeLog(row.data), unreadable)
        )
      )

    /** In a transaction of its own: what the caller's rolls back was sent all the same. */
    const withLog = <A>(account: string, f: (log: RateLimiter.Log, now: number) => A) =>
      Effect.gen(function*() {
        let log = yield* read(account, true)
        if (log === undefined) {
          const data = yield* Effect.mapError(encodeLog(RateLimiter.emptyLog()), unreadable)
          yield* stored(sql`INSERT INTO ${table} (account, data) VALUES (${account}, ${data}) ON CONFLICT DO NOTHING`)
          log = (yield* read(account, true)) ?? RateLimiter.emptyLog()
        }
        const moment = yield* now
        // a clock that was put back must not hold anybody back
        log.taken = log.taken.map((at) => Math.min(at, moment))
        const answer = f(log, moment)
        const data = yield* Effect.mapError(encodeLog(log), unreadable)
        yield* stored(sql`UPDATE ${table} SET data = ${data} WHERE account = ${account}`)
        return answer
      }).pipe(transaction, isPg ? outsideOfTransaction : (self) => self, inTime)

    const inTime = <A>(self: Effect.Effect<A, OutboxStoreError>) =>
      self.pipe(
        within(timeout, () => new OutboxStoreError({ message: "no answer in time", uncertain: true })),
        Effect.mapError(({ message }) => new RateLimiter.StoreError({ message }))
      )

    return {
      take: ({ account, limit, window }) =>
        withLog(account, (log, now) => {
          const answer = RateLimiter.takePlace(log, now, limit, Duration.toMillis(window))
          // what is older than a window doesn't count; the last one tells whether a pause came after it
          const start = now - Duration.toMillis(window)
          log.taken = log.taken.filter((at, index) => at > start || index === log.taken.length - 1)
          return answer
        }),
      pause: ({ account, duration }) =>
        Effect.asVoid(withLog(account, (log, now) => {
          log.pausedUntil = Math.max(log.pausedUntil, now + Duration.toMillis(duration))
        })),
      state: ({ account, window }) =>
        inTime(Effect.zipWith(read(account, false), now, (log = RateLimiter.emptyLog(), now) => ({
          used: log.taken.filter((at) => at > now - Duration.toMillis(window)).length,
          pausedFor: Duration.millis(Math.max(0, log.pausedUntil - now))
        })))
    }
  }
)

/** Needs a `SqlClient`. */
export const layer = (
  options?: Options
): Layer.Layer<RateLimiter.RateLimiterStore, OutboxStoreError, SqlClient.SqlClient> =>
  Layer.effect(RateLimiter.RateLimiterStore, make(options))

const decodeLog = Schema.decode(Log)

const encodeLog = Schema.encode(Log)

const unreadable = () =>
  new OutboxStoreError({ message: "The database has a log in a form that can't be read", uncertain: false })

const outsideOfTransaction = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.mapInputContext(
    self,
    (context: Context.Context<never>) => Context.omit(SqlClient.TransactionConnection)(context)
  )
