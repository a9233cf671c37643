import { Dashboard } from "@effect-shipstation/dashboard"
import { Outbox, OutboxStoreSql, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { HttpMiddleware, HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Console, Effect, Layer, Redacted } from "effect"
import { createServer } from "node:http"

// who may use it: as your application does it
const onlyOperators = HttpMiddleware.make((app) =>
  Effect.gen(function*() {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const password = yield* Effect.orDie(Config.redacted("DASHBOARD_PASSWORD"))
    const expected = `Basic ${btoa(`operator:${Redacted.value(password)}`)}`
    return headers["authorization"] === expected
      ? yield* app
      : HttpServerResponse.empty({ status: 401, headers: { "www-authenticate": "Basic realm=\"outbox\"" } })
  })
)

const App = Effect.gen(function*() {
  const { httpApp } = yield* Dashboard.Dashboard
  yield* HttpServer.serveEffect(HttpRouter.mountApp(HttpRouter.empty, "/outbox", onlyOperators(httpApp)))
  const { address } = yield* HttpServer.HttpServer
  yield* Console.log(`http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : ""}/outbox/`)
})

const Live = Layer.scopedDiscard(App).pipe(
  // before the server, which waits for the pages that are open when it stops: so they end first
  Layer.provide(Dashboard.layer),
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  // the limiter's store, so that it shows how much of the limit is used
  Layer.provide([Layer.provideMerge(Outbox.layer, OutboxStoreSql.layer()), RateLimiterStoreSql.layer()]),
  Layer.provide(SqliteClient.layerConfig({ filename: Config.withDefault(Config.string("DATABASE"), "orders.db") }))
)

// starts it, and ends: to serve until you stop it, say Layer.launch(Live) in place of Effect.scoped(Layer.build(Live))
await Effect.runPromise(Effect.scoped(Layer.build(Live)))
