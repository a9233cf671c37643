/**
 * A ShipStation on your own machine. It keeps its state in memory, mails nobody, and remembers each e-mail and each
 * message to a marketplace that the real one would have sent.
 *
 * Where the behaviour of the real API is not published, an option decides.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import * as app from "./internal/app.js"
import type { Fulfillment, Notification, Options, Request, Seed } from "./internal/model.js"
import * as state from "./internal/state.js"

export {
  /** The API key that is accepted when the option `accounts` is left out. */
  defaultApiKey
} from "./internal/model.js"

export type { Account, Fulfillment, Notification, Options, Request, Seed, Shipment } from "./internal/model.js"

/** The state of the emulator, and what tests ask about it. */
export interface Service {
  /** The API itself, for any server that runs an `HttpApp`. */
  readonly httpApp: HttpApp.Default
  /** Adds to what there is. A shipment or carrier that exists is replaced; its fulfillments stay. */
  readonly seed: (seed: Seed) => Effect.Effect<void>
  /** All fulfillments, in the order of their creation. */
  readonly fulfillments: Effect.Effect<ReadonlyArray<Fulfillment>>
  /** All notifications, in order. */
  readonly notifications: Effect.Effect<ReadonlyArray<Notification>>
  /** The last 10,000 requests, in the order in which they were answered. */
  readonly requests: Effect.Effect<ReadonlyArray<Request>>
  /** The fulfillments of one shipment, in order. More than one: it was done twice. */
  readonly committed: (shipmentId: string) => Effect.Effect<ReadonlyArray<Fulfillment>>
  /** Back to the options, as if just started. */
  readonly reset: Effect.Effect<void>
}

/** The state of the emulator, and what tests ask about it. */
export class Emulator extends Context.Tag("@effect-shipstation/emulator/Emulator")<Emulator, Service>() {}

/** Where `layerServer` listens. */
export class Server extends Context.Tag("@effect-shipstation/emulator/Emulator/Server")<Server, {
  /** Without a slash at the end, such as `http://127.0.0.1:4010`. */
  readonly url: string
}>() {}

/** An emulator without a transport. */
export const make = (options: Options = {}): Effect.Effect<Service> =>
  Effect.sync(() => {
    let current = state.make(options)
    return {
      httpApp: app.make(() => current),
      seed: (seed) => Effect.sync(() => state.seed(current, seed)),
      fulfillments: Effect.sync(() => current.fulfillments.slice()),
      notifications: Effect.sync(() => current.notifications.slice()),
      requests: Effect.sync(() => state.lastRequests(current)),
      committed: (shipmentId) => Effect.sync(() => state.fulfillmentsOf(current, shipmentId).slice()),
      reset: Effect.sync(() => {
        current = state.make(options)
      })
    }
  })

/** An emulator without a transport. */
export const layer = (options?: Options): Layer.Layer<Emulator> => Layer.effect(Emulator, make(options))

/**
 * An emulator, and an `HttpClient` whose requests it answers in-process, whatever host they are for: nothing leaves the
 * process. Time is the `Clock` of whoever builds the layer, so `TestClock` governs it.
 */
export const layerHttpClient = (options?: Options): Layer.Layer<HttpClient.HttpClient | Emulator> =>
  FetchHttpClient.layer.pipe(
    Layer.provide(Layer.effect(FetchHttpClient.Fetch, inProcess)),
    Layer.provideMerge(layer(options))
  )

/**
 * An emulator as a real server on 127.0.0.1. `port` is 0 by default, which picks a free one: `Server` tells which.
 * Fails when the port is taken.
 */
export const layerServer = (
  options?: Options & { readonly port?: number | undefined }
): Layer.Layer<Server | Emulator, HttpServerError.ServeError> =>
  Layer.merge(
    Layer.scopedDiscard(Effect.flatMap(Emulator, ({ httpApp }) => HttpServer.serveEffect(httpApp))).pipe(untraced),
    Layer.effect(Server, HttpServer.addressFormattedWith((url) => Effect.succeed({ url })))
  ).pipe(
    Layer.provide(NodeHttpServer.layerServer(createServer, { host: "127.0.0.1", port: options?.port ?? 0 })),
    Layer.provideMerge(layer(options))
  )

// the platform's server span records all headers, and the API key is one of them
const untraced = HttpMiddleware.withTracerDisabledWhen(() => true)

const inProcess = Effect.gen(function*() {
  const { httpApp } = yield* Emulator
  const runtime = yield* Effect.runtime<never>()
  const handler = HttpApp.toWebHandlerRuntime(runtime)(httpApp)
  const fetch: typeof globalThis.fetch = async (input, init) => handler(new globalThis.Request(input, init))
  return fetch
}).pipe(Effect.locally(HttpMiddleware.currentTracerDisabledWhen, () => true))
