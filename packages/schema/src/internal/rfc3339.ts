import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/**
 * An RFC 3339 date-time. `Z` decodes to a `DateTime.Utc`, an offset to a `DateTime.Zoned` with that offset, and each is
 * written back with the offset it has. (`Schema.DateTimeZoned` would append `[Europe/Berlin]`, which isn't RFC 3339.)
 */
export class DateTimeRfc3339 extends Schema.transformOrFail(
  Schema.String.annotations({
    message: () => "must be text",
    jsonSchema: { type: "string", format: "date-time" }
  }),
  Schema.Union(Schema.DateTimeUtcFromSelf, Schema.DateTimeZonedFromSelf).annotations({
    message: () => "must be a DateTime"
  }),
  {
    strict: true,
    decode: (text, _, ast) =>
      ParseResult.fromOption(
        parse(text),
        () => new ParseResult.Type(ast, text, "must be an RFC 3339 date-time such as 2024-01-15T10:00:00Z")
      ),
    encode: (dateTime, _, ast) =>
      hasYearOfFourDigits(dateTime)
        ? ParseResult.succeed(DateTime.formatIsoOffset(dateTime))
        : ParseResult.fail(new ParseResult.Type(ast, dateTime, "must lie between the years 0 and 9999"))
  }
).annotations({ identifier: "DateTimeRfc3339" }) {}

const pattern = /^\d{4}-\d\d-(\d\d)[Tt]\d\d:\d\d:\d\d(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

const parse = (text: string): Option.Option<DateTime.DateTime> => {
  const match = pattern.exec(text)
  if (match === null) return Option.none()
  const [, day, offset] = match
  const parsed: Option.Option<DateTime.DateTime> = offset === "Z" || offset === "z"
    ? DateTime.make(text)
    : DateTime.makeZonedFromString(text)
  // JavaScript reads February 30 as March 1
  return Option.filter(parsed, (dateTime) => DateTime.getPart(dateTime, "day") === Number(day))
}

/** All that RFC 3339 can write. */
export const hasYearOfFourDigits = (dateTime: DateTime.DateTime): boolean => {
  const year = DateTime.getPart(dateTime, "year")
  return year >= 0 && year <= 9999
}
