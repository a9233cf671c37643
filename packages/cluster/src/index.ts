/** The outbox on Effect Cluster, and fulfillments as a step of an Effect Workflow. */
export * as FulfillmentsActivity from "./FulfillmentsActivity.js"
export * as OutboxCluster from "./OutboxCluster.js"
