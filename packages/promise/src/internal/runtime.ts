/** The services that a client is made of. */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { ClientOptions, LogEntry } from "../Options.js"
import { check, type Checked } from "./options.js"

/** What runs the calls of one client. */
export type Runtime = ManagedRuntime.ManagedRuntime<Fulfillments.Fulfillments, never>

/** Builds the services. Throws at an option that can't be. */
export const makeRuntime = (given: ClientOptions): Runtime => {
  const options = check(given)
  const { maxBatchSize, notify, onLog, readBack } = options
  const runtime = ManagedRuntime.make(
    Fulfillments.layer({ notify, maxBatchSize, readBack }).pipe(
      Layer.provide(layerClient(options)),
      Layer.provide(onLog === undefined ? Layer.empty : layerLog(onLog))
    )
  )
  // nothing of it takes time
  const built = Effect.runSyncExit(runtime.runtimeEffect)
  if (Exit.isFailure(built)) throw Cause.squash(built.cause)
  return runtime
}

const layerClient = (options: Checked) => {
  const { account, allowInsecureHosts, baseUrl, fetch, limit, mode, timeout } = options
  const config = ShipStationConfig.layer({
    apiKey: keyOf(options.apiKey),
    account,
    allowInsecureHosts,
    baseUrl,
    mode,
    timeout
  })
  return ShipStationClient.layer.pipe(
    Layer.provide(
      limit === undefined
        ? Layer.empty
        : Layer.provide(RateLimiter.layer({ limit }), RateLimiter.layerStoreMemory)
    ),
    Layer.provide(config),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(fetch === undefined ? Layer.empty : Layer.succeed(FetchHttpClient.Fetch, fetch))
  )
}

const keyOf = (apiKey: Checked["apiKey"]): ShipStationConfig.Options["apiKey"] =>
  Predicate.isString(apiKey) ? Redacted.make(apiKey) : Effect.tryPromise({
    try: async () => Redacted.make(await apiKey()),
    catch: (error) =>
      new ShipStationConfig.KeyError({ message: error instanceof Error ? error.message : "apiKey failed" })
  })

const layerLog = (onLog: (entry: LogEntry) => unknown) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ annotations, cause, logLevel, message }) => {
      const { label } = logLevel
      if (label !== "FATAL" && label !== "ERROR" && label !== "WARN" && label !== "INFO") return
      const entry: LogEntry = {
        level: label,
        message: [message].flat().map(String).join(" "),
        cause: Cause.isEmpty(cause) ? undefined : Cause.pretty(cause),
        annotations: Object.fromEntries(HashMap.toEntries(annotations))
      }
      // who can't take it, at once or later, must not stop what is being sent
      const told = async () => onLog(entry)
      told().catch(() => {})
    })
  )
