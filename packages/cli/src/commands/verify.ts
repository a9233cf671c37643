import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.js"
import * as Output from "../Output.js"
import { count } from "../terminal/text.js"
import { endWith } from "../terminal/UsageError.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Records from "./Records.js"

const columns = ["id", "shipment_id", "tracking_number", "fulfillment_id", "message", "lookedAt"] as const

const command = Command.make(
  "verify",
  {
    within: CommonOptions.duration("within").pipe(
      Options.withDescription("Look for shipments that were fulfilled within so long, like 12h or 7d. Default 1d."),
      Options.withDefault(Duration.days(1))
    ),
    database: CommonOptions.database,
    json: CommonOptions.json
  },
  ({ database, json, within }) =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      let missing = 0
      yield* Records.print(
        Output.NotTold,
        columns,
        outbox.listAll({ orderSource: "notNotified" }).pipe(
          Stream.map(Records.ofNotTold),
          Stream.tap(() => Effect.sync(() => missing++))
        ),
        { json }
      )
      const marked = yield* outbox.verify({ within })
      yield* Console.error(`${count(marked, "shipment")}: looked up by the next import, or by work`)
      yield* endWith(missing === 0 ? ExitCode.ok : ExitCode.rejected)
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "change")))
).pipe(Command.withDescription(
  "Lists fulfilled shipments whose shop or marketplace wasn't told, as far as it is known, and has the others looked up by "
    + "the next import or by work. It ends with 3 if there are some. Nothing is sent."
))

/** `fulfill verify`. */
export const help = CommandHelp.make(command, {
  summary: "lists shipments whose shop wasn't told, and has the others looked up",
  examples: ["fulfill verify", "fulfill verify --within 7d --json"],
  environment: [CommandHelp.environment.database]
})
