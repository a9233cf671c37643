/**
 * The outbox in Postgres, as one layer, with workers that wake as soon as an `offer` is committed. It is imported as
 * `@effect-shipstation/outbox/OutboxPostgres`, so that others needn't install `@effect/sql-pg` and `pg`.
 *
 * @example
 * ```ts
 * import * as OutboxPostgres from "@effect-shipstation/outbox/OutboxPostgres"
 * import { Config } from "effect"
 *
 * export const Database = OutboxPostgres.layerConfig({ url: Config.redacted("DATABASE_URL") })
 * ```
 *
 * @since 0.1.0
 */
import type { RateLimiterStore } from "@effect-shipstation/http-client/RateLimiter"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as PgClient from "@effect/sql-pg/PgClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { layerOn } from "./internal/sql/layers.js"
import { toStoreError } from "./internal/sql/transaction.js"
import type { Outbox } from "./Outbox.js"
import type { OutboxStoreError } from "./OutboxError.js"
import type { OutboxStore } from "./OutboxStore.js"
import * as OutboxStorePg from "./OutboxStorePg.js"
import type * as OutboxStoreSql from "./OutboxStoreSql.js"

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<OutboxStoreSql.Options, "announcements"> {
  /** Such as `postgres://user:password@host:5432/database`. */
  readonly url: Redacted.Redacted
  /** The most connections at once, not counting the one that listens. Default 10. */
  readonly maxConnections?: number | undefined
}

/**
 * The outbox, the store that a worker needs too, the rate limiter's log, and the client: an `offer` within its
 * `withTransaction` is a part of your transaction.
 *
 * @since 0.1.0
 * @category models
 */
export type Provided = Outbox | OutboxStore | RateLimiterStore | PgClient.PgClient | SqlClient

/**
 * Connects, and makes the tables or brings them up to date.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = ({ maxConnections, url, ...options }: Options): Layer.Layer<Provided, OutboxStoreError> =>
  layerOn(OutboxStorePg.layer(options), options).pipe(
    Layer.provideMerge(
      Layer.catchAll(
        PgClient.layer({ url, maxConnections: maxConnections ?? 10 }),
        (error) => Layer.fail(toStoreError(error))
      )
    )
  )

/**
 * The same, of a configuration: one for all that read the same.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<Provided, OutboxStoreError | ConfigError> => SharedLayer.make(Config.unwrap(config), layer)
