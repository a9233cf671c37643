import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Selection from "./Selection.js"

const command = Command.make(
  "discard",
  { ...Selection.options, yes: CommonOptions.yes, database: CommonOptions.database },
  ({ database, ...which }) =>
    Effect.flatMap(
      Outbox.Outbox,
      ({ discard }) =>
        Selection.forEach(which, {
          verb: "Discard",
          states: ["pending", "unknown", "rejected", "conflict"],
          operation: discard
        })
    ).pipe(
      Effect.provide(CommonOptions.layerDatabase(database, "change"))
    )
).pipe(Command.withDescription(
  "Gives shipments up: they are not sent. Not those that are fulfilled, or being sent. It can't be undone."
))

/** `fulfill discard`. */
export const help = CommandHelp.make(command, {
  summary: "gives shipments up",
  examples: [
    "fulfill discard se-12345679 --reason \"sent by hand\"",
    "fulfill discard --state rejected --older-than 30d",
    "fulfill discard --from shipments.csv --state pending"
  ],
  environment: [CommandHelp.environment.database]
})
