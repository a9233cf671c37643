/**
 * The forms of dates that spreadsheets and reports have, as day, month, year and time. No time zones here.
 */
import type * as Either from "effect/Either"

/** What comes first where neither part is a year: the day or the month. */
export type DateOrder = "dmy" | "mdy"

/** A date as it is written. */
export interface Written {
  readonly year: number
  /** The two numbers before or behind the year, in their order, where it isn't clear which is the month. */
  readonly first: number
  readonly second: number
  /** Which of the two comes first. Absent: it isn't clear. */
  readonly order: DateOrder | undefined
  /** Absent: a day without a time. */
  readonly time: { readonly hours: number; readonly minutes: number; readonly seconds: number } | undefined
  /** `Z`, an offset, or a name. */
  readonly zone: string | undefined
}

/** Why a text isn't a date. */
export interface Flaw {
  readonly reason: string
  readonly remedy: string
}

/** A reading of a date, or what is wrong with it. */
export type Result<A> = Either.Either<A, Flaw>

/** How the names of months begin in English, German, French, Spanish, Italian, Dutch and Portuguese, without accents. */
const months: ReadonlyArray<RegExp> = [
  /^(?:jan|ene|gen)/,
  /^(?:feb|fev)/,
  /^(?:mar|mrz|maa|mrt)/,
  /^(?:apr|abr|avr)/,
  /^(?:may|mai|mei|mag)/,
  /^(?:jun|juin|giu)/,
  /^(?:jul|juil|lug)/,
  /^(?:aug|ago|aou)/,
  /^(?:sep|set)/,
  /^(?:oct|okt|ott|out)/,
  /^nov/,
  /^(?:dec|dez|dic)/
]

const month = String.raw`(\p{L}{3,10})\.?`
const weekday = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\\.?,? +)?"
const time = String
  .raw`(?:(?:T|,? +(?:at +)?)(\d{1,2})[:h](\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: *([ap])\.?m\b\.?| uhr\b)?)?`
const zone = String
  .raw`(?: ?(Z|(?:GMT|UTC)?[+-]\d\d(?::?\d\d)?|[A-Z]{2,5}|[A-Z][a-z]+/[A-Za-z_/]+))?(?:\[[\w/+-]+\]| \([^)]+\))?`

const form = (date: string): RegExp => new RegExp(`^${weekday}${date}${time}${zone}$`, "iu")

const yearFirst = form(String.raw`(\d{4})([-/.])(\d{1,2})\2(\d{1,2})`)
const yearLast = form(String.raw`(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)`)
const compact = form(String.raw`(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])`)
const dayName = form(String.raw`(\d{1,2})(?:st|nd|rd|th|er|\.)?(?: de)?[ -]?${month}(?:,| del?)?[ -]?(\d{4}|\d\d)`)
const nameDay = form(String.raw`${month} (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})`)
// as eBay has it
const nameDayYear = form(String.raw`${month}-(\d{1,2})-(\d{4}|\d\d)`)

const japanese = form(String.raw`(\d{4})年(\d{1,2})月(\d{1,2})日`)
const dashes = /[\u2010-\u2013\u2212]/
// browsers put a narrow one before PM
const spaces = /[\u00A0\u2009\u202F]/

/** With the hyphens and spaces of a keyboard. */
const typed = (text: string): string => {
  const hyphens = dashes.test(text) ? text.replaceAll(new RegExp(dashes, "g"), "-") : text
  return spaces.test(hyphens) ? hyphens.replaceAll(new RegExp(spaces, "g"), " ") : hyphens
}

const yearOf = (text: string | undefined): number => Number(text) + (text?.length === 2 ? 2000 : 0)

/** From 1. 0: it is no month's name. */
const monthOf = (text = ""): number => {
  const name = text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase()
  return months.findIndex((begins) => begins.test(name)) + 1
}

/** Takes a text apart. Undefined: it has none of the forms. */
export const parse = (given: string): Written | undefined => {
  const text = typed(given)
  const numbers = yearLast.exec(text)
  if (numbers !== null) {
    const [, first, separator, second, year, ...rest] = numbers
    const [a, b] = [Number(first), Number(second)]
    // with dots the day is first, everywhere
    const order = separator === "." || a === b ? "dmy" : undefined
    return { year: yearOf(year), first: a, second: b, order, ...timeOf(rest) }
  }
  const iso = yearFirst.exec(text)
  if (iso !== null) {
    const [, year, , month, day, ...rest] = iso
    return { year: yearOf(year), first: Number(month), second: Number(day), order: "mdy", ...timeOf(rest) }
  }
  const digits = compact.exec(text) ?? japanese.exec(text)
  if (digits !== null) {
    const [, year, month, day, ...rest] = digits
    return { year: yearOf(year), first: Number(month), second: Number(day), order: "mdy", ...timeOf(rest) }
  }
  const named = dayName.exec(text)
  if (named !== null) {
    const [, day, month, year, ...rest] = named
    if (monthOf(month) === 0) return undefined
    return { year: yearOf(year), first: Number(day), second: monthOf(month), order: "dmy", ...timeOf(rest) }
  }
  const english = nameDay.exec(text) ?? nameDayYear.exec(text)
  if (english === null) return undefined
  const [, month, day, year, ...rest] = english
  if (monthOf(month) === 0) return undefined
  return { year: yearOf(year), first: monthOf(month), second: Number(day), order: "mdy", ...timeOf(rest) }
}

const timeOf = (
  [hour, minutes = "0", seconds = "0", half, zone]: ReadonlyArray<string | undefined>
): Pick<Written, "time" | "zone"> => {
  if (hour === undefined) return { time: undefined, zone }
  const written = Number(hour)
  const isWrong = half !== undefined && (written < 1 || written > 12)
  const hours = isWrong ? 99 : half === undefined ? written : written % 12 + (half.toLowerCase() === "p" ? 12 : 0)
  return { time: { hours, minutes: Number(minutes), seconds: Number(seconds) }, zone }
}

/** Which order a date tells, if only one is possible. */
export const orderOf = ({ first, order, second }: Written): DateOrder | undefined => {
  if (order !== undefined) return undefined
  const [canBeDay, canBeMonth] = [second <= 12, first <= 12]
  return canBeDay === canBeMonth ? undefined : canBeMonth ? "mdy" : "dmy"
}

/** Whether it says midnight, by the clock of a place that isn't said. */
export const isMidnight = ({ time, zone }: Written): boolean =>
  time !== undefined && zone === undefined && time.hours + time.minutes + time.seconds === 0

/** Whether it says another time than midnight. */
export const hasTime = (written: Written): boolean => written.time !== undefined && !isMidnight(written)
