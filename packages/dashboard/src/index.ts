/** The outbox in a browser, for a host application to mount. */
export * as Dashboard from "./Dashboard.js"

/** Its routes, as an `HttpApi`: for clients of your own, and for OpenAPI. */
export * as DashboardApi from "./DashboardApi.js"

/** Why a row is as it is, and what to do about it. */
export * as Explanation from "./Explanation.js"
