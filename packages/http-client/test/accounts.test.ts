/** Several accounts in one program: one account's key never signs another's request. On real sockets. */
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Context,
  Duration,
  Effect,
  Fiber,
  Layer,
  LayerMap,
  ManagedRuntime,
  Redacted,
  Ref,
  TestClock
} from "effect"
import { input } from "./support/clients.js"
import { serve, success, type Wire } from "./support/wire.js"

class Acme extends Context.Tag("Acme")<Acme, ShipStationClient.Service>() {}

class Beta extends Context.Tag("Beta")<Beta, ShipStationClient.Service>() {}

type ClientLayer = typeof ShipStationClient.layer

/** What the layer would be if it were an ordinary one. */
const plain: ClientLayer = Layer.effect(ShipStationClient.ShipStationClient, ShipStationClient.make)

const post = (client: ShipStationClient.Service, shipment_id: string) =>
  client.createFulfillments({ fulfillments: [{ ...input, shipment_id }] })

const postBoth = Effect.gen(function*() {
  yield* post(yield* Acme, "se-acme")
  yield* post(yield* Beta, "se-beta")
})

/** An account by `ShipStationConfig.layer`. */
const byOptions = (client: ClientLayer, baseUrl: string) => (name: string) =>
  client.pipe(
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(`key-of-${name}`), account: name, baseUrl })),
    Layer.provide(NodeHttpClient.layerUndici)
  )

/** An account by `ShipStationConfig.layerConfig`. */
const byConfig = (client: ClientLayer, baseUrl: string) => (name: string) =>
  client.pipe(
    Layer.provide(ShipStationConfig.layerConfig({
      apiKey: Config.redacted(name.toUpperCase()),
      account: Config.succeed(name),
      baseUrl: Config.succeed(baseUrl)
    })),
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provide(Layer.setConfigProvider(
      ConfigProvider.fromMap(new Map([["ACME", "key-of-acme"], ["BETA", "key-of-beta"]]))
    ))
  )

const inOneMerge = <E>(account: (name: string) => Layer.Layer<ShipStationClient.ShipStationClient, E>) =>
  Layer.merge(
    Layer.effect(Acme, ShipStationClient.ShipStationClient).pipe(Layer.provide(account("acme"))),
    Layer.effect(Beta, ShipStationClient.ShipStationClient).pipe(Layer.provide(account("beta")))
  )

const cases: ReadonlyArray<
  readonly [name: string, program: (client: ClientLayer, baseUrl: string) => Effect.Effect<void, unknown>]
> = [
  [
    "two tags in one Layer.merge",
    (client, baseUrl) => Effect.provide(postBoth, inOneMerge(byOptions(client, baseUrl)))
  ],
  [
    "layerConfig twice",
    (client, baseUrl) => Effect.provide(postBoth, inOneMerge(byConfig(client, baseUrl)))
  ],
  [
    "a LayerMap while both are alive",
    (client, baseUrl) =>
      Effect.scoped(Effect.gen(function*() {
        const accounts = yield* LayerMap.make(byOptions(client, baseUrl))
        const acme = Context.get(yield* Layer.build(accounts.get("acme")), ShipStationClient.ShipStationClient)
        const beta = Context.get(yield* Layer.build(accounts.get("beta")), ShipStationClient.ShipStationClient)
        yield* post(acme, "se-acme")
        yield* post(beta, "se-beta")
      }))
  ],
  [
    "a ManagedRuntime of both",
    (client, baseUrl) =>
      Effect.acquireUseRelease(
        Effect.sync(() => ManagedRuntime.make(inOneMerge(byOptions(client, baseUrl)))),
        (runtime) => Effect.promise(() => runtime.runPromise(postBoth)),
        (runtime) => runtime.disposeEffect
      )
  ],
  [
    "two ManagedRuntimes that share what is built",
    (client, baseUrl) =>
      Effect.gen(function*() {
        const memoMap = yield* Layer.makeMemoMap
        const account = byOptions(client, baseUrl)
        const [acme, beta] = [
          ManagedRuntime.make(account("acme"), memoMap),
          ManagedRuntime.make(account("beta"), memoMap)
        ]
        const postAs = (runtime: typeof acme, shipment: string) =>
          Effect.promise(() =>
            runtime.runPromise(Effect.flatMap(ShipStationClient.ShipStationClient, (client) => post(client, shipment)))
          )
        yield* postAs(acme, "se-acme")
        yield* postAs(beta, "se-beta")
        yield* Effect.zipRight(acme.disposeEffect, beta.disposeEffect)
      })
  ]
]

/** Whose key signed whose shipment. */
const signed = ({ requests }: Wire) =>
  requests.map(({ body, headers }) => `${headers["api-key"]} ${JSON.parse(body).fulfillments[0].shipment_id}`)

const own = ["key-of-acme se-acme", "key-of-beta se-beta"]

describe("two accounts in one program", () => {
  it.live.each(cases)("by %s each sign their own", ([, program]) =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.write(success) })
      yield* program(ShipStationClient.layer, server.url)
      expect(signed(server)).toEqual(own)
    }).pipe(Effect.scoped))

  it.live.each(cases)(
    "by %s would mix up their keys if the client were built once (control)",
    ([, program]) =>
      Effect.gen(function*() {
        const server = yield* serve({ onRequest: (socket) => void socket.write(success) })
        yield* program(plain, server.url)
        expect(signed(server)).not.toEqual(own)
      }).pipe(Effect.scoped)
  )
})

