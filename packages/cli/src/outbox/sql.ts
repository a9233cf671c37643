import { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"

/** What fails as the outbox does. */
export const stored = <A>(self: Effect.Effect<A, SqlError>): Effect.Effect<A, OutboxStoreError> =>
  Effect.mapError(self, ({ cause, message }) =>
    new OutboxStoreError({
      message: cause instanceof Error ? `${message}: ${cause.message}` : message,
      uncertain: false
    }))

/** Runs `CREATE TABLE IF NOT EXISTS`. Of two processes that make a table at once, one may fail on Postgres. */
export const create = (table: Effect.Effect<unknown, SqlError>): Effect.Effect<unknown, OutboxStoreError> =>
  stored(Effect.retry(table, { times: 3 }))
