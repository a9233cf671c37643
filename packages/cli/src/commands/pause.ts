import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "pause",
  { database: CommonOptions.database },
  ({ database }) =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.pause()
      yield* Console.error("Paused. To go on: fulfill resume")
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "change")))
).pipe(
  Command.withDescription("Stops sending, for all that use this outbox. What is being sent at that moment is finished.")
)

/** `fulfill pause`. */
export const help = CommandHelp.make(command, {
  summary: "stops sending",
  examples: ["fulfill pause"],
  environment: [CommandHelp.environment.database]
})
