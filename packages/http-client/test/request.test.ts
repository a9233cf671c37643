/** Requests to any endpoint of API v2: with the same key, limit, errors and spans, and never to another place. */
import { RateLimiter, ShipStationClient } from "@effect-shipstation/http-client"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, LogLevel, Redacted, Schema } from "effect"
import { client as wireClient, httpClients, secret } from "./support/clients.js"
import { carriers, inTime, own, type Reply, scripted } from "./support/scripted.js"
import { answer, serve } from "./support/wire.js"

const Tag = Schema.Struct({ tag_id: Schema.Number, name: Schema.String })

const Tags = Schema.Struct({ tags: Schema.Array(Tag) })

const { path } = ShipStationClient

const request = <A, I, R, B = unknown, BI = unknown, BR = never>(
  method: ShipStationClient.Method,
  path: string,
  options: ShipStationClient.RequestOptions<A, I, R, B, BI, BR>
) => Effect.flatMap(ShipStationClient.ShipStationClient, (client) => client.request(method, path, options))

const base = "https://api.shipstation.com"

const tags: Reply = { status: 200, body: { tags: [{ tag_id: 1, name: "urgent" }] } }

describe("a request", () => {
  it.effect("is decoded by the caller's schema", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ ...tags, headers: { "x-shipengine-requestid": "r-1" } }))
      const answered = yield* Effect.provide(
        request("GET", "/v2/tags", { query: { page: 2, name: "a b&c", store: undefined }, response: Tags }),
        layer
      )
      expectTypeOf(answered.body).toEqualTypeOf<typeof Tags.Type>()
      expect(answered).toEqual({
        body: { tags: [{ tag_id: 1, name: "urgent" }] },
        method: "GET",
        url: `${base}/v2/tags`,
        status: 200,
        requestId: "r-1",
        date: undefined
      })
      expect(sent).toMatchObject([{ method: "GET", url: `${base}/v2/tags?page=2&name=a+b%26c`, key: "live-key" }])
    }))

  it.effect("asks caches for nothing", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 200, body: {} }))
      for (const method of ["GET", "POST"]) {
        yield* Effect.provide(
          request(method === "GET" ? "GET" : "POST", "/v2/tags", { response: Schema.Struct({}) }),
          layer
        )
      }
      expect(sent.map(({ headers }) => headers["cache-control"])).toEqual(["no-cache", "no-cache"])
    }))

  it.effect("may read fulfillments", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 200, body: { total: 3 } }))
      const { body } = yield* Effect.provide(
        request("GET", "/v2/fulfillments", { response: Schema.Struct({ total: Schema.Number }) }),
        layer
      )
      expect(body.total).toBe(3)
      expect(sent.map(({ url }) => url)).toEqual([`${base}/v2/fulfillments`])
    }))

  it.effect("is encoded by the caller's schema, or as it is", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 204 }))
      yield* Effect.gen(function*() {
        yield* request("POST", "/v2/tags", {
          body: { since: new Date(0) },
          bodySchema: Schema.Struct({ since: Schema.Date }),
          response: Schema.Void
        })
        yield* request("PUT", "/v2/tags/1", { body: { name: "x" }, response: Schema.Void })
        yield* request("DELETE", "/v2/tags/1", { response: Schema.Void })
      }).pipe(Effect.provide(layer))
      expect(sent.map(({ body, method }) => ({ method, body }))).toEqual([
        { method: "POST", body: "{\"since\":\"1970-01-01T00:00:00.000Z\"}" },
        { method: "PUT", body: "{\"name\":\"x\"}" },
        { method: "DELETE", body: undefined }
      ])
      expect(sent.map(({ headers }) => headers["content-type"])).toEqual([
        "application/json",
        "application/json",
        undefined
      ])
    }))

  it.effect("takes what the caller's schemas need from the caller", () =>
    Effect.gen(function*() {
      class Prefix extends Context.Tag("Prefix")<Prefix, string>() {}
      const Prefixed = Schema.transformOrFail(Schema.String, Schema.String, {
        decode: (text) => Effect.map(Prefix, (prefix) => prefix + text),
        encode: (text) => Effect.map(Prefix, (prefix) => text.slice(prefix.length))
      })
      const { layer, sent } = scripted(() => ({ status: 200, body: JSON.stringify("b") }))
      const program = request("POST", "/v2/tags", { body: "p-a", bodySchema: Prefixed, response: Prefixed })
      expectTypeOf<Effect.Effect.Context<typeof program>>().toEqualTypeOf<
        ShipStationClient.ShipStationClient | Prefix
      >()
      const { body } = yield* program.pipe(Effect.provideService(Prefix, "p-"), Effect.provide(layer))
      expect(body).toBe("p-b")
      expect(sent[0]?.body).toBe("\"a\"")
    }))

  it.effect("has the limit of all, and its 429 holds everybody back", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted((count) =>
        count === 1 ? { status: 429, headers: { "retry-after": "7" } } : { status: 204 }
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(request("PATCH", "/v2/tags/1", { response: Schema.Void }))
        yield* inTime(request("PATCH", "/v2/tags/1", { response: Schema.Void }))
        expect((yield* Effect.flatMap(RateLimiter.RateLimiter, ({ state }) => state)).used).toBe(2)
      }).pipe(Effect.provide(layer))
      expect(sent.map(({ at }) => at)).toEqual([0, 7])
    }))

  it.effect("fails with the errors of all", () =>
    Effect.gen(function*() {
      const { layer } = scripted(() => ({ status: 404, body: own("validation", "not_found") }))
      const error = yield* Effect.flip(
        Effect.provide(request("DELETE", "/v2/tags/1", { response: Schema.Void }), layer)
      )
      expect(error).toMatchObject({
        _tag: "ShipStationValidationError",
        delivery: "rejected",
        method: "DELETE",
        url: `${base}/v2/tags/1`,
        status: 404
      })
    }))
})

