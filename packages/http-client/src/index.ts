/** Never more requests than the API allows. */
export * as RateLimiter from "./RateLimiter.js"

/** Whether and when a failed attempt is made again. */
export * as RetryPolicy from "./RetryPolicy.js"

/** The one place where a request is sent. */
export * as ShipStationClient from "./ShipStationClient.js"

/** Key, account, base URL, time-out, mode. */
export * as ShipStationConfig from "./ShipStationConfig.js"

/** What a failure is, and whether anything may have been done. */
export * as ShipStationError from "./ShipStationError.js"
