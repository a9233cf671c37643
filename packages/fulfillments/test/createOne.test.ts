import { RetryPolicy } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Array, DateTime, Effect, Fiber, Schedule, TestClock } from "effect"
import { type Behaviour, echoLayer, inputs, refusal, tags } from "./createAllSupport.js"
import { createOneIn, ending, endings, other, serve } from "./createOneSupport.js"
import { input, inTime } from "./support.js"

describe("createOne, of many fibers", () => {
  it.effect("a thousand calls become ten requests of 100, and each gets its own outcome", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({
        reject: (id) => id.endsWith("7"),
        options: { readBack: "none" },
        delay: () => 1000
      })
      const calls = yield* Effect.forEach(
        inputs(1000),
        (row, n) => Effect.fork(Effect.delay(createOne(row), Math.floor(n / 50)))
      )
      // 50 calls a millisecond: whenever there are 100, they go
      yield* TestClock.adjust("19 millis")
      expect(posts.map(({ length }) => length)).toEqual(Array.makeBy(10, () => 100))
      expect(new Set(posts.flat()).size).toBe(1000)
      yield* TestClock.adjust("1 second")
      const told = yield* Effect.forEach(calls, (call) => Effect.either(Fiber.join(call)))
      told.forEach((result, n) =>
        expect(result).toMatchObject(
          n % 10 === 7
            ? { left: { _tag: "FulfillmentRejected", input: input(n), message: "no" } }
            : { right: { _tag: "Created", input: input(n), index: 0 } }
        )
      )
    }))

  it.effect("a call alone waits for 20 milliseconds, and who comes meanwhile goes with it", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve()
      yield* TestClock.adjust("1 minute")
      yield* Effect.fork(createOne(input(1)))
      yield* TestClock.adjust("19 millis")
      yield* Effect.fork(createOne(input(2)))
      expect(posts).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(posts).toEqual([["se-1", "se-2"]])
      yield* Effect.fork(createOne(input(3)))
      yield* TestClock.adjust("19 millis")
      expect(posts.length).toBe(1)
      yield* TestClock.adjust("1 millis")
      expect(posts.slice(1)).toEqual([["se-3"]])
    }))

  it.effect("as many as a request takes don't wait", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve()
      yield* Effect.fork(Effect.forEach(inputs(250), createOne, { concurrency: "unbounded" }))
      yield* TestClock.adjust(0)
      expect(posts.map(({ length }) => length)).toEqual([100, 100])
      yield* TestClock.adjust("20 millis")
      expect(posts.map(({ length }) => length)).toEqual([100, 100, 50])
    }))

  it.effect("requests hold no more than the layer takes", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ options: { maxBatchSize: 2 } })
      yield* inTime(Effect.forEach(inputs(5), createOne, { concurrency: "unbounded" }))
      expect(posts.map(({ length }) => length)).toEqual([2, 2, 1])
    }))

  it.effect("while a batch waits for the rate limit, calls gather for the next one", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ limit: 1 })
      yield* Effect.forEach(inputs(5), (row, n) => Effect.delay(createOne(row), 10_000 * n), {
        concurrency: "unbounded"
      }).pipe(Effect.fork)
      yield* TestClock.adjust("10 minutes")
      // a place is free a minute after the first, and by then there are four
      expect(posts).toEqual([["se-0"], ["se-1", "se-2", "se-3", "se-4"]])
    }))

  it.live("takes no more of the processor's time than six fibers would, of thousands of calls at once", () =>
    Effect.gen(function*() {
      const timeOf = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
        const start = process.cpuUsage()
        const result = yield* self
        const { system, user } = process.cpuUsage(start)
        return [system + user, result] as const
      })
      let best = Infinity
      // the processor is shared with whatever else it does: in one round of some it is left alone
      for (let round = 1; round <= 5 && best > 6; round++) {
        const all = Array.makeBy(4000, (n) => input(4000 * round + n))
        const fibers = Effect.forEach(all, () => Effect.fork(Effect.yieldNow()), { concurrency: "unbounded" })
        const [before] = yield* timeOf(fibers)
        const [time, outcomes] = yield* timeOf(Effect.forEach(all, createOneIn, { concurrency: "unbounded" }))
        const [after] = yield* timeOf(fibers)
        expect(outcomes.map(({ _tag, input }) => _tag === "Created" && input)).toEqual(all)
        best = Math.min(best, 2 * time / (before + after))
      }
      expect(best).toBeLessThan(6)
    }).pipe(Effect.provide(echoLayer)))
})

