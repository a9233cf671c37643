/** What the process ends with. */
export * as ExitCode from "./ExitCode.js"

/** The command `fulfill`. */
export * as Fulfill from "./Fulfill.js"
