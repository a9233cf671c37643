/**
 * The log of the rate limiter in your database, so that all workers, processes and machines that use it share the limits,
 * and a restart doesn't forget them.
 *
 * What a caller's transaction rolls back was sent all the same, so it counts: on Postgres the log is written over a
 * connection of its own; on SQLite, which has only one, this process remembers what it did inside of a transaction, and
 * writes it again right after that. (Until then another process doesn't know of it.)
 *
 * Time goes on by the processes' monotonic clocks, so that a database's clock may jump either way. Only where it jumped
 * between the last request of all and the first of a process that was just started (or hasn't asked for an hour) nobody
 * can tell: back, requests wait for up to a window longer; forward, that much of a window is forgotten.
 *
 * A place that is held by a process that died counts as used for five minutes, and then for one more window. A process
 * that stood still for so long takes another place before it sends, unless it stood still for more than a minute between
 * its last look at the clock and the first byte.
 *
 * @since 0.1.0
 */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { duration } from "./internal/options.js"
import { makeLogs, outsideOfTransaction } from "./internal/sql/limiterLogs.js"
import { defaultPrefix, migrate } from "./internal/sql/migrations.js"
import type { OutboxStoreError } from "./OutboxError.js"

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The outbox's: what the tables' names begin with. Default `shipstation_outbox_`. */
  readonly prefix?: string | undefined
  /** How long the database may take for an answer. Default 5 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Makes the tables, or brings them up to date, and builds the store. Time is the database's on Postgres.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(
  function*({ prefix = defaultPrefix, timeout = "5 seconds" }: Options = {}): Effect.fn.Return<
    RateLimiter.Store,
    OutboxStoreError,
    SqlClient.SqlClient
  > {
    const answersIn = duration("the limiter's timeout", timeout, "longer than 0")
    yield* migrate(prefix)
    // also where several processes have a random of one seed
    const own = `${yield* Random.nextIntBetween(0, 2 ** 31)}-${yield* Clock.currentTimeNanos}-`
    const logs = yield* makeLogs({ table: `${prefix}limiter`, timeout: answersIn, own })
    let lastId = 0

    const place = (account: string, id: string): RateLimiter.HeldPlace => ({
      left: told(logs.change(account, (log, time) => RateLimiter.leavePlace(log, time, id))),
      giveBack: told(logs.change(account, (log) => RateLimiter.giveBackPlace(log, id))),
      leaveWithin: RateLimiter.leaveWithin
    })

    return {
      take: ({ account, hold, limit, window }) => {
        const id = hold === undefined || limit === Infinity ? undefined : `${own}${++lastId}`
        const taking = logs.change(account, (log, time) => {
          const millis = Duration.toMillis(window)
          const answer = RateLimiter.takePlace(log, time, limit, millis, id)
          // what is older than a window doesn't count
          log.taken = log.taken.filter((at) => at > time - millis)
          return answer
        })
        if (id === undefined) return told(taking)
        const held = place(account, id)
        return taking.pipe(
          Effect.map((answer): RateLimiter.Answer => answer._tag === "Taken" ? { ...answer, place: held } : answer),
          Effect.onError((cause) =>
            mayBeDone(cause)
              ? Effect.forkDaemon(Effect.interruptible(Effect.ignore(outsideOfTransaction(held.giveBack))))
              : Effect.void
          ),
          told
        )
      },
      pause: ({ account, duration }) =>
        told(logs.change(account, (log, time) => RateLimiter.pauseLog(log, time, Duration.toMillis(duration)))),
      resume: ({ account }) =>
        told(logs.change(account, (log, time) => {
          RateLimiter.resumeLog(log, time)
          log.resumed = time
        })),
      state: ({ account, window }) =>
        told(logs.look(account, (log, time) => RateLimiter.stateOf(log, time, Duration.toMillis(window))))
    }
  }
)

/**
 * Needs a `SqlClient`, and makes one store for each: two databases in one program never share one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<RateLimiter.RateLimiterStore, OutboxStoreError, SqlClient.SqlClient> =>
  SharedLayer.make(
    Effect.all({ sql: SqlClient.SqlClient }),
    () => Layer.effect(RateLimiter.RateLimiterStore, make(options))
  )

const told = <A>(self: Effect.Effect<A, OutboxStoreError>) =>
  Effect.mapError(self, ({ message }) => new RateLimiter.StoreError({ message }))

/** Whoever isn't told of a place that was taken gives it back. */
const mayBeDone = (cause: Cause.Cause<OutboxStoreError>) =>
  Cause.isInterrupted(cause) || Option.exists(Cause.failureOption(cause), ({ uncertain }) => uncertain)
