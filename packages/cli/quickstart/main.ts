/**
 * An import that is killed half-way, and run again: nothing is lost, and nobody is told twice. An emulator on this
 * machine plays ShipStation's part, and nobody is mailed.
 */
import { ExitCode, Fulfill, Progress, Screen, ShipmentsFile, Signals } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Array, ConfigProvider, Console, Effect, Layer, Schedule, Stream } from "effect"

/** Shipments that ShipStation will refuse. Three more have a carrier that isn't set up. */
const unknownToShipStation = ["se-880132363", "se-880103433", "se-880118173", "se-880160323"]
const cancelled = ["se-880138806", "se-880106959"]

/** One of each of four requests in the middle: so many are under way at once. */
const held = ["se-880141725", "se-880145831", "se-880148294", "se-880154095"]

const emulator = Emulator.layerServer({
  acceptAnyShipment: false,
  carriers: { ups: "UPS", fedex: "FedEx", usps: "USPS", dhl_express: "DHL Express", canada_post: "Canada Post" },
  // what is sent a second time is done and mailed a second time, or nothing would be proven here
  alreadyFulfilled: "accept",
  // these are done, and their answers wait
  faults: held.map((shipmentId) => ({ endpoint: "create", shipmentId, action: { _tag: "Hold", when: "after" } }))
})

const say = (...lines: ReadonlyArray<string>) => Console.log(["", ...lines].join("\n"))

const quickstart = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const shipStation = yield* Emulator.Emulator
  const { url } = yield* Emulator.Server

  const directory = yield* fs.makeTempDirectory({ prefix: "fulfill-quickstart-" })
  const file = path.join(directory, "shipments.csv")
  yield* fs.copyFile(yield* path.fromFileUrl(new URL("shipments.csv", import.meta.url)), file)
  const { rows } = yield* ShipmentsFile.open({ file, notify: { customer: true, orderSource: false } })
  const ids = Array.map(Array.getRights(yield* Stream.runCollect(rows)), ({ input }) => input.shipment_id)
  yield* shipStation.seed({
    shipments: Array.difference(ids, unknownToShipStation).map((shipment_id) => ({
      shipment_id,
      cancelled: cancelled.includes(shipment_id)
    }))
  })

  const environment = { SHIPSTATION_BASE_URL: url, SHIPSTATION_API_KEY: Emulator.defaultApiKey }
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

  const importing = ["import", "shipments.csv", "--notify", "customer", "--batch-size", "10", "--yes"]
  const waiting = Effect.map(
    shipStation.requests,
    Array.filter(({ answer, committed }) => answer === "pending" && committed > 0)
  )
  const mailed = Effect.map(shipStation.notifications, Array.filter(({ kind }) => kind === "customer"))

  const planned = yield* fulfill("plan", "shipments.csv", "--notify", "customer")

  yield* fulfillUntil(Effect.map(waiting, ({ length }) => length === held.length), ...importing)
  const unheard = (yield* waiting).flatMap(({ fulfillmentIds }) => fulfillmentIds)
  const mailedUnheard = (yield* mailed).filter(({ fulfillment_id }) => unheard.includes(fulfillment_id))
  yield* say(
    `Killed with kill -9, as a power cut would. ${held.length} requests were under way: ShipStation has fulfilled their`,
    `${unheard.length} shipments and mailed ${mailedUnheard.length} customers, but nobody heard its answers.`
  )
  yield* shipStation.setFaults([])
  yield* shipStation.release
  yield* fulfill("status")

  const imported = yield* fulfill(...importing)

  const twice = yield* shipStation.notifiedAgain
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
  Effect.provide(Layer.merge(NodeContext.layer, emulator)),
  NodeRuntime.runMain
)