describe("createOne, when several ask for a shipment", () => {
  it.effect("equal inputs share an item, also one that is under way", () =>
    Effect.gen(function*() {
      const { createOne, posts, requests } = yield* serve({ delay: () => 1000 })
      const row = (more?: Partial<Fulfillment.FulfillmentInput>) =>
        input(1, { ship_date: DateTime.unsafeMake("2026-03-02T16:30:00Z"), ...more })
      const calls = [
        yield* Effect.fork(createOne(row())),
        yield* Effect.fork(createOne(row({ notify_customer: undefined })))
      ]
      yield* TestClock.adjust("500 millis")
      calls.push(yield* Effect.fork(createOne(row())))
      yield* TestClock.adjust("520 millis")
      expect(yield* endings(calls)).toEqual(["Created", "Created", "Created"])
      expect([posts, (yield* requests).length]).toEqual([[["se-1"]], 1])
    }))

  it.effect("another input waits for the outcome, and is read back", () =>
    Effect.gen(function*() {
      const { createOne, posts, requests } = yield* serve({ delay: () => 1000 })
      const calls = yield* Effect.forEach(
        [input(1), other(1), input(1, { carrier_code: "fedex" }), other(1), input(2)],
        (row) => Effect.fork(createOne(row))
      )
      yield* TestClock.adjust("1019 millis")
      expect(yield* endings(calls)).toEqual(["waits", "waits", "waits", "waits", "waits"])
      yield* TestClock.adjust("61 millis")
      expect(yield* endings(calls)).toEqual([
        "Created",
        "FulfillmentConflict",
        "AlreadyFulfilled",
        "FulfillmentConflict",
        "Created"
      ])
      expect(posts).toEqual([["se-1", "se-2"]])
      expect((yield* requests).slice(1).map(({ method }) => method)).toEqual(["GET", "GET"])
      expect(yield* Effect.flip(Fiber.join(calls[1] ?? Fiber.never))).toMatchObject({
        input: other(1),
        fulfillment: { tracking_number: "1Z1" }
      })
    }))

  type Next = readonly [name: string, behaviour: Behaviour, endings: readonly [string, string], posts: number]
  it.effect.each<Next>([
    ["was rejected", { reject: () => true }, ["FulfillmentRejected", "FulfillmentRejected"], 2],
    ["was refused", { refuse: (_, n) => n === 1 ? refusal(401, "security") : undefined }, [
      "ShipStationSecurityError",
      "Created"
    ], 2],
    ["is unknown, and was done", { spoil: (_, n) => n === 1 ? "reset" : undefined, options: { readBack: "none" } }, [
      "Unknown",
      "FulfillmentConflict"
    ], 1],
    ["is unknown, and was not done", { refuse: (_, n) => n === 1 ? "reset" : undefined }, ["Unknown", "Created"], 2]
  ])("another input is up when the first one %s", ([, behaviour, expected, count]) =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve(behaviour)
      const calls = yield* Effect.forEach([input(1), other(1)], (row) => Effect.fork(createOne(row)))
      yield* TestClock.adjust("1 minute")
      expect(yield* endings(calls)).toEqual(expected)
      expect(posts).toEqual(Array.makeBy(count, () => ["se-1"]))
    }))

  it.effect("a shipment that was fulfilled is read back from then on, whatever the caller repeats", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve()
      expect(ending(yield* Effect.exit(inTime(createOne(input(1)))))).toBe("Created")
      expect(ending(yield* Effect.exit(inTime(createOne(input(1)))))).toBe("AlreadyFulfilled")
      const stubborn = Effect.retry(createOne(other(1)), { times: 3 })
      expect(ending(yield* Effect.exit(inTime(stubborn)))).toBe("FulfillmentConflict")
      expect(posts).toEqual([["se-1"]])
    }))

  it.effect("a shipment that was fulfilled is not sent either while the list lacks it", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({
        refuse: () => new Response(`{"fulfillments":[{"shipment_id":"se-1"}]}`)
      })
      const repeated = Effect.forEach([1, 2, 3], () => createOne(input(1)))
      expect(tags(yield* inTime(repeated))).toBe("Created AlreadyFulfilled AlreadyFulfilled")
      expect(posts.length).toBe(1)
    }))

  it.effect("what a caller makes of its outcome holds up nobody", () =>
    Effect.gen(function*() {
      const answer = () =>
        new Response(JSON.stringify({ fulfillments: [{ shipment_id: "se-1", error_message: null }] }))
      const { create, createOne, posts } = yield* serve({ spoil: answer })
      const [first, second] = yield* Effect.all([Effect.fork(createOne(input(1))), Effect.fork(createOne(input(2)))])
      yield* TestClock.adjust("100 millis")
      const outcome = yield* Fiber.join(first)
      Object.assign(outcome.input, { shipment_id: "gid://shop/1" })
      // the other one is looked up, and then both are free
      expect(yield* inTime(Fiber.join(second))).toMatchObject({ _tag: "AlreadyFulfilled" })
      const again = yield* Effect.all([Effect.fork(createOne(input(1))), Effect.fork(create([input(1)]))])
      yield* TestClock.adjust("1 hour")
      expect(yield* endings([again[0]])).toEqual(["AlreadyFulfilled"])
      expect(tags(yield* Fiber.join(again[1]))).toBe("AlreadyFulfilled")
      expect(posts).toEqual([["se-1", "se-2"]])
    }))

  it.effect("what the caller makes of its input afterwards is not sent", () =>
    Effect.gen(function*() {
      const { createOne, timesFulfilled } = yield* serve()
      const row = { ...input(1) }
      const call = yield* Effect.fork(createOne(row))
      yield* TestClock.adjust("1 millis")
      row.tracking_number = "changed"
      yield* inTime(Fiber.join(call))
      expect(timesFulfilled()["se-1"]).toMatchObject([{ tracking_number: "1Z1" }])
    }))
})

