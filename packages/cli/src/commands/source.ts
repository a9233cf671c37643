/**
 * What the arguments say of a file.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Field, fields } from "../file/columns.js"
import type { Source } from "../file/ShipmentsFile.js"
import * as Where from "../file/where.js"
import { nearest } from "../terminal/nearest.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
import type { Given } from "./sourceOptions.js"
import { withProfile } from "./withProfile.js"

/** What was said of the file, and the profile that says the rest. */
export const toSource = Effect.fnUntraced(function*(given: Given) {
  const { options, profile } = yield* withProfile(given)
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
  return { source, profile }
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

/** The path beside which things are written: of a pipe, stdin or `<(program)`, in the folder that one is in. */
export const nameOf = (file: string): string => file === "-" || /^\/(?:dev|proc)\//.test(file) ? "stdin" : file
