/**
 * The arguments that say which file is read, and how.
 */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Field, fields } from "../file/columns.js"
import * as Profile from "../file/Profile.js"
import type { Source } from "../file/ShipmentsFile.js"
import * as TimeZones from "../file/timeZones.js"
import * as Where from "../file/where.js"
import { nearest } from "../terminal/nearest.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
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
      "Read it as files of that name are read: the options from --encoding to --date-order are kept under it, and needn't be "
        + "said again."
    ),
    Options.optional
  ),
  encoding: Options.text("encoding").pipe(
    Options.withDescription("Of a text that isn't UTF-8, such as windows-1252, iso-8859-15 or shift_jis."),
    Options.optional
  ),
  sheet: Options.text("sheet").pipe(
    Options.withDescription("Which sheet of a workbook, by its name. Default: the first."),
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
      "Only rows with this in a column, such as Status=Shipped or \"Void Flag!=True\". All of several must hold."
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

type Given = Omit<Command.Command.ParseConfig<typeof sourceOptions>, "batchSize" | "skipBadRows">

/** What was said, and what the profile says besides. It keeps what was said anew. */
const withProfile = Effect.fnUntraced(function*(given: Given) {
  if (Option.isNone(given.profile)) return given
  const name = given.profile.value
  const found = yield* Profile.find(name)
  const before = Option.getOrElse(found, () => empty)
  const said: Profile.Profile = {
    encoding: Option.getOrUndefined(given.encoding) ?? before.encoding,
    sheet: Option.getOrUndefined(given.sheet) ?? before.sheet,
    headerLine: Option.getOrUndefined(given.headerLine) ?? before.headerLine,
    map: given.map.length > 0 ? given.map : before.map,
    ignore: given.ignore.length > 0 ? given.ignore : before.ignore,
    where: given.where.length > 0 ? given.where : before.where,
    carrier: Option.getOrUndefined(given.carrier) ?? before.carrier,
    carrierCode: given.carrierCode.length > 0 ? given.carrierCode : before.carrierCode,
    timezone: Option.getOrUndefined(Option.map(given.timezone, DateTime.zoneToString)) ?? before.timezone,
    dateOrder: Option.getOrUndefined(given.dateOrder) ?? before.dateOrder
  }
  if (JSON.stringify(said) !== JSON.stringify(before)) {
    yield* Profile.save(name, said)
    yield* Console.error(`Profile ${name}: ${Option.isNone(found) ? "kept" : "changed"}. fulfill profiles lists them`)
  } else if (Option.isNone(found)) {
    return yield* new UsageError({ message: `There is no profile ${name} yet: say what it is to keep, such as --map` })
  }
  const options: Given = {
    ...given,
    encoding: Option.fromNullable(said.encoding),
    sheet: Option.fromNullable(said.sheet),
    headerLine: Option.fromNullable(said.headerLine),
    map: [...said.map],
    ignore: [...said.ignore],
    where: [...said.where],
    carrier: Option.fromNullable(said.carrier),
    carrierCode: [...said.carrierCode],
    timezone: Option.flatMap(Option.fromNullable(said.timezone), (zone) => Option.getRight(TimeZones.parse(zone))),
    dateOrder: Option.fromNullable(said.dateOrder)
  }
  return options
})

const empty: Profile.Profile = { map: [], ignore: [], where: [], carrierCode: [] }

/** What was said of the file. */
export const toSource = Effect.fnUntraced(function*(given: Given) {
  const options = yield* withProfile(given)
  const source: Source = {
    file: options.file,
    format: Option.getOrUndefined(options.format),
    encoding: Option.getOrUndefined(options.encoding),
    sheet: Option.getOrUndefined(options.sheet),
    headerLine: Option.getOrUndefined(options.headerLine),
    columns: yield* toColumns(options.map),
    ignore: options.ignore,
    where: yield* Effect.forEach(options.where, toCondition),
    carrier: Option.getOrUndefined(options.carrier),
    carriers: Object.fromEntries(yield* Effect.forEach(options.carrierCode, toCarrier)),
    anyShipDate: options.anyShipDate,
    timeZone: Option.getOrUndefined(options.timezone),
    dateOrder: Option.getOrUndefined(options.dateOrder),
    notify: Option.getOrUndefined(options.notify),
    sinceLine: Option.getOrUndefined(options.sinceLine),
    limit: Option.getOrUndefined(options.limit)
  }
  return source
})

const toCondition = (text: string) =>
  Effect.mapError(
    Effect.fromNullable(Where.parse(text)),
    () =>
      new UsageError({ message: `--where "${printable(text)}": write a column and a value, such as Status=Shipped` })
  )

const toCarrier = (text: string): Effect.Effect<readonly [string, string], UsageError> => {
  const at = text.lastIndexOf("=")
  const code = text.slice(at + 1).trim()
  return at < 1 || !/^[a-z\d]+(?:_[a-z\d]+)*$/.test(code)
    ? new UsageError({
      message:
        `--carrier-code "${printable(text)}": write what the file has and ShipStation's code in lower case, such as `
        + "\"USPS First Class\"=usps"
    })
    : Effect.succeed([text.slice(0, at), code])
}

const toColumns = (map: ReadonlyArray<string>) =>
  Effect.reduce(map, new Map<Field, string>(), (columns, text) => {
    const at = text.indexOf("=")
    const name = text.slice(0, at).trim()
    const field = fields.find((field) => field === name)
    const meant = nearest(name, fields)
    return field === undefined || columns.has(field)
      ? new UsageError({
        message: `--map "${
          printable(text)
        }": write a field once and its column, such as shipment_id="Shipment No". The fields: ${fields.join(", ")}${
          field !== undefined || meant === undefined ? "" : `. Did you mean ${meant}?`
        }`
      })
      : Effect.succeed(columns.set(field, text.slice(at + 1).trim()))
  }).pipe(Effect.map((columns) => Object.fromEntries(columns)))
