/** Callers of `createOne` that come and go, a layer that is closed, and things that break. */
import { describe, expect, it } from "@effect/vitest"
import { Array, type Duration, Effect, Fiber, Option, Schedule, TestClock, Tracer } from "effect"
import { inputs, refusal } from "./createAllSupport.js"
import { ending, endings, other, serve } from "./createOneSupport.js"
import { input, inTime } from "./support.js"

const forkAll = <A, E, R>(calls: ReadonlyArray<Effect.Effect<A, E, R>>) =>
  Effect.forEach(calls, (call) => Effect.fork(call))

const interruptAt = <A, E>(fibers: ReadonlyArray<Fiber.Fiber<A, E>>, ...at: ReadonlyArray<number>) =>
  Fiber.interruptAll(fibers.filter((_, n) => at.includes(n)))

describe("createOne, when a caller is interrupted", () => {
  it.effect("those with the same input get their outcome", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve()
      const calls = yield* forkAll(Array.makeBy(3, () => createOne(input(1))))
      yield* TestClock.adjust("10 millis")
      yield* interruptAt(calls, 0)
      yield* TestClock.adjust("10 millis")
      expect(yield* endings(calls)).toEqual(["interrupted", "Created", "Created"])
      expect(posts).toEqual([["se-1"]])
    }))

  it.effect("and nobody else waits, it is not sent", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve()
      const calls = yield* forkAll([createOne(input(1)), createOne(input(2)), createOne(input(1))])
      yield* TestClock.adjust("10 millis")
      yield* interruptAt(calls, 0, 2)
      yield* TestClock.adjust("1 hour")
      expect(posts).toEqual([["se-2"]])
    }))

  it.effect("and nobody else waits, it takes no place of the rate limit", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ limit: 1 })
      const calls = yield* forkAll([createOne(input(1))])
      yield* TestClock.adjust("10 millis")
      yield* interruptAt(calls, 0)
      yield* TestClock.adjust("1 second")
      yield* forkAll([createOne(input(2))])
      yield* TestClock.adjust("20 millis")
      expect(posts).toEqual([["se-2"]])
    }))

  it.effect("while its batch waits for the rate limit, it is not sent, unless somebody comes back", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ limit: 1 })
      yield* inTime(createOne(input(0)))
      const calls = yield* forkAll([createOne(input(1)), createOne(input(2)), createOne(input(3))])
      yield* TestClock.adjust("1 second")
      yield* interruptAt(calls, 0, 1)
      calls.push(yield* Effect.fork(createOne(input(2))))
      yield* TestClock.adjust("1 hour")
      expect(yield* endings(calls)).toEqual(["interrupted", "interrupted", "Created", "Created"])
      expect(posts.map((ids) => ids.toSorted())).toEqual([["se-0"], ["se-2", "se-3"]])
    }))

  it.effect("and with it all of a batch that waits for the rate limit, nothing is sent", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ limit: 1 })
      yield* inTime(createOne(input(0)))
      const calls = yield* forkAll([createOne(input(1)), createOne(input(2))])
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptAll(calls)
      yield* TestClock.adjust("1 hour")
      expect(posts).toEqual([["se-0"]])
      expect(ending(yield* Effect.exit(inTime(createOne(input(1)))))).toBe("Created")
    }))

  it.effect("before a refused request is sent again, it is left out, and may be asked for at once", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({
        refuse: (_, count) =>
          count === 1 ? new Response("", { status: 429, headers: { "retry-after": "10" } }) : undefined,
        policy: Schedule.recurs(1)
      })
      const calls = yield* forkAll([createOne(input(1)), createOne(input(2))])
      yield* TestClock.adjust("1 second")
      yield* interruptAt(calls, 0)
      yield* TestClock.adjust("10 seconds")
      expect(yield* endings(calls)).toEqual(["interrupted", "Created"])
      const again = yield* Effect.fork(createOne(input(1)))
      yield* TestClock.adjust("1 second")
      expect(yield* endings([again])).toEqual(["Created"])
      expect(posts).toEqual([["se-1", "se-2"], ["se-2"], ["se-1"]])
    }))

  it.effect("after the send, the request goes on, and who asks for it then learns its outcome", () =>
    Effect.gen(function*() {
      const { createOne, posts, requests, timesFulfilled } = yield* serve({ delay: () => 1000 })
      const first = yield* Effect.fork(createOne(input(1)))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(first)
      const second = yield* Effect.fork(createOne(input(1)))
      yield* TestClock.adjust("520 millis")
      expect(yield* endings([second])).toEqual(["Created"])
      expect((yield* requests).length).toBe(1)
      expect([posts, timesFulfilled()["se-1"]?.length]).toEqual([[["se-1"]], 1])
    }))

  it.effect("after the send, who asks when the request is over learns its outcome too", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ delay: () => 1000 })
      const first = yield* Effect.fork(createOne(input(1)))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 minute")
      const calls = yield* forkAll([createOne(input(1)), createOne(other(1))])
      yield* TestClock.adjust("1 minute")
      expect(yield* endings(calls)).toEqual(["AlreadyFulfilled", "FulfillmentConflict"])
      expect(posts).toEqual([["se-1"]])
    }))

  it.effect("and it was left out of a request that is under way, who comes back is up after it", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({ limit: 2, delay: () => 10_000 })
      yield* forkAll([createOne(input(8))])
      yield* TestClock.adjust("31 seconds")
      yield* forkAll([createOne(input(9))])
      yield* TestClock.adjust("1 second")
      const calls = yield* forkAll([createOne(input(1)), createOne(input(2))])
      yield* TestClock.adjust("1 second")
      yield* interruptAt(calls, 0)
      // the limit lets the third request go 61 seconds after the first one's answer
      yield* TestClock.adjust("40 seconds")
      expect(posts.slice(2)).toEqual([["se-2"]])
      const again = yield* Effect.fork(createOne(input(1)))
      yield* TestClock.adjust("1 hour")
      expect(yield* endings([again])).toEqual(["Created"])
      expect(posts.slice(2)).toEqual([["se-2"], ["se-1"]])
    }))

  it.effect("who waits behind it is up, and who waits before it is not disturbed", () =>
    Effect.gen(function*() {
      const { createOne, posts, requests } = yield* serve({ delay: () => 1000 })
      const third = input(1, { tracking_number: "third" })
      const calls = yield* forkAll([createOne(input(1)), createOne(other(1)), createOne(third)])
      yield* TestClock.adjust("10 millis")
      yield* interruptAt(calls, 0)
      yield* TestClock.adjust("500 millis")
      expect(posts).toEqual([["se-1"]])
      calls.push(yield* Effect.fork(createOne(input(1))))
      yield* Effect.yieldNow()
      yield* interruptAt(calls, 2)
      yield* TestClock.adjust("1 minute")
      expect(yield* endings(calls)).toEqual(["interrupted", "Created", "interrupted", "FulfillmentConflict"])
      expect([posts.length, (yield* requests).length]).toEqual([1, 2])
    }))

  it.effect.each(["10 millis", "1 second", "40 seconds"] as const)(
    "by a time limit of %s and repeats its call, it is done once",
    (limit) =>
      Effect.gen(function*() {
        const { createOne, posts } = yield* serve({
          spoil: () => "reset",
          delay: () => 3000,
          options: { readBack: "none" }
        })
        const call = createOne(input(1)).pipe(
          Effect.timeout(limit),
          Effect.repeat({ until: ({ _tag }) => _tag !== "Unknown" }),
          Effect.retry({ times: 9 })
        )
        const exit = yield* Effect.exit(inTime(call))
        expect([ending(exit), posts.length]).toEqual([
          limit === "10 millis" ? "TimeoutException" : "AlreadyFulfilled",
          1
        ])
      })
  )
})

