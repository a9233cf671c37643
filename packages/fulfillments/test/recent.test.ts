import { describe, expect, it } from "@effect/vitest"
import * as Recent from "../src/internal/recent.js"

describe("what is remembered", () => {
  it("is at least the last so many entries, and at most twice as many", () => {
    const recent = Recent.make<number>(10)
    for (let n = 0; n < 1_000; n++) {
      recent.set(`${n}`, n)
      for (let back = 0; back < Math.min(10, n + 1); back++) expect(recent.get(`${n - back}`)).toBe(n - back)
      expect(recent.get(`${n - 20}`)).toBeUndefined()
    }
  })

  it("is the last that was said, or nothing", () => {
    const recent = Recent.make<string>(2)
    recent.set("a", "old")
    recent.set("b", "b")
    recent.set("c", "c")
    recent.set("a", "new")
    expect(recent.get("a")).toBe("new")
    recent.delete("a")
    expect(recent.get("a")).toBeUndefined()
    expect(recent.get("b")).toBe("b")
  })

  it("takes no longer when there is much to forget", () => {
    const time = (atLeast: number) => {
      const recent = Recent.make<number>(atLeast)
      // the processor's time, whatever else it does
      const start = process.cpuUsage()
      for (let n = 0; n < 200_000; n++) recent.set(`se-${n}`, n)
      return process.cpuUsage(start).user
    }
    const remembering = Math.min(time(1_000_000), time(1_000_000))
    expect(Math.min(time(50_000), time(50_000))).toBeLessThan(10 * remembering)
  })
})
