/** Traces, metrics and logs, over OTLP: to a collector on this machine, or where the environment says. */
import * as Otlp from "@effect/opentelemetry/Otlp"
import { FetchHttpClient } from "@effect/platform"
import { Config, Layer } from "effect"

/** The names of the variables are OpenTelemetry's. Without a collector nothing is sent, and the shop runs all the same. */
export const layer = Layer.unwrapEffect(
  Config.map(
    Config.all({
      baseUrl: Config.withDefault(Config.string("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://localhost:4318"),
      serviceName: Config.withDefault(Config.string("OTEL_SERVICE_NAME"), "shop")
    }),
    ({ baseUrl, serviceName }) => Otlp.layerJson({ baseUrl, resource: { serviceName } })
  )
).pipe(Layer.provide(FetchHttpClient.layer))
