import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/**
 * An RFC 3339 date-time. `Z` decodes to a `DateTime.Utc`, an offset to a `DateTime.Zoned` with that offset, and each is
 * written back with the offset it has. (`Schema.DateTimeZoned` would append `[Europe/Berlin]`, which isn't RFC 3339.)
 * Finer than a millisecond is cut off; a leap second can't be held and is refused.
 */
export const DateTimeRfc3339: Schema.Schema<DateTime.DateTime, string> = Schema.transformOrFail(
  Schema.String.annotations({
    message: () => "must be text",
    jsonSchema: { type: "string", format: "date-time" }
  }),
  Schema.Union(Schema.DateTimeUtcFromSelf, Schema.DateTimeZonedFromSelf).annotations({
    // a union would report what each of its members expects
    message: () => ({ message: "must be a DateTime", override: true })
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
        ? ParseResult.succeed(writeDate(dateTime))
        : ParseResult.fail(new ParseResult.Type(ast, dateTime, "must lie between the years 0 and 9999"))
  }
).annotations({ identifier: "ShipStationDateTimeRfc3339" })

const pattern = /^\d{4}-\d\d-(\d\d)[Tt]\d\d:\d\d:\d\d(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

const parse = (text: string): Option.Option<DateTime.DateTime> => {
  const match = pattern.exec(text)
  if (match === null) return Option.none()
  const [, day, offset] = match
  // RFC 3339 allows t and z, DateTime doesn't
  const upperCase = text.toUpperCase()
  const parsed: Option.Option<DateTime.DateTime> = offset === "Z" || offset === "z"
    ? DateTime.make(upperCase)
    : DateTime.makeZonedFromString(upperCase)
  // JavaScript reads February 30 as March 1
  return Option.filter(parsed, (dateTime) => DateTime.getPart(dateTime, "day") === Number(day))
}

/** All that RFC 3339 can write. */
export const hasYearOfFourDigits = (dateTime: DateTime.DateTime): boolean => {
  const year = DateTime.getPart(withWritableOffset(dateTime), "year")
  return year >= 0 && year <= 9999
}

/** Writes it, with the offset that it has. */
export const writeDate = (dateTime: DateTime.DateTime): string => DateTime.formatIsoOffset(withWritableOffset(dateTime))

/** From the beginning of the year 0 to the end of 9999, in milliseconds, for generated values. */
const writable = { min: -62_167_219_200_000, max: 253_402_300_799_999 }

/**
 * A date-time in an answer, read with more patience: without an offset it is taken as UTC, and without a time as the
 * day's beginning. Everything else that isn't RFC 3339 is refused: JavaScript would read `"order 7"` as July 2001.
 */
export const DateTimeAnswer: Schema.Schema<DateTime.Utc, string> = Schema.transformOrFail(
  Schema.String.annotations({ jsonSchema: { type: "string", format: "date-time" } }),
  Schema.DateTimeUtcFromSelf.pipe(Schema.filter(hasYearOfFourDigits)).annotations({
    arbitrary: () => (fc) => fc.integer(writable).map((millis) => DateTime.unsafeMake(millis))
  }),
  {
    strict: true,
    decode: (text, _, ast) =>
      ParseResult.fromOption(
        Option.map(parse(completed(text)), DateTime.toUtc),
        () => new ParseResult.Type(ast, text, "must be a date-time")
      ),
    encode: (dateTime) => ParseResult.succeed(DateTime.formatIso(dateTime))
  }
).annotations({ identifier: "ShipStationDateTimeAnswer" })

const completed = (text: string): string =>
  /^\d{4}-\d\d-\d\d$/.test(text)
    ? `${text}T00:00:00Z`
    : /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?$/.test(text)
    ? `${text.replace(" ", "T")}Z`
    : text

const minute = 60_000

const day = 24 * 60 * minute

/**
 * RFC 3339 writes offsets in whole minutes and below a day. Zones had others before about 1970 (Berlin +00:53:28): the
 * nearest minute then, as the RFC does it, and the instant stays what it was.
 */
const withWritableOffset = (dateTime: DateTime.DateTime): DateTime.DateTime => {
  if (DateTime.isUtc(dateTime)) return dateTime
  const exact = DateTime.zonedOffset(dateTime)
  const offset = Math.round(exact / minute) * minute
  if (Math.abs(offset) >= day) return DateTime.toUtc(dateTime)
  return offset === exact ? dateTime : DateTime.setZoneOffset(dateTime, offset)
}
