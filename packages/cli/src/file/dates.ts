/**
 * Dates as spreadsheets write them.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Forms from "./dateForms.js"
import * as TimeZones from "./timeZones.js"

/** What comes first in dates such as 03/04/2026: the day or the month. */
export type DateOrder = Forms.DateOrder

/** What a file as a whole tells of its dates. */
export interface Facts {
  /** What comes first, as the first date tells that can be read in one way only. */
  readonly order: DateOrder | undefined
  /** Whether others of those tell otherwise. */
  readonly areMixed: boolean
  /** Whether no date has another time than midnight: then midnight means that there is no time. */
  readonly isWithoutTimes: boolean
}

export interface Options extends Facts {
  readonly timeZone: DateTime.TimeZone | undefined
  /** When the file is read, if dates that are far from it are to be refused. */
  readonly now: DateTime.Utc | undefined
}

/** Before anything is known of the others. */
export const noFacts: Facts = { order: undefined, areMixed: false, isWithoutTimes: false }

/** Whether a text has the form of a date. */
export const isDate = (text: string): boolean => Forms.parse(text) !== undefined

/** Whether a date can only be read when the whole file is known. */
export const needsFacts = (text: string): boolean => {
  const written = Forms.parse(text)
  return written !== undefined && (written.order === undefined || Forms.isMidnight(written))
}

/** Looks at one date after another. `isKnown`: whether more of them would tell nothing new. */
export const makeFacts = () => {
  let order: DateOrder | undefined
  let areMixed = false
  let hasTime = false
  return {
    see: (text: string) => {
      const written = Forms.parse(text)
      if (written === undefined) return
      const told = Forms.orderOf(written)
      order ??= told
      areMixed ||= told !== undefined && told !== order
      hasTime ||= Forms.hasTime(written)
    },
    isKnown: () => areMixed && hasTime,
    facts: (): Facts => ({ order, areMixed, isWithoutTimes: !hasTime })
  }
}

/** Dates further back than that are refused unless they are asked for. */
const past = Duration.days(90)

/** The same, ahead. */
const future = Duration.days(30)

const noSuchDate: Forms.Flaw = {
  reason: "is no date that there is",
  remedy: "write it as 2026-11-25 or 2026-11-25 14:30"
}

/** Reads a date. A day without a time is noon, so that it stays that day in most time zones. */
const read = (text: string, options: Options): Forms.Result<DateTime.DateTime> => {
  const written = Forms.parse(text)
  if (written === undefined) return Either.left(unreadable(text))
  return Either.flatMap(partsOf(written, options), (parts) =>
    Either.flatMap(
      written.zone === undefined ? inZone(parts, options.timeZone) : withZone(parts, written.zone),
      (date) => nearNow(date, options.now)
    ))
}

const keys = ["year", "month", "day", "hours", "minutes", "seconds"] as const

type Parts = { readonly [key in typeof keys[number]]: number } & { readonly millis: 0 }

const partsOf = (written: Forms.Written, { areMixed, isWithoutTimes, order }: Options): Forms.Result<Parts> => {
  const known = written.order ?? order
  if (areMixed && written.order === undefined && Forms.orderOf(written) === undefined) {
    return Either.left({
      reason: "may be day/month or month/day, and the column has dates of both kinds",
      remedy: "write all dates alike, best as 2026-11-25, or say --date-order dmy or mdy"
    })
  }
  if (known === undefined) {
    return Either.left({
      reason: "may be day/month or month/day, and no other date of the column tells",
      remedy: "say --date-order dmy or mdy"
    })
  }
  const { first, second } = written
  const [day, month] = known === "dmy" ? [first, second] : [second, first]
  if (month > 12 && written.order === undefined) {
    return Either.left({
      reason: `is no date with the ${known === "dmy" ? "day" : "month"} first, as others of the column have it`,
      remedy: "write all dates alike, best as 2026-11-25"
    })
  }
  const time = written.time === undefined || (isWithoutTimes && Forms.isMidnight(written)) ? noon : written.time
  return Either.right({ year: written.year, month, day, ...time, millis: 0 })
}

const noon = { hours: 12, minutes: 0, seconds: 0 }

const utc = (parts: Parts): Option.Option<DateTime.Utc> =>
  Option.filter(DateTime.make(parts), (dateTime) => {
    const made = DateTime.toPartsUtc(dateTime)
    return keys.every((key) => made[key] === parts[key])
  }).pipe(Option.map(DateTime.toUtc))

const inZone = (parts: Parts, timeZone: DateTime.TimeZone | undefined): Forms.Result<DateTime.DateTime> => {
  if (timeZone === undefined) {
    return Either.left({ reason: "doesn't say its time zone", remedy: "say --timezone, such as Europe/Berlin" })
  }
  if (Option.isNone(utc(parts))) return Either.left(noSuchDate)
  return Either.fromOption(
    DateTime.makeZoned(parts, { timeZone, adjustForTimeZone: true, disambiguation: "reject" }),
    () => ({
      reason: `is skipped, or comes twice, when the clocks of ${DateTime.zoneToString(timeZone)} change`,
      remedy: "write it with its offset, such as 2026-11-25T14:30:00-08:00"
    })
  )
}

const withZone = (parts: Parts, written: string): Forms.Result<DateTime.DateTime> => {
  if (Option.isNone(utc(parts))) return Either.left(noSuchDate)
  if (/^(?:Z|UTC|GMT)$/i.test(written)) return Either.fromOption(utc(parts), () => noSuchDate)
  const zone = written.replace(/^(?:GMT|UTC)(?=[+-])/i, "")
  const [, sign, hours, minutes = "00"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  const name = sign === undefined ? zone : `${sign}${hours}:${minutes}`
  const found = TimeZones.parse(name)
  if (Either.isLeft(found)) {
    return Either.left({
      reason: `says ${zone}, which may be one of several time zones`,
      remedy: "write the offset, such as 2026-11-25T14:30:00-08:00, or leave the name out and say --timezone"
    })
  }
  return Math.abs(Number(hours)) > 23 ? Either.left(noSuchDate) : inZone(parts, found.right)
}

const nearNow = (date: DateTime.DateTime, now: DateTime.Utc | undefined): Forms.Result<DateTime.DateTime> => {
  if (now === undefined) return Either.right(date)
  const days = Math.round(DateTime.distance(now, date) / 86_400_000)
  if (
    DateTime.greaterThan(DateTime.addDuration(date, past), now) &&
    DateTime.lessThan(date, DateTime.addDuration(now, future))
  ) {
    return Either.right(date)
  }
  return Either.left({
    reason: days < 0 ? `is ${-days} days ago` : `is ${days} days ahead`,
    remedy: "correct it, or say --any-ship-date if it is right"
  })
}

const unreadable = (text: string): Forms.Flaw => {
  if (/^\d{5}(?:[.,]\d+)?$/.test(text)) {
    return {
      reason: "is a spreadsheet's number for a day",
      remedy: "format the column as a date, yyyy-mm-dd, and save the file again"
    }
  }
  return {
    reason: /^\d{10}(?:\d{3})?$/.test(text) ? "is a number of seconds, and no date" : "can't be read as a date",
    remedy: "write it as 2026-11-25 or 2026-11-25 14:30"
  }
}

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
