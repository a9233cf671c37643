import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Profile from "../file/Profile.js"
import * as Records from "../outbox/Records.js"
import * as Output from "../Output.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "profiles",
  { json: CommonOptions.json },
  Effect.fnUntraced(function*({ json }) {
    const profiles = yield* Profile.list
    const records = profiles.map(({ name, profile }) => ({ name, options: optionsOf(profile) }))
    yield* Records.print(Output.Profile, ["name", "options"], Stream.fromIterable(records), { json })
  })
).pipe(Command.withDescription("Lists the profiles that --profile keeps: how kinds of files are read."))

const flags: ReadonlyArray<readonly [keyof Profile.Profile, string]> = [
  ["encoding", "--encoding"],
  ["sheet", "--sheet"],
  ["headerLine", "--header-line"],
  ["map", "--map"],
  ["ignore", "--ignore"],
  ["where", "--where"],
  ["carrier", "--carrier"],
  ["carrierCode", "--carrier-code"],
  ["timezone", "--timezone"],
  ["dateOrder", "--date-order"]
]

/** As they would be written on the command line. */
const optionsOf = (profile: Profile.Profile): string =>
  flags.flatMap(([key, flag]) => {
    const value = profile[key]
    const all = value === undefined ? [] : typeof value === "object" ? value : [value]
    return all.map((one) => `${flag} ${/^[\w=#/+:-]+$/.test(String(one)) ? one : `"${one}"`}`)
  }).join(" ")

/** `fulfill profiles`. */
export const help = CommandHelp.make(command, {
  summary: "lists how kinds of files are read",
  examples: ["fulfill profiles", "fulfill plan shipments.xlsx --profile warehouse --map shipment_id=\"Our No\""],
  environment: []
})
