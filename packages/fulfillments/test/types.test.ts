import type { InvalidFulfillmentError } from "@effect-shipstation/fulfillments"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import type { ShipStationClient, ShipStationError } from "@effect-shipstation/http-client"
import type { HttpClient } from "@effect/platform"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { type ConfigError, Context, Effect, type Layer, Stream } from "effect"
import { input } from "./support.js"

type Errors = ShipStationError.ShipStationError

describe("types", () => {
  it("the error channel of create is exactly what can happen before anything is done", () => {
    const create = Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create([input(1)]))
    expectTypeOf<Effect.Effect.Error<typeof create>>().toEqualTypeOf<
      | InvalidFulfillmentError.InvalidFulfillmentError
      | ShipStationError.NotDone<Errors>
    >()
    expectTypeOf<Effect.Effect.Error<typeof create>["_tag"]>().toEqualTypeOf<
      | "InvalidFulfillmentError"
      | "ShipStationAccountStatusError"
      | "ShipStationBusinessRulesError"
      | "ShipStationValidationError"
      | "ShipStationSecurityError"
      | "ShipStationSystemError"
      | "ShipStationIntegrationsError"
      | "ShipStationRateLimitError"
      | "ShipStationNetworkError"
      | "ShipStationConfigError"
    >()
    expectTypeOf<Effect.Effect.Context<typeof create>>().toEqualTypeOf<Fulfillments.Fulfillments>()

    const caught = Effect.catchTag(create, "ShipStationValidationError", (error) => {
      expectTypeOf(error.delivery).toEqualTypeOf<"unsent" | "rejected">()
      expectTypeOf(error).toMatchTypeOf<ShipStationError.ShipStationValidationError>()
      return Effect.succeed("caught" as const)
    })
    expectTypeOf<Effect.Effect.Error<typeof caught>["_tag"]>().not.toEqualTypeOf<
      Effect.Effect.Error<typeof create>["_tag"]
    >()
    expectTypeOf<Extract<Effect.Effect.Error<typeof caught>, { _tag: "ShipStationValidationError" }>>().toBeNever()
    // @ts-expect-error a lost connection is an outcome, not an error
    Effect.catchTag(create, "ShipStationConnectionLostError", () => Effect.void)
    expect(true).toBe(true)
  })

  it("methods need nothing, and layers need what they say", () => {
    const create = Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create([input(1)]))
    expectTypeOf<Effect.Effect.Context<typeof create>>().toEqualTypeOf<Fulfillments.Fulfillments>()
    expectTypeOf(Fulfillments.layer).returns.toEqualTypeOf<
      Layer.Layer<Fulfillments.Fulfillments, never, ShipStationClient.ShipStationClient>
    >()
    expectTypeOf(Fulfillments.layerConfig).returns.toEqualTypeOf<
      Layer.Layer<Fulfillments.Fulfillments, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
    // @ts-expect-error who is notified is never guessed
    const forgotten = () => Fulfillments.layer({})
    // @ts-expect-error an empty array is no request
    const empty = Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create([]))
    expect([forgotten, empty].length).toBe(2)
  })

  it("there is one outcome for every input, and orFail leaves the good ones", () => {
    expectTypeOf<Effect.Effect.Success<ReturnType<Fulfillments.Service["create"]>>>().toEqualTypeOf<
      [FulfillmentOutcome.FulfillmentOutcome, ...Array<FulfillmentOutcome.FulfillmentOutcome>]
    >()
    expectTypeOf(FulfillmentOutcome.orFail).returns.toEqualTypeOf<
      Effect.Effect<
        [
          FulfillmentOutcome.Created | FulfillmentOutcome.AlreadyFulfilled,
          ...Array<FulfillmentOutcome.Created | FulfillmentOutcome.AlreadyFulfilled>
        ],
        FulfillmentOutcome.FulfillmentsIncomplete
      >
    >()
    expectTypeOf<FulfillmentOutcome.FulfillmentOutcome["_tag"]>().toEqualTypeOf<
      "Created" | "AlreadyFulfilled" | "Conflict" | "Rejected" | "Unknown" | "NotSent"
    >()
    expect(FulfillmentOutcome.FulfillmentOutcome.members.length).toBe(6)
  })

  it("createAll fails as its source does, and needs what its source and onLeftover need", () => {
    class Shop extends Context.Tag("Shop")<Shop, string>() {}
    class Report extends Context.Tag("Report")<Report, string>() {}
    const orders = Stream.fromEffect(Effect.flatMap(Shop, () => Effect.fail("closed" as const)))
    const streams = Effect.map(Fulfillments.Fulfillments, ({ createAll }) => ({
      ofStream: createAll(orders),
      reported: createAll(orders, { onLeftover: () => Effect.asVoid(Report) }),
      ofArray: createAll([input(1)]),
      ofSet: createAll(new Set([input(1)]), { onLeftover: () => Effect.asVoid(Report) })
    }))
    expectTypeOf<Effect.Effect.Success<typeof streams>>().toEqualTypeOf<{
      ofStream: Stream.Stream<FulfillmentOutcome.FulfillmentOutcome, "closed", Shop>
      reported: Stream.Stream<FulfillmentOutcome.FulfillmentOutcome, "closed", Shop | Report>
      ofArray: Stream.Stream<FulfillmentOutcome.FulfillmentOutcome>
      ofSet: Stream.Stream<FulfillmentOutcome.FulfillmentOutcome, never, Report>
    }>()
    expect(Effect.isEffect(streams)).toBe(true)
  })
})
