import { Emulator } from "@effect-shipstation/emulator"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import * as Telemetry from "../src/Telemetry.js"
import { collector } from "./otlp.js"
import { client, inMemory, settings, shop, soon } from "./support.js"

interface Span {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
}

const customer = "Jane Customer"

/** The first answer gets lost, so that the fulfillment is read back, with all that ShipStation knows of the customer. */
const seed: Emulator.Options = {
  shipments: [{ shipment_id: "se-1", ship_to: { name: customer, email: "jane@example.com" } }],
  faults: [{ endpoint: "create", times: 1, action: { _tag: "Reset" } }]
}

it.scopedLive("a request's trace leads to the offer, and the worker's to ShipStation; no key or customer in any", () =>
  Effect.gen(function*() {
    const { bodies, url } = yield* collector
    const logs: Array<string> = []
    yield* Effect.gen(function*() {
      const { health, orders } = yield* client
      const path = { id: "1" }
      yield* orders.add({ path, payload: { shipment_id: "se-1" } })
      yield* orders.pack({ path, payload: { tracking_number: "1Z12345E6605272234", carrier_code: "ups" } })
      yield* soon(orders.get({ path }), ({ fulfillment }) => fulfillment?.state === "fulfilled")
      yield* health.ready()
      const { requests } = yield* Emulator.Emulator
      expect((yield* requests).some(({ responseBody }) => responseBody?.includes(customer))).toBe(true)
    }).pipe(
      Effect.provide(
        shop({ database: inMemory, ...seed }).pipe(
          Layer.provide(Telemetry.layer.pipe(Layer.provide(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: url })))),
          Layer.provide(
            Logger.replace(
              Logger.defaultLogger,
              Logger.map(Logger.structuredLogger, (line) => void logs.push(JSON.stringify(line)))
            )
          )
        )
      )
    )

    const traces = bodies.filter(([path]) => path === "/v1/traces").map(([, body]) => body)
    const spans: ReadonlyArray<Span> = traces.flatMap((body) =>
      JSON.parse(body).resourceSpans.flatMap(({ scopeSpans }: { readonly scopeSpans: ReadonlyArray<{ spans: [] }> }) =>
        scopeSpans.flatMap(({ spans }) => spans)
      )
    )
    const pathTo = (name: string): ReadonlyArray<string> => {
      const path: Array<string> = []
      let span = spans.find((span) => span.name === name)
      while (span !== undefined) {
        path.unshift(span.name)
        const parent: string | undefined = span.parentSpanId
        span = spans.find(({ spanId }) => spanId === parent)
      }
      return path
    }
    expect(pathTo("Outbox.offer")).toEqual([
      "http.server POST",
      "Orders.pack",
      "sql.transaction",
      "Outbox.offer"
    ])
    expect(pathTo("ShipStationClient.execute")).toEqual([
      "OutboxWorker.send",
      "Fulfillments.create",
      "ShipStationClient.execute"
    ])
    const told = bodies.map(([, body]) => body).join("\n")
    const found = (text: string) =>
      ["/orders/1", "/health", Emulator.defaultApiKey, customer, "jane@example.com", "1Z12345E6605272234"]
        .filter((part) => text.includes(part))
    expect(told.includes("shipstation.outbox.rows")).toBe(true)
    expect(found(told)).toEqual(["/orders/1"])
    expect(found(logs.join("\n"))).toEqual(["/orders/1"])
  }))
