/**
 * The account that is worked for: its key, where the API is, and whether both are any good.
 */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Carriers from "@effect-shipstation/shipments/Carriers"
import * as Shipments from "@effect-shipstation/shipments/Shipments"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ExitCode from "../ExitCode.js"
import { layerShipments } from "../resolve/Lookup.js"
import type * as Resolver from "../resolve/Resolver.js"
import { quoted } from "../terminal/Invocation.js"
import { describePlatformError } from "../terminal/platformError.js"
import type { Progress } from "../terminal/Progress.js"
import { refuse } from "../terminal/refusal.js"
import { Ended, UsageError } from "../terminal/UsageError.js"
import * as Host from "./Host.js"

/** What an argument says; else the environment does. */
export interface Options {
  readonly keyFile: string | undefined
  readonly mode: ShipStationConfig.Mode | undefined
}

/** What may happen. */
export const mode = (given: ShipStationConfig.Mode | undefined): Effect.Effect<ShipStationConfig.Mode, UsageError> =>
  given === undefined
    ? fromEnvironment(
      Config.withDefault(Config.literal("live", "silent", "readOnly")("SHIPSTATION_MODE"), "live" as const)
    )
    : Effect.succeed(given)

/** The configuration. */
export const layerConfig = (
  { keyFile, mode: given }: Options
): Layer.Layer<ShipStationConfig.ShipStationConfig, UsageError, FileSystem.FileSystem> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const apiKey = yield* keyFile === undefined ? keyFromEnvironment : keyFrom(keyFile)
    if (Redacted.value(apiKey) === "") return yield* keyFile === undefined ? needsKey : emptyKeyFile
    return ShipStationConfig.layer({
      apiKey,
      baseUrl: yield* fromEnvironment(Config.withDefault(Config.string("SHIPSTATION_BASE_URL"), undefined)),
      mode: yield* mode(given)
    })
  }))

const fromEnvironment = <A>(config: Config.Config<A>): Effect.Effect<A, UsageError> =>
  Effect.mapError(config, (error) =>
    ConfigError.isMissingDataOnly(error)
      ? needsKey
      : new UsageError({ message: `Wrong setting: ${String(error)}` }))

const keyFromEnvironment = fromEnvironment(Config.redacted("SHIPSTATION_API_KEY"))

const keyFrom = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(file)
    const { mode, type } = yield* fs.stat(file)
    // Windows has no such permissions, and a pipe is gone when it was read
    if (process.platform !== "win32" && type === "File" && (mode & 0o044) !== 0) {
      yield* Console.error(
        `Others can read the file of --key-file, and so send in your name. To stop that: chmod 600 ${quoted(file)}`
      )
    }
    const flaw = flawOfKeyFile(text)
    return flaw === undefined ? Redacted.make(text.trim()) : yield* new UsageError({ message: flaw })
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "UsageError"
        ? error
        // the name isn't quoted: somebody may have given the key itself
        : new UsageError({ message: `Can't read the file of --key-file: ${describePlatformError(error)}` })
    )
  )

