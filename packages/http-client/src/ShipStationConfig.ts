/**
 * Whose account is used, where the API is, and how careful to be with it.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { checkBaseUrl, isHostName } from "./internal/origin.js"
import { duration, read, type Wrong } from "./Options.js"
import * as SharedLayer from "./SharedLayer.js"

export {
  /**
   * Reads the base URL, if the key may go there. Left: which option is wrong, and what to do.
   *
   * @since 0.1.0
   * @category decoding
   */
  checkBaseUrl,
  /**
   * Can nobody on the way read or change what goes there? HTTPS, or plain HTTP to this machine or to a listed host.
   *
   * @since 0.1.0
   * @category predicates
   */
  isSafe
} from "./internal/origin.js"

/**
 * What may happen.
 *
 * - `"live"`: everything.
 * - `"silent"`: shipments are marked as shipped, but both notify flags are forced to false. (The flags are a request: what
 *   the account is configured to send on its own is ShipStation's.)
 * - `"readOnly"`: whatever isn't a GET fails before it is sent. For staging, since there is no sandbox.
 *
 * @since 0.1.0
 * @category models
 */
export type Mode = "live" | "silent" | "readOnly"

/**
 * The options, checked, with their defaults filled in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Read at each attempt, so it may rotate. */
  readonly apiKey: Effect.Effect<Redacted.Redacted, KeyError>
  readonly account: string
  readonly baseUrl: string
  readonly timeout: Duration.Duration
  readonly allowInsecureHosts: ReadonlyArray<string>
  readonly mode: Mode
}

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * A key of API v2. An effect is run at each attempt, so the key may rotate, and once more after a 401. When it fails,
   * nothing is sent, and that is tried again like a lost connection. One that takes longer than `timeout` fails.
   */
  readonly apiKey: Redacted.Redacted | Effect.Effect<Redacted.Redacted, KeyError>
  /** A name for the account, for logs and for limits that several accounts don't share. Default `"default"`. */
  readonly account?: string | undefined
  /** Where the API is, without `/v2`. Default `https://api.shipstation.com`. */
  readonly baseUrl?: string | undefined
  /** How long one attempt may take, from sending to the last byte of the answer; finite. Default 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Hosts that the key may go to over plain HTTP, such as `emulator` or `emulator:3000`. Loopback is always allowed.
   * Default none.
   */
  readonly allowInsecureHosts?: ReadonlyArray<string> | undefined
  /** Default `"live"`. */
  readonly mode?: Mode | undefined
}

/**
 * Whose account is used, where the API is, and how careful to be with it.
 *
 * @since 0.1.0
 * @category tags
 */
export class ShipStationConfig extends Context.Tag("@effect-shipstation/http-client/ShipStationConfig")<
  ShipStationConfig,
  Service
>() {}

/**
 * Checks the options and fills in the defaults. Throws at an option that can't be, and says which.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Service =>
  Either.getOrThrowWith(check(options), ([option, reason]) => new TypeError(`ShipStationConfig: ${option} ${reason}`))

/**
 * The configuration from options. An option that can't be, such as a `timeout` of 0, is a defect when the layer is built.
 * A `baseUrl` that the key may not go to is a `ShipStationConfigError` of each request.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<ShipStationConfig> =>
  Layer.sync(ShipStationConfig, () => make(options))

/**
 * What `layerConfig` reads: the options, with a key that is a plain secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions extends Omit<Options, "apiKey" | "timeout"> {
  readonly apiKey: Redacted.Redacted
  readonly timeout?: Duration.Duration | undefined
}

/**
 * The configuration from Effect's `Config`. Without an argument from `SHIPSTATION_API_KEY`, and where they are set
 * `SHIPSTATION_ACCOUNT`, `SHIPSTATION_BASE_URL`, `SHIPSTATION_MODE` and `SHIPSTATION_TIMEOUT` (such as `30 seconds`).
 *
 * Whatever can't be, the base URL included, fails when the layer is built, with the option's name. Where it is used twice in
 * one program, it is one configuration as long as it reads the same, and two where it doesn't.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config?: Config.Config.Wrap<ConfigOptions>
): Layer.Layer<ShipStationConfig, ConfigError.ConfigError> =>
  SharedLayer.make(
    Effect.map(config === undefined ? fromEnvironment : Config.unwrap(config), (options) => ({
      ...options,
      // so that lists of the same hosts are equal
      allowInsecureHosts: Data.array(options.allowInsecureHosts ?? [])
    })),
    (options) =>
      Layer.effect(
        ShipStationConfig,
        Either.mapLeft(
          Either.flatMap(check(options), checkDestination),
          ([option, reason]) =>
            ConfigError.InvalidData([config === undefined ? variables[option] ?? option : option], reason)
        )
      )
  )

/**
 * The API key could not be read: a vault that is down, say. Nothing is sent, and as that passes by itself it is tried
 * again. Don't quote the key.
 *
 * @since 0.1.0
 * @category errors
 */
