/**
 * The outbox in a SQLite file, as one layer. It is imported as `@effect-shipstation/outbox/OutboxSqlite`, so that others
 * needn't install `@effect/sql-sqlite-node`.
 *
 * @example
 * ```ts
 * import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
 *
 * export const Database = OutboxSqlite.layer({ filename: "orders.db" })
 * ```
 *
 * @since 0.1.0
 */
import type { RateLimiterStore } from "@effect-shipstation/http-client/RateLimiter"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import { cannotOpen } from "./internal/sql/cannotOpen.js"
import { layerOn } from "./internal/sql/layers.js"
import type { Outbox } from "./Outbox.js"
import type { OutboxStoreError } from "./OutboxError.js"
import type { OutboxStore } from "./OutboxStore.js"
import * as OutboxStoreSql from "./OutboxStoreSql.js"

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<OutboxStoreSql.Options, "announcements"> {
  /** Where the file is. It is made where there is none, but not its folder. */
  readonly filename: string
}

/**
 * The outbox, the store that a worker needs too, the rate limiter's log, and the client of the file: an `offer` within its
 * `withTransaction` is a part of your transaction.
 *
 * @since 0.1.0
 * @category models
 */
export type Provided = Outbox | OutboxStore | RateLimiterStore | SqliteClient.SqliteClient | SqlClient

/**
 * Opens the file, and makes the tables or brings them up to date.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = ({ filename, ...options }: Options): Layer.Layer<Provided, OutboxStoreError> =>
  layerOn(OutboxStoreSql.layer(options), options).pipe(
    Layer.provideMerge(
      // SQLite takes it for a file of its own, that is gone at the end: the next process would send all of it again
      filename.trim() === ""
        ? Layer.fail(cannotOpen("no file is named"))
        : Layer.catchAllCause(SqliteClient.layer({ filename }), (cause) => Layer.fail(cannotOpen(Cause.squash(cause))))
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
