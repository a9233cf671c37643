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
      }).pipe(Effect.scoped),
    10_000
  )
})
