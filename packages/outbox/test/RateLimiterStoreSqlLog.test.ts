/** The log's own time, and what is added to it after a transaction that may have been rolled back. */
import { RateLimiter } from "@effect-shipstation/http-client"
import { describe, expect, it } from "@effect/vitest"
import { merge, type StoredLog, timeOf } from "../src/internal/sql/limiterLog.js"

const log = (more: Partial<StoredLog> = {}): StoredLog => ({ ...RateLimiter.emptyLog(), ...more })

const hour = 3_600_000

describe("the time", () => {
  it.each<
    [what: string, log: StoredLog, now: Parameters<typeof timeOf>[1], known: Parameters<typeof timeOf>[2], number]
  >([
    ["begins as the database's clock", log(), { clock: 1_000, mono: 7 }, undefined, 1_000],
    [
      "goes on after the last place of an older version",
      log({ taken: [900, 5_000] }),
      { clock: 1_000, mono: 7 },
      undefined,
      5_000.001
    ],
    ["goes on as the database's clock did", log({ time: 50, clock: 1_000 }), { clock: 1_300, mono: 7 }, undefined, 350],
    [
      "doesn't go back as the database's clock did",
      log({ time: 50, clock: 1_000 }),
      { clock: 1, mono: 7 },
      undefined,
      50.001
    ],
    [
      "goes on as the own clock did",
      log({ time: 50, clock: 1_000 }),
      { clock: 9_999, mono: 17 },
      { time: 50, mono: 7 },
      60
    ],
    ["isn't before what another has written", log({ time: 500, clock: 1_000 }), { clock: 1_000, mono: 17 }, {
      time: 50,
      mono: 7
    }, 500.001],
    ["stands still with the own clock, and yet goes on", log({ time: 50, clock: 1_000 }), { clock: 1_000, mono: 7 }, {
      time: 50,
      mono: 7
    }, 50.001],
    ["isn't before the last place", log({ time: 50, clock: 1_000, taken: [80] }), { clock: 1_000, mono: 17 }, {
      time: 50,
      mono: 7
    }, 80.001],
    ["isn't that of an own clock that went back", log({ time: 50, clock: 1_000 }), { clock: 9_000, mono: 1 }, {
      time: 50,
      mono: 7
    }, 50.001],
    ["is the own clock's just within an hour", log({ time: hour, clock: 0 }), { clock: 0, mono: hour - 1 }, {
      time: 9,
      mono: 0
    }, hour + 8],
    [
      "is the earlier of both after an hour: the database's",
      log({ time: hour, clock: 0 }),
      { clock: 100, mono: hour + 500 },
      { time: 0, mono: 0 },
      hour + 100
    ],
    ["is the earlier of both after an hour: the own", log({ time: hour, clock: 0 }), { clock: 500, mono: hour + 100 }, {
      time: 0,
      mono: 0
    }, hour + 100]
  ])("%s", (_, log, now, known, expected) => {
    expect(timeOf(log, now, known)).toBeCloseTo(expected, 4)
  })
})

describe("what may have been rolled back", () => {
  const own = "me-"
  const mine = { id: "me-1", until: 900 }
  const other = { id: "you-1", until: 950 }

  it("adds places that were taken, each once, in their order", () => {
    const { taken } = merge(log({ taken: [1, 2, 5] }), log({ taken: [2, 3, 6] }), own)
    expect(taken).toEqual([1, 2, 3, 5, 6])
  })

  it("decides on own places that are held, and on no other", () => {
    expect(merge(log({ held: [other] }), log({ held: [mine] }), own).held).toEqual([other, mine])
    expect(merge(log({ held: [mine, other] }), log({ held: [] }), own).held).toEqual([other])
    expect(merge(log({ held: [] }), log({ held: [other] }), own).held).toEqual([])
    expect(merge(log({ held: undefined }), log({ held: undefined }), own).held).toEqual([])
  })

  it("keeps the later pause, unless it was ended after that", () => {
    const pausedUntil = (stored: Partial<StoredLog>, mine: Partial<StoredLog>) =>
      merge(log(stored), log(mine), own).pausedUntil
    expect(pausedUntil({ pausedUntil: 100 }, { pausedUntil: 200 })).toBe(200)
    expect(pausedUntil({ pausedUntil: 200 }, { pausedUntil: 100 })).toBe(200)
    // another has ended it since
    expect(pausedUntil({ time: 60, pausedUntil: 50, resumed: 50 }, { time: 40, pausedUntil: 200 })).toBe(50)
    // it was ended here
    expect(pausedUntil({ time: 40, pausedUntil: 200 }, { time: 60, pausedUntil: 50, resumed: 50 })).toBe(50)
    // and there is a new one since
    expect(pausedUntil({ time: 60, pausedUntil: 50, resumed: 50 }, { time: 70, pausedUntil: 300, resumed: 50 })).toBe(
      300
    )
    expect(merge(log({ resumed: 5 }), log({ resumed: 9 }), own).resumed).toBe(9)
  })

  it("keeps how far places are apart, and the later time with its clock", () => {
    const early = { keep: 5, spacedUntil: 10, next: 20, given: 30, time: 40, clock: 1_000 }
    const late = { keep: 6, spacedUntil: 11, next: 21, given: 31, time: 41, clock: 900 }
    expect(merge(log(early), log(late), own)).toMatchObject(late)
    expect(merge(log(late), log(early), own)).toMatchObject(late)
    expect(merge(log(late), log(), own)).toMatchObject(late)
    expect(merge(log(), log(late), own)).toMatchObject(late)
  })

  it("takes the last place of an older version for the last that was given", () => {
    const old = log({ taken: [1, 7], given: undefined })
    expect(merge(old, log({ given: 5 }), own).given).toBe(7)
    expect(merge(log({ given: 5 }), old, own).given).toBe(7)
  })
})
