/** An application that takes webhooks and an emulator that sends them, each on a socket of its own. */
import { Emulator } from "@effect-shipstation/emulator"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { type WebhookEvent, WebhookKeys, Webhooks } from "@effect-shipstation/webhooks"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Logger, Redacted } from "effect"
import { createServer } from "node:http"
import { type KeyPair, publicJwk } from "./support.js"

export const quiet = Logger.remove(Logger.defaultLogger)

/** Where the application takes webhooks. */
const urlOf = (address: HttpServer.Address) =>
  address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}/hooks` : address.path

interface AppOptions extends Webhooks.Options {
  /** Where its keys are. Default: the emulator's. */
  readonly keys?: WebhookKeys.Options
  readonly baseUrl?: string
}

/** Serves the app until the scope closes, with the emulator for its ShipStation. Gives its URL. */
export const serve = <E>(
  handler: (event: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, E>,
  { baseUrl, keys, ...options }: AppOptions = {}
) =>
  Effect.gen(function*() {
    const { url } = yield* Emulator.Server
    const config = ShipStationConfig.layer({
      apiKey: Redacted.make(Emulator.defaultApiKey),
      baseUrl: baseUrl ?? url
    })
    const needs = Layer.mergeAll(
      Layer.provide(ShipStationClient.layer, RetryPolicy.layer(RetryPolicy.none)),
      WebhookKeys.layer({ url: `${url}/jwks`, ...keys })
    ).pipe(Layer.provideMerge(config), Layer.provide(NodeHttpClient.layerUndici))
    const router = HttpRouter.empty.pipe(HttpRouter.post("/hooks", Webhooks.httpApp(handler, options)))
    const context = yield* Layer.build(
      Layer.provideMerge(needs, NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
    )
    yield* Effect.provide(HttpServer.serveEffect(router), context)
    return yield* Effect.provide(Effect.map(HttpServer.HttpServer, ({ address }) => urlOf(address)), context)
  })

/** Serves the app, and lets the emulator send to it. */
export const subscribed = (...args: Parameters<typeof serve>) =>
  Effect.tap(
    serve(...args),
    (url) => Effect.flatMap(Emulator.Emulator, ({ seed }) => seed({ webhooks: [{ url }] }))
  )

/** Fulfills shipments, as any program may. */
export const ship = (...shipmentIds: ReadonlyArray<string>) =>
  Effect.flatMap(Emulator.Server, ({ url }) =>
    HttpClientRequest.post(`${url}/v2/fulfillments`).pipe(
      HttpClientRequest.setHeader("api-key", Emulator.defaultApiKey),
      HttpClientRequest.bodyUnsafeJson({
        fulfillments: shipmentIds.map((shipment_id) => ({ shipment_id, tracking_number: "1Z", carrier_code: "ups" }))
      }),
      HttpClient.execute
    )).pipe(Effect.provide(NodeHttpClient.layerUndici))

/** The statuses that webhooks got, once there are so many. */
export const statuses = (count: number): Effect.Effect<ReadonlyArray<number>, never, Emulator.Emulator> =>
  Effect.flatMap(Emulator.Emulator, ({ webhooks }) => webhooks).pipe(
    Effect.map((all) => all.flatMap(({ status }) => status ?? [])),
    Effect.flatMap((all) => all.length >= count ? Effect.succeed(all) : Effect.delay(statuses(count), "5 millis"))
  )

/** An emulator on a socket. */
export const emulator = (options?: Emulator.Options) => Layer.mergeAll(Emulator.layerServer(options), quiet)

/** A server that shows this key, as `a`, until the scope closes. Gives its URL. */
export const knownKeys = (pair: KeyPair) =>
  Effect.gen(function*() {
    const keys = [yield* publicJwk(pair, "a")]
    const context = yield* Layer.build(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
    yield* Effect.provide(HttpServer.serveEffect(HttpServerResponse.json({ keys })), context)
    return yield* Effect.provide(Effect.map(HttpServer.HttpServer, ({ address }) => urlOf(address)), context)
  })
