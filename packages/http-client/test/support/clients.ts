/** The platform's three HTTP clients, and a `ShipStationClient` on each. */
import { RateLimiter, RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"

export const httpClients: ReadonlyArray<readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici],
  ["node:http", NodeHttpClient.layer]
]

/** The same, each of which keeps connections open for the next request. */
export const keepingClients: typeof httpClients = [
  ...httpClients.slice(0, 2),
  [
    "node:http with an agent that keeps connections",
    Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))
  ]
]

/** Looks like no other text, so that it is found wherever it leaks. */
export const secret = "SECRETsecret-0123456789"

export const client = (
  options: Partial<ShipStationConfig.Options>,
  httpClient: Layer.Layer<HttpClient.HttpClient> = NodeHttpClient.layerUndici
) =>
  ShipStationClient.layer.pipe(
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(secret), ...options })),
    Layer.provide(httpClient)
  )

/** For tests that send more than the API allows in a minute. */
export const unlimited = (baseUrl: string, httpClient: Layer.Layer<HttpClient.HttpClient>) =>
  ShipStationClient.layer.pipe(
    Layer.provide(RateLimiter.layer({ limit: Infinity })),
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(secret), baseUrl })),
    Layer.provide(httpClient)
  )

export const input = { shipment_id: "se-1", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

/** One POST, without retries unless a policy is given. */
export const post = Effect.flatMap(
  ShipStationClient.ShipStationClient,
  (client) => client.createFulfillments({ fulfillments: [input] })
)

export const postOnce = RetryPolicy.withRetryPolicy(post, RetryPolicy.none)
