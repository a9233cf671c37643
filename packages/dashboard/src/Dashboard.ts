/**
 * The outbox in a browser. A host application mounts `httpApp` behind its own authentication: whoever reaches it can see
 * all rows, and retry and discard them.
 *
 * @since 0.1.0
 */
import { RateLimiterStore } from "@effect-shipstation/http-client/RateLimiter"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import { Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as Host from "@effect-shipstation/page/Host"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { DashboardApi } from "./DashboardApi.js"
import * as Endings from "./internal/endings.js"
import * as Events from "./internal/events.js"
import * as Guard from "./internal/guard.js"
import * as Handlers from "./internal/handlers.js"
import * as Limits from "./internal/limits.js"
import * as Page from "./internal/page.js"
import * as Watch from "./internal/watch.js"

/**
 * The page, its routes and its events. Whoever mounts it decides who may use it.
 *
 * @since 0.1.0
 * @category tags
 */
export class Dashboard extends Context.Tag("@effect-shipstation/dashboard/Dashboard")<Dashboard, {
  /** At whatever path it is mounted: `HttpRouter.mountApp("/outbox", httpApp)`. */
  readonly httpApp: HttpApp.Default<never, HttpRouter.HttpRouter.DefaultServices>
}>() {}

/** They have customers' data, and are no pages. */
const ofAnswers = { "cache-control": "no-store", "x-content-type-options": "nosniff" }

/**
 * Watches the outbox, and builds what shows it. Fails if the outbox can't be read.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.gen(function*() {
  const outbox = yield* Outbox
  const limits = yield* Limits.make
  const endings = yield* Endings.make(outbox)
  const watch = yield* Watch.make({ outbox, limits })
  const api = HttpApiBuilder.api(DashboardApi).pipe(Layer.provide(Handlers.make({ endings, outbox, limits, watch })))
  const built = yield* Layer.build(Layer.mergeAll(api, HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer))
  const routes = yield* Effect.provide(HttpApiBuilder.httpApp, built)
  const events = yield* endingHere(Events.make(watch.looks))
  const page = Effect.catchTag(
    yield* HttpRouter.toHttpApp(Page.routes(watch.json)),
    "RouteNotFound",
    () => Effect.succeed(HttpServerResponse.empty({ status: 404 }))
  )
  const httpApp: HttpApp.Default<never, HttpRouter.HttpRouter.DefaultServices> = Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ originalUrl, url }) => {
      if (/^\/api\/events(?:$|\?)/.test(url)) return events
      if (url.startsWith("/api/")) return Effect.map(routes, HttpServerResponse.setHeaders(ofAnswers))
      const [path = ""] = originalUrl.split("?")
      // what the page loads is relative to it
      return /^\/?(?:$|\?)/.test(url) && !path.endsWith("/")
        ? Effect.succeed(HttpServerResponse.redirect(`${path}/`))
        : page
    }
  )
  return { httpApp: Guard.fromOwnPage(httpApp) }
})

/**
 * Watches the outbox as long as the layer lives. Where `RateLimiterStore` is provided too, it shows how much of their limits
 * accounts use. An application that serves `httpApp` itself provides it before its server, which waits for the pages that are
 * open when it stops: they end with this layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Dashboard, OutboxStoreError, Outbox> = SharedLayer.make(
  Effect.all({ outbox: Outbox, limits: Effect.serviceOption(RateLimiterStore) }),
  () => Layer.scoped(Dashboard, make)
)

/**
 * Serves the dashboard alone, at `/`, to whoever can reach it: listen on 127.0.0.1 only. Only requests to this machine's own
 * names are answered, and to `allowedHosts`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServe = (
  { allowedHosts }: { readonly allowedHosts?: ReadonlyArray<string> | undefined } = {}
): Layer.Layer<never, never, Dashboard | HttpServer.HttpServer | HttpRouter.HttpRouter.DefaultServices> =>
  SharedLayer.make(
    Effect.all({ dashboard: Dashboard, server: HttpServer.HttpServer }),
    ({ dashboard: { httpApp } }) =>
      Layer.scopedDiscard(Effect.flatMap(
        endingHere(httpApp),
        (app) => HttpServer.serveEffect(Host.onlyHere(app, { allowedHosts, refusal: Guard.refuse(Host.whyNot) }))
      ))
  )

/** Ends what is streamed when the scope closes: a server that stops waits for all its readers, and a page never goes. */
const endingHere = <E, R>(app: HttpApp.Default<E, R>): Effect.Effect<HttpApp.Default<E, R>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(Deferred.make<void>(), (closing) => Deferred.succeed(closing, undefined)),
    (closing) =>
      Effect.map(app, (response) =>
        response.body._tag === "Stream"
          ? HttpServerResponse.setBody(
            response,
            HttpBody.stream(Stream.interruptWhenDeferred(response.body.stream, closing), response.body.contentType)
          )
          : response)
  )