describe.each(httpClients)("on %s", (_, httpClient) => {
  it.scopedLive("each method arrives, and the key stays out of what is decoded", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        onRequest: (socket) => void socket.write(answer(200, JSON.stringify({ name: secret })))
      })
      yield* Effect.gen(function*() {
        const response = Schema.Struct({ name: Schema.String })
        for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"] as const) {
          const options = method === "GET" || method === "DELETE" ? { response } : { response, body: { a: 1 } }
          expect((yield* request(method, "/v2/tags/x", options)).body).toEqual({ name: "<redacted>" })
        }
      }).pipe(Effect.provide(wireClient({ baseUrl: server.url }, httpClient)))
      expect(server.requests.map(({ line }) => line)).toEqual([
        "GET /v2/tags/x HTTP/1.1",
        "POST /v2/tags/x HTTP/1.1",
        "PUT /v2/tags/x HTTP/1.1",
        "PATCH /v2/tags/x HTTP/1.1",
        "DELETE /v2/tags/x HTTP/1.1"
      ])
      expect(server.requests.map(({ headers }) => headers["api-key"])).toEqual(Array.from({ length: 5 }, () => secret))
    }))
})

describe("whether it is sent again", () => {
  const failures: ReadonlyArray<readonly [name: string, reply: Reply | undefined]> = [
    ["a 500", { status: 500, body: "" }],
    ["a lost connection", undefined],
    ["a carrier's 400", { status: 400, body: carriers }],
    ["the API's own 429", { status: 429, headers: { "retry-after": "0" } }]
  ]

  const count = (method: ShipStationClient.Method, reply: Reply | undefined, mayRepeat?: boolean) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => reply)
      yield* inTime(
        Effect.exit(Effect.provide(request(method, "/v2/tags", { response: Schema.Void, mayRepeat }), layer))
      )
      return sent.length
    })

  it.effect.each(failures)(
    "after %s only a GET is, unless the caller says that it may",
    ([, reply]) =>
      Effect.gen(function*() {
        expect(yield* count("GET", reply)).toBe(5)
        expect(yield* count("GET", reply, false)).toBe(1)
        for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
          expect(yield* count(method, reply)).toBe(1)
          expect(yield* count(method, reply, false)).toBe(1)
          expect(yield* count(method, reply, true)).toBe(5)
        }
      })
  )

  it.effect("a key that was replaced is taken up all the same", () =>
    Effect.gen(function*() {
      const keys = ["old", "new"]
      const apiKey = Effect.sync(() => Redacted.make(keys.shift() ?? "new"))
      const { layer, sent } = scripted((n) => n === 1 ? { status: 401, body: own("security") } : { status: 204 }, {
        config: { apiKey }
      })
      yield* Effect.provide(request("POST", "/v2/tags", { response: Schema.Void }), layer)
      expect(sent.map(({ key }) => key)).toEqual(["old", "new"])
    }))
})

