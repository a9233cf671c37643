/** Histories of callers that collide, on a server that misbehaves. `pnpm campaign histories` plays thousands. */
import { Emulator } from "@effect-shipstation/emulator"
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, type ShipStationError } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect, Layer, Stream } from "effect"
import { from, makeSummary, ofSeed, playAll, replay } from "../campaigns/histories.js"
import { check } from "../campaigns/histories/check.js"
import { describe as text } from "../campaigns/histories/describe.js"
import { client, ours, play, type Subject } from "../campaigns/histories/play.js"

const seconds = (seconds: number) => {
  const end = performance.now() + seconds * 1_000
  return () => performance.now() > end
}

describe("whatever callers and the server do", () => {
  it("nothing is done twice, nothing that is said is a lie, nobody hangs, and the limit holds", async () => {
    const isOver = seconds(20)
    const failed: globalThis.Array<string> = []
    const { add, summary } = makeSummary()
    await playAll(from(1, 300), (seed, broken, played) => {
      add(played)
      if (broken.length > 0) failed.push(`${broken.join(", ")}: see ${replay(seed)}`)
      return !(isOver() && summary.of.histories >= 100)
    })
    expect(failed).toEqual([])
    // and there was enough to stumble over
    expect(Object.keys(summary.outcomes).toSorted()).toEqual(
      ["AlreadyFulfilled", "Conflict", "Created", "NotSent", "Rejected", "Unknown"]
    )
    expect(Object.keys(summary.faults).length).toBe(11)
    expect(summary.errors["interrupted"]).toBeGreaterThan(10)
  })

  it("the same seed is the same history, however long promises are waited for", async () => {
    await playAll(from(1, 20), (_, __, played) => {
      expect(played.calls.length).toBeGreaterThan(0)
      return true
    })
    for (const seed of from(1, 20)) {
      const [once, again] = [await play(ofSeed(seed)), await play(ofSeed(seed), ours, 5)]
      expect(text(again)).toBe(text(once))
    }
  })
})

type Service = Fulfillments.Service

const unused: Service = {
  create: () => Effect.dieMessage("not made"),
  createOne: () => Effect.dieMessage("not made"),
  createAll: () => Stream.dieMessage("not made"),
  readBack: () => Effect.dieMessage("not made"),
  list: () => Effect.dieMessage("not made"),
  listAll: () => Stream.dieMessage("not made")
}
