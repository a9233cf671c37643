/**
 * Dates as spreadsheets write them.
 */
import { ShipDate } from "@effect-shipstation/schema/Fulfillment"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** What comes first where neither part is a year: the day or the month. */
export type DateOrder = "dmy" | "mdy"

export interface Options {
  readonly order: DateOrder | undefined
  readonly timeZone: DateTime.TimeZone | undefined
}

interface Flaw {
  readonly reason: string
  readonly remedy: string
}

const time = String.raw`(?:(?:T|,? +)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?: *([ap])\.?m\.?)?)?`
const withOffset = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)? ?(Z|[+-]\d\d:?\d\d)$/i
const yearFirst = new RegExp(`^(\\d{4})([-/.])(\\d{1,2})\\2(\\d{1,2})${time}$`, "i")
const yearLast = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4})${time}$`, "i")

/** Which order a date has, if only one is possible. With dots the day is first, everywhere. */
export const orderOf = (text: string): DateOrder | undefined => {
  const [, first, separator, second] = yearLast.exec(text.trim()) ?? []
  if (separator === undefined || separator === ".") return undefined
  const [canBeDay, canBeMonth] = [Number(second) <= 12, Number(first) <= 12]
  return canBeDay === canBeMonth ? undefined : canBeMonth ? "mdy" : "dmy"
}

/** Whether the order must be known from elsewhere to read a date. */
export const needsOrder = (text: string): boolean => {
  const [, first, separator, second] = yearLast.exec(text.trim()) ?? []
  return separator !== undefined && separator !== "." && first !== second
}

/** Reads a date. A day without a time is noon, so that it stays that day in most time zones. */
export const read = (text: string, { order, timeZone }: Options): Either.Either<DateTime.DateTime, Flaw> => {
  const offset = withOffset.exec(text)
  if (offset !== null) {
    const [, date, minutes, seconds = ":00", zone = ""] = offset
    return Either.fromOption(
      decode(`${date}T${minutes}${seconds}${/^.\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`),
      () => noSuchDate
    )
  }
  const numbers = parts(text, order)
  if (Either.isLeft(numbers)) return Either.left(numbers.left)
  if (timeZone === undefined) {
    return Either.left({ reason: "doesn't say its time zone", remedy: "say --timezone, such as Europe/Berlin" })
  }
  const input = numbers.right
  const utc = Option.filter(DateTime.make(input), (dateTime) => {
    const made = DateTime.toPartsUtc(dateTime)
    return keys.every((key) => made[key] === input[key])
  })
  if (Option.isNone(utc)) return Either.left(noSuchDate)
  return Either.fromOption(
    DateTime.makeZoned(input, { timeZone, adjustForTimeZone: true, disambiguation: "reject" }),
    () => ({
      reason: `is skipped, or comes twice, when the clocks of ${DateTime.zoneToString(timeZone)} change`,
      remedy: "write it with its offset, such as 2026-11-25T14:30:00-08:00"
    })
  )
}

const keys = ["year", "month", "day", "hours", "minutes", "seconds"] as const

type Parts = { readonly [key in typeof keys[number]]: number } & { readonly millis: 0 }

const decode = Schema.decodeUnknownOption(ShipDate)

const parts = (text: string, order: DateOrder | undefined): Either.Either<Parts, Flaw> => {
  const iso = yearFirst.exec(text)
  if (iso !== null) {
    const [, year, , month, day, ...time] = iso
    return withTime(year, month, day, time)
  }
  const match = yearLast.exec(text)
  if (match === null) return Either.left(unreadable(text))
  const [, first, separator, second, year, ...time] = match
  const known = order ?? (separator === "." || first === second ? "dmy" : undefined)
  if (known === undefined) {
    return Either.left({
      reason: "may be day/month or month/day, and no other date of the column tells",
      remedy: "say --date-order dmy or mdy"
    })
  }
  const [day, month] = known === "dmy" ? [first, second] : [second, first]
  return Number(month) > 12
    ? Either.left({
      reason: `is no date with the ${known === "dmy" ? "day" : "month"} first, as others of the column have it`,
      remedy: "write all dates alike, best as 2026-11-25"
    })
    : withTime(year, month, day, time)
}

const withTime = (
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  [hour, minutes = "0", seconds = "0", half]: ReadonlyArray<string | undefined>
): Either.Either<Parts, Flaw> => {
  const written = Number(hour ?? "12")
  if (half !== undefined && (written < 1 || written > 12)) return Either.left(noSuchDate)
  const hours = half === undefined ? written : written % 12 + (half.toLowerCase() === "p" ? 12 : 0)
  return Either.right({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hours,
    minutes: Number(minutes),
    seconds: Number(seconds),
    millis: 0
  })
}

const noSuchDate: Flaw = { reason: "is no date that there is", remedy: "write it as 2026-11-25 or 2026-11-25 14:30" }

const unreadable = (text: string): Flaw =>
  /^\d{5}(?:[.,]\d+)?$/.test(text)
    ? {
      reason: "is a spreadsheet's number for a day",
      remedy: "format the column as a date, yyyy-mm-dd, and save the file again"
    }
    : { reason: "can't be read as a date", remedy: "write it as 2026-11-25 or 2026-11-25 14:30" }

/** Remembers what it has read: time zones are slow, and files repeat their dates. */
export const makeReader = (options: Options): (text: string) => ReturnType<typeof read> => {
  const known = new Map<string, ReturnType<typeof read>>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const result = read(text, options)
    if (known.size >= 10_000) known.clear()
    known.set(text, result)
    return result
  }
}
