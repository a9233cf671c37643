/**
 * Whose account is used, where the API is, and how careful to be with it.
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"

/**
 * What may happen.
 *
 * - `"live"`: everything.
 * - `"silent"`: shipments are marked as shipped, but both notify flags are forced to false. (The flags are a request: what
 *   the account is configured to send on its own is ShipStation's.)
 * - `"readOnly"`: a POST fails before it is sent. For staging, since there is no sandbox.
 */
export type Mode = "live" | "silent" | "readOnly"

/** The options, with their defaults filled in. */
export interface Service {
  /** Read at each attempt, so it may rotate. */
  readonly apiKey: Effect.Effect<Redacted.Redacted>
  readonly account: string
  readonly baseUrl: string
  readonly timeout: Duration.Duration
  readonly allowInsecureHosts: ReadonlyArray<string>
  readonly mode: Mode
}

/** What can be set. */
export interface Options {
  /** A key of API v2. An effect is run at each attempt, so the key may rotate. */
  readonly apiKey: Redacted.Redacted | Effect.Effect<Redacted.Redacted>
  /** A name for the account, for logs and for limits that several accounts don't share. Default `"default"`. */
  readonly account?: string | undefined
  /** Where the API is, without `/v2`. Default `https://api.shipstation.com`. */
  readonly baseUrl?: string | undefined
  /** How long one attempt may take, from sending to the last byte of the answer. Default 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Hosts that the key may go to over plain HTTP. Loopback is always allowed. Default none. */
  readonly allowInsecureHosts?: ReadonlyArray<string> | undefined
  /** Default `"live"`. */
  readonly mode?: Mode | undefined
}

/** Whose account is used, where the API is, and how careful to be with it. */
export class ShipStationConfig extends Context.Tag("@effect-shipstation/http-client/ShipStationConfig")<
  ShipStationConfig,
  Service
>() {}

/** Fills in the defaults. */
export const make = (options: Options): Service => ({
  apiKey: Effect.isEffect(options.apiKey) ? options.apiKey : Effect.succeed(options.apiKey),
  account: options.account ?? "default",
  baseUrl: options.baseUrl ?? "https://api.shipstation.com",
  timeout: Duration.decode(options.timeout ?? "30 seconds"),
  allowInsecureHosts: options.allowInsecureHosts ?? [],
  mode: options.mode ?? "live"
})

/** The configuration from options. */
export const layer = (options: Options): Layer.Layer<ShipStationConfig> =>
  Layer.succeed(ShipStationConfig, make(options))

/** What `layerConfig` reads: the options, with a key that is a plain secret. */
export interface ConfigOptions extends Omit<Options, "apiKey" | "timeout"> {
  readonly apiKey: Redacted.Redacted
  readonly timeout?: Duration.Duration | undefined
}

/** `SHIPSTATION_API_KEY`, and where set `SHIPSTATION_BASE_URL` and `SHIPSTATION_MODE`. */
const fromEnvironment: Config.Config<ConfigOptions> = Config.all({
  apiKey: Config.redacted("SHIPSTATION_API_KEY"),
  baseUrl: Config.withDefault(Config.string("SHIPSTATION_BASE_URL"), undefined),
  mode: Config.withDefault(Config.literal("live", "silent", "readOnly")("SHIPSTATION_MODE"), undefined)
})

/**
 * The configuration from Effect's `Config`; without an argument from `SHIPSTATION_API_KEY`, `SHIPSTATION_BASE_URL` and
 * `SHIPSTATION_MODE`, of which only the first must be set.
 */
export const layerConfig = (
  config: Config.Config.Wrap<ConfigOptions> = fromEnvironment
): Layer.Layer<ShipStationConfig, ConfigError.ConfigError> =>
  Layer.effect(ShipStationConfig, Effect.map(Config.unwrap(config), make))
