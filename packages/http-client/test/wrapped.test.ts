/** A client on fetch that a program has put something around: its own fetch is asked, and asked safely. */
import { ShipStationClient } from "@effect-shipstation/http-client"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schema } from "effect"
import { client } from "./support/clients.js"

class Service extends Context.Tag("Service")<Service, number>() {}

type Wrap = (client: HttpClient.HttpClient) => HttpClient.HttpClient

const inItsOwn: Wrap = (client) => HttpClient.make((request) => client.execute(request))

/** How programs put something around a client that they have. */
const wraps: Record<string, Wrap> = {
  "as it is": (client) => client,
  "in a client of one's own": inItsOwn,
  "in two of one's own": (client) => inItsOwn(inItsOwn(client)),
  "in one that adds a service": (client) =>
    HttpClient.make((request) => Effect.provideService(client.execute(request), Service, 1)),
  "in one that waits first": (client) =>
    HttpClient.make((request) => Effect.zipRight(Effect.yieldNow(), client.execute(request))),
  "in one that has a fiber of its own": (client) =>
    HttpClient.make((request) => Effect.flatMap(Effect.fork(client.execute(request)), Fiber.join)),
  "with its answers transformed": HttpClient.transformResponse((response) =>
    Effect.zipRight(Effect.yieldNow(), response)
  ),
  "with its requests changed": HttpClient.mapRequest(HttpClientRequest.setHeader("x-own", "1"))
}

/** Where a request is made: a fiber that a layer starts has other services than a program's. */
const places: Record<string, <E>(request: Effect.Effect<void, E>) => Effect.Effect<void, E>> = {
  "by a program": (request) => request,
  "by a layer": (request) => Effect.scoped(Layer.build(Layer.effectDiscard(request))),
  "by a layer with a scope": (request) => Effect.scoped(Layer.build(Layer.scopedDiscard(request))),
  "by a layer that another is provided to": (request) =>
    Effect.scoped(Layer.build(Layer.provide(Layer.effectDiscard(request), Layer.succeed(Service, 1))))
}

describe.each(Object.entries(wraps))("a client on fetch, %s", (_, wrap) => {
  it.effect.each(Object.entries(places))(
    "is asked through the Fetch that it was provided with, hardened, %s",
    ([, place]) =>
      Effect.forEach([undefined, { credentials: "include", redirect: "follow" } as const], (requestInit) => {
        const seen: Array<RequestInit> = []
        const own: typeof globalThis.fetch = (_, init) => {
          seen.push(init ?? {})
          return Promise.resolve(new Response(`{"ok":true}`, { status: 200 }))
        }
        const ownFetch = Layer.succeed(FetchHttpClient.Fetch, own)
        const httpClient = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, wrap)).pipe(
          Layer.provide(FetchHttpClient.layer),
          Layer.provide(
            requestInit === undefined
              ? ownFetch
              : Layer.merge(ownFetch, Layer.succeed(FetchHttpClient.RequestInit, requestInit))
          )
        )
        return Effect.gen(function*() {
          const shipStation = yield* ShipStationClient.ShipStationClient
          yield* place(Effect.asVoid(
            shipStation.request("POST", "/v2/tags", {
              body: { name: "gift" },
              response: Schema.Struct({ ok: Schema.Boolean })
            })
          ))
          expect(seen).toHaveLength(1)
          expect(seen[0]).toMatchObject({ ...requestInit, method: "POST", redirect: "manual", duplex: "half" })
          expect(seen[0]?.body).toBeInstanceOf(ReadableStream)
        }).pipe(Effect.provide(client({}, httpClient)))
      })
  )
})
