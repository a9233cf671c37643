/** The algorithm, against a model that counts all there is. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Random } from "effect"

/** A place that was given, by what the model remembers. */
interface Place {
  readonly id: string | undefined
  readonly at: number
  left: number | undefined
  back: boolean
}

const longestHold = 300_000

/** When the request of a place left, at the latest: what is held for too long counts as left then. */
const leftAt = ({ at, left }: Place) => Math.min(left ?? Infinity, at + longestHold)

const isUsed = (place: Place, now: number, window: number) => !place.back && leftAt(place) > now - window

/** What a model says about each step of a random history without pauses. */
const history = (seed: number, steps: number) =>
  Effect.gen(function*() {
    const log = RateLimiter.emptyLog()
    const places: Array<Place> = []
    const limits = [1, 3, 7, 20]
    const window = 10_000
    let now = 0
    let taken = 0
    for (let step = 0; step < steps; step++) {
      now += yield* Random.nextIntBetween(0, (yield* Random.next) < 0.02 ? 200_000 : 700)
      const chance = yield* Random.next
      const held = places.filter((place) => place.id !== undefined && !place.back && leftAt(place) > now)
      const one = held[Math.floor((yield* Random.next) * held.length)]
      if (one !== undefined && chance < 0.25) {
        one.left = now
        RateLimiter.leavePlace(log, now, one.id ?? "")
      } else if (one !== undefined && chance < 0.35) {
        one.back = true
        RateLimiter.giveBackPlace(log, one.id ?? "")
      } else {
        const limit = limits[Math.floor((yield* Random.next) * limits.length)] ?? 1
        const id = chance < 0.7 ? String(step) : undefined
        const used = places.filter((place) => isUsed(place, now, window)).length
        expect(RateLimiter.stateOf(structuredClone(log), now, window).used).toBe(used)
        const before = structuredClone(log)
        const answer = RateLimiter.takePlace(log, now, limit, window, id)
        expect(answer._tag).toBe(used < limit ? "Taken" : "Full")
        if (answer._tag === "Taken") {
          taken++
          places.push({ id, at: now, left: id === undefined ? now : undefined, back: false })
        } else if (answer._tag === "Full" && answer.held !== true) {
          // no millisecond earlier, and none later
          const free = now + Duration.toMillis(answer.wait)
          expect(RateLimiter.takePlace(structuredClone(before), free - 1, limit, window)._tag).toBe("Full")
          expect(RateLimiter.takePlace(structuredClone(before), free, limit, window)._tag).toBe("Taken")
        } else {
          expect(places.filter((place) => !place.back && leftAt(place) > now).length).toBeGreaterThanOrEqual(limit)
        }
      }
    }
    return { log, taken }
  }).pipe(Effect.withRandom(Random.make(seed)))

describe("places", () => {
  it("are given exactly when fewer than the limit are held or were left within a window", () => {
    for (let seed = 0; seed < 12; seed++) {
      const { log, taken } = Effect.runSync(history(seed, 500))
      expect(taken).toBeGreaterThan(80)
      // what is kept doesn't grow
      expect(log.taken.length).toBeLessThan(40)
    }
  })

  it("are given no millisecond early, whoever asks when", () => {
    const log = RateLimiter.emptyLog()
    expect(RateLimiter.takePlace(log, 0, 2, 10_000)._tag).toBe("Taken")
    expect(RateLimiter.takePlace(log, 400, 2, 10_000)._tag).toBe("Taken")
    for (let now = 400; now < 10_000; now += 1) {
      expect(RateLimiter.takePlace(log, now, 2, 10_000)).toEqual({ _tag: "Full", wait: Duration.millis(10_000 - now) })
    }
    expect(RateLimiter.takePlace(log, 10_000, 2, 10_000)._tag).toBe("Taken")
    expect(RateLimiter.takePlace(log, 10_399, 2, 10_000)._tag).toBe("Full")
  })

  it("a limit that isn't whole is the next lower one", () => {
    const log = RateLimiter.emptyLog()
    expect(RateLimiter.takePlace(log, 0, 2.9, 10_000, "a")._tag).toBe("Taken")
    expect(RateLimiter.takePlace(log, 0, 2.9, 10_000, "b")._tag).toBe("Taken")
    expect(RateLimiter.takePlace(log, 0, 2.9, 10_000, "c")._tag).toBe("Full")
  })

  it("that are held by who never tells count as left after 5 minutes, among those that left later", () => {
    const log = RateLimiter.emptyLog()
    RateLimiter.takePlace(log, 0, 3, 100_000, "dead")
    RateLimiter.takePlace(log, 299_000, 3, 100_000)
    RateLimiter.takePlace(log, 299_500, 3, 100_000, "alive")
    expect(RateLimiter.stateOf(log, 299_999, 100_000).used).toBe(3)
    RateLimiter.leavePlace(log, 310_000, "alive")
    expect(log.taken).toEqual([299_000, 300_000, 310_000])
    RateLimiter.leavePlace(log, 320_000, "dead")
    RateLimiter.leavePlace(log, 320_000, "alive")
    RateLimiter.giveBackPlace(log, "alive")
    expect(log.taken).toEqual([299_000, 300_000, 310_000])
    expect(log.held).toEqual([])
    expect(RateLimiter.takePlace(log, 320_000, 3, 100_000)).toEqual({ _tag: "Full", wait: Duration.millis(79_000) })
  })

  it("that lapse at once, in whatever order they are held, come into the log in the order of their lapses", () => {
    const log = RateLimiter.emptyLog()
    log.held = [{ id: "b", until: 2_000 }, { id: "c", until: 9_000 }, { id: "a", until: 1_000 }]
    expect(RateLimiter.stateOf(log, 3_000, 10_000).used).toBe(3)
    expect(log.taken).toEqual([1_000, 2_000])
    expect(log.held).toEqual([{ id: "c", until: 9_000 }])
  })
})

describe("after a pause", () => {
  /** Places given each time one is free, asked for every 10 ms. */
  const given = (log: RateLimiter.Log, from: number, to: number, hold: boolean) => {
    const at: Array<number> = []
    for (let now = from; now < to; now += 10) {
      const answer = RateLimiter.takePlace(log, now, 10, 10_000, hold ? String(now) : undefined)
      if (answer._tag === "Taken") at.push(now)
    }
    return at
  }

  it.each([false, true])("places lie a window's share apart, held: %s", (hold) => {
    const log = RateLimiter.emptyLog()
    RateLimiter.takePlace(log, 0, 10, 10_000, "before")
    RateLimiter.pauseLog(log, 0, 5_000)
    // it was under way during the pause, which is no sign of its end
    RateLimiter.leavePlace(log, 5_100, "before")
    expect(given(log, 0, 12_000, hold)).toEqual([5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 11_000])
  })

  it("in a log of an older version too", () => {
    const { given: _given, held: _held, ...old } = RateLimiter.emptyLog()
    const log: RateLimiter.Log = { ...old, taken: [0], keep: 10, pausedUntil: 5_000 }
    expect(given(log, 0, 8_000, false)).toEqual([5_000, 6_000, 7_000])
    const full: RateLimiter.Log = { ...old, taken: [6_000], keep: 10, pausedUntil: 5_000 }
    expect(given(full, 6_000, 6_050, false)).toEqual([6_000, 6_010, 6_020, 6_030, 6_040])
  })
})
