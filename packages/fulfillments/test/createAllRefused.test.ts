/** What a refused request means for its own items, for those of others, and for what comes after. */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Array, Chunk, Clock, Duration, Effect, FastCheck, Fiber, Layer, Stream } from "effect"
import {
  type Answer,
  type Behaviour,
  createAll,
  type Ids,
  inputs,
  makeServer,
  refusal,
  tags
} from "./createAllSupport.js"
import { input, inTime } from "./support.js"

/** Outcomes, and how many seconds it took. */
const run = (
  all: ReadonlyArray<Fulfillment.FulfillmentInput>,
  behaviour: Behaviour,
  options: Fulfillments.CreateAllOptions = { batchSize: 10 }
) =>
  Effect.gen(function*() {
    const server = yield* makeServer(behaviour)
    const start = yield* Clock.currentTimeMillis
    const outcomes = yield* createAll(Stream.fromIterable(all), options).pipe(
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray),
      inTime,
      Effect.provide(server.layer)
    )
    expect(outcomes.map(({ index }) => index)).toEqual(all.map((_, index) => index))
    expect(Object.values(server.timesFulfilled()).filter(({ length }) => length > 1)).toEqual([])
    return { ...server, outcomes, seconds: ((yield* Clock.currentTimeMillis) - start) / 1000 }
  })

/** Refuses what holds one of these. */
const poisoned = (poison: Ids, answer: () => Response) => (ids: Ids) =>
  ids.some((id) => poison.includes(id)) ? answer() : undefined

describe("createAll, when a batch is refused for what it holds", () => {
  type Row = readonly [name: string, answer: () => Response, tag: string]
  it.effect.each<Row>([
    ["400 validation", () => refusal(400, "validation"), "ShipStationValidationError"],
    ["400 business_rules", () => refusal(400, "business_rules"), "ShipStationBusinessRulesError"],
    ["404", () => refusal(404, "validation"), "ShipStationValidationError"],
    ["413", () => refusal(413, "validation"), "ShipStationValidationError"],
    ["422", () => refusal(422, "validation"), "ShipStationValidationError"]
  ])("only the culprits are not sent: %s", ([, answer, tag]) =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run(inputs(100), { refuse: poisoned(["se-3", "se-77"], answer) }, {})
      const culprits = outcomes.filter(({ _tag }) => _tag !== "Created")
      expect(culprits).toMatchObject(
        [3, 77].map((index) => ({ _tag: "NotSent", index, error: { _tag: tag, delivery: "rejected" } }))
      )
      // 100 are halved seven times
      expect(posts.length).toBeLessThanOrEqual(1 + 2 * 2 * 7)
    }))

  it.effect.each<Row>([
    ["400 by a carrier", () => refusal(400, "validation", "carrier"), "ShipStationValidationError"],
    ["400 about a carrier's account", () => refusal(400, "account_status", "carrier"), "ShipStationAccountStatusError"],
    ["409, and nothing is there", () => refusal(409, "business_rules"), "ShipStationBusinessRulesError"]
  ])(
    "only the culprits stay unknown, and the others are sent when the gate lets them: %s",
    ([, answer, tag]) =>
      Effect.gen(function*() {
        const { outcomes, posts } = yield* run(inputs(100), { refuse: poisoned(["se-3", "se-77"], answer) }, {})
        expect(outcomes.filter(({ _tag }) => _tag !== "Created")).toMatchObject(
          [3, 77].map((index) => ({ _tag: "Unknown", index, error: { _tag: tag, delivery: "unknown" } }))
        )
        expect(posts.length).toBeLessThanOrEqual(1 + 2 * 2 * 7)
      })
  )

  it.effect("where all is refused in a way that leaves open what was done, it ends after a few requests", () =>
    Effect.gen(function*() {
      const { outcomes, posts, seconds } = yield* run(inputs(100), {
        refuse: () => refusal(400, "integrations", "carrier")
      }, {})
      expect(new Set(outcomes.map(({ _tag }) => _tag))).toEqual(new Set(["Unknown"]))
      // 100, 50, 25, 13, 7, 4, 2, 1 and 1
      expect(posts.map(({ length }) => length)).toEqual([100, 50, 25, 13, 7, 4, 2, 1, 1])
      expect(seconds).toBeLessThan(9 * 50)
    }))

  it.effect.each<readonly [name: string, answer: () => Response]>([
    ["a gateway's page", () => new Response("<html>", { status: 404 })],
    ["an empty 400", () => new Response("", { status: 400 })],
    ["405", () => new Response("", { status: 405 })],
    ["413 of a proxy", () => new Response("too large", { status: 413 })],
    ["500", () => new Response("", { status: 500 })]
  ])("what isn't about the content isn't halved: %s", ([, answer]) =>
    Effect.gen(function*() {
      const { outcomes, posts, requests } = yield* run(inputs(100), { refuse: answer }, {})
      expect(new Set(outcomes.map(({ _tag }) => _tag))).toEqual(new Set(["Unknown"]))
      // four looks for the whole batch
      expect([posts.length, (yield* requests).length]).toEqual([1, 5])
    }))

  it.effect.prop("whatever they are, and with few requests", {
    count: FastCheck.integer({ min: 1, max: 120 }),
    poison: FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: 119 }), { maxLength: 6 }),
    concurrency: FastCheck.integer({ min: 1, max: 4 })
  }, ({ concurrency, count, poison }) =>
    Effect.gen(function*() {
      const ids = poison.map((n) => `se-${n}`)
      const { outcomes, posts, timesFulfilled } = yield* run(
        inputs(count),
        { refuse: poisoned(ids, () => refusal(400, "validation")) },
        { batchSize: 50, concurrency }
      )
      expect(tags(outcomes)).toBe(
        inputs(count).map((_, n) => poison.includes(n) ? "NotSent" : "Created").join(" ")
      )
      const culprits = poison.filter((n) => n < count).length
      expect(Object.keys(timesFulfilled()).length).toBe(count - culprits)
      expect(posts.length).toBeLessThanOrEqual(Math.ceil(count / 50) + 2 * culprits * Math.ceil(Math.log2(50)))
    }), { fastCheck: { numRuns: 20 } })

  const before = [input(2), input(5, { tracking_number: "other" })]
  it.effect.each<readonly [string, () => Response]>([
    ["400", () => refusal(400, "business_rules")],
    ["409", () => refusal(409, "business_rules")]
  ])("what is fulfilled already is told, and the others are sent: %s", ([, answer]) =>
    Effect.gen(function*() {
      const refuse = poisoned(before.map(({ shipment_id }) => shipment_id), answer)
      const { outcomes } = yield* run(inputs(8), { before, refuse })
      expect(tags(outcomes)).toBe("Created Created AlreadyFulfilled Created Created Conflict Created Created")
    }))

  it.effect("a culprit beside one that was read back is found too", () =>
    Effect.gen(function*() {
      const refuse = poisoned(["se-15"], () => refusal(400, "validation"))
      const { outcomes } = yield* run([...inputs(19), input(0)], { refuse })
      expect(outcomes.flatMap(({ _tag, index }) => _tag === "Created" ? [] : [[index, _tag]])).toEqual([
        [15, "NotSent"],
        [19, "AlreadyFulfilled"]
      ])
    }))

  it.effect("items that the answer rejects are no reason to send the others again", () =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run(inputs(3), { reject: (id) => id === "se-1" })
      expect([tags(outcomes), posts.length]).toEqual(["Created Rejected Created", 1])
    }))
})

