import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

const text = Logger.withConsoleError(Logger.logfmtLogger)

/** Logs go to stderr: stdout is for data. */
export const layerLogger: Layer.Layer<never> = Logger.replace(Logger.defaultLogger, text)

/** The same as JSON, within the other. */
export const layerJsonLogger: Layer.Layer<never> = Logger.replace(text, Logger.withConsoleError(Logger.jsonLogger))
