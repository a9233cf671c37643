/**
 * The arguments that say which file is read, and how.
 */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as TimeZones from "../file/timeZones.js"
import { printable } from "../terminal/text.js"
import { atLeastOne, batchSize } from "./CommonOptions.js"

/** `-` on the command line: @effect/cli would take it for an option, and look for no others behind it. */
export const stdin = "/dev/stdin"

/** What commands that read a file take. */
export const sourceOptions = {
  // not `Args.file`, which breaks where a part of the path is a file
  file: Args.text({ name: "file" }).pipe(
    Args.map((file) => file === stdin ? "-" : file),
    Args.withDescription(
      "CSV, TSV, .xlsx, a JSON array or JSON lines with tracking_number, carrier_code, and shipment_id or order_number, and "
        + "where needed ship_date, notify_customer, notify_order_source. The columns of well-known exports are known. Others "
        + "are passed on to the reports. - is stdin."
    )
  ),
  format: Options.choice("format", ["csv", "tsv", "ndjson", "json"]).pipe(
    Options.withDescription("What the file is. Default: what its extension says, else csv."),
    Options.optional
  ),
  profile: Options.text("profile").pipe(
    Options.withDescription(
      "Read it as files of that name are read: --encoding, --sheet, --header-line, --map, --ignore, --carrier, "
        + "--carrier-code, --timezone and --date-order are kept under it, and needn't be said again. What chooses rows isn't "
        + "kept."
    ),
    Options.optional
  ),
  encoding: Options.text("encoding").pipe(
    Options.withDescription("Of a text that isn't UTF-8, such as windows-1252, iso-8859-15 or shift_jis."),
    Options.optional
  ),
  sheet: Options.text("sheet").pipe(
    Options.withDescription("Which sheet of a workbook, by its name. Default: the first that isn't hidden."),
    Options.optional
  ),
  headerLine: atLeastOne("header-line").pipe(
    Options.withDescription("The line with the names of the columns, if others come before it."),
    Options.optional
  ),
  map: Options.text("map").pipe(
    Options.withDescription(
      "A column's name in the file, such as shipment_id=\"Shipment No\", or its place, such as tracking_number=#2. May be "
        + "given several times."
    ),
    Options.repeated
  ),
  ignore: Options.text("ignore").pipe(
    Options.withDescription("A column that means nothing, whatever it is called. May be given several times."),
    Options.repeated
  ),
  where: Options.text("where").pipe(
    Options.withDescription(
      "Only rows with this in a column, such as Status=Shipped, \"Void Flag!=True\", or by its place #3=Shipped. All of "
        + "several must hold."
    ),
    Options.repeated
  ),
  carrier: Options.text("carrier").pipe(
    Options.withDescription("The carrier's code for rows that don't say theirs, such as ups."),
    Options.optional
  ),
  carrierCode: Options.text("carrier-code").pipe(
    Options.withDescription(
      "What ShipStation calls a carrier of the file, such as \"USPS First Class\"=usps. May be given several times."
    ),
    Options.repeated
  ),
  timezone: Options.text("timezone").pipe(
    Options.mapEffect((name) =>
      Effect.mapError(
        TimeZones.parse(name),
        (reason) => ValidationError.invalidValue(HelpDoc.p(`--timezone: ${printable(reason)}`))
      )
    ),
    Options.withDescription(
      "Where the clock of the dates hangs, such as Europe/Berlin, UTC or +01:00. For dates that don't say it. Short names "
        + "such as CST aren't taken: they mean several."
    ),
    Options.optional
  ),
  dateOrder: Options.choice("date-order", ["dmy", "mdy"]).pipe(
    Options.withDescription(
      "Whether 03/04/2026 is April 3 (dmy) or March 4 (mdy), if no other date of the file tells."
    ),
    Options.optional
  ),
  anyShipDate: Options.boolean("any-ship-date").pipe(
    Options.withDescription("Take dates that are more than 90 days ago, or more than 30 days ahead.")
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
  skipBadRows: Options.boolean("skip-bad-rows").pipe(
    Options.withDescription(
      "Leave rows out that can't be sent, such as blank ones, totals and footers, and send the others. A report has them."
    )
  ),
  batchSize
}

/** What was said of a file, but for what is done with it. */
export type Given = Omit<Command.Command.ParseConfig<typeof sourceOptions>, "batchSize" | "skipBadRows">