describe("createAll, when the key or the account is refused", () => {
  type Row = readonly [name: string, answer: () => Response, tag: string]
  it.effect.each<Row>([
    ["401", () => refusal(401, "security"), "ShipStationSecurityError"],
    ["403", () => refusal(403, "security"), "ShipStationSecurityError"],
    ["the account", () => refusal(400, "account_status"), "ShipStationAccountStatusError"]
  ])("nothing more is sent: %s", ([, answer, tag]) =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run([...inputs(1000), input(0, { shipment_id: "1" })], {
        refuse: (_, count) => count === 2 ? answer() : undefined,
        // the others were sent before the answer came
        delay: (_, count) => count === 2 ? 1000 : 2000
      })
      expect(posts.length).toBe(4)
      expect(outcomes.slice(0, 40).map(({ _tag }) => _tag)).toEqual(
        [0, 1, 2, 3].flatMap((batch) => Array.makeBy(10, () => batch === 1 ? "NotSent" : "Created"))
      )
      for (const outcome of [...outcomes.slice(10, 20), ...outcomes.slice(40, -1)]) {
        expect(outcome).toMatchObject({ _tag: "NotSent", error: { _tag: tag } })
      }
      // a row stays what it is
      expect(outcomes[1000]).toMatchObject({ error: { _tag: "InvalidFulfillmentError" } })
    }))

  it.effect("batches that wait for the limit are told at once, and so is all the rest", () =>
    Effect.gen(function*() {
      const { outcomes, posts, seconds } = yield* run(inputs(500), {
        limit: 1,
        refuse: () => refusal(401, "security"),
        delay: () => 2000
      })
      expect(tags(outcomes)).toBe(inputs(500).map(() => "NotSent").join(" "))
      expect(posts.length).toBe(1)
      expect(seconds).toBeLessThan(3)
    }))

  it.effect("the other half of a batch isn't sent either", () =>
    Effect.gen(function*() {
      const answers: ReadonlyArray<Answer> = [refusal(400, "validation"), refusal(401, "security")]
      const { outcomes, posts } = yield* run(inputs(10), { refuse: (_, count) => answers[count - 1] })
      expect(posts.length).toBe(2)
      expect(outcomes.map((outcome) => outcome._tag === "NotSent" ? outcome.error._tag : "")).toEqual(
        Array.makeBy(10, () => "ShipStationSecurityError")
      )
    }))
})

