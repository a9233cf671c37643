import { Fulfillments } from "@effect-shipstation/fulfillments"
import type { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Array, Chunk, Deferred, Effect, Exit, Fiber, Queue, Stream, TestClock } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import {
  type Behaviour,
  createAll,
  echoLayer,
  type Ids,
  inputs,
  makeServer,
  refusal,
  tags
} from "./createAllSupport.js"
import { input, inTime } from "./support.js"

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** Outcomes of inputs, and the requests that it took. */
const run = (
  all: ReadonlyArray<Fulfillment.FulfillmentInput>,
  behaviour?: Behaviour,
  options?: Fulfillments.CreateAllOptions
) =>
  Effect.gen(function*() {
    const server = yield* makeServer(behaviour)
    const outcomes = yield* inTime(collect(createAll(Stream.fromIterable(all), options))).pipe(
      Effect.provide(server.layer)
    )
    expect(outcomes.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(all.map((_, index) => index))
    expect(outcomes.map(({ input }) => input)).toEqual(outcomes.map(({ index }) => all[index]))
    expect(Object.values(server.timesFulfilled()).filter(({ length }) => length > 1)).toEqual([])
    return { ...server, outcomes }
  })

const sizes = (posts: ReadonlyArray<Ids>) => posts.map(({ length }) => length)

describe("createAll", () => {
  it.effect("gives an outcome for each input, in their order, in requests of 100", () =>
    Effect.gen(function*() {
      // the first request takes longest
      const { outcomes, posts, under } = yield* run(inputs(730), { delay: (_, count) => 10_000 / count })
      expect(outcomes.map(({ index }) => index)).toEqual(Array.range(0, 729))
      expect(sizes(posts)).toEqual([100, 100, 100, 100, 100, 100, 100, 30])
      expect(under.mostWay).toBe(4)
    }))

  it.effect("sends batches of batchSize, of no more than the layer takes", () =>
    Effect.gen(function*() {
      expect(sizes((yield* run(inputs(7), {}, { batchSize: 3 })).posts)).toEqual([3, 3, 1])
      const most = { options: { maxBatchSize: 2 } }
      expect(sizes((yield* run(inputs(5), most, { batchSize: 3 })).posts)).toEqual([2, 2, 1])
      expect(sizes((yield* run(inputs(5), most)).posts)).toEqual([2, 2, 1])
    }))

  it.effect.each([[1, false], [2, false], [7, false], [1, true], [2, true], [7, true]] as const)(
    "has at most %s requests under way, unordered: %s",
    ([concurrency, unordered]) =>
      Effect.gen(function*() {
        const { under } = yield* run(inputs(60), { delay: (_, count) => 1000 + 100 * (count % 5) }, {
          batchSize: 3,
          concurrency,
          unordered
        })
        expect(under.mostWay).toBe(concurrency)
      })
  )

  it.effect("gives outcomes as they come when the order doesn't matter", () =>
    Effect.gen(function*() {
      const behaviour = { delay: (_: Ids, count: number) => count === 1 ? 10_000 : 1000 }
      const { outcomes } = yield* run(inputs(12), behaviour, { batchSize: 2, concurrency: 2, unordered: true })
      expect(outcomes.map(({ index }) => index)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1])
    }))

  it.effect("dies of a batchSize or a concurrency below 1", () =>
    Effect.gen(function*() {
      const { layer, posts } = yield* makeServer()
      for (const options of [{ batchSize: 0 }, { batchSize: Number.NaN }, { concurrency: 0 }]) {
        const exit = yield* Effect.exit(Stream.runDrain(createAll(Stream.make(input(1)), options))).pipe(
          Effect.provide(layer)
        )
        expect(String(exit)).toContain("must be 1 or more")
      }
      expect(posts).toEqual([])
    }))

  it.effect("an invalid row is not sent, and no other suffers", () =>
    Effect.gen(function*() {
      const bad = [input(1, { tracking_number: "" }), input(3, { shipment_id: "12345" })]
      const { outcomes, posts } = yield* run([input(0), ...bad, input(2)], {}, { batchSize: 3 })
      expect(tags(outcomes)).toBe("Created NotSent NotSent Created")
      expect(outcomes[1]).toMatchObject({
        error: { _tag: "InvalidFulfillmentError", issues: [{ index: 1, field: "tracking_number", value: "" }] }
      })
      expect(outcomes[2]).toMatchObject({ error: { issues: [{ index: 2, field: "shipment_id", value: "12345" }] } })
      expect(posts).toEqual([["se-0"], ["se-2"]])
    }))

  it.effect("sends nothing when all rows are invalid, or there are none", () =>
    Effect.gen(function*() {
      const invalid = yield* run(inputs(5).map((row) => ({ ...row, carrier_code: "UPS" })))
      expect([tags(invalid.outcomes), invalid.posts]).toEqual(["NotSent NotSent NotSent NotSent NotSent", []])
      const none = yield* run([])
      expect([none.outcomes, none.posts]).toEqual([[], []])
    }))

  it.effect("is told by readBack what to look up", () =>
    Effect.gen(function*() {
      const gets = (readBack: Fulfillments.ReadBack) =>
        Effect.gen(function*() {
          const { requests } = yield* run(inputs(2), { reject: () => true }, { readBack })
          return (yield* requests).filter(({ method }) => method === "GET").length
        })
      expect([yield* gets("all"), yield* gets("unknown")]).toEqual([2, 0])
    }))
})

