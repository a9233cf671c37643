import { ShipStationConfig } from "@effect-shipstation/http-client/ShipStationConfig"
import * as OutboxWorker from "@effect-shipstation/outbox/OutboxWorker"
import * as Command from "@effect/cli/Command"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as ExitCode from "../ExitCode.js"
import * as Drain from "../import/Drain.js"
import * as ShipStation from "../outbox/ShipStation.js"
import { layerJsonLogger } from "../terminal/logger.js"
import * as Signals from "../terminal/Signals.js"
import { Ended } from "../terminal/UsageError.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const work = Effect.fnUntraced(function*(batchSize: number) {
  yield* Signals.orStop(Effect.zipRight(ShipStation.check(false), ShipStation.resume))
  const { first } = yield* Signals.Signals
  return yield* Effect.scoped(Effect.gen(function*() {
    const worker = yield* OutboxWorker.make(yield* Drain.workerOptions(batchSize))
    yield* Effect.annotateLogs(Effect.logInfo("Working"), "shipstation.worker", worker.name)
    const { mode } = yield* ShipStationConfig
    if (mode === "silent") yield* Effect.logWarning(silently)
    const signal = Effect.tap(Deferred.await(first), (signal) => Effect.logInfo(`Stopping after ${signal}`))
    const refused = Drain.whyPaused.pipe(
      Effect.flatMap((ending) =>
        ending?._tag === "Refused"
          ? new Ended({ code: ExitCode.refused, message: ending.message })
          : Effect.void
      ),
      Effect.repeat(Schedule.spaced("1 second")),
      Effect.zipRight(Effect.never)
    )
    const code = ExitCode.ofSignal(yield* Effect.raceFirst(signal, refused))
    return yield* new Ended({ code })
  }))
})

/** The rows have what was offered, and no place for what became of it. */
const silently =
  "Nobody is notified, as the mode is silent: not now, and of what is sent by it never. list, show and the "
  + "dashboard go on telling what was offered"

const command = Command.make(
  "work",
  {
    batchSize: CommonOptions.batchSize,
    requestsPerMinute: CommonOptions.requestsPerMinute,
    mode: CommonOptions.mode,
    keyFile: CommonOptions.keyFile,
    database: CommonOptions.database,
    json: CommonOptions.json
  },
  ({ batchSize, database, json, keyFile, mode, requestsPerMinute }) =>
    work(batchSize).pipe(
      Effect.provide(
        ShipStation.layer(Option.getOrUndefined(requestsPerMinute)).pipe(
          Layer.provideMerge(
            ShipStation.layerConfig({ keyFile: Option.getOrUndefined(keyFile), mode: Option.getOrUndefined(mode) })
          ),
          Layer.provideMerge(CommonOptions.layerDatabase(database, "create")),
          Layer.provideMerge(json ? layerJsonLogger : Layer.empty)
        )
      ),
      Logger.withMinimumLogLevel(LogLevel.Info)
    )
).pipe(Command.withDescription(
  "Sends what is in the outbox, and what comes in, until it is told to stop by SIGTERM or Ctrl-C. Several may run at once, "
    + "on several machines with Postgres. It ends by itself only if the key or the account is refused. It logs on stderr."
))

/** `fulfill work`. */
export const help = CommandHelp.make(command, {
  summary: "sends what is in the outbox, and what comes in, until it is stopped",
  examples: [
    "fulfill work",
    "FULFILL_DATABASE=postgres://worker:secret@db.example.com/shop fulfill work --json"
  ],
  environment: CommandHelp.sending
})
