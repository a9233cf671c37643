/**
 * The outbox in your database: SQLite or Postgres, through `@effect/sql`'s `SqlClient`. The tables are made when the layer
 * is built.
 *
 * - SQLite: `synchronous` is set to `FULL`, so that what was committed survives a loss of power. Let one process use one
 *   client for a file: two of them in one process wait for each other.
 * - Postgres: time is the database's, so that machines needn't agree on it. `OutboxStorePg` wakes workers sooner.
 *
 * @since 0.1.0
 */
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { isAsSeen } from "./internal/operations/accounts.js"
import { defaultPrefix, migrate } from "./internal/sql/migrations.js"
import { make as makeRows } from "./internal/sql/rows.js"
import { isPostgres, typed } from "./internal/sql/transaction.js"
import { OutboxStoreError } from "./OutboxError.js"
import { fromRows, OutboxStore, type Service } from "./OutboxStore.js"
import * as RateLimiterStoreSql from "./RateLimiterStoreSql.js"

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the tables' names begin with: lower case letters, digits and `_`. Default `shipstation_outbox_`. */
  readonly prefix?: string | undefined
  /** How often workers look for rows that nobody announced. Default 100 milliseconds; with announcements 1 second. */
  readonly poll?: Duration.DurationInput | undefined
  /** What tells of rows that other processes made due, and of which account, if it knows. Default: nothing does. */
  readonly announcements?: Stream.Stream<string | void> | undefined
}

/**
 * Makes the tables, or brings them up to date, and builds the store.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(
  function*({ announcements, poll, prefix = defaultPrefix }: Options = {}): Effect.fn.Return<
    Service,
    OutboxStoreError,
    SqlClient.SqlClient | Scope.Scope
  > {
    yield* migrate(prefix)
    yield* suited
    const limiter = yield* RateLimiterStoreSql.make({ prefix })
    const rows = yield* makeRows(prefix, announcements)
    const store = fromRows(rows, { poll: poll ?? (announcements === undefined ? "100 millis" : "1 second") })
    const resumeLimiter = (account: string) =>
      Effect.mapError(
        limiter.resume?.({ account }) ?? Effect.void,
        ({ message }) => new OutboxStoreError({ message: `The rate limiter's log: ${message}`, uncertain: false })
      )
    return {
      ...store,
      // whoever is woken finds its pause ended too
      resume: (account, by) => Effect.zipRight(resumeLimiter(account), store.resume(account, by)),
      steer: Effect.fnUntraced(function*(account, operation, options) {
        const state = (yield* store.accounts).find((one) => one.account === account)
        const isMeant = operation === "resume" && isAsSeen(state ?? { account }, options.ifSeen)
        if (isMeant) yield* resumeLimiter(account)
        return yield* store.steer(account, operation, options)
      })
    }
  }
)

/**
 * Needs a `SqlClient`, and makes one store for each: two databases in one program never share one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<OutboxStore, OutboxStoreError, SqlClient.SqlClient> =>
  SharedLayer.make(Effect.all({ sql: SqlClient.SqlClient }), () => Layer.scoped(OutboxStore, make(options)))

/**
 * SQLite opens a file that has a write-ahead log with `NORMAL`, and then a loss of power takes what was committed last. What
 * ShipStation says of a row doesn't fit into every encoding of Postgres, and then nobody could write down that it is done.
 */
const suited = typed(Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => isPostgres(sql) ? sql`SELECT '→'` : sql`PRAGMA synchronous = FULL`
))
