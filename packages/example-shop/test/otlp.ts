/** OpenTelemetry's collector, and its metrics as Prometheus would have them. */
import { Effect, Schema } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"

/** Takes whatever is sent to it, as OpenTelemetry's collector does. */
export const collector = Effect.acquireRelease(
  Effect.promise(async () => {
    const bodies: Array<readonly [path: string, body: string]> = []
    const server = createServer((request, response) => {
      let body = ""
      request.on("data", (chunk) => body += chunk)
      request.on("end", () => {
        response.end("{}", () => bodies.push([request.url ?? "", body]))
      })
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { server, bodies, url: `http://127.0.0.1:${port}` }
  }),
  ({ server }) => Effect.sync(() => server.close())
)

export type Labels = Readonly<Record<string, string>>

/** One value of a series. `at` is in milliseconds. */
export interface Sample {
  readonly name: string
  readonly labels: Labels
  readonly at: number
  readonly value: number
}

const Attributes = Schema.Array(Schema.Struct({
  key: Schema.String,
  value: Schema.Struct({ stringValue: Schema.optional(Schema.String) })
}))

const Numbers = Schema.Array(Schema.Struct({
  attributes: Attributes,
  timeUnixNano: Schema.NumberFromString,
  asDouble: Schema.optional(Schema.Number),
  asInt: Schema.optional(Schema.Number)
}))

const Metric = Schema.Struct({
  name: Schema.String,
  unit: Schema.String,
  gauge: Schema.optional(Schema.Struct({ dataPoints: Numbers })),
  sum: Schema.optional(Schema.Struct({ dataPoints: Numbers, isMonotonic: Schema.Boolean })),
  histogram: Schema.optional(Schema.Struct({
    dataPoints: Schema.Array(Schema.Struct({
      attributes: Attributes,
      timeUnixNano: Schema.NumberFromString,
      count: Schema.Number,
      sum: Schema.Number,
      bucketCounts: Schema.Array(Schema.Number),
      explicitBounds: Schema.Array(Schema.Number)
    }))
  }))
})

const Request = Schema.parseJson(Schema.Struct({
  resourceMetrics: Schema.Array(Schema.Struct({
    scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Metric) }))
  }))
}))

const decode = Schema.decodeSync(Request)

/** Units that Prometheus writes out; others stand as they are, and those in braces not at all. */
const units: Readonly<Record<string, string>> = { s: "seconds", ms: "milliseconds", By: "bytes", "1": "" }

/** By https://github.com/prometheus/otlptranslator, as Prometheus and OpenTelemetry's collector have it by default. */
const nameOf = ({ gauge, name, sum, unit }: typeof Metric.Type): string => {
  const words = name.split(/[^a-zA-Z\d:]+/)
  const suffix = /[{}]/.test(unit) ? "" : units[unit] ?? unit
  if (suffix !== "" && !words.includes(suffix)) words.push(suffix)
  if (sum?.isMonotonic === true) return [...words.filter((word) => word !== "total"), "total"].join("_")
  return [...words, ...gauge !== undefined && unit === "1" ? ["ratio"] : []].join("_")
}

const labelsOf = (attributes: typeof Attributes.Type): Labels =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key.replaceAll(/[^a-zA-Z\d_]/g, "_"), value.stringValue ?? ""])
  )

/** What a request to `/v1/metrics` becomes in Prometheus. */
export const samplesOf = (body: string): ReadonlyArray<Sample> =>
  decode(body).resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)).flatMap(
    (metric) => {
      const name = nameOf(metric)
      const numbers = metric.gauge?.dataPoints ?? metric.sum?.dataPoints ?? []
      return [
        ...numbers.map(({ asDouble, asInt, attributes, timeUnixNano }): Sample => ({
          name,
          labels: labelsOf(attributes),
          at: timeUnixNano / 1e6,
          value: asDouble ?? asInt ?? 0
        })),
        ...(metric.histogram?.dataPoints ?? []).flatMap((point): ReadonlyArray<Sample> => {
          const labels = labelsOf(point.attributes)
          const at = point.timeUnixNano / 1e6
          let below = 0
          return [
            { name: `${name}_count`, labels, at, value: point.count },
            { name: `${name}_sum`, labels, at, value: point.sum },
            ...point.bucketCounts.map((count, index) => ({
              name: `${name}_bucket`,
              labels: { ...labels, le: String(point.explicitBounds[index] ?? "+Inf") },
              at,
              value: below += count
            }))
          ]
        })
      ]
    }
  )
