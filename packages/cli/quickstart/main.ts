/**
 * A file of 250 shipments goes to an emulator of ShipStation on this machine, over a real socket. Nobody is mailed.
 */
import { ExitCode, Fulfill, Progress, Screen, ShipmentsFile, Signals } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Array, ConfigProvider, Console, Effect, Layer, Stream } from "effect"

/** Rows of the file that something is wrong with in ShipStation. Three more have a carrier that isn't set up. */
const unknownToShipStation = ["se-880132363", "se-880103433", "se-880118173", "se-880160323"]
const fulfilledBefore = ["se-880138806", "se-880106959"]

const quickstart = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const emulator = yield* Emulator.Emulator
  const { url } = yield* Emulator.Server
  const settings = ConfigProvider.fromMap(
    new Map([["SHIPSTATION_BASE_URL", url], ["SHIPSTATION_API_KEY", Emulator.defaultApiKey]])
  )

  const file = yield* path.fromFileUrl(new URL("shipments.csv", import.meta.url))
  const { rows } = yield* ShipmentsFile.open({ file, notify: { customer: true, orderSource: false } })
  const inputs = Array.map(Array.getRights(yield* Stream.runCollect(rows)), ({ input }) => input)
  yield* emulator.seed({
    shipments: inputs.filter(({ shipment_id }) => !unknownToShipStation.includes(shipment_id)),
    carriers: { ups: "UPS", fedex: "FedEx", usps: "USPS", dhl_express: "DHL Express", canada_post: "Canada Post" }
  })
  const before = inputs.filter(({ shipment_id }) => fulfilledBefore.includes(shipment_id))
  if (Array.isNonEmptyReadonlyArray(before)) {
    yield* Effect.flatMap(
      Fulfillments.Fulfillments,
      ({ create }) =>
        create(Array.map(before, (input) => ({ ...input, notify_customer: false, notify_order_source: false })))
    ).pipe(
      Effect.provide(Fulfillments.layerConfig({ notify: { customer: false, orderSource: false } })),
      Effect.withConfigProvider(settings)
    )
  }

  const directory = yield* fs.makeTempDirectory({ prefix: "fulfill-quickstart-" })
  yield* Console.error(
    [
      `ShipStation's part is played by an emulator at ${url}`,
      `$ fulfill import ${path.relative(".", file)} --notify customer --yes --out ${directory}`,
      ""
    ].join("\n")
  )
  const database = path.join(directory, "fulfill.sqlite")
  const code = yield* Fulfill.run(
    ["import", file, "--notify", "customer", "--yes", "--out", directory, "--database", database]
  ).pipe(Effect.withConfigProvider(settings))
  const [customers, orderSources] = Array.partition(
    yield* emulator.notifications,
    ({ kind }) => kind === "order_source"
  )
  yield* Console.log(
    `\nShipStation would have mailed ${customers.length} customers and told the order source of `
      + `${orderSources.length} shipments. The emulator told nobody.`
  )
  // some were rejected, as they had to be
  return code === ExitCode.rejected ? ExitCode.ok : ExitCode.internal
}).pipe(
  Effect.scoped,
  Effect.provide(
    Layer.mergeAll(
      NodeContext.layer,
      NodeHttpClient.layerUndici,
      Progress.layer,
      Screen.layer,
      Signals.layer,
      Emulator.layerServer({ acceptAnyShipment: false })
    )
  )
)

process.exitCode = await Effect.runPromise(quickstart)
