/**
 * The accounts that a worker works for.
 *
 * @since 0.1.0
 */
export * as Accounts from "./Accounts.js"

/**
 * What is answered when fulfillments are offered.
 *
 * @since 0.1.0
 */
export * as Offer from "./Offer.js"

/**
 * Fulfillments that survive crashes.
 *
 * @since 0.1.0
 */
export * as Outbox from "./Outbox.js"

/**
 * What can go wrong.
 *
 * @since 0.1.0
 */
export * as OutboxError from "./OutboxError.js"

/**
 * A row, its states, and which follows which.
 *
 * @since 0.1.0
 */
export * as OutboxRow from "./OutboxRow.js"

/**
 * The port: where rows are kept, for stores of your own.
 *
 * @since 0.1.0
 */
export * as OutboxRows from "./OutboxRows.js"

/**
 * Where rows are kept.
 *
 * @since 0.1.0
 */
export * as OutboxStore from "./OutboxStore.js"

/**
 * Where rows are kept: SQLite or Postgres.
 *
 * @since 0.1.0
 */
export * as OutboxStoreSql from "./OutboxStoreSql.js"

/**
 * Sends what the outbox holds.
 *
 * @since 0.1.0
 */
export * as OutboxWorker from "./OutboxWorker.js"

/**
 * Limits that workers, processes and machines share.
 *
 * @since 0.1.0
 */
export * as RateLimiterStoreSql from "./RateLimiterStoreSql.js"
