import { Emulator } from "@effect-shipstation/emulator"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer } from "effect"

// what goes over the wire; paths are relative to each transport's base URL
const at = (url: string) => HttpClient.mapRequest(HttpClientRequest.prependUrl(url))

export const inProcess = (options?: Emulator.Options) =>
  Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, at("https://api.shipstation.com"))).pipe(
    Layer.provideMerge(Emulator.layerHttpClient(options))
  )

const socket = (client: Layer.Layer<HttpClient.HttpClient>) => (options?: Emulator.Options) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      return at(url)(yield* HttpClient.HttpClient)
    })
  ).pipe(Layer.provide(client), Layer.provideMerge(Emulator.layerServer(options)))

export const sockets = {
  "a socket, with fetch": socket(FetchHttpClient.layer),
  "a socket, with undici": socket(NodeHttpClient.layerUndici),
  "a socket, with node:http": socket(NodeHttpClient.layer)
}

export const create = (shipmentIds: ReadonlyArray<string>, apiKey: string = Emulator.defaultApiKey) =>
  HttpClientRequest.post("/v2/fulfillments").pipe(
    HttpClientRequest.setHeader("api-key", apiKey),
    HttpClientRequest.bodyUnsafeJson({
      fulfillments: shipmentIds.map((shipment_id) => ({ shipment_id, tracking_number: "1Z", carrier_code: "ups" }))
    }),
    HttpClient.execute
  )

export const list = (query: Readonly<Record<string, string>> = {}) =>
  HttpClientRequest.get("/v2/fulfillments").pipe(
    HttpClientRequest.setHeader("api-key", Emulator.defaultApiKey),
    HttpClientRequest.setUrlParams(query),
    HttpClient.execute
  )

/** The body of a create's answer. */
export const results = (...shipmentIds: ReadonlyArray<string>) => ({
  has_errors: false,
  fulfillments: shipmentIds.map((shipment_id) => ({
    shipment_id,
    shipment_number: shipment_id.replace("se-", "ORDER-"),
    error_message: null
  }))
})
