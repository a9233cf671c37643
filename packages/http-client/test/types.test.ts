import { RetryPolicy, ShipStationClient, ShipStationConfig, ShipStationError } from "@effect-shipstation/http-client"
import type { CreateFulfillments } from "@effect-shipstation/schema"
import * as Platform from "@effect/platform"
import type { HttpClient } from "@effect/platform"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Config, type ConfigError, Context, Effect, Layer, Redacted, Schedule, Schema } from "effect"

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

  it("a key may come from an effect that fails with a KeyError, and with nothing else", () => {
    const apiKey = Effect.fail(new ShipStationConfig.KeyError({ message: "vault is down" }))
    expectTypeOf(ShipStationConfig.layer({ apiKey })).toEqualTypeOf<Layer.Layer<ShipStationConfig.ShipStationConfig>>()
    expectTypeOf<Effect.Effect<Redacted.Redacted, string>>().not.toMatchTypeOf<ShipStationConfig.Options["apiKey"]>()
    expectTypeOf(new ShipStationConfig.KeyError({ message: "" })._tag).toEqualTypeOf<"KeyError">()
  })

  it("layerConfig takes a Config of each option", () => {
    const layer = ShipStationConfig.layerConfig({
      apiKey: Config.redacted("KEY"),
      account: Config.string("ACCOUNT"),
      timeout: Config.duration("TIMEOUT"),
      baseUrl: Config.string("URL"),
      mode: Config.literal("live", "silent", "readOnly")("MODE"),
      allowInsecureHosts: Config.array(Config.string(), "HOSTS")
    })
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<ShipStationConfig.ShipStationConfig, ConfigError.ConfigError>>()
  })

  it("what a call needs and fails with is that of its effects", () => {
    class Need extends Context.Tag("Need")<Need, string>() {}
    const create = (client: ShipStationClient.Service) =>
      client.createFulfillments(Effect.zipRight(Need, Effect.fail("request" as const)), {
        beforeRetry: () => Effect.fail("retry" as const)
      })
    expectTypeOf<ReturnType<typeof create>>().toEqualTypeOf<
      Effect.Effect<
        ShipStationClient.Success<CreateFulfillments.Response>,
        ShipStationError.ShipStationError | "request" | "retry",
        Need
      >
    >()
    const request = (client: ShipStationClient.Service) =>
      client.request("POST", "/v2/tags", { body: { a: 1 }, response: Schema.NumberFromString })
    expectTypeOf<ReturnType<typeof request>>().toEqualTypeOf<
      Effect.Effect<ShipStationClient.Success<number>, ShipStationError.ShipStationError>
    >()
    const typed = (client: ShipStationClient.Service) =>
      client.request("POST", "/v2/tags", {
        // @ts-expect-error the schema wants a number
        body: { a: "1" },
        bodySchema: Schema.Struct({ a: Schema.Number }),
        response: Schema.Void
      })
    expectTypeOf(typed).toBeFunction()
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
