/**
 * The command `fulfill`: what it takes, and what it does.
 */
import * as Emulator from "@effect-shipstation/emulator/Emulator"
import * as SeedFile from "@effect-shipstation/emulator/SeedFile"
import * as Args from "@effect/cli/Args"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { planCommand } from "./commands/plan.js"
import { stdin } from "./commands/source.js"
import * as ExitCode from "./ExitCode.js"
import * as Import from "./Import.js"
import { Signals } from "./Signals.js"
import { UsageError } from "./UsageError.js"

/** A command that has said all there is to say, and ends with another code than 0. */
class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {}

const endWith = (code: number) => code === ExitCode.ok ? Effect.void : Effect.fail(new Ended({ code }))

const importCommand = Command.make(
  "import",
  {
    // not `Args.file`, which breaks where a part of the path is a file
    file: Args.text({ name: "file.csv" }).pipe(
      Args.withDescription(
        "CSV with the columns shipment_id, tracking_number, carrier_code, and where needed ship_date, notify_customer, "
          + "notify_order_source. Other columns are passed on to the reports."
      )
    ),
    notify: Options.choiceWithValue("notify", [
      ["none", { customer: false, orderSource: false }],
      ["customer", { customer: true, orderSource: false }],
      ["order-source", { customer: false, orderSource: true }],
      ["both", { customer: true, orderSource: true }]
    ]).pipe(
      Options.withDescription("Who is notified, for rows that leave it open. A cell of the file wins."),
      Options.optional
    ),
    batchSize: Options.integer("batch-size").pipe(
      Options.filterMap(
        Option.liftPredicate((size: number) => size >= 1 && size <= 500),
        "--batch-size must be 1 to 500"
      ),
      Options.withDescription("Shipments per request, 1 to 500."),
      Options.withDefault(100)
    ),
    out: Options.text("out").pipe(
      Options.withDescription("Directory for the reports. Default: the file's name and -outcomes, beside the file."),
      Options.optional
    )
  },
  Effect.fnUntraced(function*({ batchSize, file, notify, out }) {
    const path = yield* Path.Path
    const { dir, name } = path.parse(file)
    const code = yield* Import.importFile({
      file,
      notify: Option.getOrUndefined(notify),
      batchSize,
      directory: Option.getOrElse(out, () => path.join(dir, `${name}-outcomes`))
    })
    return yield* endWith(code)
  })
).pipe(Command.withDescription(
  "Marks the shipments of a file as shipped. All rows are checked first; a bad row stops the import before anything is sent."
))

const emulatorCommand = Command.make(
  "emulator",
  {
    port: Options.integer("port").pipe(
      Options.withSchema(Schema.Number.pipe(Schema.between(0, 65_535, { message: () => "must be from 0 to 65535" }))),
      Options.withDescription("The port to listen on. 0 picks a free one."),
      Options.withDefault(0)
    ),
    host: Options.text("host").pipe(
      Options.withDescription("The address to listen on. Others than 127.0.0.1 let in whoever can reach this machine."),
      Options.withDefault("127.0.0.1")
    ),
    seed: Options.text("seed").pipe(
      Options.withDescription(
        "JSON with what there is: shipments, fulfillments, carriers, accounts, faults. Without shipments each id is "
          + "taken for one."
      ),
      Options.optional
    ),
    anyShipment: Options.boolean("any-shipment").pipe(
      Options.withDescription("Take each id for a shipment, whatever the seed has.")
    ),
    alreadyFulfilled: Options.choice("already-fulfilled", ["item", "400", "409", "accept"]).pipe(
      Options.withDescription(
        "What a shipment gets that is fulfilled already: a message in its item, a refusal of the whole request, or "
          + "(accept) it is fulfilled and notified again."
      ),
      Options.withDefault("item")
    )
  },
  ({ alreadyFulfilled, anyShipment, host, port, seed: seedFile }) =>
    Effect.gen(function*() {
      const seed = Option.isSome(seedFile) ? yield* readSeed(seedFile.value) : {}
      const options = { host, port, alreadyFulfilled, acceptAnyShipment: anyShipment || undefined, ...seed }
      const key = seed.accounts === undefined ? Emulator.defaultApiKey : "<a key of the seed>"
      yield* Effect.provide(serve(key), Emulator.layerServer(options))
    }).pipe(
      Effect.catchTag("ServeError", () => new UsageError({ message: `Can't listen on port ${port} of ${host}` }))
    )
).pipe(Command.withDescription("Runs an emulator of ShipStation on this machine, to try things out."))