export class KeyError extends Schema.TaggedError<KeyError>()("KeyError", { message: Schema.String }) {}

/** Where `layerConfig` looks for an option. */
const variables: Readonly<Record<string, string>> = {
  apiKey: "SHIPSTATION_API_KEY",
  account: "SHIPSTATION_ACCOUNT",
  baseUrl: "SHIPSTATION_BASE_URL",
  mode: "SHIPSTATION_MODE",
  timeout: "SHIPSTATION_TIMEOUT"
}

/**
 * Reads each option from its variable, for a `layerConfig` of which some options come from elsewhere.
 *
 * @since 0.1.0
 * @category constants
 */
export const environment = {
  apiKey: Config.redacted("SHIPSTATION_API_KEY"),
  account: Config.withDefault(Config.string("SHIPSTATION_ACCOUNT"), undefined),
  baseUrl: Config.withDefault(Config.string("SHIPSTATION_BASE_URL"), undefined),
  mode: Config.withDefault(Config.literal("live", "silent", "readOnly")("SHIPSTATION_MODE"), undefined),
  timeout: Config.withDefault(Config.duration("SHIPSTATION_TIMEOUT"), undefined)
}

const fromEnvironment: Config.Config<ConfigOptions> = Config.all(environment)

const check = (options: unknown): Either.Either<Service, Wrong> =>
  Either.map(readOptions(options), ({ apiKey, ...others }) => ({
    apiKey: Effect.isEffect(apiKey) ? inTime(apiKey, others.timeout) : Effect.succeed(apiKey),
    ...others
  }))

/** A vault that doesn't answer must not hold up all who wait for their turn. */
const inTime = (apiKey: Effect.Effect<Redacted.Redacted, KeyError>, timeout: Duration.Duration) =>
  Effect.timeoutFail(Effect.disconnect(apiKey), {
    duration: timeout,
    onTimeout: () => new KeyError({ message: `no key came within ${Duration.format(timeout)}` })
  })

const checkDestination = (service: Service): Either.Either<Service, Wrong> =>
  Either.mapBoth(checkBaseUrl(service.baseUrl, service.allowInsecureHosts), {
    onLeft: (reason): Wrong => ["baseUrl", reason],
    onRight: () => service
  })

const isApiKey = (u: unknown): u is Options["apiKey"] => Redacted.isRedacted(u) || Effect.isEffect(u)

/** The one message of an option, whatever is wrong with it. It follows the option's name. */
const must = (be: string) => ({ message: () => ({ message: `must be ${be}`, override: true }) })

/** The options as one schema: what can be, and the defaults. No message quotes a key. */
const Known = Schema.Struct({
  apiKey: Schema.declare(isApiKey).annotations(must("a Redacted, or an effect of one: Redacted.make(key)")),
  account: Schema.optionalWith(
    Schema.String.pipe(Schema.filter((account) => account.trim() !== "")).annotations(
      must("a name, not an empty text")
    ),
    { default: () => "default" }
  ),
  baseUrl: Schema.optionalWith(Schema.String.annotations(must("a text")), {
    default: () => "https://api.shipstation.com"
  }),
  timeout: Schema.optionalWith(
    // what was lost is looked up, and sent again, only when no answer can come any more
    duration("longer than 0, such as \"30 seconds\", and finite"),
    { default: () => Duration.seconds(30) }
  ),
  allowInsecureHosts: Schema.optionalWith(
    Schema.Array(Schema.String.pipe(Schema.filter(isHostName))).annotations(
      must("hosts, with or without a port, such as \"emulator:3000\": no URL, no pattern")
    ),
    { default: () => [] }
  ),
  mode: Schema.optionalWith(
    Schema.Literal("live", "silent", "readOnly").annotations(must("\"live\", \"silent\" or \"readOnly\"")),
    { default: () => "live" as const }
  )
})

const readOptions = read(Known)