describe("createOne, how it ends", () => {
  type Row = readonly [ending: string, name: string, behaviour: Behaviour, timesFulfilled: number]
  it.effect.each<Row>([
    ["Created", "it is created", {}, 1],
    ["AlreadyFulfilled", "its answer is lost, and it was done", { spoil: () => "reset" }, 1],
    ["AlreadyFulfilled", "it is rejected, and was done before", { before: [input(1)], reject: () => true }, 1],
    ["FulfillmentConflict", "it is rejected, and another was done before", {
      before: [other(1)],
      reject: () => true
    }, 1],
    ["FulfillmentRejected", "it is rejected", { reject: () => true }, 0],
    ["Unknown", "it is lost", { refuse: () => "reset" }, 0],
    ["Unknown", "a server fails", { refuse: () => new Response("", { status: 500 }) }, 0],
    ["ShipStationNetworkError", "there is no connection", { refuse: () => "never connected" }, 0],
    ["ShipStationRateLimitError", "429", { refuse: () => new Response("", { status: 429 }) }, 0],
    ["ShipStationSecurityError", "401", { refuse: () => new Response("", { status: 401 }) }, 0],
    ["ShipStationAccountStatusError", "400, account", { refuse: () => refusal(400, "account_status") }, 0],
    ["ShipStationBusinessRulesError", "400, rules", { refuse: () => refusal(400, "business_rules") }, 0],
    ["ShipStationValidationError", "400, validation", { refuse: () => refusal(400, "validation") }, 0],
    ["ShipStationSystemError", "404, system", { refuse: () => refusal(404, "system") }, 0],
    ["ShipStationSystemError", "405", { refuse: () => refusal(405, "system") }, 0],
    ["Unknown", "a carrier's 400", { refuse: () => refusal(400, "integrations", "carrier") }, 0],
    ["Unknown", "405 of a gateway", { refuse: () => new Response("", { status: 405 }) }, 0]
  ])("%s: %s", ([expected, , behaviour, times]) =>
    Effect.gen(function*() {
      const { createOne, timesFulfilled } = yield* serve(behaviour)
      const exit = yield* Effect.exit(inTime(createOne(input(1))))
      expect(ending(exit)).toBe(expected)
      expect(timesFulfilled()["se-1"] ?? []).toHaveLength(times)
    }))

  it.effect("an error says that nothing was done", () =>
    Effect.gen(function*() {
      const { createOne } = yield* serve({ refuse: () => refusal(400, "validation") })
      const error = yield* Effect.flip(inTime(createOne(input(1))))
      expect(error).toMatchObject({ _tag: "ShipStationValidationError", delivery: "rejected", status: 400 })
    }))

  it.effect("an invalid input fails at once, and nobody else's", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve()
      const good = yield* Effect.fork(createOne(input(1)))
      expect(yield* Effect.flip(createOne(input(2, { tracking_number: " " })))).toMatchObject({
        _tag: "InvalidFulfillmentError",
        issues: [{ index: 0, field: "tracking_number", value: " " }]
      })
      yield* inTime(Fiber.join(good))
      expect(posts).toEqual([["se-1"]])
    }))

  it.effect("of a batch that is refused for what it holds only the culprits are not sent", () =>
    Effect.gen(function*() {
      const { createOne, posts, timesFulfilled } = yield* serve({
        refuse: (ids) => ids.includes("se-7") ? refusal(400, "validation") : undefined
      })
      const exits = yield* inTime(
        Effect.forEach(inputs(20), (row) => Effect.exit(createOne(row)), { concurrency: "unbounded" })
      )
      expect(exits.map(ending)).toEqual(
        Array.makeBy(20, (n) => n === 7 ? "ShipStationValidationError" : "Created")
      )
      expect(Object.values(timesFulfilled()).every(({ length }) => length === 1)).toBe(true)
      expect(posts.length).toBeLessThan(12)
    }))

  it.effect("what is refused for all fails for all, and nothing is sent again", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ refuse: () => refusal(401, "security") })
      const exits = yield* inTime(
        Effect.forEach(inputs(3), (row) => Effect.exit(createOne(row)), { concurrency: "unbounded" })
      )
      expect(exits.map(ending)).toEqual(Array.makeBy(3, () => "ShipStationSecurityError"))
      expect(posts.length).toBe(1)
    }))

  it.effect("requests are made with the retry policy of the layer", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({
        refuse: (_, count) => count < 3 ? new Response("", { status: 429 }) : undefined,
        policy: Schedule.recurs(5)
      })
      const call = createOne(input(1)).pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none))
      expect(ending(yield* Effect.exit(inTime(call)))).toBe("Created")
      expect(posts.length).toBe(3)
    }))
})

