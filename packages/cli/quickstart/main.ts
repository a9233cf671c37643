/**
 * An import that is killed half-way, and run again: nothing is lost, and nobody is told twice. An emulator on this
 * machine plays ShipStation's part, and nobody is mailed.
 */
import { ExitCode, Fulfill } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Array, ConfigProvider, Console, Effect, Layer, Schedule } from "effect"
import * as Progress from "../src/terminal/Progress.js"
import * as Screen from "../src/terminal/Screen.js"
import * as Signals from "../src/terminal/Signals.js"
import * as ShipStation from "./shipStation.js"

const say = (...lines: ReadonlyArray<string>) => Console.log(["", ...lines].join("\n"))

const quickstart = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const emulator = yield* Emulator.Emulator
  const { url } = yield* Emulator.Server

  const directory = yield* fs.makeTempDirectory({ prefix: "fulfill-quickstart-" })
  yield* fs.copyFile(ShipStation.shipments, path.join(directory, "shipments.csv"))
  yield* ShipStation.seed
  yield* emulator.setFaults(ShipStation.holding(ShipStation.inTheMiddle))

  const environment = {
    SHIPSTATION_BASE_URL: url,
    SHIPSTATION_API_KEY: Emulator.defaultApiKey,
    FULFILL_DATABASE: "outbox.sqlite"
  }
  yield* Console.log("An emulator on this machine plays ShipStation's part. Nobody is mailed.")
  yield* say(
    `$ cd ${directory}`,
    `$ export ${Object.entries(environment).map(([name, value]) => `${name}=${value}`).join(" ")}`
  )
  yield* Effect.sync(() => process.chdir(directory))

  const fulfill = (...args: ReadonlyArray<string>) =>
    say(`$ fulfill ${args.join(" ")}`).pipe(
      Effect.zipRight(Fulfill.run(args)),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
      Effect.provide(Layer.mergeAll(NodeHttpClient.layerUndici, Progress.layer, Screen.layer, Signals.layer))
    )
  /** In a process of its own. */
  const fulfillUntil = Effect.fnUntraced(function*(isTime: Effect.Effect<boolean>, ...args: ReadonlyArray<string>) {
    yield* say(`$ fulfill ${args.join(" ")}`)
    const bin = yield* path.fromFileUrl(new URL("../src/bin.ts", import.meta.url))
    const run = yield* Command.make(process.execPath, "--import", import.meta.resolve("tsx"), bin, ...args).pipe(
      Command.env(environment),
      Command.stdout("inherit"),
      Command.stderr("inherit"),
      Command.start
    )
    yield* Effect.raceFirst(
      Effect.repeat(isTime, { until: (isTime) => isTime, schedule: Schedule.spaced("50 millis") }),
      Effect.zipRight(run.exitCode, Effect.dieMessage("It ended before it was killed"))
    )
    yield* run.kill("SIGKILL")
    // the bar hid the cursor
    yield* Effect.sync(() => process.stderr.isTTY && process.stderr.write("\x1B[?25h\n"))
  }, Effect.scoped)

  // the example is of January 2026
  const reading = ["shipments.csv", "--notify", "customer", "--any-ship-date"]
  const importing = ["import", ...reading, "--batch-size", "10", "--yes"]
  const waiting = Effect.map(
    emulator.requests,
    Array.filter(({ answer, committed }) => answer === "pending" && committed > 0)
  )
  const mailed = Effect.map(emulator.notifications, Array.filter(({ kind }) => kind === "customer"))

  const planned = yield* fulfill("plan", ...reading)

  yield* fulfillUntil(Effect.map(waiting, ({ length }) => length === ShipStation.inTheMiddle.length), ...importing)
  const unheard = (yield* waiting).flatMap(({ fulfillmentIds }) => fulfillmentIds)
  const mailedUnheard = (yield* mailed).filter(({ fulfillment_id }) => unheard.includes(fulfillment_id))
  yield* say(
    `Killed with kill -9, as a power cut would. ${ShipStation.inTheMiddle.length} requests were under way: ShipStation has fulfilled their`,
    `${unheard.length} shipments and mailed ${mailedUnheard.length} customers, but nobody heard its answers.`
  )
  yield* emulator.setFaults([])
  yield* emulator.release
  yield* fulfill("status")

  const imported = yield* fulfill(...importing)

  const twice = yield* emulator.notifiedAgain
  yield* say(
    `What the emulator saw: ${(yield* mailed).length} customers mailed, `
      + `${
        twice.length === 0 ? "nobody" : `${twice.length} of them`
      } twice. Sending again what was under way would have`,
    `mailed ${mailedUnheard.length} of them twice.`,
    "",
    `Reports and outbox: ${directory}`
  )
  // some were rejected, as they had to be
  if (planned !== ExitCode.ok || imported !== ExitCode.rejected || twice.length > 0) process.exitCode = 1
})

quickstart.pipe(
  Effect.scoped,
  Effect.provide(Layer.mergeAll(NodeContext.layer, Progress.layer, Emulator.layerServer(ShipStation.options))),
  NodeRuntime.runMain
)