describe("one account with two clients in one program", () => {
  const recording = Effect.gen(function*() {
    const count = yield* Ref.make(0)
    const httpClient = HttpClient.make((request) =>
      Effect.as(
        Ref.update(count, (n) => n + 1),
        HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ fulfillments: [] })))
      )
    )
    return { count, httpClient: Layer.succeed(HttpClient.HttpClient, httpClient) }
  })

  const listOften = (client: ShipStationClient.Service) => Effect.replicateEffect(client.listFulfillments({}), 15)

  /** The very same in all tests below, each of which has a clock of its own. */
  const config = ShipStationConfig.make({ apiKey: Redacted.make("TEST_key") })

  const sent = (layer: Layer.Layer<Acme | Beta, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig>) =>
    Effect.gen(function*() {
      const { count, httpClient } = yield* recording
      const fiber = yield* Effect.gen(function*() {
        yield* listOften(yield* Acme)
        yield* listOften(yield* Beta)
      }).pipe(
        Effect.provide(
          layer.pipe(
            Layer.provide(Layer.succeed(ShipStationConfig.ShipStationConfig, config)),
            Layer.provide(httpClient)
          )
        ),
        Effect.fork
      )
      yield* TestClock.adjust("60 seconds")
      const withinOneMinute = yield* count
      yield* TestClock.adjust("60 seconds")
      yield* Fiber.join(fiber)
      return withinOneMinute
    })

  const both = Layer.merge(
    Layer.effect(Acme, ShipStationClient.ShipStationClient).pipe(Layer.provide(ShipStationClient.layer)),
    Layer.effect(Beta, ShipStationClient.ShipStationClient).pipe(Layer.provide(ShipStationClient.layer))
  )

  it.effect("has one limit, though each is built for itself", () =>
    Effect.gen(function*() {
      expect(yield* sent(both)).toBe(20)
    }))

  it.effect("would have two limits if each had places of its own (control)", () =>
    Effect.gen(function*() {
      const limited = (client: ClientLayer) =>
        client.pipe(Layer.provide(Layer.fresh(RateLimiter.layer().pipe(Layer.provide(RateLimiter.layerStoreMemory)))))
      const apart = Layer.merge(
        Layer.effect(Acme, ShipStationClient.ShipStationClient).pipe(Layer.provide(limited(ShipStationClient.layer))),
        Layer.effect(Beta, ShipStationClient.ShipStationClient).pipe(Layer.provide(limited(ShipStationClient.layer)))
      )
      expect(yield* sent(apart)).toBe(30)
    }))

  it.effect("begins anew in another program with another clock", () =>
    Effect.gen(function*() {
      expect(yield* sent(both)).toBe(20)
    }))
})

describe("accounts put together by hand on one store in memory", () => {
  /** Two limits of 1 for a minute each, on the store that both are provided with. */
  const both = (acme: ShipStationConfig.Options, beta: ShipStationConfig.Options) => {
    const limiter = <I>(tag: Context.Tag<I, RateLimiter.Service>, options: ShipStationConfig.Options) =>
      Layer.effect(tag, RateLimiter.RateLimiter).pipe(
        Layer.provide(RateLimiter.layer({ limit: 1 })),
        Layer.provide([RateLimiter.layerStoreMemory, ShipStationConfig.layer(options)])
      )
    return Layer.merge(limiter(OfAcme, acme), limiter(OfBeta, beta))
  }

  class OfAcme extends Context.Tag("OfAcme")<OfAcme, RateLimiter.Service>() {}

  class OfBeta extends Context.Tag("OfBeta")<OfBeta, RateLimiter.Service>() {}

  const key = (text: string) => Redacted.make(text)

  it.effect.each(
    [
      ["without names: nothing", { apiKey: key("a") }, { apiKey: key("b") }, 0],
      ["of one name: nothing", { apiKey: key("a"), account: "us" }, { apiKey: key("b"), account: "us" }, 0],
      ["without names, by keys that are read, which may be the same: limit and pause", {
        apiKey: Effect.sync(() => key("a"))
      }, {
        apiKey: Effect.sync(() => key("b"))
      }, 1],
      ["that have the same key: limit and pause", { apiKey: key("a") }, { apiKey: key("a"), timeout: "5 seconds" }, 1]
    ] as const
  )("share, %s", ([, acme, beta, used]) =>
    Effect.gen(function*() {
      const [one, other] = [yield* OfAcme, yield* OfBeta]
      yield* one.take({ sandbox: false })
      yield* one.pause(Duration.minutes(1))
      const { pausedFor, used: usedByBoth } = yield* other.state
      expect([usedByBoth, Duration.toSeconds(pausedFor)]).toEqual([used, used * 60])
      yield* other.resume
      expect(Duration.toSeconds((yield* one.state).pausedFor)).toBe(used === 1 ? 0 : 60)
    }).pipe(Effect.provide(both(acme, beta))))
})
