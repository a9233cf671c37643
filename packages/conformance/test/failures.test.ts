/** Each kind of failure, and what becomes of a call. `pnpm compare` makes a page of it. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { cases } from "../compare/cases.js"
import { handWritten } from "../compare/others.js"
import { inVirtualTime } from "../compare/ours.js"
import { tableOfOurs } from "../compare/report.js"

describe("after a failure", () => {
  it.effect.each(cases)("what was done is known, and nothing is done twice: $name", (one) =>
    Effect.gen(function*() {
      const ours = yield* inVirtualTime(one)
      expect(ours).toEqual(one.ours)
      expect(Math.max(...ours.notified)).toBeLessThanOrEqual(1)
      if (one.delivery === "unknown") expect(ours.posts).toBe(1)
    }))

  const lostAnswers = cases.filter(({ ours }) => ours.gives === "3 AlreadyFulfilled")

  it.live.each(lostAnswers)(
    "control: a loop that sends again tells customers twice: $name",
    (one) =>
      Effect.gen(function*() {
        expect(lostAnswers.length).toBe(6)
        expect(yield* handWritten(one)).toEqual({ posts: 2, believes: "success", notified: [2, 2, 2] })
      })
  )

  it("is documented as it is", () => {
    const page = readFileSync(new URL("../../../docs/failures.md", import.meta.url), "utf8")
    expect(page).toContain(tableOfOurs(cases))
  })
})
