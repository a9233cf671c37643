/** Everything that a program could print: logs, spans, errors. */
import { Effect, type Exit, Layer, Logger, LogLevel, Tracer } from "effect"
import { inspect } from "node:util"

const nativeTracer = Effect.runSync(Effect.tracer)

const toText = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => typeof field === "bigint" ? String(field) : field) ?? ""

export const make = () => {
  const all: Array<string> = []
  const logger = Logger.make((entry) => void all.push(Logger.logfmtLogger.log(entry)))
  const tracer = Tracer.make({
    span: (...args) => {
      const span: Tracer.Span = nativeTracer.span(...args)
      const end = span.end
      return Object.assign(span, {
        event: (name: string, _: bigint, attributes?: Record<string, unknown>) => {
          all.push(name, toText(attributes))
        },
        end: (time: bigint, exit: Exit.Exit<unknown, unknown>) => {
          all.push(span.name, toText([...span.attributes]), toText(exit))
          end.call(span, time, exit)
        }
      })
    },
    context: (f) => f()
  })
  return {
    all,
    print: (...values: ReadonlyArray<unknown>) => {
      for (const value of values) all.push(inspect(value, { depth: 12, showHidden: true }), toText(value))
    },
    layer: Layer.mergeAll(
      Logger.replace(Logger.defaultLogger, logger),
      Logger.minimumLogLevel(LogLevel.All),
      Layer.setTracer(tracer)
    )
  }
}
