/**
 * The arguments that say which file is read, and how.
 */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { atLeastOne, batchSize } from "../CommonOptions.js"
import { type Field, fields } from "../internal/columns.js"
import type { Source } from "../ShipmentsFile.js"
import { UsageError } from "../UsageError.js"

/** `-` on the command line: @effect/cli would take it for an option, and look for no others behind it. */
export const stdin = "/dev/stdin"

/** What commands that read a file take. */
export const sourceOptions = {
  // not `Args.file`, which breaks where a part of the path is a file
  file: Args.text({ name: "file" }).pipe(
    Args.map((file) => file === stdin ? "-" : file),
    Args.withDescription(
      "CSV, TSV, a JSON array or JSON lines with shipment_id, tracking_number, carrier_code, and where needed ship_date, "
        + "notify_customer, notify_order_source. Other columns are passed on to the reports. - is stdin."
    )
  ),
  format: Options.choice("format", ["csv", "tsv", "ndjson", "json"]).pipe(
    Options.withDescription("What the file is. Default: what its extension says, else csv."),
    Options.optional
  ),
  map: Options.text("map").pipe(
    Options.withDescription(
      "A column's name in the file, such as shipment_id=\"Shipment No\". May be given several times."
    ),
    Options.repeated
  ),
  timezone: Options.text("timezone").pipe(
    Options.mapEffect((name) =>
      Effect.mapError(
        DateTime.zoneFromString(name),
        () =>
          ValidationError.invalidValue(HelpDoc.p(`--timezone: there is no ${name}. Write one such as Europe/Berlin`))
      )
    ),
    Options.withDescription("Where the clock of the dates hangs, such as Europe/Berlin. For dates that don't say it."),
    Options.optional
  ),
  dateOrder: Options.choice("date-order", ["dmy", "mdy"]).pipe(
    Options.withDescription(
      "Whether 03/04/2026 is April 3 (dmy) or March 4 (mdy), if no other date of the file tells."
    ),
    Options.optional
  ),
  notify: Options.choiceWithValue("notify", [
    ["none", { customer: false, orderSource: false }],
    ["customer", { customer: true, orderSource: false }],
    ["order-source", { customer: false, orderSource: true }],
    ["both", { customer: true, orderSource: true }]
  ]).pipe(
    Options.withDescription("Who is notified, for rows that leave it open. A cell of the file wins."),
    Options.optional
  ),
  sinceLine: atLeastOne("since-line").pipe(
    Options.withDescription("Pass over the rows before this line."),
    Options.optional
  ),
  limit: atLeastOne("limit").pipe(Options.withDescription("Take this many rows at most."), Options.optional),
  batchSize
}

/** What was said of the file. */
export const toSource = Effect.fnUntraced(function*(
  options: Omit<Command.Command.ParseConfig<typeof sourceOptions>, "batchSize">
) {
  const source: Source = {
    file: options.file,
    format: Option.getOrUndefined(options.format),
    columns: yield* toColumns(options.map),
    timeZone: Option.getOrUndefined(options.timezone),
    dateOrder: Option.getOrUndefined(options.dateOrder),
    notify: Option.getOrUndefined(options.notify),
    sinceLine: Option.getOrUndefined(options.sinceLine),
    limit: Option.getOrUndefined(options.limit)
  }
  return source
})

const toColumns = (map: ReadonlyArray<string>) =>
  Effect.reduce(map, new Map<Field, string>(), (columns, text) => {
    const at = text.indexOf("=")
    const field = fields.find((field) => field === text.slice(0, at).trim())
    return field === undefined || columns.has(field)
      ? new UsageError({
        message: `--map "${text}": write a field once and its column, such as shipment_id="Shipment No". The fields: ${
          fields.join(", ")
        }`
      })
      : Effect.succeed(columns.set(field, text.slice(at + 1).trim()))
  }).pipe(Effect.map((columns) => Object.fromEntries(columns)))
