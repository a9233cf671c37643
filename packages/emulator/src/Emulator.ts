/**
 * A ShipStation on your own machine. It keeps its state in memory, mails nobody, and remembers each e-mail and each
 * message to a marketplace that the real one would have sent.
 *
 * Where the behaviour of the real API is not published, an option decides.
 *
 * @since 0.1.0
 */
import * as Host from "@effect-shipstation/page/Host"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { createServer, type Server as NodeServer } from "node:http"
import * as app from "./internal/app.js"
import * as clock from "./internal/clock.js"
import * as control from "./internal/control.js"
import { describe } from "./internal/describe.js"
import * as inProcess from "./internal/inProcess.js"
import type { Options } from "./internal/model.js"
import type { Service } from "./internal/service.js"
import * as state from "./internal/state.js"
import { announcementOf, make as makeWebhooks } from "./internal/webhooks.js"

export {
  /**
   * The API key that is accepted when the option `accounts` is left out.
   *
   * @since 0.1.0
   * @category constants
   */
  defaultApiKey
} from "./internal/model.js"

export type { ControlledClock } from "./internal/clock.js"

export type { Service } from "./internal/service.js"

export type {
  Account,
  Fulfillment,
  Notification,
  Options,
  RateLimit,
  Request,
  Seed,
  SeedCarrier,
  SeedFulfillment,
  Shipment,
  WebhookDelivery,
  WebhookSubscription
} from "./internal/model.js"

/**
 * The state of the emulator, and what tests ask about it.
 *
 * @since 0.1.0
 * @category tags
 */
export class Emulator extends Context.Tag("@effect-shipstation/emulator/Emulator")<Emulator, Service>() {}

/**
 * Where `layerServer` listens.
 *
 * @since 0.1.0
 * @category tags
 */
export class Server extends Context.Tag("@effect-shipstation/emulator/Emulator/Server")<Server, {
  /** Without a slash at the end, such as `http://127.0.0.1:4010`. */
  readonly url: string
}>() {}

/**
 * An emulator without a transport.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    const time = clock.make(yield* Effect.clock)
    let current = state.make(options, yield* time.control.now)
    const underWay = yield* FiberSet.make<void, never>()
    const run = yield* FiberSet.runtime(underWay)().pipe(Effect.withClock(time.clock))
    const webhooks = yield* makeWebhooks(run)
    const emulator: Omit<Service, "httpApp"> = {
      clock: time.control,
      seed: (seed) => Effect.map(time.control.now, (now) => state.seed(current, seed, now)),
      faults: Effect.sync(() => current.rules.map(({ rule }) => rule)),
      setFaults: (rules) =>
        Effect.sync(() => {
          current.rules = rules.map(state.arm)
        }),
      addFault: (rule) =>
        Effect.sync(() => {
          current.rules.push(state.arm(rule))
        }),
      release: Effect.suspend(() => current.held.release),
      fulfillments: Effect.sync(() => current.fulfillments.slice()),
      notifications: Effect.sync(() => current.notifications.slice()),
      notifiedAgain: Effect.sync(() => current.notifications.filter(({ nth }) => nth > 1)),
      requests: Effect.sync(() => state.lastRequests(current)),
      committed: (shipmentId) => Effect.sync(() => state.fulfillmentsOf(current, shipmentId).slice()),
      webhooks: Effect.sync(() => current.webhooks.map((delivery) => ({ ...delivery }))),
      sendWebhook: (event) => Effect.withClock(Effect.suspend(() => webhooks.announce(current, { event })), time.clock),
      sendWebhookAgain: (id) => Effect.withClock(Effect.suspend(() => webhooks.sendAgain(current, id)), time.clock),
      rotateWebhookKey: webhooks.rotateKey,
      reset: Effect.gen(function*() {
        yield* time.reset
        current = state.make(options, yield* time.control.now)
        yield* FiberSet.clear(underWay)
      })
    }
    const answered = Effect.withClock(
      app.make(() => current, run, (state, fulfillment, origin) => {
        if (state.subscriptions.length > 0) run(webhooks.announce(state, announcementOf(fulfillment, origin)))
      }),
      time.clock
    )
    const api = Effect.flatMap(
      HttpServerRequest.HttpServerRequest,
      ({ method, url }) => method === "GET" && url === "/jwks" ? webhooks.jwks : answered
    )
    if (options.control === false) return { ...emulator, httpApp: api }
    const routes = control.make(emulator, {
      current: () => current,
      clockChanges: time.changes,
      describe: Effect.map(
        Effect.all({ now: time.control.now, frozen: time.control.isFrozen }),
        (clock) => describe(current, clock)
      ),
      removeFault: (index) => Effect.sync(() => current.rules.splice(index, 1).length === 1)
    }, options.allowedHosts)
    // not before it is asked for: the page alone has 2 MB
    const documentation = yield* Effect.cached(
      Effect.flatMap(Effect.promise(() => import("./internal/documentation.js")), ({ make }) => make)
    )
    return {
      ...emulator,
      httpApp: Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) =>
          control.isFor(request)
            ? routes
            : /^\/(docs|openapi\.json)($|\?)/.test(request.url)
            ? Effect.flatten(documentation)
            : isOfBrowser(request)
            ? HttpServerResponse.empty({ status: 404 })
            : api
      )
    }
  })

/** What browsers ask for by themselves is no request to the API, and isn't for the journal. */
const isOfBrowser = ({ headers, method, url }: HttpServerRequest.HttpServerRequest): boolean =>
  url === "/favicon.ico" || (method === "OPTIONS" && "access-control-request-method" in headers)

