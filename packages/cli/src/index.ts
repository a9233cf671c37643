/**
 * What the process ends with.
 *
 * @since 0.1.0
 */
export * as ExitCode from "./ExitCode.js"

/**
 * The command `fulfill`.
 *
 * @since 0.1.0
 */
export * as Fulfill from "./Fulfill.js"
