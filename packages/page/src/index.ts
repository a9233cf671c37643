/**
 * Files for browsers.
 *
 * @since 0.1.0
 */
export * as Assets from "./Assets.js"

/**
 * By which names a server may be asked.
 *
 * @since 0.1.0
 */
export * as Host from "./Host.js"
