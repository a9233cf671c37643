/** The shop on a real Postgres, which goes away for a while. */
import { PgClient } from "@effect/sql-pg"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Postgres from "../../outbox/test/postgres.js"
import * as Database from "../src/Database.js"
import { client, customersTold, quietly, settings, shop, soon } from "./support.js"

it.live("the shop isn't ready while its database is gone, is alive all the same, and goes on afterwards", () =>
  Effect.gen(function*() {
    const admin = yield* PgClient.PgClient
    yield* admin`CREATE DATABASE shop`
    const { port } = yield* Postgres.Server
    const database = Database.layer.pipe(Layer.provide(settings({ DATABASE_URL: Postgres.url(port, "shop") })))
    yield* Effect.gen(function*() {
      const { health, orders } = yield* client
      const path = { id: "1" }
      const pack = orders.pack({ path, payload: { tracking_number: "1Z", carrier_code: "ups" } })
      yield* orders.add({ path, payload: { shipment_id: "se-1" } })
      yield* health.ready()

      yield* admin`ALTER DATABASE shop ALLOW_CONNECTIONS false`
      yield* admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'`
      expect(yield* Effect.flip(health.ready())).toMatchObject({ _tag: "NotReady" })
      expect((yield* Effect.flip(pack))._tag).toBe("DatabaseUnavailable")
      yield* health.live()

      yield* admin`ALTER DATABASE shop ALLOW_CONNECTIONS true`
      yield* soon(Effect.either(health.ready()), ({ _tag }) => _tag === "Right")
      yield* Effect.all(Effect.replicate(pack, 10), { concurrency: "unbounded" })
      yield* soon(orders.get({ path }), ({ fulfillment }) => fulfillment?.state === "fulfilled")
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(Effect.provide(shop({ database })))
  }).pipe(Effect.provide(quietly(Postgres.layer))))
