import type * as Headers from "@effect/platform/Headers"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** What asks for more is a mistake, such as a Unix time, and must not stop an account for years. */
const longest = Duration.hours(1)

/**
 * How long `Retry-After` asks to wait, an hour at most. Seconds (not milliseconds), or an HTTP date, which counts from the
 * answer's own `Date` so that a wrong clock here doesn't matter; no time for a date in the past. None when it is missing or
 * makes no sense.
 */
export const parseRetryAfter = (headers: Headers.Headers, now: DateTime.Utc): Option.Option<Duration.Duration> => {
  const value = headers["retry-after"]?.trim() ?? ""
  const base = Option.getOrElse(parseHttpDate(headers["date"]), () => now)
  const asked = /^\d+$/.test(value)
    ? Option.some(Duration.seconds(Number(value)))
    // a duration is never negative
    : Option.map(parseHttpDate(value), (date) => Duration.millis(DateTime.distance(base, date)))
  return Option.map(asked, Duration.min(longest))
}

/** An HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`. (JavaScript reads dates into nearly any text: `-5` is May 2001.) */
export const parseHttpDate = (text: string | undefined): Option.Option<DateTime.Utc> =>
  text !== undefined && /^[A-Za-z]+, \d.* GMT$/.test(text) ? DateTime.make(Date.parse(text)) : Option.none()