describe("createAll, when trouble may pass", () => {
  type Row = readonly [name: string, answer: Answer, tag: string]
  it.effect.each<Row>([
    ["429", refusal(429, "system"), "ShipStationRateLimitError"],
    ["no connection", "never connected", "ShipStationNetworkError"]
  ])("only this batch is not sent: %s", ([, answer, tag]) =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run(inputs(50), { refuse: (_, count) => count === 2 ? answer : undefined })
      expect(outcomes.filter(({ _tag }) => _tag !== "Created")).toMatchObject(
        Array.range(10, 19).map((index) => ({ _tag: "NotSent", index, error: { _tag: tag } }))
      )
      expect(posts.length).toBe(5)
    }))

  it.effect("it is sent again as the policy says", () =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run(inputs(30), {
        refuse: (_, count) => count <= 2 ? refusal(429, "system") : undefined,
        policy: RetryPolicy.defaultPolicy
      })
      expect(outcomes.every(({ _tag }) => _tag === "Created")).toBe(true)
      expect(posts.length).toBe(5)
    }))

  it.effect("what nobody knows is read back, and the other batches go on", () =>
    Effect.gen(function*() {
      const { outcomes } = yield* run(inputs(40), {
        spoil: (_, count) => count === 2 ? "reset" : undefined,
        refuse: (_, count) => count === 3 ? new Response("", { status: 500 }) : undefined
      })
      expect(tags(outcomes)).toBe(
        ["Created", "AlreadyFulfilled", "Unknown", "Created"].flatMap((tag) => Array.makeBy(10, () => tag)).join(" ")
      )
    }))

  it.effect("it is unknown when the client breaks while it reads back", () =>
    Effect.gen(function*() {
      const client = Layer.succeed(ShipStationClient.ShipStationClient, {
        createFulfillments: (request) =>
          Effect.map(Effect.isEffect(request) ? request : Effect.succeed(request), () => ({
            body: {},
            method: "POST",
            url: "",
            status: 200,
            requestId: undefined,
            date: undefined
          })),
        listFulfillments: () => Effect.die("boom"),
        request: () => Effect.die("boom"),
        timeout: Duration.seconds(30),
        account: "default",
        pace: Effect.succeed(Duration.zero)
      })
      const outcomes = yield* createAll(Stream.fromIterable(inputs(3)), { batchSize: 1 }).pipe(
        Stream.runCollect,
        inTime,
        Effect.provide(Layer.provide(Fulfillments.layer({ notify: "account-default" }), client))
      )
      expect(tags(outcomes)).toBe("Unknown Unknown Unknown")
    }))
})

describe("createAll, of what an earlier request may have done", () => {
  const lost = (others: Ids) =>
    Effect.gen(function*() {
      const server = yield* makeServer({
        spoil: ([id]) => id === "se-1" ? "reset" : undefined,
        refuse: (ids) => ids.some((id) => others.includes(id)) ? refusal(401, "security") : undefined,
        readDelay: 10_000,
        options: { readBack: "none" }
      })
      const service = yield* Effect.provide(Fulfillments.Fulfillments, server.layer)
      expect(tags(yield* service.create([input(1)]))).toBe("Unknown")
      return service
    })

  it.effect("tells that it is unknown, though the key is refused meanwhile", () =>
    Effect.gen(function*() {
      const { createAll } = yield* lost(["se-2"])
      const rows = [input(1), input(2), input(3)]
      const outcomes = yield* inTime(Stream.runCollect(createAll(rows, { batchSize: 1, concurrency: 2 })))
      expect(tags(outcomes)).toBe("Unknown NotSent NotSent")
    }))

  it.effect("leaves it to the call that has it under way to tell what becomes of it", () =>
    Effect.gen(function*() {
      const { layer } = yield* makeServer({
        delay: ([id]) => id === "se-1" ? 10_000 : 1000,
        refuse: ([id]) => id === "se-2" ? refusal(401, "security") : undefined
      })
      const { create, createAll } = yield* Effect.provide(Fulfillments.Fulfillments, layer)
      const first = yield* Effect.fork(create([input(1)]))
      const outcomes = yield* inTime(Stream.runCollect(createAll([input(1), input(2)], { batchSize: 1 })))
      expect(tags(outcomes)).toBe("NotSent NotSent")
      expect(tags(yield* inTime(Fiber.join(first)))).toBe("Created")
    }))

  it.effect("tells that it is unknown, though the consumer stops before it", () =>
    Effect.gen(function*() {
      const { createAll } = yield* lost([])
      const left: Array<FulfillmentOutcome.FulfillmentOutcome> = []
      const onLeftover = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) =>
        Effect.sync(() => void left.push(...outcomes))
      const rows = createAll([input(3), input(1), input(2)], { batchSize: 1, concurrency: 1, onLeftover })
      yield* inTime(Stream.runDrain(Stream.take(rows, 1)))
      expect(tags(left)).toBe("Unknown NotSent")
    }))
})