describe("createAll, reading its source", () => {
  type Ending = readonly [name: string, end: Stream.Stream<never, string>, reason: unknown]
  it.effect.each<Ending>([
    ["typed", Stream.fail("broken"), Exit.fail("broken")],
    ["a defect", Stream.die("broken"), Exit.die("broken")],
    [
      "thrown",
      Stream.sync(() => {
        throw "broken"
      }),
      Exit.die("broken")
    ],
    ["an interruption", Stream.fromEffect(Effect.interrupt), "interrupted"]
  ])("its failure comes after all outcomes: %s", ([, end, reason]) =>
    Effect.gen(function*() {
      for (const count of [0, 1, 5, 6]) {
        const { layer } = yield* makeServer({ delay: (_, count) => 5000 / count })
        const seen: Array<number> = []
        const exit = yield* createAll(Stream.concat(Stream.fromIterable(inputs(count)), end), { batchSize: 3 }).pipe(
          Stream.runForEach(({ index }) => Effect.sync(() => seen.push(index))),
          Effect.exit,
          inTime,
          Effect.provide(layer)
        )
        expect(seen).toEqual(inputs(count).map((_, index) => index))
        if (reason === "interrupted") expect(Exit.isInterrupted(exit)).toBe(true)
        else expect(exit).toEqual(reason)
      }
    }))

  it.effect("takes arrays, sets and generators too", () =>
    Effect.gen(function*() {
      const { layer } = yield* makeServer()
      const service = yield* Effect.provide(Fulfillments.Fulfillments, layer)
      const generate = function*() {
        yield* inputs(250)
      }
      for (const iterable of [inputs(250), new Set(inputs(250)), generate()]) {
        const outcomes = yield* collect(service.createAll(iterable))
        expect(outcomes.map(({ index }) => index)).toEqual(Array.range(0, 249))
      }
    }))

  it.effect("sends and tells what a source said, though it says all by one object", () =>
    Effect.gen(function*() {
      const one = { ...input(0) }
      const says = (n: number) => Object.assign(one, input(n))
      const iterable = function*() {
        for (const n of [1, 2, 3]) yield says(n)
      }
      const stream = Stream.mapEffect(Stream.make(1, 2, 3), (n) => Effect.sync(() => says(n)))
      const calls = [
        ({ createAll }: Fulfillments.Service) => createAll(iterable()),
        ({ createAll }: Fulfillments.Service) => createAll(stream)
      ]
      for (const call of calls) {
        const { layer, posts } = yield* makeServer()
        const outcomes = yield* collect(call(yield* Effect.provide(Fulfillments.Fulfillments, layer)))
        expect(outcomes.map(({ _tag, input }) => [_tag, input])).toEqual([1, 2, 3].map((n) => ["Created", input(n)]))
        expect(posts).toEqual([["se-1", "se-2", "se-3"]])
      }
    }))

  it.effect("tells of each row that was invalid, though they were one object", () =>
    Effect.gen(function*() {
      const { layer } = yield* makeServer()
      const one = { ...input(0) }
      const rows = function*() {
        for (const carrier_code of ["UPS", "DHL"]) yield Object.assign(one, { carrier_code })
      }
      const { createAll } = yield* Effect.provide(Fulfillments.Fulfillments, layer)
      const outcomes = yield* collect(createAll(rows()))
      expect(outcomes.map(({ _tag, input }) => [_tag, input.carrier_code])).toEqual([
        ["NotSent", "UPS"],
        ["NotSent", "DHL"]
      ])
    }))

  it.effect("takes one huge chunk", () =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run(inputs(20_000), {}, { batchSize: 500 })
      expect(outcomes.every(({ _tag }) => _tag === "Created")).toBe(true)
      expect(sizes(posts)).toEqual(Array.makeBy(40, () => 500))
    }))

  it.effect("gives what it has of an endless source", () =>
    Effect.gen(function*() {
      const { layer, posts } = yield* makeServer()
      const endless = Stream.iterate(0, (n) => n + 1).pipe(Stream.map((n) => input(n)))
      const outcomes = yield* createAll(endless, { batchSize: 10 }).pipe(
        Stream.take(95),
        collect,
        Effect.provide(layer)
      )
      expect(outcomes.map(({ index }) => index)).toEqual(Array.range(0, 94))
      expect(posts.length).toBeLessThan(20)
    }))

  it.effect("waits for a slow source as long as the window, and no longer", () =>
    Effect.gen(function*() {
      const { layer, posts } = yield* makeServer()
      const queue = yield* Queue.unbounded<ReturnType<typeof input>>()
      const seen: Array<number> = []
      const fiber = yield* createAll(Stream.fromQueue(queue), { batchSize: 3, window: "5 seconds" }).pipe(
        Stream.runForEach(({ index }) => Effect.sync(() => seen.push(index))),
        Effect.provide(layer),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      // the window begins with the first input
      yield* Queue.offer(queue, input(0))
      yield* TestClock.adjust("4999 millis")
      yield* Queue.offer(queue, input(1))
      expect(posts).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect([posts, seen]).toEqual([[["se-0", "se-1"]], [0, 1]])
      // a full batch doesn't wait
      yield* Queue.offerAll(queue, [input(2), input(3), input(4), input(5)])
      yield* TestClock.adjust("1 millis")
      expect(posts.slice(1)).toEqual([["se-2", "se-3", "se-4"]])
      yield* TestClock.adjust("5 seconds")
      expect(posts.slice(2)).toEqual([["se-5"]])
      // nor does the end
      yield* Queue.offer(queue, input(6))
      yield* TestClock.adjust("1 millis")
      yield* Queue.shutdown(queue)
      yield* Fiber.await(fiber)
      expect([posts.slice(3), seen]).toEqual([[["se-6"]], [0, 1, 2, 3, 4, 5, 6]])
    }))

  it.effect.each([[1, 1, false], [4, 1, false], [4, 50, false], [1, 1, true], [4, 1, true], [4, 50, true]] as const)(
    "reads no further than it must while the consumer is slow: concurrency %s, chunks of %s, unordered: %s",
    ([concurrency, chunkSize, unordered]) =>
      Effect.gen(function*() {
        const { layer } = yield* makeServer()
        let read = 0
        const source = Stream.range(0, 1999, chunkSize).pipe(
          Stream.mapChunks((chunk) => {
            read += chunk.length
            return Chunk.map(chunk, (n) => input(n))
          })
        )
        const go = yield* Deferred.make<void>()
        const fiber = yield* createAll(source, { batchSize: 10, concurrency, unordered }).pipe(
          Stream.tap(() => Deferred.await(go)),
          Stream.runCount,
          Effect.provide(layer),
          Effect.fork
        )
        yield* TestClock.adjust("1 hour")
        // under way or waiting to be taken; being put together; the rest of a chunk
        expect(read).toBeLessThanOrEqual(10 * (2 * concurrency + 6) + chunkSize)
        yield* Deferred.succeed(go, undefined)
        expect(yield* Fiber.join(fiber)).toBe(2000)
      })
  )

  it.live("takes no more memory for more inputs", () =>
    Effect.gen(function*() {
      setFlagsFromString("--expose-gc")
      const collectGarbage: () => void = runInNewContext("gc")
      const heaps: Array<number> = []
      let count = 0
      yield* createAll(Stream.map(Stream.range(1, 100_000), (n) => input(n))).pipe(
        Stream.runForEach(() =>
          Effect.sync(() => {
            if (++count % 20_000 !== 0) return
            collectGarbage()
            heaps.push(process.memoryUsage().heapUsed / 1e6)
          })
        ),
        Effect.provide(echoLayer)
      )
      expect(count).toBe(100_000)
      // what is remembered of a shipment takes some 50 bytes
      expect(Math.max(...heaps) - (heaps[0] ?? 0)).toBeLessThan(16)
    }))

  it.effect("can be run again", () =>
    Effect.gen(function*() {
      const { layer, posts } = yield* makeServer()
      const stream = createAll(Stream.fromIterable(inputs(3)))
      for (const _ of [1, 2]) {
        const outcomes = yield* inTime(collect(stream)).pipe(Effect.provide(layer))
        expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2])
      }
      expect(posts.length).toBe(2)
    }))
})

