/**
 * Every layer that the packages export, provided with two tenants in one program: each tenant gets its own, and one that is
 * used twice for one tenant is one, unless it is built anew wherever it is used.
 */
import { OutboxCluster } from "@effect-shipstation/cluster"
import { Dashboard } from "@effect-shipstation/dashboard"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import {
  Accounts,
  Outbox,
  OutboxStore,
  OutboxStoreSql,
  OutboxWorker,
  RateLimiterStoreSql
} from "@effect-shipstation/outbox"
import * as OutboxPostgres from "@effect-shipstation/outbox/OutboxPostgres"
import * as OutboxSqlite from "@effect-shipstation/outbox/OutboxSqlite"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { Carriers, Shipments } from "@effect-shipstation/shipments"
import { WebhookKeys } from "@effect-shipstation/webhooks"
import { Sharding, TestRunner } from "@effect/cluster"
import { HttpClient, HttpServer } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Config, ConfigProvider, Context, Effect, Layer, Redacted, type Scope, Stream } from "effect"
import { readdirSync, readFileSync } from "node:fs"

type Tenant = "a" | "b"

/** What two uses for one tenant, and one use for another, got. */
interface Got {
  readonly a: unknown
  readonly again: unknown
  readonly b: unknown
}

const use = <I, S, E, R, E2>(
  tag: Context.Tag<I, S>,
  layer: Layer.Layer<I, E, R>,
  needs: (tenant: Tenant) => Layer.Layer<R, E2>
): Effect.Effect<Got, E | E2, Scope.Scope> =>
  Effect.gen(function*() {
    const [A, Again, B] = [
      Context.GenericTag<"A", S>("A"),
      Context.GenericTag<"Again", S>("Again"),
      Context.GenericTag<"B", S>("B")
    ]
    const [ofA, ofB] = [needs("a"), needs("b")]
    const built = yield* Layer.build(Layer.mergeAll(
      Layer.effect(A, tag).pipe(Layer.provide(layer), Layer.provide(ofA)),
      Layer.effect(Again, tag).pipe(Layer.provide(layer), Layer.provide(ofA)),
      Layer.effect(B, tag).pipe(Layer.provide(layer), Layer.provide(ofB))
    ))
    return { a: Context.get(built, A), again: Context.get(built, Again), b: Context.get(built, B) }
  })

/** For what can't be built here: why not, which would be the very same for both. */
const failures = <I, E, R>(
  layer: Layer.Layer<I, E, R>,
  needs: (tenant: Tenant) => Layer.Layer<R, E>
): Effect.Effect<Got, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const memoMap = yield* Layer.makeMemoMap
    const scope = yield* Effect.scope
    const why = (tenant: Tenant) =>
      Effect.flip(Layer.buildWithMemoMap(Layer.provide(layer, needs(tenant)), memoMap, scope))
    const a = yield* why("a")
    return { a, again: a, b: yield* why("b") }
  })

const http = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.never))

const config = (tenant: Tenant) => ShipStationConfig.layer({ apiKey: Redacted.make(`key-of-${tenant}`) })

const notify = "account-default"

const client = (tenant: Tenant) => ShipStationClient.layer.pipe(Layer.provide(config(tenant)), Layer.provide(http))

const fulfillments = (tenant: Tenant) => Layer.provide(Fulfillments.layer({ notify }), client(tenant))

// each call is another layer, so they are as different as the tenants
const store = (_: Tenant) => Layer.effect(OutboxStore.OutboxStore, OutboxStore.makeStoreMemory)

const sql = (_: Tenant) => SqliteClient.layer({ filename: ":memory:" })

const provider = (tenant: Tenant) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(
    new Map([["SHIPSTATION_API_KEY", `key-of-${tenant}`], ["DATABASE", `:memory:`], ["PREFIX", `${tenant}_`]])
  ))

/** Nobody connects to it: of a Postgres the store takes where to listen. */
const postgres = (tenant: Tenant) =>
  Layer.effectContext(Effect.map(SqlClient.SqlClient, (sql) => {
    const client: PgClient.PgClient = Object.assign(sql, {
      [PgClient.TypeId]: PgClient.TypeId,
      config: {},
      json: () => sql.literal(""),
      listen: () => Stream.never,
      notify: () => Effect.void
    })
    return Context.add(Context.make(PgClient.PgClient, client), SqlClient.SqlClient, sql)
  })).pipe(Layer.provide(sql(tenant)))

