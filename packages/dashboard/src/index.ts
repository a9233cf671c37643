/**
 * The outbox in a browser, for a host application to mount.
 *
 * @since 0.1.0
 */
export * as Dashboard from "./Dashboard.js"

/**
 * Its routes, as an `HttpApi`: for clients of your own, and for OpenAPI.
 *
 * @since 0.1.0
 */
export * as DashboardApi from "./DashboardApi.js"

/**
 * Why a row is as it is, and what to do about it.
 *
 * @since 0.1.0
 */
export * as Explanation from "./Explanation.js"
