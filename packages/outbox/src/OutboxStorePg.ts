/**
 * The outbox in Postgres, with workers that wake as soon as an `offer` is committed (`LISTEN` and `NOTIFY`). It is imported
 * as `@effect-shipstation/outbox/OutboxStorePg`, so that others needn't install `@effect/sql-pg`.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { channel } from "./internal/sql/backend.js"
import { defaultPrefix } from "./internal/sql/migrations.js"
import type { OutboxStoreError } from "./OutboxError.js"
import { OutboxStore } from "./OutboxStore.js"
import * as OutboxStoreSql from "./OutboxStoreSql.js"

/**
 * Needs a `PgClient`, of which it uses one more connection for listening. Should that be lost, workers look once a `poll`
 * (1 second) until they hear again, after 10 minutes at most.
 */
export const layer = (
  options: Omit<OutboxStoreSql.Options, "announcements"> = {}
): Layer.Layer<OutboxStore, OutboxStoreError, PgClient.PgClient | SqlClient> =>
  Layer.scoped(
    OutboxStore,
    Effect.flatMap(PgClient.PgClient, (pg) =>
      OutboxStoreSql.make({
        ...options,
        announcements: pg.listen(channel(options.prefix ?? defaultPrefix)).pipe(
          Stream.map(() => undefined),
          // of a connection that was lost the client says nothing
          Stream.interruptAfter("10 minutes"),
          Stream.catchAllCause(() => Stream.empty),
          Stream.repeat(Schedule.spaced("100 millis"))
        )
      }))
  )
