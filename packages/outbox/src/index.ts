/** The accounts that a worker works for. */
export * as Accounts from "./Accounts.js"

/** What is answered when fulfillments are offered. */
export * as Offer from "./Offer.js"

/** Fulfillments that survive crashes. */
export * as Outbox from "./Outbox.js"

/** What can go wrong. */
export * as OutboxError from "./OutboxError.js"

/** A row, its states, and which follows which. */
export * as OutboxRow from "./OutboxRow.js"

/** The port: where rows are kept, for stores of your own. */
export * as OutboxRows from "./OutboxRows.js"

/** Where rows are kept. */
export * as OutboxStore from "./OutboxStore.js"

/** Where rows are kept: SQLite or Postgres. */
export * as OutboxStoreSql from "./OutboxStoreSql.js"

/** Sends what the outbox holds. */
export * as OutboxWorker from "./OutboxWorker.js"

/** Limits that workers, processes and machines share. */
export * as RateLimiterStoreSql from "./RateLimiterStoreSql.js"
