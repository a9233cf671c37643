/** The shop's two halves: what takes orders, and what tells ShipStation. `main.ts` puts them together. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxStoreSql, OutboxWorker, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { HttpApiBuilder, HttpMiddleware, HttpServer } from "@effect/platform"
import { Layer } from "effect"
import { ShopApi } from "./Api.js"
import * as Handlers from "./Handlers.js"
import * as Orders from "./Orders.js"

/** The limits are kept in the database, so that replicas share them. */
const ShipStation = Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide(Layer.provide(RateLimiter.layer(), RateLimiterStoreSql.layer())),
  Layer.provide(ShipStationConfig.layerConfig())
)

/** `offer` for the orders, and the worker beside them. Needs a `SqlClient`, and an `HttpClient` for ShipStation. */
export const fulfilling = Layer.merge(
  Outbox.layer,
  OutboxWorker.layer().pipe(Layer.provide(Accounts.layer), Layer.provide(ShipStation))
).pipe(Layer.provide(OutboxStoreSql.layer()))

/** Needs what `fulfilling` gives, a `SqlClient`, and an `HttpServer`. */
export const http = HttpApiBuilder.serve(HttpMiddleware.logger).pipe(
  HttpServer.withLogAddress,
  // Kubernetes asks every few seconds
  HttpMiddleware.withTracerDisabledForUrls(["/health/live", "/health/ready"]),
  Layer.provide(HttpApiBuilder.api(ShopApi)),
  Layer.provide([Handlers.orders, Handlers.health]),
  Layer.provide(Orders.layer)
)
