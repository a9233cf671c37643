import { Emulator } from "@effect-shipstation/emulator"
import { FetchHttpClient, HttpApiClient, HttpClient, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { ConfigProvider, Effect, Layer, Logger, Schedule } from "effect"
import { createServer } from "node:http"
import { ShopApi } from "../src/Api.js"
import * as Shop from "../src/Shop.js"

export const inMemory = SqliteClient.layer({ filename: ":memory:" })

export const settings = (values: Record<string, string>) =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(new Map(Object.entries({ SHIPSTATION_API_KEY: Emulator.defaultApiKey, ...values })))
  )

/** The emulator creates and notifies again whatever was fulfilled before: or nothing could be done twice here. */
const emulator = (options: Emulator.Options = {}) =>
  Emulator.layerHttpClient({ alreadyFulfilled: "accept", ...options })

/** The shop on a free port, and an emulator in the same process. */
export const shop = <D, E>(
  { database, values = {}, ...options }: Emulator.Options & {
    readonly database: Layer.Layer<D, E>
    readonly values?: Record<string, string>
  }
) =>
  Shop.http.pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0 })),
    Layer.provideMerge(Shop.fulfilling),
    Layer.provideMerge(emulator(options)),
    Layer.provideMerge(database),
    Layer.provide(settings(values))
  )

/** Nobody reads what tests log. */
export const quietly = <A, E, R>(layer: Layer.Layer<A, E, R>) =>
  Layer.provideMerge(layer, Logger.remove(Logger.defaultLogger))

export const address = Effect.map(
  HttpServer.HttpServer,
  ({ address }) => `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
)

/** Asks the shop as another program would. */
export const clientOf = (baseUrl: string) =>
  HttpApiClient.make(ShopApi, {
    baseUrl,
    // traces begin in the shop
    transformClient: HttpClient.withTracerDisabledWhen(() => true)
  }).pipe(Effect.provide(FetchHttpClient.layer))

export const client = Effect.flatMap(address, clientOf)

/** Asks again until it holds. */
export const soon = <A, E, R>(self: Effect.Effect<A, E, R>, holds: (a: A) => boolean) =>
  self.pipe(
    Effect.filterOrFail(holds, () => "not yet" as const),
    Effect.retry({ while: (error) => error === "not yet", schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("4 minutes")
  )

export const customersTold = Effect.flatMap(
  Emulator.Emulator,
  ({ notifications }) =>
    Effect.map(
      notifications,
      (all) => all.filter(({ kind }) => kind === "customer").map(({ shipment_id }) => shipment_id)
    )
)