describe("createOne, when its layer is closed", () => {
  const unsent = { _tag: "ShipStationNetworkError", delivery: "unsent" }

  it.effect("who waits fails, and nothing is sent", () =>
    Effect.gen(function*() {
      const { close, createOne, posts } = yield* serve()
      const calls = yield* forkAll([createOne(input(1)), createOne(other(1)), createOne(input(2))])
      yield* TestClock.adjust("10 millis")
      yield* close
      for (const call of calls) expect(yield* Effect.flip(Fiber.join(call))).toMatchObject(unsent)
      yield* TestClock.adjust("1 hour")
      expect(posts).toEqual([])
    }))

  it.effect("who waits for the rate limit fails, without waiting any longer", () =>
    Effect.gen(function*() {
      const { close, createOne, posts } = yield* serve({ limit: 1 })
      yield* inTime(createOne(input(0)))
      const calls = yield* forkAll([createOne(input(1)), createOne(other(1))])
      yield* TestClock.adjust("1 second")
      yield* close
      for (const call of calls) expect(yield* Effect.flip(Fiber.join(call))).toMatchObject(unsent)
      expect(posts).toEqual([["se-0"]])
    }))

  it.effect("who was sent gets its outcome, and closing waits for it", () =>
    Effect.gen(function*() {
      const { close, createOne, posts } = yield* serve({ delay: () => 1000, spoil: () => "reset" })
      const third = input(1, { tracking_number: "third" })
      const calls = yield* forkAll([createOne(input(1)), createOne(other(1)), createOne(third)])
      yield* TestClock.adjust("500 millis")
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("100 millis")
      yield* interruptAt(calls, 1)
      yield* TestClock.adjust("200 millis")
      expect([yield* endings(calls), Option.isNone(yield* Fiber.poll(closing))]).toEqual([
        ["waits", "interrupted", "waits"],
        true
      ])
      yield* inTime(Fiber.join(closing))
      expect(yield* endings(calls)).toEqual(["AlreadyFulfilled", "interrupted", "ShipStationNetworkError"])
      expect(posts).toEqual([["se-1"]])
    }))

  it.effect("what is refused then isn't sent in halves", () =>
    Effect.gen(function*() {
      const { close, createOne, posts } = yield* serve({ delay: () => 1000, refuse: () => refusal(400, "validation") })
      const calls = yield* forkAll(inputs(10).map(createOne))
      yield* TestClock.adjust("500 millis")
      yield* inTime(close)
      expect(yield* endings(calls)).toEqual(Array.makeBy(10, () => "ShipStationNetworkError"))
      expect(posts.length).toBe(1)
    }))

  it.effect("who calls afterwards fails at once", () =>
    Effect.gen(function*() {
      const { close, createOne, posts } = yield* serve()
      yield* inTime(createOne(input(1)))
      yield* close
      expect(yield* Effect.flip(createOne(input(2)))).toMatchObject(unsent)
      expect(posts.length).toBe(1)
    }))

  it.effect.each<readonly [after: Duration.DurationInput, spoil: "reset" | undefined, told: string]>([
    ["10 millis", "reset", "Unknown"],
    ["1 second", "reset", "Unknown"],
    ["1 second", undefined, "AlreadyFulfilled"]
  ])(
    "%s after it was asked for again, what was done before isn't told as not sent: %s, %s",
    ([after, spoil, told]) =>
      Effect.gen(function*() {
        const { close, createOne, posts } = yield* serve({
          spoil: () => spoil,
          readDelay: 10_000,
          options: { readBack: "none" }
        })
        yield* inTime(createOne(input(1)))
        const [call] = yield* forkAll([createOne(input(1))])
        yield* TestClock.adjust(after)
        yield* close
        expect(yield* endings(Array.fromNullable(call))).toEqual([told])
        expect(posts.length).toBe(1)
      })
  )

  it.effect("it closes also when it was built where nothing can be interrupted", () =>
    Effect.gen(function*() {
      const { close, createOne } = yield* Effect.uninterruptible(serve())
      yield* inTime(createOne(input(1)))
      yield* close
    }))
})

