import { RetryPolicy, ShipStationClient, ShipStationConfig, ShipStationError } from "@effect-shipstation/http-client"
import * as Platform from "@effect/platform"
import type { HttpClient } from "@effect/platform"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Layer, Redacted, Schedule } from "effect"

describe("types", () => {
  it("the layers leave HttpClient only", () => {
    const layer = Layer.provide(ShipStationClient.layer, ShipStationConfig.layer({ apiKey: Redacted.make("k") }))
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<ShipStationClient.ShipStationClient, never, HttpClient.HttpClient>>()
  })

  it("a policy composes with Effect's schedules", () => {
    const policy = Schedule.exponential("1 second").pipe(
      RetryPolicy.respectRetryAfter,
      RetryPolicy.forErrorTypes("ShipStationRateLimitError"),
      RetryPolicy.within("1 minute"),
      Schedule.intersect(Schedule.recurs(3))
    )
    expectTypeOf(policy).toMatchTypeOf<RetryPolicy.Policy>()
    // @ts-expect-error there is no such error
    RetryPolicy.forErrorTypes("RateLimitError")
  })

  it("NotDone narrows delivery", () => {
    expectTypeOf<ShipStationError.NotDone<ShipStationError.ShipStationValidationError>["delivery"]>()
      .toEqualTypeOf<"unsent" | "rejected">()
  })
})

describe("tags", () => {
  const tags = ShipStationError.ShipStationError.members.map((member) => member._tag)

  it("a tag is the name of its class", () => {
    expect(tags.length).toBe(11)
    for (const tag of tags) expect(ShipStationError).toHaveProperty(tag)
    expectTypeOf<ShipStationError.ShipStationError["_tag"]>().toEqualTypeOf<(typeof tags)[number]>()
  })

  it("none is a tag of @effect/platform", () => {
    // Effect's error classes carry their tag as the name of their prototype
    const theirs = Object.values(Platform).flatMap((module) => Object.values(module)).flatMap((value) =>
      typeof value === "function" && value.prototype instanceof Error ? [value.prototype.name] : []
    )
    expect(theirs).toContain("SystemError")
    expect(theirs).toContain("RequestError")
    expect(tags.filter((tag) => theirs.includes(tag))).toEqual([])
  })
})
