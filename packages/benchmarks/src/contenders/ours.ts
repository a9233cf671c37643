import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import type { HttpClient } from "@effect/platform"
import { Layer, ManagedRuntime, Redacted, Runtime } from "effect"
import { apiKey, type Contender, timeout } from "./Contender.js"

/** All of it: checks, limiter, retries, spans, reading back. Called from outside of Effect, as the others are. */
export const ours = async (baseUrl: string, http: Layer.Layer<HttpClient.HttpClient>): Promise<Contender> => {
  const layer = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
    Layer.provide(ShipStationClient.layer),
    // it does its work, and never waits
    Layer.provide(RateLimiter.layer({ limit: 1_000_000 })),
    Layer.provide([
      RateLimiter.layerStoreMemory,
      ShipStationConfig.layer({ apiKey: Redacted.make(apiKey), baseUrl, timeout }),
      http
    ])
  )
  const runtime = await ManagedRuntime.make(layer).runtime()
  const run = Runtime.runPromise(runtime)
  const fulfillments = await run(Fulfillments.Fulfillments)
  return async ([first, ...others]) => {
    if (first === undefined) return 0
    const outcomes = await run(fulfillments.create([first, ...others]))
    return outcomes.filter((outcome) => outcome._tag === "Created").length
  }
}
