import { ShipStationApi } from "@effect-shipstation/emulator"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { inProcess, sockets } from "./support.js"

const transports = { "in-process": inProcess, "a socket, with fetch": sockets["a socket, with fetch"] }

const { get: list, post: create } = ShipStationApi.openApi.paths["/v2/fulfillments"] ?? {}

describe("the OpenAPI document", () => {
  it("has the endpoints, their statuses and the key", () => {
    expect(Object.keys(ShipStationApi.openApi.paths)).toEqual([
      "/v2/fulfillments",
      "/v2/shipments",
      "/v2/shipments/external_shipment_id/{external_shipment_id}",
      "/v2/shipments/{shipment_id}",
      "/v2/carriers"
    ])
    expect(
      Object.values(ShipStationApi.openApi.paths).flatMap((path) => Object.values(path).map(({ security }) => security))
    ).toEqual(Array.from({ length: 6 }, () => [{ api_keys: [] }]))
    expect(Object.keys(create?.responses ?? {})).toEqual(["200", "400", "401", "403", "404", "409", "429", "500"])
    expect(Object.keys(list?.responses ?? {})).toEqual(["200", "400", "401", "403", "404", "429", "500"])
    expect([create?.security, list?.security]).toEqual([[{ api_keys: [] }], [{ api_keys: [] }]])
    expect(ShipStationApi.openApi.components.securitySchemes).toMatchObject({
      api_keys: { type: "apiKey", in: "header", name: "api-key" }
    })
    expect(ShipStationApi.openApi.servers).toMatchObject([{ url: "https://api.shipstation.com" }])
  })

  it("names the schemas of the bodies, and an empty 500", () => {
    const body = (name: string) => ({ "application/json": { schema: { $ref: `#/components/schemas/${name}` } } })
    expect(create).toMatchObject({
      requestBody: { required: true, content: body("ShipStationCreateFulfillmentsRequest") },
      responses: {
        200: { content: body("ShipStationCreateFulfillmentsResponse") },
        400: { content: body("ShipStationErrorBody") }
      }
    })
    expect(list).toMatchObject({
      responses: {
        200: { content: body("ShipStationListFulfillmentsPage") },
        404: { content: body("ShipStationErrorBody") }
      }
    })
    expect(create?.responses[500]).not.toHaveProperty("content")
    expect(ShipStationApi.openApi.components.schemas).toMatchObject({
      ShipStationErrorBody: { description: "The body of a failed API call" },
      ShipStationCreateFulfillmentsRequest: {
        properties: { fulfillments: { items: { $ref: "#/components/schemas/ShipStationFulfillmentInput" } } }
      }
    })
  })

  it("has the query of a list, with bounds and defaults", () => {
    expect(list?.parameters.map(({ in: place, required }) => `${place} ${required}`)).toEqual(
      Array(17).fill("query false")
    )
    expect(list?.parameters).toContainEqual(expect.objectContaining({
      name: "page_size",
      schema: expect.objectContaining({ type: "integer", minimum: 1, maximum: 500, default: 25 })
    }))
  })

  it("says that 429 has Retry-After, and each answer a request id", () => {
    for (const [status, response] of Object.entries({ ...create?.responses, ...list?.responses })) {
      expect(response).toHaveProperty("headers.x-shipengine-requestid")
      expect("Retry-After" in Object(response).headers).toBe(status === "429")
    }
  })
})

describe.each(Object.entries(transports))("over %s", (_, layer) => {
  it.effect("the document is served, with the emulator as its only server", () =>
    Effect.gen(function*() {
      const response = yield* HttpClient.get("/openapi.json")
      assert.strictEqual(response.headers["content-type"], "application/json")
      assert.deepStrictEqual(yield* response.json, {
        ...JSON.parse(JSON.stringify(ShipStationApi.openApi)),
        servers: [{ url: "/", description: "The emulator" }]
      })
    }).pipe(Effect.provide(layer())))

  it.effect("a page shows it, made of nothing but itself", () =>
    Effect.gen(function*() {
      const response = yield* HttpClient.get("/docs?from=here")
      const html = yield* response.text
      assert.include(html, "createFulfillments")
      assert.include(html, "\"servers\":[{\"url\":\"/\",")
      assert.notMatch(html, /<(script|link|img|iframe)[^>]*\s(src|href)=/)
      assert.notInclude(html, "@import")
      assert.include(response.headers["content-security-policy"], "default-src 'none'")
      assert.include(response.headers["content-security-policy"], "connect-src 'self'")
      assert.strictEqual((yield* HttpClient.execute(HttpClientRequest.post("/docs"))).status, 404)
    }).pipe(Effect.provide(layer())))

  it.effect.each(["/openapi.json", "/docs"])(
    "there is no %s where the control routes are switched off",
    (path) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* HttpClient.get(path)).status, 401)
      }).pipe(Effect.provide(layer({ control: false })))
  )
})
