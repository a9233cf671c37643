/** Our client against a server that Prism makes of the OpenAPI document, which our emulator has no part in. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, expect, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { clientAt, prism } from "./prism.js"

class Mock extends Context.Tag("Mock")<Mock, string>() {}

const mock = Layer.scoped(Mock, prism("mock"))

/** What the mock is to answer, in its own words. */
const preferring = (prefer: string) =>
  Layer.unwrapEffect(
    Effect.map(Mock, (url) =>
      clientAt(url, { via: HttpClient.mapRequest(HttpClientRequest.setHeader("prefer", prefer)) }))
  )

const input = { shipment_id: "se-12345678", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

describe("Prism's mock", () => {
  layer(mock, { excludeTestServices: true })((it) => {
    it.effect("takes what the client sends, and the client its examples", () =>
      Effect.gen(function*() {
        const fulfillments = yield* Fulfillments.Fulfillments
        expect(yield* fulfillments.create([input])).toMatchObject([{ _tag: "Created", shipment_number: "ORDER-001" }])
        expect(yield* fulfillments.list({ page: 1, page_size: 1, sort_dir: "desc" })).toMatchObject({
          total: 2,
          fulfillments: [{ shipment_id: "se-12345678", voided: false }]
        })
      }).pipe(Effect.provide(preferring("code=200"))))

    // of the error types Prism takes the first, where there is no example
    it.effect.each(
      [
        ["400", "ShipStationValidationError"],
        ["401", "ShipStationSecurityError"],
        ["403", "ShipStationAccountStatusError"],
        ["404", "ShipStationAccountStatusError"],
        ["409", "ShipStationAccountStatusError"],
        ["429", "ShipStationRateLimitError"],
        ["500", "ShipStationUnexpectedResponseError"]
      ] as const
    )("status %s is a %s", ([code, tag]) =>
      Effect.gen(function*() {
        const client = yield* ShipStationClient.ShipStationClient
        const error = yield* Effect.flip(client.createFulfillments({ fulfillments: [input] }))
        expect(error).toMatchObject({ _tag: tag, status: Number(code) })
      }).pipe(Effect.provide(preferring(`code=${code}`))))

    // no seed: with one, Prism gives the same answer each time
    it.effect("the client decodes whatever fits the document", () =>
      Effect.gen(function*() {
        const client = yield* ShipStationClient.ShipStationClient
        for (let n = 0; n < 40; n++) {
          yield* client.createFulfillments({ fulfillments: [input] })
          yield* client.listFulfillments({})
        }
      }).pipe(Effect.provide(preferring("dynamic=true"))))
  })
})
