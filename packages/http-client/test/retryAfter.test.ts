import { Headers } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Option } from "effect"
import { parseHttpDate, parseRetryAfter } from "../src/internal/retryAfter.js"
import { toError } from "../src/internal/toError.js"
import { receivedAt } from "./support/failures.js"

const date = "Sun, 01 Mar 2026 10:00:00 GMT"

describe("Retry-After", () => {
  const parse = (headers: Record<string, string>) =>
    Option.getOrUndefined(Option.map(parseRetryAfter(Headers.fromInput(headers), receivedAt), Duration.toSeconds))

  it.each([
    ["seconds, not milliseconds", { "retry-after": "30" }, 30],
    ["zero", { "retry-after": "0" }, 0],
    ["spaces around it", { "retry-after": " 5 " }, 5],
    ["an hour", { "retry-after": "3600" }, 3600],
    ["a date, by the clock of the answer", { "retry-after": "Sun, 01 Mar 2026 10:00:30 GMT", date }, 30],
    ["a date, without a clock of the answer", { "retry-after": "Sun, 01 Mar 2026 12:00:10 GMT" }, 10],
    ["a date, and a clock that is none", { "retry-after": "Sun, 01 Mar 2026 12:00:10 GMT", date: "noon" }, 10],
    ["a date in the past", { "retry-after": "Sun, 01 Mar 2026 09:00:00 GMT", date }, 0],
    ["a date in the past of another year", { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT", date }, 0],
    // a mistake, or nothing that anybody would wait for: an hour
    ["more than an hour", { "retry-after": "3601" }, 3600],
    ["a day", { "retry-after": "86400" }, 3600],
    ["a Unix time", { "retry-after": "1764353538" }, 3600],
    ["a Unix time in milliseconds", { "retry-after": "1764353538000" }, 3600],
    ["more than a number holds", { "retry-after": "9".repeat(400) }, 3600],
    ["a date of tomorrow", { "retry-after": "Mon, 02 Mar 2026 10:00:00 GMT", date }, 3600],
    ["a date of the year 9999", { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", date }, 3600],
    // nothing
    ["missing", {}, undefined],
    ["empty", { "retry-after": "" }, undefined],
    ["negative", { "retry-after": "-5" }, undefined],
    ["a fraction", { "retry-after": "1.5" }, undefined],
    ["a number of another notation", { "retry-after": "1e400" }, undefined],
    ["words", { "retry-after": "soon" }, undefined],
    ["words before a date", { "retry-after": "after Sun, 01 Mar 2026 10:00:30 GMT", date }, undefined],
    ["a date that is none", { "retry-after": "Sun, 99 Foo 2026 GMT" }, undefined],
    ["another form of date", { "retry-after": "2026-03-01T10:00:30Z" }, undefined]
  ])("%s", (_, headers, seconds) => {
    expect(parse(headers)).toBe(seconds)
  })

  const wait = (headers: Record<string, string>, status: number) => {
    const { retryAfter } = toError({ method: "GET", url: "", redact: (text) => text }, {
      _tag: "Answer",
      status,
      headers: Headers.fromInput(headers),
      body: "",
      end: "whole",
      receivedAt
    })
    return retryAfter === undefined ? undefined : Duration.toSeconds(retryAfter)
  }

  it("of a 429 is one window when it doesn't say", () => {
    expect(wait({ "retry-after": "3" }, 429)).toBe(3)
    expect(wait({ "retry-after": "1764353538" }, 429)).toBe(3600)
    expect(wait({}, 429)).toBe(60)
    expect(wait({ "retry-after": "-5" }, 429)).toBe(60)
  })

  it("is told of other answers too, where they have it", () => {
    expect(wait({ "retry-after": "3" }, 503)).toBe(3)
    expect(wait({ "retry-after": "-3" }, 503)).toBe(undefined)
    expect(wait({}, 503)).toBe(undefined)
  })
})

it("an HTTP date is nothing else", () => {
  expect(Option.map(parseHttpDate(date), ({ epochMillis }) => epochMillis)).toEqual(
    Option.some(Date.UTC(2026, 2, 1, 10))
  )
  for (
    const other of [
      undefined,
      "",
      "-5",
      "order 7",
      "Sun, 01 Mar 2026",
      "Sun, 01 Mar 2026 10:00:00",
      "GMT",
      `${date}-0500`
    ]
  ) {
    expect(parseHttpDate(other)).toEqual(Option.none())
  }
})
