/**
 * The outbox in Postgres, with workers that wake as soon as an `offer` is committed (`LISTEN` and `NOTIFY`). It is imported
 * as `@effect-shipstation/outbox/OutboxStorePg`, so that others needn't install `@effect/sql-pg` and `pg`.
 *
 * @since 0.1.0
 */
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as PgClient from "@effect/sql-pg/PgClient"
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { accountOf, channel } from "./internal/sql/due.js"
import { listen } from "./internal/sql/listen.js"
import { defaultPrefix } from "./internal/sql/migrations.js"
import type { OutboxStoreError } from "./OutboxError.js"
import { OutboxStore } from "./OutboxStore.js"
import * as OutboxStoreSql from "./OutboxStoreSql.js"

/**
 * Needs a `PgClient`, and opens one more connection like its own, for listening. While that is lost, workers look once a
 * `poll` (1 second). A pooler that hands connections out by transaction, such as PgBouncer, lets nobody listen.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Omit<OutboxStoreSql.Options, "announcements"> = {}
): Layer.Layer<OutboxStore, OutboxStoreError, PgClient.PgClient | SqlClient> =>
  SharedLayer.make(Effect.all({ client: PgClient.PgClient, sql: SqlClient }), ({ client: { config } }) =>
    Layer.scoped(
      OutboxStore,
      OutboxStoreSql.make({
        ...options,
        announcements: Stream.map(listen(config, channel(options.prefix ?? defaultPrefix)), accountOf)
      })
    ))
