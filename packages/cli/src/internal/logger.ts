import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

/** Logs go to stderr: stdout is for data. */
export const layerLogger = (json: boolean): Layer.Layer<never> =>
  Logger.replace(Logger.defaultLogger, Logger.withConsoleError(json ? Logger.jsonLogger : Logger.logfmtLogger))