/** Nothing of it is quoted. */
const flawOfKeyFile = (text: string): string | undefined => {
  if (text.includes("\0")) return "The file of --key-file is no plain text: save it as UTF-8"
  if (/^\s*(?:export\s+)?[A-Z]+_[A-Z_]+\s*[=:]/.test(text)) {
    return "The file of --key-file has a name before the key: leave only the key in it"
  }
  return /^\s*["']/.test(text)
    ? "The file of --key-file has quotes around the key: leave only the key in it"
    : undefined
}

const emptyKeyFile = new UsageError({
  message: "The file of --key-file is empty: write a key of the ShipStation API v2 into it"
})

const needsKey = new UsageError({
  message: "SHIPSTATION_API_KEY is not set. Put a key of the ShipStation API v2 there, as an environment variable, or "
    + "into a file and say --key-file"
})

/** The call, with the limits of the database. `limit` is in requests a minute, if it isn't the usual one. */
export const layer = (limit?: number): Layer.Layer<
  Accounts.Accounts | Fulfillments.Fulfillments,
  never,
  ShipStationConfig.ShipStationConfig | RateLimiter.RateLimiterStore | HttpClient.HttpClient
> => Layer.provide(call, client(limit))

/** The call, and what looks up for it, on one client. */
export const layerWithResolver = (limit?: number): Layer.Layer<
  Accounts.Accounts | Fulfillments.Fulfillments | Resolver.Resolver,
  never,
  ShipStationConfig.ShipStationConfig | RateLimiter.RateLimiterStore | HttpClient.HttpClient | Progress
> => Layer.provide(Layer.merge(call, resolver), client(limit))

/** What looks up, without the call. */
export const layerResolver = (limit?: number): Layer.Layer<
  Resolver.Resolver,
  never,
  ShipStationConfig.ShipStationConfig | RateLimiter.RateLimiterStore | HttpClient.HttpClient | Progress
> => Layer.provide(resolver, client(limit))

/** The carriers of the account. */
export const layerCarriers: Layer.Layer<
  Carriers.Carriers,
  never,
  ShipStationConfig.ShipStationConfig | RateLimiter.RateLimiterStore | HttpClient.HttpClient
> = Layer.suspend(() => Layer.provide(Carriers.layer(), client(undefined)))

const client = (limit: number | undefined) => Layer.provide(ShipStationClient.layer, RateLimiter.layer({ limit }))

const call = Layer.suspend(() =>
  Layer.provideMerge(
    Accounts.layer,
    Fulfillments.layer({
      // never used: each row says it
      notify: { customer: false, orderSource: false }
    })
  )
)

const resolver = Layer.suspend(() => Layer.provide(layerShipments, Layer.merge(Shipments.layer, Carriers.layer())))

/** Whether there is a key, or a file that should have it. */
export const hasKey = (keyFile: string | undefined): Effect.Effect<boolean> =>
  keyFile !== undefined
    ? Effect.succeed(true)
    : Effect.match(keyFromEnvironment, { onFailure: () => false, onSuccess: (key) => Redacted.value(key) !== "" })

/**
 * Asks the list for one fulfillment, so that a wrong key or address is known before anything is taken, unless ShipStation
 * `hasAnswered` something else. Fails if an operator paused the account.
 */
export const check = Effect.fnUntraced(function*(hasAnswered: boolean) {
  const outbox = yield* Outbox.Outbox
  const { baseUrl, mode } = yield* ShipStationConfig.ShipStationConfig
  if (mode === "readOnly") {
    return yield* new UsageError({ message: "The mode is readOnly (SHIPSTATION_MODE or --mode): nothing can be sent" })
  }
  const account = (yield* outbox.accounts).find((one) => one.account === Accounts.defaultAccount)
  if (account?.paused?.by._tag === "Operator") {
    return yield* isPaused
  }
  const { list } = yield* Fulfillments.Fulfillments
  yield* hasAnswered ? Effect.void : list({ page_size: 1 }).pipe(
    RetryPolicy.withRetryPolicy(RetryPolicy.none),
    Effect.catchAll(refuseCheck)
  )
  yield* Host.keepTo(new URL(baseUrl).hostname)
})

/** After `check`: a pause that a worker made ends, as the key is taken now. Fails if an operator paused the account since. */
export const resume = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  if (!(yield* outbox.resumeRefused())) return yield* isPaused
})

const isPaused = new Ended({
  code: ExitCode.temporary,
  message: "The account is paused by an operator, and nothing is sent. To go on: fulfill resume"
})

const refuseCheck = (error: Fulfillments.ListError): Effect.Effect<void, UsageError | Ended> => {
  switch (error._tag) {
    case "InvalidFulfillmentError":
      return Effect.dieMessage("The question was wrong")
    case "ShipStationRateLimitError":
      // the limiter knows, and waits
      return Effect.void
    default:
      return refuse(error)
  }
}

/** Where it is, for a person. The host only: somebody may have put a password into the URL. */
export const host = (baseUrl: string): string => URL.canParse(baseUrl) ? new URL(baseUrl).host : "SHIPSTATION_BASE_URL"