const serve = Effect.fnUntraced(function*(key: string) {
  const { url } = yield* Emulator.Server
  yield* Console.log(url)
  yield* Console.error(
    [
      "An emulator of ShipStation. It mails nobody, and forgets all when it ends (Ctrl-C).",
      "Open this address in a browser to watch it. To use it:",
      `  export SHIPSTATION_BASE_URL=${url} SHIPSTATION_API_KEY=${key}`
    ].join("\n")
  )
  const { first } = yield* Signals
  return yield* endWith(ExitCode.ofSignal(yield* Deferred.await(first)))
})

const readSeed = Effect.fnUntraced(
  function*(file: string): Effect.fn.Return<SeedFile.SeedFile, UsageError, FileSystem.FileSystem> {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(file).pipe(
      Effect.mapError(({ message }) => new UsageError({ message: `Can't read ${file}: ${message}` }))
    )
    return yield* Effect.mapError(SeedFile.decode(text), (problems) =>
      new UsageError({
        message: [`${file} can't be used:`, ...problems.map(({ message, path }) => `  ${path}: ${message}`)].join("\n")
      }))
  }
)

const openapiCommand = Command.make(
  "openapi",
  {},
  Effect.fnUntraced(function*() {
    const { openApi } = yield* Effect.promise(() => import("@effect-shipstation/emulator/ShipStationApi"))
    yield* Console.log(JSON.stringify(openApi, null, 2))
  })
).pipe(Command.withDescription("Prints what is known about the API of ShipStation, as an OpenAPI 3.1 document."))

const command = Command.make("fulfill").pipe(
  Command.withDescription("Marks shipments as shipped in ShipStation."),
  Command.withSubcommands([planCommand(endWith), importCommand, emulatorCommand, openapiCommand])
)

const list = (title: string, items: Array.NonEmptyReadonlyArray<string>) =>
  HelpDoc.sequence(HelpDoc.h1(title), HelpDoc.enumeration(Array.map(items, (item) => HelpDoc.p(item))))

const footer = HelpDoc.sequence(
  list("ENVIRONMENT", [
    "SHIPSTATION_API_KEY: a key of the ShipStation API v2, needed to import",
    "SHIPSTATION_BASE_URL: https://api.shipstation.com if not set",
    "SHIPSTATION_MODE: live (if not set), silent (notifies nobody) or readOnly (sends nothing)"
  ]),
  list("EXIT CODES", ExitCode.meanings)
)

/** Runs the command with its arguments, and gives what the process has to end with. All that is to be said is said. */
export const run = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { version } = yield* path.fromFileUrl(new URL("../package.json", import.meta.url)).pipe(
    Effect.flatMap((file) => fs.readFileString(file)),
    Effect.flatMap(Schema.decode(Schema.parseJson(Schema.Struct({ version: Schema.String }))))
  )
  yield* Command.run(command, { name: "fulfill", version, footer })([
    "node",
    "fulfill",
    ...args.map((arg) => arg === "-" ? stdin : arg)
  ])
  return ExitCode.ok
}, (effect) =>
  effect.pipe(
    Effect.catchTags({
      Ended: ({ code }) => Effect.succeed(code),
      UsageError: ({ message }) => Effect.as(Console.error(message), ExitCode.usage)
    }),
    // what was wrong is printed already
    Effect.catchIf(ValidationError.isValidationError, () => Effect.succeed(ExitCode.usage)),
    // its message may quote anything
    Effect.catchAllCause((cause) => {
      const error = Cause.squash(cause)
      return Effect.as(
        Console.error(`Internal error: ${error instanceof Error ? error.name : "unknown"}`),
        ExitCode.internal
      )
    }),
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  ))
