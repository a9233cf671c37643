import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { confirm } from "../terminal/Confirm.js"
import { count } from "../terminal/text.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "prune",
  {
    olderThan: CommonOptions.duration("older-than").pipe(
      Options.withDescription("Rows that ended so long ago, like 12h or 90d.")
    ),
    yes: CommonOptions.yes,
    database: CommonOptions.database
  },
  ({ database, olderThan, yes }) =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* confirm({ yes, question: "Remove the details and histories of shipments that ended by then?" })
      yield* Console.error(`${count(yield* outbox.prune(olderThan), "row")} removed`)
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "change")))
).pipe(Command.withDescription(
  "Removes details and histories of shipments that ended. Which shipments they were, and how they ended, is kept, so that "
    + "they are not sent again."
))

/** `fulfill prune`. */
export const help = CommandHelp.make(command, {
  summary: "removes details of shipments that ended long ago",
  examples: ["fulfill prune --older-than 90d"],
  environment: [CommandHelp.environment.database]
})
