import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Output from "../Output.js"
import { Screen } from "../terminal/Screen.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Records from "./Records.js"

const columns = ["id", "shipment_id", "tracking_number", "state", "attempts", "message"] as const
const allColumns = [...columns, "carrier_code", "request_id", "fulfillment_id", "offeredAt", "changedAt"] as const

const command = Command.make(
  "list",
  {
    ...CommonOptions.filter,
    limit: CommonOptions.atLeastOne("limit").pipe(
      Options.withDescription("At most so many. Default: 100 on a terminal, else all."),
      Options.optional
    ),
    database: CommonOptions.database,
    json: CommonOptions.json
  },
  ({ database, json, limit, ...filter }) =>
    Effect.gen(function*() {
      const { listAll } = yield* Outbox.Outbox
      const { stdoutIsTerminal } = yield* Screen
      const most = stdoutIsTerminal && !json ? Option.orElseSome(limit, () => 100) : limit
      yield* Records.print(
        Output.Row,
        stdoutIsTerminal ? columns : allColumns,
        listAll(yield* CommonOptions.toFilter(filter)).pipe(
          Option.isSome(most) ? Stream.take(most.value) : identity,
          Stream.map(Records.ofRow)
        ),
        { json }
      )
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "read")))
).pipe(
  Command.withDescription(
    "Lists shipments of the outbox: a table on a terminal, else CSV, with --json an object a line."
  )
)

/** `fulfill list`. */
export const help = CommandHelp.make(command, {
  summary: "lists shipments of the outbox",
  examples: [
    "fulfill list --state unknown",
    "fulfill list --state rejected --message carrier > rejected.csv",
    "fulfill list --state pending --older-than 2h --json"
  ],
  environment: [CommandHelp.environment.database]
})
