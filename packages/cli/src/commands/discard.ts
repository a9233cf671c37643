import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Selection from "../outbox/Selection.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "discard",
  { ...Selection.options, yes: CommonOptions.yes, database: CommonOptions.database },
  ({ database, ...which }) =>
    Effect.flatMap(
      Outbox.Outbox,
      ({ discard }) =>
        Selection.forEach({ ...which, verb: "Discard" }, ["pending", "unknown", "rejected", "conflict"], discard)
    ).pipe(
      Effect.provide(CommonOptions.layerDatabase(database, false))
    )
).pipe(Command.withDescription(
  "Gives shipments up: they are not sent. Not those that are fulfilled, or being sent. It can't be undone."
))

/** `fulfill discard`. */
export const help = CommandHelp.make(command, {
  summary: "gives shipments up",
  examples: ["fulfill discard se-12345678", "fulfill discard --state rejected --older-than 30d"],
  environment: [CommandHelp.environment.database]
})