describe("a path", () => {
  it.effect.each([
    "/v2/tags",
    "/v2/shipments/external_shipment_id/A%2F1",
    "/v2/shipments/se-1/tags/a.b",
    "/v2/x/...",
    "/v2/x/~a!$&'()*+,;=:@_-",
    path`/v2/shipments/external_shipment_id/${"a/b ?#%\\é"}`,
    path`/v2/tags/${7}/x`
  ])("like %s goes below the base URL", (where) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 204 }), { config: { baseUrl: "https://proxy.example/ss/" } })
      yield* Effect.provide(request("GET", where, { response: Schema.Void }), layer)
      expect(sent.map(({ url }) => url)).toEqual([`https://proxy.example/ss${where}`])
    }))

  it.effect.each([
    "",
    "tags",
    "v2/tags",
    "/v1/orders",
    "/v2",
    "/v2/",
    "/v2/tags/",
    "//evil.example/v2/tags",
    "/v2//evil.example",
    "https://evil.example/v2/tags",
    "/\\evil.example/v2/",
    "/v2/\\evil.example",
    "@evil.example/v2/tags",
    "/v2/../v1/orders",
    "/v2/..",
    "/v2/tags/../../x",
    "/v2/./tags",
    "/v2/%2e%2e/x",
    "/v2/%2E./x",
    "/v2/a%2f..%2f..%2fx",
    "/v2/a%5c..%5cx",
    "/v2/%ff",
    "/v2/%zz",
    "/v2/tags%2",
    "/v2/tags/a%",
    "/v2/tags?page=1",
    "/v2/tags#x",
    "/v2/a b",
    "/v2/tags\n",
    "/v2/täg",
    path`/v2/tags/${""}`,
    path`/v2/tags/${".."}/x`,
    path`/v2/tags/${"../../v1"}/x`
  ])("like %j is refused, and nothing is sent", (where) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 204 }))
      const error = yield* Effect.flip(Effect.provide(request("GET", where, { response: Schema.Void }), layer))
      expect(error).toMatchObject({ _tag: "ShipStationValidationError", delivery: "unsent", url: base })
      expect(error.message).toContain("path")
      expect(sent).toEqual([])
    }))

  it("escapes what is put into it", () => {
    expect(path`/v2/shipments/${"a/b"}/tags/${"x y"}`).toBe("/v2/shipments/a%2Fb/tags/x%20y")
    expect(path`/v2/${"\uD800"}`).toBe("/v2/%EF%BF%BD")
    expect(path`${"a"}${"b"}`).toBe("ab")
    expect(path`/v2/tags`).toBe("/v2/tags")
  })
})

