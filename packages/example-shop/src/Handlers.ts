/** How the shop's server answers. */
import { OutboxWorker } from "@effect-shipstation/outbox"
import { HttpApiBuilder, HttpMiddleware } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { DateTime, Duration, Effect } from "effect"
import { NotReady, ShopApi } from "./Api.js"
import { Orders } from "./Orders.js"

export const orders = HttpApiBuilder.group(ShopApi, "orders", (handlers) =>
  Effect.map(Orders, (orders) =>
    handlers
      .handle("add", ({ path: { id }, payload }) => orders.add({ id, ...payload }))
      .handle("get", ({ path: { id } }) => orders.get(id))
      .handle("pack", ({ path: { id }, payload }) => orders.pack(id, payload))))

/** It looks every 15 seconds, also while ShipStation is down. */
const longestSilence = Duration.minutes(1)

export const health = HttpApiBuilder.group(ShopApi, "health", (handlers) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const worker = yield* OutboxWorker.OutboxWorker

    // what only says that ShipStation is down, or refuses the key, is none of it: orders can be packed all the same
    const ready = Effect.gen(function*() {
      yield* sql`SELECT 1`.pipe(
        Effect.disconnect,
        Effect.timeout("2 seconds"),
        Effect.mapError(() => new NotReady({ reason: "the database doesn't answer" }))
      )
      const silence = DateTime.distanceDuration((yield* worker.state).lastLook, yield* DateTime.now)
      if (Duration.greaterThan(silence, longestSilence)) {
        return yield* new NotReady({ reason: `the worker hasn't looked for ${Duration.format(silence)}` })
      }
    })

    return handlers
      .handle("live", () => HttpMiddleware.withLoggerDisabled(Effect.void))
      .handle("ready", () => ready.pipe(Effect.withTracerEnabled(false), HttpMiddleware.withLoggerDisabled))
  }))
