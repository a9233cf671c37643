import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ConfigOptions, Options } from "./options.js"

/** A value, or where to read it. */
const orConfig = <A>(value: A | Config.Config<A>): Config.Config<A> =>
  Config.isConfig(value) ? value : Config.succeed(value)

/** The options of the layer. */
export const ofFulfillments = (options: ConfigOptions): Config.Config<Options> =>
  Config.all({
    notify: orConfig(options.notify),
    maxBatchSize: orConfig(options.maxBatchSize),
    batchSize: orConfig(options.batchSize),
    window: orConfig(options.window),
    readBack: orConfig(options.readBack),
    readBackSchedule: orConfig(options.readBackSchedule)
  })

/** The options of `ShipStationConfig`: what isn't given is read from the environment. */
const ofShipStation = ({ account, allowInsecureHosts, apiKey, baseUrl, mode, timeout }: ConfigOptions) => {
  const { environment } = ShipStationConfig
  return {
    apiKey: apiKey === undefined ? environment.apiKey : orConfig(apiKey),
    account: account === undefined ? environment.account : orConfig(account),
    baseUrl: baseUrl === undefined ? environment.baseUrl : orConfig(baseUrl),
    mode: mode === undefined ? environment.mode : orConfig(mode),
    timeout: timeout === undefined ? environment.timeout : orConfig(timeout),
    allowInsecureHosts: orConfig(allowInsecureHosts)
  }
}

/** The client of these options, with a limit of its own if they have one. */
export const layerClient = (
  options: ConfigOptions
): Layer.Layer<ShipStationClient.ShipStationClient, ConfigError.ConfigError, HttpClient.HttpClient> => {
  const { limit } = options
  const client = limit === undefined ? ShipStationClient.layer : Layer.provide(
    ShipStationClient.layer,
    // each account's own
    SharedLayer.make(
      Effect.all({ config: ShipStationConfig.ShipStationConfig, limit: orConfig(limit) }),
      ({ limit }) => Layer.provide(RateLimiter.layer({ limit }), RateLimiter.layerStoreMemory)
    )
  )
  return Layer.provide(client, ShipStationConfig.layerConfig(ofShipStation(options)))
}
