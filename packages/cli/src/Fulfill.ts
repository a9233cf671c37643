/**
 * The command `fulfill`: its parts, and what it ends with.
 *
 * @since 0.1.0
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schema from "effect/Schema"
import * as check from "./commands/check.js"
import * as CommandHelp from "./commands/CommandHelp.js"
import * as completions from "./commands/completions.js"
import * as dashboard from "./commands/dashboard.js"
import * as discard from "./commands/discard.js"
import * as emulator from "./commands/emulator.js"
import * as importCommand from "./commands/import.js"
import * as list from "./commands/list.js"
import * as openapi from "./commands/openapi.js"
import * as pause from "./commands/pause.js"
import * as plan from "./commands/plan.js"
import * as profiles from "./commands/profiles.js"
import * as prune from "./commands/prune.js"
import * as reconcile from "./commands/reconcile.js"
import * as resume from "./commands/resume.js"
import * as retry from "./commands/retry.js"
import * as show from "./commands/show.js"
import { stdin } from "./commands/sourceOptions.js"
import * as status from "./commands/status.js"
import * as verify from "./commands/verify.js"
import * as work from "./commands/work.js"
import * as ExitCode from "./ExitCode.js"
import * as Resolver from "./resolve/Resolver.js"
import { Invocation } from "./terminal/Invocation.js"
import { layerLogger } from "./terminal/logger.js"
import { safely } from "./terminal/SafeConsole.js"
import * as Signals from "./terminal/Signals.js"
import { printable } from "./terminal/text.js"
import { UsageError } from "./terminal/UsageError.js"

/**
 * All commands, in the order of the help.
 *
 * @since 0.1.0
 * @category constants
 */
export const commands = [
  plan.help,
  importCommand.help,
  work.help,
  status.help,
  list.help,
  show.help,
  retry.help,
  discard.help,
  pause.help,
  resume.help,
  reconcile.help,
  verify.help,
  prune.help,
  profiles.help,
  check.help,
  dashboard.help,
  emulator.help,
  openapi.help,
  completions.help
] as const

const command = Command.make("fulfill").pipe(Command.withSubcommands(Array.map(commands, ({ command }) => command)))

/** The help of all, or of one. */
const help = (name: string | undefined): HelpDoc.HelpDoc => {
  const one = commands.find((one) => one.name === name)
  return one === undefined ? CommandHelp.overview(commands) : CommandHelp.helpOf(one)
}

const sendsOrServes = new Set<string>([
  importCommand.help.name,
  work.help.name,
  dashboard.help.name,
  emulator.help.name
])

const keyInArgument = new UsageError({
  message:
    "A key isn't taken as an argument: everybody on this machine could see it in ps, and it stays in the shell's "
    + "history. Set SHIPSTATION_API_KEY, or write it into a file and say --key-file. If it was a real key, change it"
})

/** The version of the nearest package. Bundled, this module is a folder deeper. */
const version = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* Effect.firstSuccessOf(
    ["../package.json", "../../package.json"].map((name) =>
      Effect.flatMap(path.fromFileUrl(new URL(name, import.meta.url)), (file) => fs.readFileString(file))
    )
  )
  const { version } = yield* Schema.decode(Schema.parseJson(Schema.Struct({ version: Schema.String })))(file)
  return version
})

/**
 * Runs the command with its arguments, and gives what the process has to end with. All that is to be said is said.
 *
 * @since 0.1.0
 * @category execution
 */
export const run = (given: ReadonlyArray<string>) => {
  const debug = given.includes("--debug")
  const args = given.filter((arg) => arg !== "--debug")
  return Effect.gen(function*() {
    if (args.some((arg) => /^--?(api-?)?key(=|$)/i.test(arg))) return yield* keyInArgument
    if (args.length === 0 || args.includes("--help") || args.includes("-h")) {
      yield* Console.log(HelpDoc.toAnsiText(help(args[0])))
      return ExitCode.ok
    }
    const runArgs = Command.run(command, { name: "fulfill", version: yield* version })
    yield* runArgs(["node", "fulfill", ...args.map((arg) => arg === "-" ? stdin : arg)]).pipe(
      // what is under way in ShipStation is not left like that
      sendsOrServes.has(args[0] ?? "") ? Signals.orGiveUp : Signals.orStop,
      Effect.catchTag("CompletionsWanted", ({ shell }) => runArgs(["node", "fulfill", "--completions", shell]))
    )
    return ExitCode.ok
  }).pipe(
    Effect.catchTags({
      // an error without a message has an empty one
      Ended: ({ code, message }) => Effect.as(message ? Console.error(message) : Effect.void, code),
      UsageError: ({ message }) => Effect.as(Console.error(message), ExitCode.usage),
      OutboxStoreError: ({ message }) =>
        Effect.as(
          Console.error(`The database failed: ${printable(message)}. Run it again: it goes on, and repeats nothing`),
          ExitCode.temporary
        ),
      OutboxStateError: ({ message }) => Effect.as(Console.error(message), ExitCode.usage),
      OutboxRowNotFound: ({ message }) => Effect.as(Console.error(message), ExitCode.usage)
    }),
    // what was wrong is printed already
    Effect.catchIf(ValidationError.isValidationError, () => {
      const meant = CommandHelp.didYouMean(commands, args)
      return Effect.as(meant === undefined ? Effect.void : Console.error(meant), ExitCode.usage)
    }),
    // its message may quote anything
    Effect.catchAllCause((cause) => {
      const error = Cause.squash(cause)
      const name = error instanceof Error ? error.name : "unknown"
      return Effect.as(
        Console.error(debug ? Cause.pretty(cause) : `Internal error: ${name}. With --debug there is more`),
        ExitCode.internal
      )
    }),
    Logger.withMinimumLogLevel(debug ? LogLevel.Debug : LogLevel.None),
    Effect.provideService(Invocation, given),
    Effect.provide(Layer.mergeAll(layerLogger, CliConfig.layer(CommandHelp.config), Resolver.layerNone)),
    // an argument may bring colours that aren't ours
    (self) => safely(self, { colours: !given.some((arg) => arg.includes("\u001b")) })
  )
}