describe("createOne, with others in its batch", () => {
  it.effect("doesn't wait until those are found that the answer leaves out", () =>
    Effect.gen(function*() {
      const { createOne } = yield* serve({
        refuse: (ids) =>
          new Response(JSON.stringify({ fulfillments: ids.slice(1).map((shipment_id) => ({ shipment_id })) }))
      })
      const calls = yield* Effect.forEach([input(1), input(2), other(2)], (row) => Effect.fork(createOne(row)))
      yield* TestClock.adjust("20 millis")
      expect(yield* endings(calls)).toEqual(["waits", "Created", "waits"])
      yield* TestClock.adjust("1 minute")
      // this server's list is empty, and the second is known to be created
      expect(yield* endings(calls)).toEqual(["Unknown", "Created", "FulfillmentConflict"])
    }))

  it.effect("doesn't wait until one is read back that an earlier call left unknown", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ refuse: (_, count) => count === 1 ? "reset" : undefined })
      expect(ending(yield* Effect.exit(inTime(createOne(input(1)))))).toBe("Unknown")
      const calls = yield* Effect.forEach([input(1), input(2)], (row) => Effect.fork(createOne(row)))
      yield* TestClock.adjust("20 millis")
      expect(yield* endings(calls)).toEqual(["waits", "Created"])
      calls.push(yield* Effect.fork(createOne(input(3))))
      yield* TestClock.adjust("20 millis")
      expect(yield* endings(calls)).toEqual(["waits", "Created", "Created"])
      yield* TestClock.adjust("1 minute")
      expect(yield* endings(calls)).toEqual(["Created", "Created", "Created"])
      expect(posts).toEqual([["se-1"], ["se-2"], ["se-3"], ["se-1"]])
    }))

  it.effect("doesn't wait until one is looked up that an earlier call fulfilled", () =>
    Effect.gen(function*() {
      const { createOne } = yield* serve({
        refuse: (ids) => new Response(JSON.stringify({ fulfillments: ids.map((shipment_id) => ({ shipment_id })) })),
        readDelay: 5000
      })
      yield* inTime(createOne(input(1)))
      const calls = yield* Effect.forEach([input(1), input(2)], (row) => Effect.fork(createOne(row)))
      yield* TestClock.adjust("1 second")
      expect(yield* endings(calls)).toEqual(["waits", "Created"])
      yield* TestClock.adjust("1 minute")
      // this server's list is empty, but it is known
      expect(yield* endings(calls)).toEqual(["AlreadyFulfilled", "Created"])
    }))

  it.effect("doesn't wait for another kind of call that has one of them under way", () =>
    Effect.gen(function*() {
      const { create, createOne, posts } = yield* serve({ delay: (_, count) => count === 1 ? 10_000 : 0 })
      const first = yield* Effect.fork(create([input(1)]))
      yield* TestClock.adjust("1 second")
      const calls = yield* Effect.forEach([input(1), input(2)], (row) => Effect.fork(createOne(row)))
      yield* TestClock.adjust("20 millis")
      expect(yield* endings(calls)).toEqual(["waits", "Created"])
      yield* TestClock.adjust("1 minute")
      expect([tags(yield* Fiber.join(first)), yield* endings(calls)]).toEqual([
        "Created",
        ["AlreadyFulfilled", "Created"]
      ])
      expect(posts).toEqual([["se-1"], ["se-2"]])
    }))

  it.effect("doesn't wait for another kind of call that waits for the rate limit with one of them", () =>
    Effect.gen(function*() {
      const { create, createOne, posts } = yield* serve({ limit: 2, delay: (_, count) => count === 3 ? 60_000 : 0 })
      yield* inTime(createOne(input(8)))
      yield* TestClock.adjust("30 seconds")
      yield* inTime(createOne(input(9)))
      yield* Effect.fork(create([input(1)]))
      yield* TestClock.adjust("10 seconds")
      const calls = yield* Effect.forEach([input(1), input(2)], (row) => Effect.fork(createOne(row)))
      // the limit lets the third request go after 61 seconds, and the fourth 30 seconds later
      yield* TestClock.adjust("55 seconds")
      expect(yield* endings(calls)).toEqual(["waits", "Created"])
      yield* TestClock.adjust("10 minutes")
      expect(yield* endings(calls)).toEqual(["AlreadyFulfilled", "Created"])
      expect(posts.slice(2)).toEqual([["se-1"], ["se-2"]])
    }))
})