/**
 * An emulator without a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Emulator> => Layer.scoped(Emulator, make(options))

/**
 * An emulator, and an `HttpClient` whose requests it answers in-process, whatever host they are for: nothing leaves the
 * process. Time is the `Clock` of whoever builds the layer, so `TestClock` governs it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (options?: Options): Layer.Layer<HttpClient.HttpClient | Emulator> =>
  // one of its own: shared, another part of the program might get this one, or this one real requests
  Layer.fresh(FetchHttpClient.layer).pipe(
    Layer.provide(Layer.effect(
      FetchHttpClient.Fetch,
      Effect.gen(function*() {
        const { httpApp } = yield* Emulator
        return inProcess.fetch(httpApp, Runtime.runFork(yield* Effect.runtime<never>()))
      })
    )),
    Layer.provideMerge(layer(options))
  )

/**
 * Where a server listens.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions {
  /** Default 0, which picks a free one: `Server` tells which. */
  readonly port?: number | undefined
  /** A name or an address of this machine. Default 127.0.0.1; with others, whoever can reach it can use the emulator. */
  readonly host?: string | undefined
}

/**
 * An emulator as a real server, on this machine only unless told. Fails when the port is taken.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = (
  options?: Options & ServerOptions
): Layer.Layer<Server | Emulator, HttpServerError.ServeError> =>
  Layer.suspend(() => {
    // nobody on this machine takes that long to send a request
    const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 })
    const { host = "127.0.0.1", port = 0 } = options ?? {}
    return Layer.merge(
      Layer.scopedDiscard(serve(server, options?.allowedHosts)).pipe(untraced),
      Layer.effect(Server, Effect.map(HttpServer.HttpServer, ({ address }) => ({ url: urlOf(address) })))
    ).pipe(
      Layer.provide(NodeHttpServer.layerServer(() => server, { host, port })),
      Layer.provideMerge(layer(options))
    )
  })

const urlOf = (address: HttpServer.Address): string => {
  if (address._tag === "UnixAddress") return address.path
  const { hostname, port } = address
  // all addresses of this machine
  if (hostname === "0.0.0.0") return `http://127.0.0.1:${port}`
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`
}

const serve = Effect.fnUntraced(function*(server: NodeServer, allowedHosts: Options["allowedHosts"]) {
  // a fault may have left some open, and the server ends only when all are closed
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  const { httpApp } = yield* Emulator
  yield* HttpServer.serveEffect(Host.onlyHere(httpApp, { allowedHosts, refusal: control.refusal(Host.whyNot) }))
  // whoever asks to switch protocols gets an answer in this one
  server.removeAllListeners("upgrade")
})

// the platform's server span records all headers, and the API key is one of them
const untraced = HttpMiddleware.withTracerDisabledWhen(() => true)
