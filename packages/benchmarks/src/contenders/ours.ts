import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import type { HttpClient } from "@effect/platform"
import { Effect, Layer, ManagedRuntime, Redacted, Runtime, Stream } from "effect"
import { apiKey, type Contender, timeout } from "./Contender.js"

/** All of it: checks, limiter, retries, spans, reading back. Called from outside of Effect, as the others are. */
export const ours = async (baseUrl: string, http: Layer.Layer<HttpClient.HttpClient>) => {
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
  const count = (outcomes: Iterable<FulfillmentOutcome.FulfillmentOutcome>) =>
    Array.from(outcomes).filter(({ _tag }) => _tag === "Created").length

  const create: Contender = async ([first, ...others]) =>
    first === undefined ? 0 : count(await run(fulfillments.create([first, ...others])))
  /** Each item by a caller of its own, all at once. */
  const createOne: Contender = async (items) =>
    count(await run(Effect.forEach(items, fulfillments.createOne, { concurrency: "unbounded" })))
  const createAll: Contender = async (items) => count(await run(Stream.runCollect(fulfillments.createAll(items))))
  return { create, createOne, createAll }
}
