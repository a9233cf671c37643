import { Control, Emulator } from "@effect-shipstation/emulator"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { request as httpRequest } from "node:http"
import { create, inProcess, results, sockets } from "./support.js"

const local = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.prependUrl("http://localhost")))
)

const transports = {
  "in-process": (options?: Emulator.Options) => Layer.provideMerge(local, Emulator.layerHttpClient(options)),
  "a socket, with node:http": sockets["a socket, with node:http"]
}

const send = (method: "GET" | "POST" | "PUT" | "DELETE", route: string, json?: unknown) =>
  HttpClient.execute(
    HttpClientRequest.make(method)(`/__emulator/${route}`).pipe(
      json === undefined ? (request) => request : HttpClientRequest.bodyText(JSON.stringify(json), "application/json")
    )
  )

const get = <A, I>(schema: Schema.Schema<A, I>, route: string) =>
  Effect.flatMap(send("GET", route), HttpClientResponse.schemaBodyJson(schema))

describe.each(Object.entries(transports))("over %s", (_, layer) => {
  it.live("health, state, journal, notifications and fulfillments tell what there is, without keys", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* create(["se-1", Emulator.defaultApiKey])
      yield* create(["se-1", "se-2"])
      yield* create(["se-1"], "live-secret")
      assert.deepStrictEqual(yield* get(Control.Health, "health"), { status: "ok" })
      const state = yield* get(Control.State, "state")
      assert.deepStrictEqual(state.counts, {
        shipments: 0,
        fulfillments: 2,
        notifications: 4,
        notifiedAgain: 0,
        requests: 3,
        faults: 0
      })
      assert.deepStrictEqual(state.accounts, ["default"])
      assert.deepInclude(state.options, { acceptAnyShipment: true, alreadyFulfilled: "item", rateLimit: {}, seed: 0 })
      const journal = yield* get(Schema.Array(Control.Request), "journal")
      assert.deepStrictEqual(
        journal,
        yield* Schema.decodeUnknown(Schema.parseJson(Schema.Array(Control.Request)))(
          JSON.stringify(yield* emulator.requests)
        )
      )
      assert.deepStrictEqual(journal.map(({ fulfillmentIds, status }) => [status, fulfillmentIds]), [
        [400, []],
        [200, ["se-900000001", "se-900000002"]],
        [401, []]
      ])
      assert.strictEqual(journal[1]?.responseBody, JSON.stringify(results("se-1", "se-2")))
      assert.include(journal[1]?.requestBody, "\"shipment_id\":\"se-2\"")
      assert.strictEqual((yield* get(Schema.Array(Control.Request), "journal?last=1"))[0]?.requestId.at(-1), "3")
      assert.strictEqual((yield* get(Schema.Array(Control.Notification), "notifications")).length, 4)
      assert.deepStrictEqual(
        (yield* get(Schema.Array(Control.Fulfillment), "fulfillments")).map(({ shipment_id }) => shipment_id),
        ["se-1", "se-2"]
      )
      for (const route of ["state", "journal", "notifications", "fulfillments", "faults"]) {
        const text = yield* Effect.flatMap(send("GET", route), ({ text }) => text)
        assert.notInclude(text, Emulator.defaultApiKey)
        assert.notInclude(text, "secret")
      }
      // none of this is a request to the API
      assert.strictEqual((yield* emulator.requests).length, 3)
    }).pipe(Effect.provide(layer())))

  it.live("faults are set, added, read and removed", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const reset = { endpoint: "create", action: { _tag: "ErrorBody", status: 503 } }
      const put = yield* send("PUT", "faults", [reset])
      assert.deepStrictEqual([put.status, yield* put.json], [200, [reset]])
      assert.strictEqual((yield* create(["se-1"])).status, 503)
      const post = yield* send("POST", "faults", { ...reset, nth: 2 })
      assert.deepStrictEqual(yield* post.json, [reset, { ...reset, nth: 2 }])
      assert.deepStrictEqual(yield* (yield* send("DELETE", "faults/0")).json, [{ ...reset, nth: 2 }])
      assert.deepStrictEqual(yield* (yield* send("GET", "faults")).json, yield* emulator.faults)
      assert.deepStrictEqual(yield* (yield* send("DELETE", "faults")).json, [])
      assert.strictEqual((yield* create(["se-1"])).status, 200)
    }).pipe(Effect.provide(layer())))

  it.live("release lets held requests go on, seed adds, reset goes back", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const seeded = yield* send("POST", "seed", {
        shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }],
        fulfillments: [{ shipment_id: "se-2", tracking_number: "1Z", created_at: "2024-01-15T12:00:00+01:00" }],
        faults: [{ action: { _tag: "Hold" } }]
      })
      const { counts } = yield* HttpClientResponse.schemaBodyJson(Control.State)(seeded)
      assert.deepStrictEqual(counts, {
        shipments: 1,
        fulfillments: 1,
        notifications: 0,
        notifiedAgain: 0,
        requests: 0,
        faults: 1
      })
      assert.strictEqual((yield* emulator.fulfillments)[0]?.created_at.epochMillis, Date.UTC(2024, 0, 15, 11))
      const held = yield* Effect.fork(create(["se-1"]))
      yield* Effect.repeat(emulator.requests, { until: (all) => all.length > 0, schedule: Schedule.spaced(5) })
      yield* Effect.sleep(20)
      assert.strictEqual((yield* send("POST", "release")).status, 200)
      assert.include(yield* (yield* Fiber.join(held)).text, "A-1")
      const reset = yield* HttpClientResponse.schemaBodyJson(Control.State)(yield* send("POST", "reset"))
      assert.deepStrictEqual(reset.counts, {
        shipments: 0,
        fulfillments: 0,
        notifications: 0,
        notifiedAgain: 0,
        requests: 0,
        faults: 0
      })
    }).pipe(Effect.provide(layer())))

  it.live("the clock is frozen, put forward and released", () =>
    Effect.gen(function*() {
      const change = (json: unknown) =>
        Effect.flatMap(send("POST", "clock", json), HttpClientResponse.schemaBodyJson(Control.ClockState))
      const frozen = yield* change({ frozen: true })
      assert.isTrue(frozen.frozen)
      const later = yield* change({ advance: "1 hour" })
      assert.strictEqual(later.now.epochMillis, frozen.now.epochMillis + 3_600_000)
      assert.deepStrictEqual(yield* get(Control.ClockState, "clock"), later)
      assert.isFalse((yield* change({ frozen: false, advance: 1_000 })).frozen)
    }).pipe(Effect.provide(layer())))

  it.live.each<["GET" | "POST" | "PUT" | "DELETE", string, unknown, number, string, string]>([
    ["GET", "nothing", undefined, 404, "", "no such route"],
    ["PUT", "state", {}, 404, "", "no such route"],
    ["DELETE", "faults/0", undefined, 404, "", "no fault"],
    ["DELETE", "faults/first", undefined, 404, "", "no fault"],
    ["GET", "journal?last=0", undefined, 400, "last", "whole number"],
    ["PUT", "faults", [{ action: { _tag: "ErrorBody", status: 99 } }], 400, "[0].action.status", "between"],
    ["PUT", "faults", [{ endpont: "create", action: { _tag: "Hold" } }], 400, "[0].endpont", "unexpected"],
    ["POST", "faults", { action: { _tag: "Explode" } }, 400, "action._tag", "Explode"],
    [
      "POST",
      "seed",
      { shipments: [{ shipment_id: "se-1" }, { shipment_id: 7 }] },
      400,
      "shipments[1].shipment_id",
      "text"
    ],
    ["POST", "clock", { advance: "soon" }, 400, "advance", "5 seconds"],
    ["POST", "clock", undefined, 400, "", "JSON"]
  ])(
    "%s %s with %j is refused with status %d",
    ([method, route, json, status, path, message]) =>
      Effect.gen(function*() {
        const refused = yield* send(method, route, json)
        assert.strictEqual(refused.status, status)
        const { problems } = yield* HttpClientResponse.schemaBodyJson(Control.Problems)(refused)
        assert.strictEqual(problems[0]?.path, path)
        assert.include(problems[0]?.message, message)
      }).pipe(Effect.provide(layer()))
  )

  it.live("are the API's 404 when they are switched off", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* send("GET", "health")).status, 401)
      assert.strictEqual((yield* (yield* Emulator.Emulator).requests).length, 1)
    }).pipe(Effect.provide(layer({ control: false }))))
})

