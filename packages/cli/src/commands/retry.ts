import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Selection from "./Selection.js"

const command = Command.make(
  "retry",
  { ...Selection.options, yes: CommonOptions.yes, database: CommonOptions.database },
  ({ database, ...which }) =>
    Effect.flatMap(
      Outbox.Outbox,
      ({ retry }) =>
        Selection.forEach(which, {
          verb: "Retry",
          states: ["pending", "unknown", "rejected", "conflict"],
          oneByOne: "fulfilled",
          operation: retry
        })
    ).pipe(
      Effect.provide(CommonOptions.layerDatabase(database, "change"))
    )
).pipe(Command.withDescription(
  "Has shipments sent once more: those that were rejected or are in conflict, and those that wait after a failure. Of an unknown one ShipStation is asked first, twice; if it is not found it is sent at once, and if the first request comes through after all, its customer is mailed twice. A fulfilled one, named by itself, is sent again only if its fulfillment was voided. They are sent by the next import, or by work."
))

/** `fulfill retry`. */
export const help = CommandHelp.make(command, {
  summary: "has shipments sent once more",
  examples: [
    "fulfill retry se-12345678",
    "fulfill retry --state rejected --message carrier",
    "fulfill retry --from shipments-outcomes/rejected.csv",
    "fulfill retry --state unknown --older-than 1h --yes"
  ],
  environment: [CommandHelp.environment.database]
})
