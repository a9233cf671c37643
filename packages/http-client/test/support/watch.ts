import { Cause, Effect, Exit, Layer, Logger, LogLevel, Tracer } from "effect"
import { inspect } from "node:util"

const nativeTracer = Effect.runSync(Effect.tracer)

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => typeof field === "bigint" ? String(field) : field) ?? ""

/** Everything that a program could print, in all the ways it could print it. */
export const watch = () => {
  const printed: Array<string> = []
  const print = (value: unknown) =>
    printed.push(inspect(value, { depth: 12, showHidden: true }), String(value), toJson(value))
  const logger = Logger.make((entry) => {
    print(entry)
    printed.push(Cause.pretty(entry.cause, { renderErrorCause: true }), Logger.stringLogger.log(entry))
    printed.push(Logger.jsonLogger.log(entry))
  })
  const tracer = Tracer.make({
    span: (...args) => {
      const span: Tracer.Span = nativeTracer.span(...args)
      const end = span.end
      return Object.assign(span, {
        end: (time: bigint, exit: Exit.Exit<unknown, unknown>) => {
          print([span.name, [...span.attributes], span.status, exit])
          if (Exit.isFailure(exit)) printed.push(Cause.pretty(exit.cause, { renderErrorCause: true }))
          end.call(span, time, exit)
        }
      })
    },
    context: (f) => f()
  })
  const layer = Layer.mergeAll(
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.All),
    Layer.setTracer(tracer)
  )
  return { print, printed, layer }
}
