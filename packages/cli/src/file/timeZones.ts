/**
 * Names of time zones that mean one thing: `Area/City`, `UTC` and offsets. Others mean several: to the computer `BST` is
 * Dhaka, and `CST` may be Chicago or Shanghai.
 */
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

const likely: { readonly [name: string]: string } = {
  EST: "America/New_York",
  EDT: "America/New_York",
  ET: "America/New_York",
  CST: "America/Chicago, or Asia/Shanghai",
  CDT: "America/Chicago",
  CT: "America/Chicago",
  MST: "America/Denver, or America/Phoenix",
  MDT: "America/Denver",
  PST: "America/Los_Angeles",
  PDT: "America/Los_Angeles",
  PT: "America/Los_Angeles",
  BST: "Europe/London",
  GMT: "Europe/London, or UTC",
  IST: "Asia/Kolkata, or Europe/Dublin",
  CET: "Europe/Berlin",
  CEST: "Europe/Berlin",
  EET: "Europe/Athens",
  AEST: "Australia/Brisbane",
  AEDT: "Australia/Sydney",
  JST: "Asia/Tokyo"
}

/** What to write for a name that may mean several. */
const suggestion = (name: string): string => {
  const upper = name.toUpperCase()
  return Object.hasOwn(likely, upper) ? `Write ${likely[upper]}` : "Write one such as America/Chicago or Europe/London"
}

/** A zone by its name, or what is wrong with it. */
export const parse = (name: string): Either.Either<DateTime.TimeZone, string> => {
  const text = name.trim()
  if (/^(?:utc|z)$/i.test(text)) return Either.right(DateTime.zoneMakeOffset(0))
  const isOffset = /^[+-]\d\d:\d\d$/.test(text)
  if (!isOffset && !/^[A-Za-z]+(?:\/[\w+-]+){1,2}$/.test(text)) {
    return Either.left(`${name} isn't the name of one time zone. ${suggestion(text)}`)
  }
  return Option.match(DateTime.zoneFromString(text), {
    onNone: () => Either.left(`there is no ${name}. Write one such as Europe/Berlin`),
    onSome: Either.right
  })
}
