/** Two accounts in one program, each by a `layerConfig` of its own: on real sockets. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Config, ConfigProvider, Context, Effect, Layer } from "effect"
import { input } from "./support.js"

class Acme extends Context.Tag("Acme")<Acme, Fulfillments.Service>() {}

class Beta extends Context.Tag("Beta")<Beta, Fulfillments.Service>() {}

const keys = ConfigProvider.fromMap(new Map([["ACME", "key-of-acme"], ["BETA", "key-of-beta"]]))

const provider = (key: string) =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(new Map([["SHIPSTATION_API_KEY", key], ["HOSTS", "one,two"]]))
  )

const both = (baseUrl: string) => {
  const account = (name: string) =>
    Fulfillments.layerConfig({
      notify: { customer: true, orderSource: true },
      apiKey: Config.redacted(name),
      baseUrl,
      limit: 100
    })
  return Layer.merge(
    Layer.provide(Layer.effect(Acme, Fulfillments.Fulfillments), account("ACME")),
    Layer.provide(Layer.effect(Beta, Fulfillments.Fulfillments), account("BETA"))
  ).pipe(Layer.provide(Layer.setConfigProvider(keys)), Layer.provide(NodeHttpClient.layerUndici))
}

type Ask = (service: Fulfillments.Service, n: number) => Effect.Effect<unknown, unknown>

const ways: ReadonlyArray<readonly [name: string, ask: Ask]> = [
  ["create", (service, n) => service.create([input(n)])],
  ["createOne", (service, n) => service.createOne(input(n))]
]

describe("two accounts in one program, each by a layerConfig", () => {
  // both have a shipment se-1, which isn't the same
  it.live.each(ways)("%s: each with its own key and memory", ([, ask]) =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.server()
      yield* Effect.gen(function*() {
        const [acme, beta] = [yield* Acme, yield* Beta]
        yield* Effect.all([ask(acme, 1), ask(beta, 1), ask(acme, 2), ask(beta, 3)], { concurrency: "unbounded" })
      }).pipe(Effect.provide(both(server.url)))
      const signed = server.posts().flatMap(({ headers, items }) =>
        items.map(({ shipment_id }) => `${headers["api-key"]} ${shipment_id}`)
      )
      expect(signed.toSorted()).toEqual([
        "key-of-acme se-1",
        "key-of-acme se-2",
        "key-of-beta se-1",
        "key-of-beta se-3"
      ])
    }).pipe(Effect.scoped))

  it.live(
    "a pause of one doesn't hold the other back, though both have the name that accounts have by default",
    () =>
      Effect.gen(function*() {
        const server = yield* AcceptEverything.server({
          post: ({ headers }) =>
            headers["api-key"] === "key-of-acme" ? { status: 429, headers: { "retry-after": "60" }, does: 0 } : {}
        })
        yield* Effect.gen(function*() {
          const [acme, beta] = [yield* Acme, yield* Beta]
          yield* Effect.flip(RetryPolicy.withRetryPolicy(acme.create([input(1)]), RetryPolicy.none))
          expect(yield* beta.create([input(1)])).toMatchObject([{ _tag: "Created" }])
        }).pipe(Effect.provide(both(server.url)))
      }).pipe(Effect.scoped)
  )
})

describe("one layerConfig in one program", () => {
  const used = (baseUrl: string, acme: string, beta: string, limit?: number) => {
    const live = Fulfillments.layerConfig({
      notify: { customer: true, orderSource: true },
      baseUrl,
      allowInsecureHosts: Config.array(Config.string(), "HOSTS"),
      limit
    })
    return Layer.merge(
      Layer.effect(Acme, Fulfillments.Fulfillments).pipe(Layer.provide(live), Layer.provide(provider(acme))),
      Layer.effect(Beta, Fulfillments.Fulfillments).pipe(Layer.provide(live), Layer.provide(provider(beta)))
    ).pipe(Layer.provide(NodeHttpClient.layerUndici))
  }

  it.live.each([undefined, 100])(
    "signs with the key of the ConfigProvider that it is provided with (limit: %s)",
    (limit) =>
      Effect.gen(function*() {
        const server = yield* AcceptEverything.server()
        yield* Effect.gen(function*() {
          yield* (yield* Acme).create([input(1)])
          yield* (yield* Beta).create([input(1)])
        }).pipe(Effect.provide(used(server.url, "key-of-acme", "key-of-beta", limit)))
        expect(server.posts().map(({ headers }) => headers["api-key"])).toEqual(["key-of-acme", "key-of-beta"])
      }).pipe(Effect.scoped)
  )

  it.live.each([undefined, 100])(
    "has one memory and one limit where two read the same (limit: %s)",
    (limit) =>
      Effect.gen(function*() {
        const server = yield* AcceptEverything.server({
          post: ({ number }) => number === 1 ? {} : { status: 429, headers: { "retry-after": "3000" }, does: 0 }
        })
        yield* Effect.gen(function*() {
          const [acme, beta] = [yield* Acme, yield* Beta]
          yield* acme.create([input(1)])
          expect(yield* beta.create([input(1)])).toMatchObject([{ _tag: "AlreadyFulfilled" }])
          yield* Effect.flip(RetryPolicy.withRetryPolicy(acme.create([input(2)]), RetryPolicy.none))
          const refused = yield* Effect.flip(RetryPolicy.withRetryPolicy(beta.create([input(3)]), RetryPolicy.none))
          expect(refused._tag).toBe("ShipStationRateLimitError")
        }).pipe(Effect.provide(used(server.url, "key-of-acme", "key-of-acme", limit)))
        // what is paused for longer than it waits isn't asked
        expect(server.posts().length).toBe(2)
      }).pipe(Effect.scoped)
  )
})
