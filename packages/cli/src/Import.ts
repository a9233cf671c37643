/**
 * `fulfill import`: reads a file, sends it, writes the reports, says what became of it.
 */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as ConfigError from "effect/ConfigError"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as ExitCode from "./ExitCode.js"
import { describePlatformError } from "./internal/platformError.js"
import { count } from "./internal/text.js"
import * as Problem from "./Problem.js"
import * as Reports from "./Reports.js"
import * as Sending from "./Sending.js"
import * as ShipmentsFile from "./ShipmentsFile.js"
import { Signals } from "./Signals.js"
import { advice, summary } from "./Summary.js"
import { UsageError } from "./UsageError.js"

/** What to import, and how. */
export interface Options {
  readonly file: string
  /** For rows that leave it open. */
  readonly notify: ShipmentsFile.Notify | undefined
  /** Shipments per request. */
  readonly batchSize: number
  /** Where the reports go. */
  readonly directory: string
}

/** Gives the exit code. Fails if nothing was sent and there is nothing to report. */
export const importFile = Effect.fnUntraced(function*({ batchSize, directory, file, notify }: Options) {
  const opened = yield* ShipmentsFile.open({ file, notify })
  const [problems, rows] = Array.separate(yield* Stream.runCollect(opened.rows))
  if (problems.length > 0) return yield* Problem.unusable(file, problems.flat(), opened.unit)
  if (!Array.isNonEmptyReadonlyArray(rows)) return yield* new UsageError({ message: `${file}: no shipments` })
  const shipments: Reports.Shipments = { hasBom: opened.hasBom, columns: opened.columns, rows }
  return yield* sendFile(shipments, directory, batchSize).pipe(Effect.provide(layerFulfillments))
}, Effect.scoped)

const sendFile = Effect.fnUntraced(function*(file: Reports.Shipments, directory: string, batchSize: number) {
  const { apiKey, baseUrl, mode } = yield* ShipStationConfig.ShipStationConfig
  if (Redacted.value(yield* apiKey) === "") return yield* new UsageError({ message: needsKey })
  if (mode === "readOnly") {
    return yield* new UsageError({ message: "SHIPSTATION_MODE is readOnly: nothing can be sent" })
  }
  const writeReports = yield* Reports.open(directory, file).pipe(
    Effect.catchTags({
      BadArgument: (error) =>
        new UsageError({ message: `Can't write to ${directory}: ${describePlatformError(error)}` }),
      SystemError: (error) =>
        new UsageError({ message: `Can't write to ${directory}: ${describePlatformError(error)}` })
    })
  )
  yield* Console.error(announce(file, batchSize, baseUrl, mode === "silent"))

  const results = Array.map(file.rows, (row): Reports.Result => ({
    row,
    outcome: "not_sent",
    message: "The run ended before it was reached"
  }))
  const sending = yield* Effect.exit(
    Effect.raceFirst(Sending.send(file.rows, results, batchSize), sayStopping)
  )
  const written = yield* Effect.either(writeReports(results))
  const run = { ending: yield* sending, results }
  const path = yield* Path.Path
  const toSay = advice(run, (name) => path.join(directory, name))
  yield* Console.log(`${summary(run)}\n\nReports: ${directory}`)
  if (toSay.length > 0) yield* Console.error(`\n${toSay.join("\n")}`)
  if (Either.isLeft(written)) {
    yield* Console.error(`The reports could not be written to ${directory}: ${describePlatformError(written.left)}`)
    return ExitCode.internal
  }
  return Sending.exitCode(run)
})

/** Never ends by itself. */
const sayStopping = Effect.gen(function*() {
  const { first } = yield* Signals
  yield* Deferred.await(first)
  yield* Console.error("Stopping when the request under way is answered. Ctrl-C again stops now, and leaves it unknown")
  return yield* Effect.never
})

const announce = (file: Reports.Shipments, batchSize: number, baseUrl: string, silent: boolean): string => {
  const requests = Math.ceil(file.rows.length / batchSize)
  const customers = file.rows.filter(({ input }) => input.notify_customer === true).length
  const orderSources = file.rows.filter(({ input }) => input.notify_order_source === true).length
  // the host only: somebody may have put a password into the URL
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : "SHIPSTATION_BASE_URL"
  return [
    `Sending ${count(file.rows.length, "shipment")} in ${count(requests, "request")} to ${host}`,
    silent
      ? "Nobody is notified: SHIPSTATION_MODE is silent"
      : `To be notified: ${count(customers, "customer")}, and the order source of ${count(orderSources, "shipment")}`
  ].join("\n")
}

const needsKey = "SHIPSTATION_API_KEY is not set. Put a key of the ShipStation API v2 there, as an environment variable"

const describeConfigError = (error: ConfigError.ConfigError): string =>
  ConfigError.isMissingDataOnly(error) ? needsKey : `Wrong setting: ${String(error)}`

const layerFulfillments = Fulfillments.layer({
  // never used: each row says it
  notify: { customer: false, orderSource: false }
}).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provideMerge(ShipStationConfig.layerConfig()),
  Layer.catchAll((error) => Layer.fail(new UsageError({ message: describeConfigError(error) })))
)