class Serves extends Context.Tag("Serves")<Serves, () => void>() {}

/** How often each tenant's was told to do what the layer does. */
const count = <E, R>(
  layer: Layer.Layer<never, E, R>,
  needs: (tenant: Tenant, counts: Layer.Layer<Serves>) => Layer.Layer<R, E>
) =>
  Effect.gen(function*() {
    const counts = { a: 0, b: 0 }
    const of = (tenant: Tenant) => needs(tenant, Layer.succeed(Serves, () => void counts[tenant]++))
    const [a, b] = [of("a"), of("b")]
    yield* Layer.build(Layer.mergeAll(Layer.provide(layer, a), Layer.provide(layer, a), Layer.provide(layer, b)))
    return counts
  })

const server = (counts: Layer.Layer<Serves>) =>
  Layer.effect(
    HttpServer.HttpServer,
    Effect.map(Serves, (serve) =>
      HttpServer.make({
        serve: () => Effect.sync(serve),
        address: { _tag: "TcpAddress", hostname: "127.0.0.1", port: 1 }
      }))
  ).pipe(Layer.provide(counts))

const sharding = (counts: Layer.Layer<Serves>) =>
  Layer.effect(
    Sharding.Sharding,
    Effect.zipWith(Sharding.Sharding, Serves, (sharding, serve): Sharding.Sharding["Type"] => ({
      ...sharding,
      registerSingleton: (name, run, options) =>
        Effect.zipRight(Effect.sync(serve), sharding.registerSingleton(name, run, options))
    }))
  ).pipe(Layer.provide(Layer.fresh(TestRunner.layer)), Layer.provide(counts))

/** One for each tenant. */
const shared: Record<string, Effect.Effect<Got, unknown, Scope.Scope>> = {
  "http-client/RateLimiter.layer": use(
    RateLimiter.RateLimiter,
    RateLimiter.layer(),
    (tenant) => Layer.merge(config(tenant), RateLimiter.layerStoreMemory)
  ),
  "http-client/ShipStationConfig.layerConfig": use(
    ShipStationConfig.ShipStationConfig,
    ShipStationConfig.layerConfig(),
    provider
  ),
  "outbox/Accounts.layer": use(Accounts.Accounts, Accounts.layer, fulfillments),
  "outbox/Outbox.layer": use(Outbox.Outbox, Outbox.layer, store),
  "outbox/OutboxSqlite.layerConfig": use(
    OutboxStore.OutboxStore,
    OutboxSqlite.layerConfig({ filename: Config.string("DATABASE"), prefix: Config.string("PREFIX") }),
    provider
  ),
  "outbox/OutboxStorePg.layer": use(OutboxStore.OutboxStore, OutboxStorePg.layer(), postgres),
  "outbox/OutboxStoreSql.layer": use(OutboxStore.OutboxStore, OutboxStoreSql.layer(), sql),
  "outbox/OutboxWorker.layer": use(
    OutboxWorker.OutboxWorker,
    OutboxWorker.layer(),
    (tenant) => Layer.merge(store(tenant), Layer.succeed(Accounts.Accounts, new Map()))
  ),
  "outbox/RateLimiterStoreSql.layer": use(RateLimiter.RateLimiterStore, RateLimiterStoreSql.layer(), sql),
  "dashboard/Dashboard.layer": use(
    Dashboard.Dashboard,
    Dashboard.layer,
    (tenant) => Layer.provide(Outbox.layer, store(tenant))
  )
}

