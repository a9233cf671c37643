import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as Config from "effect/Config"
import type { ConfigOptions, Options } from "./options.js"

/** A value, or where to read it. */
export const orConfig = <A>(value: A | Config.Config<A>): Config.Config<A> =>
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
export const ofShipStation = ({ account, allowInsecureHosts, apiKey, baseUrl, mode, timeout }: ConfigOptions) => {
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
