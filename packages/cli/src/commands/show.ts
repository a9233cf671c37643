import * as OutboxRow from "@effect-shipstation/outbox/OutboxRow"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Output from "../Output.js"
import { Screen } from "../terminal/Screen.js"
import { printable } from "../terminal/text.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Records from "./Records.js"
import * as Selection from "./Selection.js"

const encodeRow = Schema.encodeSync(Output.Row)
const encodeChange = Schema.encodeSync(Output.Change)

const command = Command.make(
  "show",
  { row: Selection.row, database: CommonOptions.database, json: CommonOptions.json },
  ({ database, json, row: which }) =>
    Effect.gen(function*() {
      const { evidence, history, row } = yield* Selection.find(which)
      const record = Records.ofRow(row)
      const entries = history.map(({ at, by, error, from, requestId, to }): typeof Output.Change.Type => ({
        at,
        from,
        to,
        by: OutboxRow.nameOf(by),
        message: error?.message,
        reason: by._tag === "Operator" ? by.reason : undefined,
        request_id: requestId ?? error?.requestId
      }))
      const { stdoutIsTerminal } = yield* Screen
      if (json || !stdoutIsTerminal) {
        return yield* Output.print(Output.Shown, {
          ...record,
          notify_customer: row.input.notify_customer,
          notify_order_source: row.input.notify_order_source,
          history: entries,
          evidence: evidence.map(({ at, ended }) => ({ at, told: ended._tag }))
        })
      }
      yield* Console.log([
        ...Object.entries(encodeRow(record)).map(([name, value]) =>
          `${name.padEnd(15)}  ${printable(String(value ?? ""))}`
        ),
        "",
        Records.table(
          ["at", "from", "to", "by", "message", "request_id"],
          entries.map((one) => ({ ...encodeChange(one), message: one.message ?? one.reason }))
        ),
        ...(evidence.length === 0 ? [] : ["", `Told too late by a worker: ${evidence.map(({ ended }) => ended._tag)}`])
      ].join("\n"))
    }).pipe(Effect.provide(CommonOptions.layerDatabase(database, "read")))
).pipe(
  Command.withDescription(
    "Shows a shipment of the outbox, with all that happened to it: as text on a terminal, as JSON elsewhere."
  )
)

/** `fulfill show`. */
export const help = CommandHelp.make(command, {
  summary: "shows a shipment, with all that happened to it",
  examples: ["fulfill show se-12345678", "fulfill show 17 --json"],
  environment: [CommandHelp.environment.database]
})