/** Built anew wherever they are used. What must be one hangs on the configuration, or can't be told from here. */
const anew: Record<string, Effect.Effect<Got, unknown, Scope.Scope>> = {
  "http-client/ShipStationClient.layer": use(
    ShipStationClient.ShipStationClient,
    ShipStationClient.layer,
    (tenant) => Layer.merge(config(tenant), http)
  ),
  "fulfillments/Fulfillments.layer": use(Fulfillments.Fulfillments, Fulfillments.layer({ notify }), client),
  "fulfillments/Fulfillments.layerConfig": use(
    Fulfillments.Fulfillments,
    Fulfillments.layerConfig({ notify }),
    (tenant) => Layer.merge(provider(tenant), http)
  ),
  "shipments/Carriers.layer": use(Carriers.Carriers, Carriers.layer(), client),
  "shipments/Shipments.layer": use(Shipments.Shipments, Shipments.layer, client),
  "shipments/Shipments.layerConfig": use(
    Shipments.Shipments,
    Shipments.layerConfig(),
    (tenant) => Layer.merge(provider(tenant), http)
  ),
  "outbox/Accounts.layerFrom": use(
    Accounts.Accounts,
    Accounts.layerFrom({ one: Fulfillments.layer({ notify }) }),
    client
  ),
  "outbox/Accounts.layerLazy": use(
    Accounts.Accounts,
    Accounts.layerLazy(() => Fulfillments.layer({ notify })),
    client
  ),
  "outbox/OutboxPostgres.layerConfig": failures(
    OutboxPostgres.layerConfig({ url: Config.redacted("SHIPSTATION_API_KEY") }),
    provider
  ),
  "webhooks/WebhookKeys.layer": use(
    WebhookKeys.WebhookKeys,
    WebhookKeys.layer(),
    (tenant) => Layer.merge(config(tenant), http)
  )
}

const done: Record<string, Effect.Effect<{ readonly a: number; readonly b: number }, unknown, Scope.Scope>> = {
  "dashboard/Dashboard.layerServe": count(Dashboard.layerServe(), (tenant, counts) =>
    Layer.mergeAll(
      Layer.provide(Dashboard.layer, Layer.provide(Outbox.layer, store(tenant))),
      server(counts),
      HttpServer.layerContext
    )),
  "cluster/OutboxCluster.layer": count(
    OutboxCluster.layer({ fulfillments: () => fulfillments("a") }),
    (tenant, counts) => Layer.merge(store(tenant), sharding(counts))
  )
}

/** What needs nothing is the same for everybody. */
const needNothing = [
  "http-client/RateLimiterStore.layerStoreMemory",
  "http-client/RetryPolicy.layer",
  "http-client/ShipStationConfig.layer",
  "outbox/OutboxPostgres.layer",
  "outbox/OutboxSqlite.layer",
  "outbox/OutboxStore.layerStoreMemory",
  "emulator/Emulator.layer",
  "emulator/Emulator.layerHttpClient",
  "emulator/Emulator.layerServer"
]

const packages = new URL("../../", import.meta.url)

/** All that are published, but for the command line, which nobody provides with anything. */
const libraries = readdirSync(packages).filter((name) => {
  const manifest: { readonly private?: boolean } = JSON.parse(
    readFileSync(new URL(`${name}/package.json`, packages), "utf8")
  )
  return manifest.private !== true && name !== "cli"
})

const exported = async () => {
  const names: Array<string> = []
  for (const library of libraries) {
    for (const file of readdirSync(new URL(`${library}/src/`, packages))) {
      if (!file.endsWith(".ts") || file === "index.ts") continue
      const module: object = await import(new URL(`${library}/src/${file}`, packages).href)
      for (const name of Object.keys(module)) {
        if (name.startsWith("layer")) names.push(`${library}/${file.slice(0, -".ts".length)}.${name}`)
      }
    }
  }
  // it also has all that its store exports
  return names.filter((name) => name !== "http-client/RateLimiter.layerStoreMemory")
}

it("every exported layer is among them", async () => {
  const tested = [shared, anew, done].flatMap((cases) => Object.keys(cases))
  expect([...tested, ...needNothing].toSorted()).toEqual((await exported()).toSorted())
})

it.scoped.each(Object.entries(shared))("%s is one for each tenant", ([, got]) =>
  Effect.gen(function*() {
    const { a, again, b } = yield* got
    expect(a).toBe(again)
    expect(a).not.toBe(b)
  }))

it.scoped.each(Object.entries(anew))("%s is each tenant's own", ([, got]) =>
  Effect.gen(function*() {
    const { a, b } = yield* got
    expect(a).not.toBe(b)
  }))

it.scoped.each(Object.entries(done))(
  "%s does what it does once for each tenant",
  ([, counts]) =>
    Effect.gen(function*() {
      expect(yield* counts).toEqual({ a: 1, b: 1 })
    })
)
