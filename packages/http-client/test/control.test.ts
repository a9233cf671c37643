/**
 * What happens without our safeguards, on the same servers and with the same detectors: if these tests failed, those of
 * `wire.test.ts` would prove nothing.
 */
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { httpClients, input, secret } from "./support/clients.js"
import { layerFetchTwice, over, repeating } from "./support/repeating.js"
import { watch } from "./support/watch.js"
import { answer, serve, success } from "./support/wire.js"

const request = (url: string) =>
  HttpClientRequest.post(`${url}/v2/fulfillments`).pipe(
    HttpClientRequest.setHeader("api-key", secret),
    // (without its length, which the oldest platform and the newest undici would both write down)
    HttpClientRequest.setBody(
      HttpBody.raw(JSON.stringify({ fulfillments: [input] }), { contentType: "application/json" })
    )
  )

describe.each(httpClients)("the platform's client alone, on %s", (_, httpClient) => {
  it.scopedLive("posts again after a lost answer, when it retries", () =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.resetAndDestroy() })
      const client = HttpClient.retryTransient(yield* HttpClient.HttpClient, { schedule: Schedule.recurs(3) })
      yield* Effect.flip(client.execute(request(server.url)))
      expect(server.requests.length).toBe(4)
    }).pipe(Effect.provide(httpClient)))

  it.live.each(repeating)("posts more than once, as %s", ([, change]) =>
    Effect.gen(function*() {
      // a redirect for those that follow, and failures for the others (older platforms take a 503 for none)
      const server = yield* serve({
        onRequest: (socket, { line }) =>
          line.includes("lost")
            ? void socket.resetAndDestroy()
            : void socket.write(answer(line.includes("busy") ? 503 : 307, "", { location: "/again" }))
      })
      const manual = Layer.provide(httpClient, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
      const paths = ["", "/busy", "/lost"]
      yield* Effect.forEach(paths, (path) =>
        Effect.flatMap(HttpClient.HttpClient, (client) =>
          Effect.exit(client.execute(request(server.url + path)))))
        .pipe(Effect.provide(over(manual, change)))
      expect(server.requests.length).toBeGreaterThan(paths.length)
    }).pipe(Effect.scoped))

  it.scopedLive("shows the key in its span and its errors, and sends a trace to the vendor", () =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.resetAndDestroy() })
      const { layer, print, printed } = watch()
      const client = yield* HttpClient.HttpClient
      const exit = yield* client.execute(request(server.url)).pipe(Effect.exit, Effect.provide(layer))
      expect(printed.join()).toContain(secret)
      printed.length = 0
      print(exit)
      expect(printed.join()).toContain(secret)
      expect(server.requests[0]?.headers).toHaveProperty("traceparent")
    }).pipe(Effect.provide(httpClient)))
})

describe("fetch alone", () => {
  it.scopedLive("posts again after a 421", () =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.write(answer(421, "")) })
      yield* (yield* HttpClient.HttpClient).execute(request(server.url))
      expect(server.requests.length).toBe(2)
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  it.scopedLive("posts again when it is made to", () =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.write(answer(503, "")) })
      yield* (yield* HttpClient.HttpClient).execute(request(server.url))
      expect(server.requests.length).toBe(2)
    }).pipe(Effect.provide(layerFetchTwice)))

  it.scopedLive("takes the key along to another origin", () =>
    Effect.gen(function*() {
      const respond = (text: string) => serve({ onRequest: (socket) => void socket.write(text) })
      const elsewhere = yield* respond(success)
      const server = yield* respond(answer(307, "", { location: `${elsewhere.url}/v2/fulfillments` }))
      const get = HttpClientRequest.get(`${server.url}/v2/fulfillments`, { headers: { "api-key": secret } })
      yield* (yield* HttpClient.HttpClient).execute(get)
      expect(elsewhere.requests.map(({ headers }) => headers["api-key"])).toEqual([secret])
    }).pipe(Effect.provide(FetchHttpClient.layer)))
})