describe("createOne, when something breaks", () => {
  it.effect("a batch that can't be sent doesn't hold up the next ones", () =>
    Effect.gen(function*() {
      const { createOne, posts } = yield* serve({
        refuse: (_, count) =>
          count === 1 ? new Response("", { status: 429, headers: { "retry-after": "3600" } }) : undefined
      })
      for (const row of inputs(3)) {
        const calls = yield* forkAll([createOne(row)])
        yield* TestClock.adjust("1 second")
        expect(yield* endings(calls)).toEqual(["ShipStationRateLimitError"])
      }
      yield* TestClock.adjust("1 hour")
      expect(ending(yield* Effect.exit(inTime(createOne(input(4)))))).toBe("Created")
      expect(posts).toEqual([["se-0"], ["se-4"]])
    }))

  it.effect("in the HttpClient, its batch is unknown, and the next one goes", () =>
    Effect.gen(function*() {
      const { createOne } = yield* serve({
        refuse: (_, count) => {
          if (count === 1) throw new Error("broken")
          return undefined
        }
      })
      const calls = yield* forkAll(inputs(2).map(createOne))
      yield* TestClock.adjust("1 minute")
      expect(yield* endings(calls)).toEqual(["Unknown", "Unknown"])
      expect(ending(yield* Effect.exit(inTime(createOne(input(2)))))).toBe("Created")
    }))

  it.effect.each(["start", "end"] as const)(
    "in the tracer of a caller, at its %s, only this caller breaks",
    (when) =>
      Effect.gen(function*() {
        const native = yield* Effect.tracer
        const breakDown = () => {
          throw new Error("broken")
        }
        const tracer = Tracer.make({
          span: (...args) => when === "start" ? breakDown() : Object.assign(native.span(...args), { end: breakDown }),
          context: (f) => f()
        })
        const { createOne } = yield* serve()
        const calls = yield* forkAll([createOne(input(1)).pipe(Effect.withTracer(tracer)), createOne(input(2))])
        yield* TestClock.adjust("1 second")
        expect(yield* endings(calls)).toEqual(["died", "Created"])
        expect(ending(yield* Effect.exit(inTime(createOne(input(3)))))).toBe("Created")
      })
  )

  it.effect("in the tracer of the layer, callers break too, and don't hang", () =>
    Effect.gen(function*() {
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (name, ...args) => {
          if (name === "Fulfillments.batch") throw new Error("broken")
          return native.span(name, ...args)
        },
        context: (f) => f()
      })
      const { createOne, posts } = yield* serve().pipe(Effect.withTracer(tracer))
      for (const row of inputs(2)) {
        const calls = yield* forkAll([createOne(row)])
        yield* TestClock.adjust("1 second")
        expect(yield* endings(calls)).toEqual(["died"])
      }
      expect(posts).toEqual([])
    }))
})
