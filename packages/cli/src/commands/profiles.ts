import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Profile from "../file/Profile.js"
import * as Output from "../Output.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Records from "./Records.js"

const command = Command.make(
  "profiles",
  { json: CommonOptions.json },
  Effect.fnUntraced(function*({ json }) {
    const profiles = yield* Profile.list
    const records = profiles.map(({ name, profile }) => ({ name, options: Profile.asOptions(profile) }))
    yield* Records.print(Output.Profile, ["name", "options"], Stream.fromIterable(records), { json, isCommand: true })
  })
).pipe(Command.withDescription("Lists the profiles that --profile keeps: how kinds of files are read."))

/** `fulfill profiles`. */
export const help = CommandHelp.make(command, {
  summary: "lists how kinds of files are read",
  examples: ["fulfill profiles", "fulfill plan shipments.xlsx --profile warehouse --map shipment_id=\"Our No\""],
  environment: []
})