describe("requests from elsewhere", () => {
  /** Sends headers that no HTTP client lets one choose. */
  const statusWith = (headers: (port: string) => Record<string, string>, method = "GET") =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      const route = method === "GET" ? "state" : "reset"
      return yield* Effect.async<number | undefined>((resume) => {
        httpRequest(`${url}/__emulator/${route}`, { method, headers: headers(new URL(url).port) }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        }).end()
      })
    })

  it.live.each<[(port: string) => Record<string, string>, number]>([
    [(port) => ({ host: `localhost:${port}` }), 200],
    [(port) => ({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` }), 200],
    [() => ({ host: "[::1]" }), 200],
    [(port) => ({ host: `evil.example:${port}` }), 403],
    [() => ({ host: "localhost.evil.example" }), 403],
    [() => ({ host: "127.0.0.1@evil.example" }), 403],
    [() => ({ host: "192.168.1.5:4010" }), 200],
    [() => ({ host: "1.2.3.4.evil.example" }), 403],
    [() => ({ host: "192.168.1.5", origin: "http://192.168.1.6" }), 403],
    [(port) => ({ host: `localhost:${port}`, origin: "https://evil.example" }), 403],
    [(port) => ({ host: `localhost:${port}`, origin: "http://localhost:1" }), 403],
    [(port) => ({ host: `localhost:${port}`, origin: "null" }), 403],
    [() => ({ host: "localhost", "sec-fetch-site": "same-origin" }), 200],
    [() => ({ host: "localhost", "sec-fetch-site": "none" }), 200],
    [() => ({ host: "localhost", "sec-fetch-site": "same-site" }), 403],
    [() => ({ host: "localhost", "sec-fetch-site": "cross-site" }), 403]
  ])("with the headers %s get their due", ([headers, status]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* statusWith(headers), status)
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({
        shipments: [{ shipment_id: "se-1" }],
        fulfillments: [{ shipment_id: "se-1", tracking_number: "1" }]
      })
      assert.strictEqual(yield* statusWith(headers, "POST"), status)
      assert.strictEqual((yield* emulator.fulfillments).length, status === 200 ? 0 : 1)
    }).pipe(Effect.provide(Emulator.layerServer())))

  const statusOf = (path: string, host: string) =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      return yield* Effect.async<number | undefined>((resume) => {
        httpRequest(`${url}${path}`, { headers: { host, "api-key": Emulator.defaultApiKey } }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        }).end()
      })
    })

  const everything = ["/v2/fulfillments", "/docs", "/openapi.json", "/__emulator/state"]

  it.live.each(everything)(
    "nothing answers to a name that was made to lead here: %s",
    (path) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* statusOf(path, "evil.example"), 403)
        assert.strictEqual(yield* statusOf(path, "emulator:4010"), 403)
        assert.deepStrictEqual(yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests), [])
        assert.strictEqual(yield* statusOf(path, "localhost"), 200)
      }).pipe(Effect.provide(Emulator.layerServer()))
  )

  it.live.each(everything)("and all answers to a name that is allowed: %s", (path) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* statusOf(path, "emulator:4010"), 200)
      assert.strictEqual(yield* statusOf(path, "other"), 403)
    }).pipe(Effect.provide(Emulator.layerServer({ allowedHosts: ["Emulator"] }))))

  it.live("a browser's question whether another page may ask is refused, and isn't for the journal", () =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      const response = yield* Effect.promise(() =>
        fetch(`${url}/v2/fulfillments`, {
          method: "OPTIONS",
          headers: { origin: "http://evil.example", "access-control-request-method": "POST" }
        })
      )
      assert.deepStrictEqual([response.status, response.headers.get("access-control-allow-origin")], [404, null])
      assert.deepStrictEqual(yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests), [])
    }).pipe(Effect.provide(Emulator.layerServer())))

  it.live("in-process, those to other hosts are refused too", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* send("GET", "state")).status, 403)
    }).pipe(Effect.provide(inProcess())))
})
