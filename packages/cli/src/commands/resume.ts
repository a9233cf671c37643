import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "resume",
  { database: CommonOptions.database },
  ({ database }) =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.resume()
      yield* Console.error("Resumed. Workers go on; without one: run the import again, or fulfill work")
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "change")))
).pipe(Command.withDescription("Goes on sending, whoever paused it."))

/** `fulfill resume`. */
export const help = CommandHelp.make(command, {
  summary: "goes on sending",
  examples: ["fulfill resume"],
  environment: [CommandHelp.environment.database]
})
