/**
 * Fulfillments as a step of an Effect Workflow.
 *
 * @since 0.1.0
 */
export * as FulfillmentsActivity from "./FulfillmentsActivity.js"

/**
 * The outbox on Effect Cluster.
 *
 * @since 0.1.0
 */
export * as OutboxCluster from "./OutboxCluster.js"