describe("what isn't sent", () => {
  const refused = <A, I, B = unknown, BI = unknown>(
    method: ShipStationClient.Method,
    where: string,
    options: ShipStationClient.RequestOptions<A, I, never, B, BI>,
    config = {}
  ) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 204 }), { config })
      const error = yield* Effect.flip(Effect.provide(request(method, where, options), layer))
      expect(sent).toEqual([])
      expect(error.delivery).toBe("unsent")
      return error
    })

  it.effect.each([
    "/v2/fulfillments",
    "/v2/%66ulfillments",
    "/v2/%2566ulfillments",
    "/v2/%252566ulfillments",
    "/v2/Fulfillments",
    "/v2/fulfillments%2F",
    "/v2/fulfillments%252f",
    "/v2/fulfillments%5C",
    "/v2/%2Ffulfillments",
    "/v2/fulfillments;",
    "/v2/fulfillments;a=1",
    "/v2/fulfillments%3Ba",
    "/v2/fulfillments%20",
    "/v2/fulfillments%09",
    "/v2/fulfillments%00",
    "/v2/%20fulfillments",
    "/v2/fulfillments%3F",
    "/v2/fulfillments%3Fa=1",
    "/v2/fulfillments%23",
    "/v2/fulfillments%25%32%33a",
    "/v2/x/%252e%252e/fulfillments",
    "/v2/%252e/fulfillments",
    "/%76%32/fulfillments"
  ])(
    "a POST to %s, which would pass by what keeps fulfillments from being done twice",
    (where) =>
      Effect.gen(function*() {
        for (const mode of ["live", "silent"]) {
          const error = yield* refused("POST", where, { body: {}, response: Schema.Void, mayRepeat: true }, { mode })
          expect(error._tag).toBe("ShipStationValidationError")
          if (where.startsWith("/v2")) expect(error.message).toContain("Fulfillments.create")
        }
      })
  )

  it.effect("a POST in small letters, to where fulfillments are created", () =>
    Effect.gen(function*() {
      // @ts-expect-error as in a program without types
      const error = yield* refused("post", "/v2/fulfillments", { body: {}, response: Schema.Void })
      expect(error.message).toContain("Fulfillments.create")
    }))

  it.effect.each([
    "/v2/fulfillments/se-1",
    "/v2/fulfillments/x%2Fy",
    "/v2/fulfillments-batch",
    "/v2/x/fulfillments",
    "/v2/x/%252e%252e",
    path`/v2/x/${"%2e%2e"}/y`
  ])("but a POST to %s, which is another place, is", (where) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ({ status: 204 }))
      yield* Effect.provide(request("POST", where, { response: Schema.Void }), layer)
      expect(sent.map(({ url }) => url)).toEqual([`${base}${where}`])
    }))

  it.effect.each(["POST", "PUT", "PATCH", "DELETE"] as const)(
    "a %s in the mode readOnly",
    (method) =>
      Effect.gen(function*() {
        const error = yield* refused(method, "/v2/tags", { response: Schema.Void }, { mode: "readOnly" })
        expect(error._tag).toBe("ShipStationConfigError")
        expect(error.message).toContain("readOnly")
      })
  )

  it.effect("a body that doesn't fit its schema, which isn't quoted", () =>
    Effect.gen(function*() {
      const bodySchema = Schema.Struct({
        ship_to: Schema.Struct({ name: Schema.NonEmptyString.pipe(Schema.maxLength(3)) })
      })
      const error = yield* refused("POST", "/v2/x", {
        body: { ship_to: { name: "Jane" } },
        bodySchema,
        response: Schema.Void
      })
      expect(error._tag).toBe("ShipStationValidationError")
      expect(error.message).toContain("ship_to.name")
      expect(error.message).not.toContain("Jane")
    }))

  it.effect.each<readonly [name: string, options: { readonly body?: unknown; readonly query?: never }]>([
    ["a body without JSON", { body: () => 1 }],
    ["a body with a bigint", { body: { n: 1n } }],
    ["a body that throws", {
      body: {
        toJSON: () => {
          throw new Error("boom")
        }
      }
    }]
  ])("%s", ([, options]) =>
    Effect.gen(function*() {
      const error = yield* refused("POST", "/v2/x", { ...options, response: Schema.Void })
      expect(error._tag).toBe("ShipStationValidationError")
      expect(error.message).toContain("body")
    }))

  it.effect("a schema that dies", () =>
    Effect.gen(function*() {
      const bodySchema = Schema.transformOrFail(Schema.String, Schema.String, {
        decode: () => Effect.die("boom"),
        encode: () => Effect.die("boom")
      })
      const error = yield* refused("POST", "/v2/x", { body: "a", bodySchema, response: Schema.Void })
      expect(error._tag).toBe("ShipStationValidationError")
    }))

  it.effect("a GET with a body", () =>
    Effect.gen(function*() {
      const error = yield* refused("GET", "/v2/x", { body: {}, response: Schema.Void })
      expect(error._tag).toBe("ShipStationValidationError")
      expect(error.message).toContain("GET")
    }))
})

describe("an answer that can't be decoded", () => {
  const run = <A, I>(reply: Reply, response: Schema.Schema<A, I>) =>
    Effect.gen(function*() {
      const logs: Array<string> = []
      const { layer } = scripted(() => reply)
      const error = yield* request("POST", "/v2/x", { response }).pipe(
        Effect.flip,
        Effect.provide(Layer.mergeAll(
          layer,
          Logger.replace(Logger.defaultLogger, Logger.make((entry) => void logs.push(Logger.stringLogger.log(entry)))),
          Logger.minimumLogLevel(LogLevel.Debug)
        ))
      )
      expect(error).toMatchObject({ _tag: "ShipStationUnexpectedResponseError", delivery: "unknown" })
      return logs.join("\n")
    })

  it.effect("is an unexpected one, and a debug log says where, without the value", () =>
    Effect.gen(function*() {
      const logs = yield* run({ status: 200, body: { tags: [{ tag_id: "Jane", name: "x" }] } }, Tags)
      expect(logs).toContain("tags.0.tag_id")
      expect(logs).not.toContain("Jane")
    }))

  it.effect("is one that isn't JSON, or empty where something is expected", () =>
    Effect.gen(function*() {
      yield* run({ status: 200, body: "<html>" }, Tags)
      yield* run({ status: 204 }, Tags)
      yield* run({ status: 200, body: "{}" }, Schema.Undefined)
    }))

  it.effect("is one whose schema dies: it was sent, so it may have been acted on", () =>
    Effect.gen(function*() {
      const dying = Schema.transformOrFail(Schema.Unknown, Schema.String, {
        decode: () => Effect.die("boom"),
        encode: () => Effect.die("boom")
      })
      expect(yield* run({ status: 200, body: "{}" }, dying)).toContain("boom")
    }))
})
