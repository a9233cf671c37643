/**
 * The outbox in a browser. A host application mounts `httpApp` behind its own authentication: whoever reaches it can see
 * all rows, and retry and discard them.
 */
import { Outbox, type Service as OutboxService } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as Host from "@effect-shipstation/page/Host"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DashboardApi, Unavailable } from "./DashboardApi.js"
import { explain } from "./Explanation.js"
import * as Events from "./internal/events.js"
import * as Guard from "./internal/guard.js"
import * as Page from "./internal/page.js"
import * as Watch from "./internal/watch.js"

/** So many rows of a page. */
const pageSize = 50

const unavailable = (error: OutboxStoreError) => new Unavailable({ message: error.message })

const handlers = (outbox: OutboxService, watch: Effect.Effect.Success<typeof Watch.make>) =>
  HttpApiBuilder.group(DashboardApi, "outbox", (handlers) =>
    handlers
      .handle("overview", () => watch.overview)
      .handle("samples", () => watch.samples)
      .handle("rows", ({ urlParams: { state, ...filter } }) =>
        Effect.catchTag(
          outbox.list({ ...filter, ...(state === undefined ? {} : { states: [state] }), limit: pageSize }),
          "OutboxStoreError",
          unavailable
        ))
      .handle("row", ({ path: { id } }) =>
        Effect.gen(function*() {
          const { evidence, history, row } = yield* outbox.get(id)
          const account = (yield* outbox.accounts).find(({ account }) => account === row.account)
          return { row, history, evidence, explanation: explain(row, account, yield* DateTime.now) }
        }).pipe(Effect.catchTag("OutboxStoreError", unavailable)))
      .handle("retry", ({ path: { id }, payload }) =>
        Effect.catchTag(outbox.retry(id, payload), "OutboxStoreError", unavailable))
      .handle("discard", ({ path: { id }, payload }) =>
        Effect.catchTag(outbox.discard(id, payload), "OutboxStoreError", unavailable))
      .handle("pause", ({ payload: { account, reason } }) =>
        Effect.catchTag(outbox.pause(account, { reason }), "OutboxStoreError", unavailable))
      .handle("resume", ({ payload: { account, reason } }) =>
        Effect.logInfo("An account is resumed").pipe(
          Effect.annotateLogs({ "shipstation.account": account, "shipstation.reason": reason }),
          Effect.zipRight(Effect.catchTag(outbox.resume(account), "OutboxStoreError", unavailable))
        )))

/** The page, its routes and its events. Whoever mounts it decides who may use it. */
export class Dashboard extends Context.Tag("@effect-shipstation/dashboard/Dashboard")<Dashboard, {
  /** At whatever path it is mounted: `HttpRouter.mountApp("/outbox", httpApp)`. */
  readonly httpApp: HttpApp.Default<never, HttpRouter.HttpRouter.DefaultServices>
}>() {}

/** Watches the outbox, and builds what shows it. Fails if the outbox can't be read. */
export const make = Effect.gen(function*() {
  const watch = yield* Watch.make
  const api = HttpApiBuilder.api(DashboardApi).pipe(Layer.provide(handlers(yield* Outbox, watch)))
  const built = yield* Layer.build(Layer.mergeAll(api, HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer))
  const routes = yield* Effect.provide(HttpApiBuilder.httpApp, built)
  const events = Events.make(watch.looks)
  const page = Effect.catchTag(
    yield* HttpRouter.toHttpApp(Page.routes),
    "RouteNotFound",
    () => Effect.succeed(HttpServerResponse.empty({ status: 404 }))
  )
  const httpApp: HttpApp.Default<never, HttpRouter.HttpRouter.DefaultServices> = Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ originalUrl, url }) => {
      if (/^\/api\/events(?:$|\?)/.test(url)) return events
      if (url.startsWith("/api/")) return routes
      const [path = ""] = originalUrl.split("?")
      // what the page loads is relative to it
      return /^\/?(?:$|\?)/.test(url) && !path.endsWith("/")
        ? Effect.succeed(HttpServerResponse.redirect(`${path}/`))
        : page
    }
  )
  return { httpApp: Guard.fromOwnPage(httpApp) }
})

/** Watches the outbox as long as the layer lives. */
export const layer: Layer.Layer<Dashboard, OutboxStoreError, Outbox> = Layer.scoped(Dashboard, make)

/**
 * Serves the dashboard alone, at `/`, to whoever can reach it: listen on 127.0.0.1 only. Only requests to this machine's own
 * names are answered, and to `allowedHosts`.
 */
export const layerServe = (
  { allowedHosts }: { readonly allowedHosts?: ReadonlyArray<string> | undefined } = {}
): Layer.Layer<never, never, Dashboard | HttpServer.HttpServer | HttpRouter.HttpRouter.DefaultServices> =>
  Layer.scopedDiscard(
    Effect.flatMap(
      Dashboard,
      ({ httpApp }) =>
        HttpServer.serveEffect(Host.onlyHere(httpApp, { allowedHosts, refusal: Guard.refuse(Host.whyNot) }))
    )
  )
