/** What tests ask a store of the rate limiter. */
import { RateLimiter } from "@effect-shipstation/http-client"
import { SqlClient } from "@effect/sql"
import { Duration, Effect } from "effect"

let last = 0
export const freshAccount = () => `account-${++last}`

export const take = (account: string, limit: number, window: Duration.DurationInput, hold?: true) =>
  Effect.flatMap(
    RateLimiter.RateLimiterStore,
    (store) => store.take({ account, limit, window: Duration.decode(window), hold })
  )

export const used = (account: string) =>
  Effect.flatMap(
    RateLimiter.RateLimiterStore,
    (store) => Effect.map(store.state({ account, window: Duration.minutes(1) }), ({ used }) => used)
  )

export const table = "shipstation_outbox_limiter"

/** When places were taken, by the store's own time. */
export const takenAt = (account: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly data: string }>`SELECT data FROM ${sql(table)} WHERE account = ${account}`,
      ([row]): ReadonlyArray<number> => JSON.parse(row?.data ?? "{}").taken ?? []
    ))

/** What takes places, and a transaction that is rolled back. */
export const rolledBack = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => {
    let answer: A | undefined
    const kept = Effect.map(self, (a) => {
      answer = a
    })
    return Effect.map(Effect.exit(sql.withTransaction(Effect.zipRight(kept, Effect.fail("no")))), () => answer)
  })
