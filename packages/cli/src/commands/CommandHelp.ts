/**
 * A command, and what its `--help` tells: description, arguments and options come from the command itself.
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Span from "@effect/cli/HelpDoc/Span"
import * as Usage from "@effect/cli/Usage"
import * as Array from "effect/Array"
import * as Option from "effect/Option"
import * as ExitCode from "../ExitCode.js"
import { nearest } from "../terminal/nearest.js"
import { printable } from "../terminal/text.js"

/** How arguments are read. */
export const config: CliConfig.CliConfig = { ...CliConfig.defaultConfig, isCaseSensitive: true, showBuiltIns: false }

/** What a command's help tells that the command doesn't know. */
export interface Texts {
  /** One line. */
  readonly summary: string
  readonly examples: Array.NonEmptyReadonlyArray<string>
  /** What it reads of the environment. */
  readonly environment: ReadonlyArray<string>
}

/** The help of a command. */
export interface CommandHelp extends Texts {
  readonly name: string
  readonly usage: Usage.Usage
  /** Description, arguments and options. */
  readonly body: HelpDoc.HelpDoc
}

/** A command with its help. */
export const make = <Name extends string, R, E, A>(command: Command.Command<Name, R, E, A>, texts: Texts) => ({
  ...texts,
  command,
  name: Array.fromIterable(Command.getNames(command)).join(),
  usage: Command.getUsage(command),
  body: Command.getHelp(command, config)
})

/** Variables that commands read. */
export const environment = {
  key: "SHIPSTATION_API_KEY: a key of the ShipStation API v2. Or a file: see --key-file",
  baseUrl: "SHIPSTATION_BASE_URL: https://api.shipstation.com if not set",
  mode: "SHIPSTATION_MODE: live (if not set), silent (notifies nobody) or readOnly (sends nothing). --mode wins",
  database: "FULFILL_DATABASE: instead of --database, for a URL with a password, which others could see in ps"
} as const

/** For commands that send. */
export const sending: Array.NonEmptyReadonlyArray<string> = [
  environment.key,
  environment.baseUrl,
  environment.mode,
  environment.database
]

/** The help of one command. */
export const helpOf = ({ body, environment, examples, usage }: CommandHelp): HelpDoc.HelpDoc =>
  HelpDoc.blocks([
    HelpDoc.h1("USAGE"),
    ...Usage.enumerate(usage, config).map((span) => HelpDoc.p(Span.concat(Span.text("fulfill "), span))),
    body,
    list("EXAMPLES", examples),
    ...(Array.isNonEmptyReadonlyArray(environment) ? [list("ENVIRONMENT", environment)] : []),
    list("EXIT CODES, THE FIRST THAT APPLIES", ExitCode.meanings)
  ])

/** An option, and what it takes: names with `|` between them, or a kind of text. Undefined: nothing. */
interface OptionUsage {
  readonly names: ReadonlyArray<string>
  readonly takes: string | undefined
}

/** A command's options. */
const optionsOf = (usage: Usage.Usage): ReadonlyArray<OptionUsage> => {
  switch (usage._tag) {
    case "Named":
      return [{ names: usage.names, takes: Option.getOrUndefined(usage.acceptedValues) }]
    case "Optional":
    case "Repeated":
      return optionsOf(usage.usage)
    case "Alternation":
    case "Concat":
      return [...optionsOf(usage.left), ...optionsOf(usage.right)]
    default:
      return []
  }
}

/** What was probably meant by a command, or an option of one, that there isn't. */
export const didYouMean = (commands: ReadonlyArray<CommandHelp>, [first = "", ...rest]: ReadonlyArray<string>) => {
  const found = commands.find(({ name }) => name === first)
  if (found === undefined) {
    const meant = nearest(first, commands.map(({ name }) => name))
    return meant === undefined ? undefined : `Did you mean ${meant}? All commands: fulfill --help`
  }
  const options = optionsOf(found.usage)
  const names = options.flatMap(({ names }) => names)
  const wrong = rest.flatMap((arg) => /^--[^=]+/.exec(arg) ?? []).filter((name) => !names.includes(name))
  const [meant] = wrong.flatMap((name) => nearest(name, names) ?? [])
  if (meant !== undefined) return `Did you mean ${meant}? All options: fulfill ${first} --help`
  return Array.head(options.flatMap((option) => wrongValues(option, rest))).pipe(Option.getOrUndefined)
}

/** What is wrong with what was said for an option. */
const wrongValues = ({ names, takes }: OptionUsage, args: ReadonlyArray<string>): ReadonlyArray<string> =>
  takes === undefined ? [] : args.flatMap((arg, at) => {
    const name = names.find((name) => arg === name || arg.startsWith(`${name}=`))
    if (name === undefined) return []
    const value = arg === name ? args[at + 1] : arg.slice(name.length + 1)
    if (value === undefined || (arg === name && value.startsWith("--"))) return [`${name} needs a value behind it`]
    const said = `${name} ${printable(value, 60)}`
    if (takes === "integer") return /^-?\d+$/.test(value) ? [] : [`${said}: write a whole number`]
    const cases = takes.split(" | ")
    if (cases.length < 2 || cases.includes(value)) return []
    const meant = nearest(value, cases)
    return [`${said}: write ${cases.join(", ")}${meant === undefined ? "" : `. Did you mean ${meant}?`}`]
  })

/** The help of all. */
export const overview = (commands: Array.NonEmptyReadonlyArray<CommandHelp>): HelpDoc.HelpDoc => {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return HelpDoc.blocks([
    HelpDoc.h1("USAGE"),
    HelpDoc.p("fulfill <command> [options]"),
    HelpDoc.h1("DESCRIPTION"),
    HelpDoc.p("Marks shipments as shipped in ShipStation, each once, and keeps account of them in an outbox."),
    list("COMMANDS", Array.map(commands, ({ name, summary }) => `${name.padEnd(width)}  ${summary}`)),
    list("EVERYWHERE", [
      "--help: what a command takes, with examples",
      "--debug: what is going on, and where an internal error comes from",
      "--version"
    ]),
    list("ENVIRONMENT", [...sending, "NO_COLOR: set to anything, no colours"]),
    list("EXIT CODES, THE FIRST THAT APPLIES", ExitCode.meanings)
  ])
}

const list = (title: string, items: Array.NonEmptyReadonlyArray<string>) =>
  HelpDoc.sequence(HelpDoc.h1(title), HelpDoc.enumeration(Array.map(items, (item) => HelpDoc.p(item))))
