/** What spans and metrics tell, by OpenTelemetry's names. */
import { RetryPolicy, ShipStationClient } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Metric, MetricLabel, MetricState, Redacted, Schedule, Tracer } from "effect"
import { readFileSync } from "node:fs"
import { userAgent, version } from "../src/internal/version.js"
import { client, httpClients, post, postOnce } from "./support/clients.js"
import { inTime, ok, scripted } from "./support/scripted.js"
import { answer, closedPort, serve, success } from "./support/wire.js"

const nativeTracer = Effect.runSync(Effect.tracer)

const record = () => {
  const spans: Array<Tracer.Span> = []
  const layer = Layer.setTracer(Tracer.make({
    span: (...args) => {
      const span: Tracer.Span = nativeTracer.span(...args)
      spans.push(span)
      return span
    },
    context: (f) => f()
  }))
  return { layer, attributes: () => spans.map(({ attributes }) => Object.fromEntries(attributes)) }
}

const list = (query = {}) =>
  Effect.flatMap(ShipStationClient.ShipStationClient, (client) => client.listFulfillments(query))

describe("the span of an attempt", () => {
  it.scopedLive("tells where it went and what came, without the query", () =>
    Effect.gen(function*() {
      const page = answer(200, JSON.stringify({ fulfillments: [] }), { "x-shipengine-requestid": "r-1" })
      const server = yield* serve({ onRequest: (socket) => void socket.write(page) })
      const { attributes, layer } = record()
      yield* list({ ship_to_name: "Jane" }).pipe(
        Effect.provide(Layer.merge(client({ baseUrl: server.url, account: "shop-1" }), layer))
      )
      expect(server.requests[0]?.line).toContain("Jane")
      expect(attributes()).toEqual([{
        "http.request.method": "GET",
        "url.full": `${server.url}/v2/fulfillments`,
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "user_agent.original": userAgent,
        "http.response.status_code": 200,
        "shipstation.account": "shop-1",
        "shipstation.request_id": "r-1"
      }])
    }))

  it.scopedLive("names the error's class, with or without an answer", () =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.write(answer(503, "")) })
      const refused = yield* closedPort
      const { attributes, layer } = record()
      for (const baseUrl of [server.url, `http://127.0.0.1:${refused}`, "http://example.com"]) {
        yield* Effect.exit(Effect.provide(postOnce, Layer.merge(client({ baseUrl }), layer)))
      }
      expect(attributes()).toMatchObject([
        { "error.type": "ShipStationUnexpectedResponseError", "http.response.status_code": 503 },
        { "error.type": "ShipStationNetworkError", "server.port": refused },
        { "error.type": "ShipStationConfigError", "url.full": "/v2/fulfillments" }
      ])
      expect(attributes().map((all) => "server.address" in all)).toEqual([true, true, false])
    }))

  it.effect.each<readonly [baseUrl: string, port: number]>([["https://api.shipstation.com", 443], [
    "http://localhost",
    80
  ], ["http://localhost:81", 81]])(
    "tells the port of %s",
    ([baseUrl, port]) =>
      Effect.gen(function*() {
        const { attributes, layer } = record()
        const { layer: answered } = scripted(() => ok, { config: { baseUrl } })
        yield* Effect.provide(list(), Layer.merge(answered, layer))
        expect(attributes()[0]?.["server.port"]).toBe(port)
      })
  )
})

const read = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>, tags: Readonly<Record<string, string>>) =>
  Metric.value(
    Metric.taggedWithLabels(metric, Object.entries(tags).map(([key, value]) => MetricLabel.make(key, value)))
  )

const count = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>, tags: Readonly<Record<string, string>>) =>
  Effect.map(read(metric, tags), (state) => MetricState.isCounterState(state) ? Number(state.count) : 0)

describe("metrics", () => {
  it.effect("count requests by method, status and account, and retries by method and account", () =>
    Effect.gen(function*() {
      const replies = [{ status: 503 }, undefined, ok]
      for (const account of ["counted-1", "counted-2"]) {
        const { layer } = scripted((count) => replies[count - 1], { config: { account } })
        yield* Effect.provide(list(), layer)
      }
      const requests = (status: string, account = "counted-1") =>
        count(ShipStationClient.requestCount, { method: "GET", status, account })
      expect(yield* Effect.all([requests("503"), requests("none"), requests("200"), requests("200", "counted-2")]))
        .toEqual([1, 1, 1, 1])
      expect(yield* count(ShipStationClient.retryCount, { method: "GET", account: "counted-1" })).toBe(2)
    }))

  it.effect("don't count what wasn't sent", () =>
    Effect.gen(function*() {
      const { layer } = scripted(() => ok, { config: { account: "unsent", apiKey: Redacted.make("") } })
      yield* Effect.flip(Effect.provide(post, layer))
      expect(yield* count(ShipStationClient.requestCount, { method: "POST", status: "none", account: "unsent" })).toBe(
        0
      )
    }))

  it.effect("tell how long requests took in seconds, without what came before the send", () =>
    Effect.gen(function*() {
      const slow = HttpClient.make((request) =>
        Effect.as(
          Effect.sleep("2 seconds"),
          HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ fulfillments: [] })))
        )
      )
      const layer = client(
        { account: "timed", apiKey: Effect.as(Effect.sleep("5 seconds"), Redacted.make("key")) },
        Layer.succeed(HttpClient.HttpClient, slow)
      )
      yield* inTime(Effect.provide(list(), layer))
      const state = yield* read(ShipStationClient.requestDuration, {
        "http.request.method": "GET",
        "http.response.status_code": "200",
        "server.address": "api.shipstation.com",
        "server.port": "443",
        account: "timed",
        unit: "s"
      })
      expect(MetricState.isHistogramState(state) && [state.count, state.sum]).toEqual([1, 2])
    }))

  it.effect("tell the class of an error beside how long it took", () =>
    Effect.gen(function*() {
      const { layer } = scripted((count) => count === 1 ? { status: 503 } : undefined, {
        config: { account: "failed" },
        policy: Schedule.recurs(1)
      })
      yield* Effect.flip(Effect.provide(list(), layer))
      const common = { "server.address": "api.shipstation.com", "server.port": "443", account: "failed", unit: "s" }
      const states = yield* Effect.all([
        read(ShipStationClient.requestDuration, {
          "http.request.method": "GET",
          "http.response.status_code": "503",
          "error.type": "ShipStationUnexpectedResponseError",
          ...common
        }),
        read(ShipStationClient.requestDuration, {
          "http.request.method": "GET",
          "error.type": "ShipStationConnectionLostError",
          ...common
        })
      ])
      expect(states.map((state) => MetricState.isHistogramState(state) && state.count)).toEqual([1, 1])
    }))
})

describe("the User-Agent", () => {
  it("has the package's version", () => {
    const json: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    expect(json).toMatchObject({ version })
    expect(userAgent).toBe(`effect-shipstation/${version}`)
  })

  it.scopedLive.each(httpClients)(
    "names the library, on %s, and no trace goes along",
    ([, httpClient]) =>
      Effect.gen(function*() {
        const server = yield* serve({ onRequest: (socket) => void socket.write(success) })
        yield* post.pipe(
          Effect.withSpan("caller"),
          RetryPolicy.withRetryPolicy(RetryPolicy.none),
          Effect.provide(client({ baseUrl: server.url }, httpClient))
        )
        expect(server.requests[0]?.headers["user-agent"]).toBe(userAgent)
        expect(server.requests[0]?.headers).not.toHaveProperty("traceparent")
        expect(server.requests[0]?.headers).not.toHaveProperty("b3")
      })
  )
})
