import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { count } from "../terminal/text.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

const command = Command.make(
  "reconcile",
  { database: CommonOptions.database },
  ({ database }) =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      const rows = yield* outbox.reconcile()
      yield* Console.error(`${count(rows, "unknown shipment")}: looked up by the next import, or by work`)
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "change")))
).pipe(Command.withDescription("Has unknown shipments looked up in ShipStation now, by the next import or by work."))

/** `fulfill reconcile`. */
export const help = CommandHelp.make(command, {
  summary: "has unknown shipments looked up now",
  examples: ["fulfill reconcile"],
  environment: [CommandHelp.environment.database]
})
