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
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ExitCode from "../ExitCode.js"
import { describePlatformError } from "../terminal/platformError.js"
import { printable } from "../terminal/text.js"
import { Ended, UsageError } from "../terminal/UsageError.js"
import * as Place from "./Place.js"
import { describeRefusal } from "./refusal.js"
import { isTls, tlsHint } from "./tls.js"

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
    if (Redacted.value(apiKey) === "") return yield* needsKey
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
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(
    Effect.mapBoth({
      onFailure: (error) =>
        // the name isn't quoted: somebody may have given the key itself
        new UsageError({ message: `Can't read the file of --key-file: ${describePlatformError(error)}` }),
      onSuccess: (text) => Redacted.make(text.trim())
    })
  )

const needsKey = new UsageError({
  message: "SHIPSTATION_API_KEY is not set. Put a key of the ShipStation API v2 there, as an environment variable, or "
    + "into a file and say --key-file"
})

/** The call, with the limits of the database. `limit` is in requests a minute, if it isn't the usual one. */
export const layer = (limit?: number): Layer.Layer<
  Accounts.Accounts | Fulfillments.Fulfillments,
  never,
  ShipStationConfig.ShipStationConfig | RateLimiter.RateLimiterStore | HttpClient.HttpClient
> =>
  Accounts.layer.pipe(
    Layer.provideMerge(Fulfillments.layer({
      // never used: each row says it
      notify: { customer: false, orderSource: false }
    })),
    Layer.provide(ShipStationClient.layer),
    Layer.provide(RateLimiter.layer({ limit }))
  )

/**
 * Asks the list for one fulfillment, so that a wrong key or address is known before anything is taken. Fails if an operator
 * paused the account.
 */
export const check = Effect.gen(function*() {
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
  yield* list({ page_size: 1 }).pipe(
    RetryPolicy.withRetryPolicy(RetryPolicy.none),
    Effect.catchAll((error) => refuse(error))
  )
  yield* Place.claim(new URL(baseUrl).hostname)
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

const refuse = (error: Fulfillments.ListError): Effect.Effect<void, UsageError | Ended> => {
  const message = printable(error.message)
  const reason = message.replace(/^Not sent: /, "")
  switch (error._tag) {
    case "InvalidFulfillmentError":
      return Effect.dieMessage("The question was wrong")
    case "ShipStationConfigError":
      return new UsageError({ message: `SHIPSTATION_BASE_URL can't be used: ${reason}` })
    case "ShipStationRateLimitError":
      // the limiter knows, and waits
      return Effect.void
  }
  if (error.concerns === "account") {
    return error.delivery === "unsent"
      ? new UsageError({ message: `Check the key in SHIPSTATION_API_KEY or --key-file: ${reason}` })
      : new Ended({ code: ExitCode.refused, message: describeRefusal(error) })
  }
  if (isTls(message)) {
    return new UsageError({ message: `ShipStation can't be reached: ${message}${tlsHint(message)}. Nothing was sent` })
  }
  return error.status === 404
    ? new UsageError({ message: `There is no ShipStation API at SHIPSTATION_BASE_URL: ${message}` })
    : new Ended({ code: ExitCode.temporary, message: `ShipStation can't be reached: ${message}. Nothing was sent` })
}

/** Where it is, for a person. The host only: somebody may have put a password into the URL. */
export const host = (baseUrl: string): string => URL.canParse(baseUrl) ? new URL(baseUrl).host : "SHIPSTATION_BASE_URL"
