/**
 * Never more requests than the API allows.
 *
 * @since 0.1.0
 */
export * as RateLimiter from "./RateLimiter.js"

/**
 * Whether and when a failed attempt is made again.
 *
 * @since 0.1.0
 */
export * as RetryPolicy from "./RetryPolicy.js"

/**
 * Layers that are built once for what they need.
 *
 * @since 0.1.0
 */
export * as SharedLayer from "./SharedLayer.js"

/**
 * The one place where a request is sent.
 *
 * @since 0.1.0
 */
export * as ShipStationClient from "./ShipStationClient.js"

/**
 * Key, account, base URL, time-out, mode.
 *
 * @since 0.1.0
 */
export * as ShipStationConfig from "./ShipStationConfig.js"

/**
 * What a failure is, and whether anything may have been done.
 *
 * @since 0.1.0
 */
export * as ShipStationError from "./ShipStationError.js"
