import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeSdk } from "@effect/opentelemetry"
import { FetchHttpClient } from "@effect/platform"
import { ConsoleMetricExporter, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor, ConsoleSpanExporter } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer } from "effect"

const program = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  yield* fulfillments.create([
    { shipment_id: "se-12345678", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }
  ])
}).pipe(
  Effect.withSpan("pack an order"),
  Effect.catchAll((error) => Effect.logError("Nothing was done", error))
)

// in production with exporters of OTLP instead
const Telemetry = NodeSdk.layer(() => ({
  resource: { serviceName: "shop" },
  spanProcessor: new BatchSpanProcessor(new ConsoleSpanExporter()),
  metricReader: new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })
}))

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(FetchHttpClient.layer)
)

await Effect.runPromise(Effect.provide(program, Layer.merge(ShipStation, Telemetry)))