describe("createAll, when a shipment comes again", () => {
  const cases = [
    ["in the same batch", [0, 1]],
    ["thrice in the same batch", [0, 1, 2]],
    ["in a batch that is under way at the same time", [0, 10]],
    ["long after", [0, 95]]
  ] as const
  it.effect.each(
    cases.flatMap(([name, at]) =>
      [false, true].map((isOther) => [name, isOther ? "Conflict" : "AlreadyFulfilled", at] as const)
    )
  )("it is not fulfilled again: %s, %s", ([, tag, at]) =>
    Effect.gen(function*() {
      const all = inputs(100).map((row, n) =>
        at.some((index) => index === n)
          ? input(555, { tracking_number: tag === "Conflict" && n > 0 ? `other${n}` : "one" })
          : row
      )
      const { outcomes, posts } = yield* run(all, { delay: () => 1000 }, { batchSize: 10 })
      expect(tags(at.flatMap((index) => outcomes[index] ?? []))).toBe(
        ["Created", ...at.slice(1).map(() => tag)].join(" ")
      )
      expect(posts.flat().filter((id) => id === "se-555").length).toBe(1)
      expect(outcomes.filter(({ _tag }) => _tag === "Created").length).toBe(101 - at.length)
    }))

  it.effect("it is sent when nothing was done the first time", () =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run([input(1), input(1), input(2)], {
        refuse: (_, count) => count === 1 ? refusal(429, "system") : undefined
      })
      expect([tags(outcomes), posts]).toEqual(["NotSent Created NotSent", [["se-1", "se-2"], ["se-1"]]])
    }))

  it.effect("it is read back when the first outcome is unknown", () =>
    Effect.gen(function*() {
      const { outcomes, posts } = yield* run([input(1), input(1)], {
        spoil: () => "reset",
        options: { readBack: "none" }
      })
      expect([tags(outcomes), posts]).toEqual(["Unknown AlreadyFulfilled", [["se-1"]]])
    }))
})
