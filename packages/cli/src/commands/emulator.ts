import type * as Emulator from "@effect-shipstation/emulator/Emulator"
import type * as SeedFile from "@effect-shipstation/emulator/SeedFile"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ExitCode from "../ExitCode.js"
import * as Location from "../outbox/Location.js"
import { notListening } from "../terminal/listening.js"
import { describePlatformError } from "../terminal/platformError.js"
import { Signals } from "../terminal/Signals.js"
import { printable } from "../terminal/text.js"
import { endWith, UsageError } from "../terminal/UsageError.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "emulator",
  {
    port: CommonOptions.port,
    host: Options.text("host").pipe(
      Options.withDescription("The address to listen on. Others than 127.0.0.1 let in whoever can reach this machine."),
      Options.withDefault("127.0.0.1")
    ),
    allowHost: Options.text("allow-host").pipe(
      Options.withPseudoName("name"),
      Options.withDescription(
        "A name, besides localhost, that it may be asked by, such as that of a service of Docker Compose. May be given several "
          + "times."
      ),
      Options.repeated
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
  ({ allowHost, alreadyFulfilled, anyShipment, host, port, seed: seedFile }) =>
    Effect.gen(function*() {
      const Emulator = yield* load
      const seed = Option.isSome(seedFile) ? yield* readSeed(seedFile.value) : {}
      const options = {
        host,
        port,
        allowedHosts: allowHost,
        alreadyFulfilled,
        acceptAnyShipment: anyShipment || undefined,
        ...seed
      }
      const key = seed.accounts === undefined ? Emulator.defaultApiKey : "<a key of the seed>"
      yield* Effect.provide(serve(Emulator.Server, key), Emulator.layerServer(options))
    }).pipe(Effect.catchTag("ServeError", notListening({ host, port })))
).pipe(Command.withDescription("Runs an emulator of ShipStation on this machine, to try things out."))

/** Loaded where it is needed only: it has a web server, and pages. */
const load = Effect.promise(() => import("@effect-shipstation/emulator/Emulator"))

const serve = Effect.fnUntraced(function*(server: typeof Emulator.Server, key: string) {
  const { url } = yield* server
  yield* Console.log(url)
  const memory = yield* Location.existing(url)
  yield* Console.error(
    [
      "An emulator of ShipStation. It mails nobody, and forgets all when it ends (Ctrl-C).",
      "Open this address in a browser to watch it. To use it:",
      `  export SHIPSTATION_BASE_URL=${url} SHIPSTATION_API_KEY=${key}`,
      ...Option.match(memory, {
        onNone: () => [],
        // else a file that is tried again is sent to nobody, as it was sent to the emulator of before
        onSome: (path) => [
          `What was sent to an emulator before is remembered in ${printable(path)}, and isn't sent to this one.`,
          "To try it once more, delete that file, and the folder with its reports."
        ]
      })
    ].join("\n")
  )
  const { first } = yield* Signals
  return yield* endWith(ExitCode.ofSignal(yield* Deferred.await(first)))
})

const readSeed = Effect.fnUntraced(
  function*(file: string): Effect.fn.Return<SeedFile.SeedFile, UsageError, FileSystem.FileSystem> {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(file).pipe(
      Effect.mapError((error) =>
        new UsageError({ message: `Can't read ${printable(file)}: ${printable(describePlatformError(error))}` })
      )
    )
    yield* parseJson(file, text)
    const { decode } = yield* Effect.promise(() => import("@effect-shipstation/emulator/SeedFile"))
    return yield* Effect.mapError(decode(text), (problems) =>
      new UsageError({
        message: [
          `${printable(file)} can't be used:`,
          // without a path the whole document is meant
          ...problems.map(({ message, path }) => `  ${path === "" ? "" : `${printable(path)}: `}${printable(message)}`)
        ].join("\n")
      }))
  }
)

/** Tells by itself that a file isn't JSON at all: that is no matter of what a seed may have. */
const parseJson = (file: string, text: string): Either.Either<unknown, UsageError> =>
  Either.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) =>
      new UsageError({
        message: `${printable(file)} isn't JSON: ${printable(cause instanceof Error ? cause.message : String(cause))}`
      })
  })

/** `fulfill emulator`. */
export const help = CommandHelp.make(command, {
  summary: "runs an emulator of ShipStation, to try things out",
  examples: ["fulfill emulator --port 4010", "fulfill emulator --seed seed.json --already-fulfilled accept"],
  environment: []
})
