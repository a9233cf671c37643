import { expect, it } from "@effect/vitest"
import { type Path, paths, play } from "../campaigns/gate/explore.js"

/** Each seventh of them; `pnpm campaign gate` walks them all. */
const some = [...paths(1)].filter((_, n) => n % 7 === 0)

it("nobody is mailed twice, lied to or forgotten on any path through the gate", async () => {
  const wrong: Array<readonly [path: Path, found: string]> = []
  for (const path of some) {
    const found = await play(path)
    if (found !== undefined) wrong.push([path, found])
  }
  expect(wrong).toEqual([])
  expect(some.length).toBeGreaterThan(60)
})

it("control: without the gate there are paths on which somebody is", async () => {
  const found = await Promise.all(some.slice(0, 20).map((path) => play(path, true)))
  expect(found.filter((wrong) => wrong?.includes("mailed twice")).length).toBeGreaterThan(5)
})
