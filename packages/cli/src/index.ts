/** The rows that have to be sent: a worker in the process, until nothing is left to do. */
export * as Drain from "./Drain.js"

/** What the process ends with. */
export * as ExitCode from "./ExitCode.js"

/** The command `fulfill`. */
export * as Fulfill from "./Fulfill.js"

/** `fulfill import`. */
export * as Import from "./Import.js"

/** What a file would do, were it sent. */
export * as Plan from "./Plan.js"

/** What is wrong in a file. */
export * as Problem from "./Problem.js"

/** How far a run is. */
export * as Progress from "./Progress.js"

/** What became of the shipments, as four CSV files. */
export * as Reports from "./Reports.js"

/** What the command knows of the terminal. */
export * as Screen from "./Screen.js"

/** A file of shipments. */
export * as ShipmentsFile from "./ShipmentsFile.js"

/** Ctrl-C and SIGTERM. */
export * as Signals from "./Signals.js"

/** What became of a file, for a screen. */
export * as Summary from "./Summary.js"

/** What is wrong with the command, its settings or the file. */
export * as UsageError from "./UsageError.js"
