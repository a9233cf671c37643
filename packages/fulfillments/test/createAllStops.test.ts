/** What happens when the consumer of `createAll` stops, and what holds however it is used. */
import type { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import type { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import {
  Array,
  Clock,
  Effect,
  Exit,
  FastCheck,
  Fiber,
  FiberRef,
  HashMap,
  Layer,
  Logger,
  Scheduler,
  Stream,
  Supervisor,
  TestClock
} from "effect"
import { type Behaviour, createAll, type Ids, inputs, makeServer, refusal } from "./createAllSupport.js"
import { input, inTime } from "./support.js"

type Outcome = FulfillmentOutcome.FulfillmentOutcome

type Source = Stream.Stream<Fulfillment.FulfillmentInput, string>

/** After so many outcomes, or after so many milliseconds. */
type Stop = readonly [way: "never" | "take" | "fail" | "die" | "interrupt" | "time out", after: number]

const endless = Stream.iterate(0, (n) => n + 1).pipe(Stream.map((n) => input(n)))

/** Consumes outcomes until it stops. In the end every input that was read has one outcome, and no fiber is left. */
const consume = (
  source: Source,
  [way, after]: Stop,
  behaviour: Behaviour = {},
  options: Fulfillments.CreateAllOptions = {}
) =>
  Effect.gen(function*() {
    const server = yield* makeServer(behaviour)
    const supervisor = yield* Supervisor.track
    const read: Array<Fulfillment.FulfillmentInput> = []
    const delivered: Array<Outcome> = []
    const leftovers: Array<ReadonlyArray<Outcome>> = []
    const counted = Stream.mapChunks(source, (chunk) => {
      read.push(...chunk)
      return chunk
    })
    const outcomes = createAll(counted, {
      ...options,
      onLeftover: (outcomes) => Effect.sync(() => leftovers.push(outcomes))
    }).pipe(
      way === "take" ? Stream.take(after) : (all) => all,
      Stream.runForEach((outcome) => {
        if (delivered.push(outcome) < after) return Effect.void
        switch (way) {
          case "fail":
            return Effect.fail("enough")
          case "die":
            return Effect.die("enough")
          case "interrupt":
            return Effect.withFiberRuntime<never>((fiber) => {
              fiber.unsafeInterruptAsFork(fiber.id())
              return Effect.never
            })
          default:
            return Effect.void
        }
      })
    )
    const start = yield* Clock.currentTimeMillis
    const exit = yield* (way === "time out" ? Effect.timeout(outcomes, after) : outcomes).pipe(
      Effect.supervised(supervisor),
      Effect.provide(server.layer),
      inTime,
      Effect.exit
    )
    const seconds = ((yield* Clock.currentTimeMillis) - start) / 1000

    const leftover = leftovers.flat()
    const all = [...delivered, ...leftover].toSorted((a, b) => a.index - b.index)
    expect(all.map(({ index }) => index)).toEqual(read.map((_, index) => index))
    expect(all.map(({ input }) => input)).toEqual(read)
    expect(leftovers.length).toBe(leftover.length > 0 ? 1 : 0)
    expect(leftover.map(({ index }) => index)).toEqual(leftover.map(({ index }) => index).toSorted((a, b) => a - b))
    if (options.unordered !== true) expect(delivered).toEqual(all.slice(0, delivered.length))

    const requests = (yield* server.requests).length
    expect((yield* supervisor.value).length).toBe(0)
    yield* TestClock.adjust("1 hour")
    expect((yield* server.requests).length).toBe(requests)
    return { ...server, all, delivered, exit, leftover, read, seconds }
  })

const tagsOf = (
  outcomes: ReadonlyArray<Outcome>,
  ids: Ids
) => [...new Set(outcomes.flatMap(({ _tag, input }) => ids.includes(input.shipment_id) ? [_tag] : []))]

describe("createAll, when the consumer stops", () => {
  const ways = (["take", "fail", "die", "interrupt"] as const).flatMap((way) =>
    [false, true].map((unordered) => [way, unordered] as const)
  )
  it.effect.each(ways)(
    "what was sent is awaited, and the rest is told: %s, unordered: %s",
    ([way, unordered]) =>
      Effect.gen(function*() {
        const { delivered, leftover, posts, seconds } = yield* consume(Stream.rechunk(endless, 7), [way, 15], {
          delay: (_, count) => 1000 * count
        }, { batchSize: 10, concurrency: 2, unordered })
        expect(delivered.length).toBe(15)
        // the third takes longest, and was under way
        expect(posts.length).toBe(3)
        expect(seconds).toBe(4)
        expect(tagsOf([...delivered, ...leftover], posts.flat())).toEqual(["Created"])
        expect(leftover.filter(({ _tag }) => _tag === "Created").length).toBe(15)
        expect(leftover.filter(({ _tag }) => _tag === "NotSent").length).toBe(leftover.length - 15)
      })
  )

  it.effect("what waits for the rate limit isn't waited for", () =>
    Effect.gen(function*() {
      const { posts, seconds } = yield* consume(endless, ["take", 1], { limit: 1, delay: () => 500 }, { batchSize: 2 })
      expect([posts.length, seconds]).toEqual([1, 0.5])
    }))

  it.effect("what is refused then isn't sent in halves", () =>
    Effect.gen(function*() {
      const { leftover, posts } = yield* consume(Stream.fromIterable(inputs(30)), ["take", 10], {
        refuse: (_, count) => count > 1 ? refusal(400, "validation") : undefined,
        delay: (_, count) => 1000 * count
      }, { batchSize: 10 })
      expect(posts.length).toBe(3)
      expect(tagsOf(leftover, posts.flat())).toEqual(["NotSent"])
    }))

  it.effect("what became of a lost request is still looked up", () =>
    Effect.gen(function*() {
      const { leftover } = yield* consume(Stream.fromIterable(inputs(20)), ["take", 10], {
        spoil: (_, count) => count === 2 ? "reset" : undefined,
        delay: (_, count) => 1000 * count
      }, { batchSize: 10 })
      expect(tagsOf(leftover, leftover.map(({ input }) => input.shipment_id))).toEqual(["AlreadyFulfilled"])
    }))

  it.effect("a huge chunk that was read is told of, to its end", () =>
    Effect.gen(function*() {
      const { leftover } = yield* consume(Stream.fromIterable(inputs(3000)), ["take", 5])
      expect(leftover.length).toBe(2995)
    }))

  it.effect("nothing is left when all was taken", () =>
    Effect.gen(function*() {
      const whole = yield* consume(Stream.fromIterable(inputs(25)), ["never", 0], {}, { batchSize: 10 })
      expect([whole.exit, whole.leftover]).toEqual([Exit.void, []])
      const failed = yield* consume(Stream.concat(Stream.fromIterable(inputs(25)), Stream.fail("broken")), ["never", 0])
      expect([failed.exit, failed.delivered.length, failed.leftover]).toEqual([Exit.fail("broken"), 25, []])
    }))

  it.effect("nothing is sent while the source takes its time to close, and then all is told", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const log = (event: string) => Effect.sync(() => events.push(event))
      const source = endless.pipe(Stream.ensuring(Effect.zipRight(Effect.sleep("90 seconds"), log("source closed"))))
      const { layer } = yield* makeServer({
        limit: 2,
        delay: (_, count) => {
          events.push(`request ${count}`)
          return 1000 * count
        }
      })
      yield* createAll(source, { batchSize: 2, concurrency: 3, onLeftover: () => log("leftover") }).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.zipRight(log("stopped")),
        Effect.provide(layer),
        inTime
      )
      expect(events).toEqual(["request 1", "request 2", "source closed", "leftover", "stopped"])
    }))

  it.effect("it stops in a region that can't be interrupted", () =>
    Effect.gen(function*() {
      const { layer } = yield* makeServer()
      const source = Stream.concat(Stream.make(input(1)), Stream.never)
      const fiber = yield* createAll(source, { window: "1 second" }).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.provide(layer),
        Effect.uninterruptible,
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toBe(undefined)
    }))

  it.live("an interruption at any moment loses nothing", () =>
    Effect.gen(function*() {
      for (const pause of Array.range(0, 59)) {
        const { layer } = yield* makeServer()
        let read = 0
        const seen: Array<number> = []
        const fiber = yield* createAll(
          Stream.mapChunks(endless, (chunk) => {
            read += chunk.length
            return chunk
          }),
          { batchSize: 7, onLeftover: (left) => Effect.sync(() => seen.push(...left.map(({ index }) => index))) }
        ).pipe(
          Stream.runForEach(({ index }) => Effect.sync(() => seen.push(index))),
          Effect.provide(layer),
          // gives way to the others as often as it can without standing still
          Effect.withMaxOpsBeforeYield(20 + pause % 7),
          Effect.fork
        )
        yield* Effect.repeat(Effect.yieldNow(), { until: () => seen.length > 0 })
        yield* Effect.repeatN(Effect.yieldNow(), pause)
        yield* Fiber.interrupt(fiber)
        expect(seen).toEqual(Array.makeBy(read, (n) => n))
      }
    }))

  it.live("an interruption whenever the consumer gives way loses nothing, and tells nothing twice", () =>
    Effect.gen(function*() {
      for (const steps of Array.range(20, 99)) {
        const { layer } = yield* makeServer()
        const seen: Array<number> = []
        let consumer: Fiber.RuntimeFiber<unknown, unknown> | undefined
        const usual = new Scheduler.MixedScheduler(2048)
        const scheduler: Scheduler.Scheduler = {
          shouldYield: (fiber) => {
            if (fiber.currentOpCount <= fiber.getFiberRef(FiberRef.currentMaxOpsBeforeYield)) return false
            if (fiber === consumer) fiber.unsafeInterruptAsFork(fiber.id())
            return 0
          },
          scheduleTask: (task, priority) => usual.scheduleTask(task, priority)
        }
        const exit = yield* createAll(Stream.fromIterable(inputs(50)), {
          onLeftover: (left) => Effect.sync(() => seen.push(...left.map(({ index }) => index)))
        }).pipe(
          Stream.runForEach(({ index }) =>
            Effect.withFiberRuntime<void>((fiber) => {
              consumer = fiber
              seen.push(index)
              return Effect.void
            })
          ),
          Effect.provide(layer),
          Effect.withMaxOpsBeforeYield(steps),
          Effect.withScheduler(scheduler),
          Effect.fork,
          Effect.flatMap(Fiber.await)
        )
        expect({ steps, interrupted: Exit.isInterrupted(exit), seen }).toEqual({
          steps,
          interrupted: true,
          seen: Array.makeBy(50, (n) => n)
        })
      }
    }))

  it.effect("warns by default, without customers' data", () =>
    Effect.gen(function*() {
      const { layer } = yield* makeServer()
      const logs: Array<unknown> = []
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        logs.push([logLevel.label, message, Object.fromEntries(HashMap.toEntries(annotations))])
      })
      yield* createAll(Stream.fromIterable(inputs(3))).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.provide(Layer.merge(layer, Logger.add(logger)))
      )
      expect(logs).toEqual([[
        "WARN",
        ["The consumer of createAll stopped before it took all outcomes"],
        { "shipstation.leftover": 2 }
      ]])
    }))
})

describe("createAll, however it is used", () => {
  const fates = ["ok", "ok", "ok", "400", "409", "429", "500", "reset", "done, 500", "done, reset"] as const

  it.effect.prop(
    "each input that is read has one outcome, that is true, and nothing is done twice",
    {
      rows: FastCheck.array(
        FastCheck.record({
          id: FastCheck.oneof(FastCheck.integer({ min: 0, max: 9 }), FastCheck.integer({ min: 0, max: 9999 })),
          tracking: FastCheck.constantFrom("1Z", "1Z", "other"),
          isValid: FastCheck.integer({ min: 0, max: 9 }).map((n) => n > 0)
        }),
        { maxLength: 60 }
      ),
      chunkSize: FastCheck.integer({ min: 1, max: 20 }),
      pause: FastCheck.constantFrom(0, 0, 300, 2000),
      isFailing: FastCheck.boolean(),
      fates: FastCheck.array(FastCheck.constantFrom(...fates), { maxLength: 12 }),
      dooms: FastCheck.constantFrom(0, 0, 0, 1, 3),
      rejected: FastCheck.integer({ min: 0, max: 9 }),
      limit: FastCheck.constantFrom(2, 20, Number.POSITIVE_INFINITY),
      stop: FastCheck.tuple(
        FastCheck.constantFrom(...(["never", "take", "fail", "die", "interrupt"] as const)),
        FastCheck.integer({ min: 1, max: 60 })
      ),
      timeout: FastCheck.option(FastCheck.integer({ min: 0, max: 20_000 })),
      batchSize: FastCheck.integer({ min: 1, max: 12 }),
      concurrency: FastCheck.integer({ min: 1, max: 4 }),
      unordered: FastCheck.boolean()
    },
    (
      {
        batchSize,
        chunkSize,
        concurrency,
        dooms,
        fates,
        isFailing,
        limit,
        pause,
        rejected,
        rows,
        stop,
        timeout,
        unordered
      }
    ) =>
      Effect.gen(function*() {
        const source = Stream.fromIterable(rows).pipe(
          Stream.map(({ id, isValid, tracking }) => input(id, { tracking_number: isValid ? `${tracking}${id}` : "" })),
          Stream.rechunk(chunkSize),
          Stream.chunks,
          Stream.mapEffect((chunk) => pause === 0 ? Effect.succeed(chunk) : Effect.delay(Effect.succeed(chunk), pause)),
          Stream.flattenChunks,
          isFailing ? Stream.concat(Stream.fail("broken")) : (all) => all
        )
        const { all, posts, timesFulfilled } = yield* consume(
          source,
          timeout === null ? stop : ["time out", timeout],
          {
            limit,
            delay: (_, count) => 300 * (count % 4),
            reject: (id) => id === `se-${rejected}`,
            refuse: (_, count) => {
              if (count === dooms) return refusal(401, "security")
              switch (fates[count - 1]) {
                case "400":
                  return refusal(400, "validation")
                case "409":
                  return refusal(409, "business_rules")
                case "429":
                  return refusal(429, "system")
                case "500":
                  return new Response("", { status: 500 })
                case "reset":
                  return "reset"
                default:
                  return undefined
              }
            },
            spoil: (_, count) => {
              switch (fates[count - 1]) {
                case "done, 500":
                  return new Response("", { status: 500 })
                case "done, reset":
                  return "reset"
                default:
                  return undefined
              }
            }
          },
          { batchSize, concurrency, unordered }
        )
        const times = timesFulfilled()
        expect(Object.values(times).every(({ length }) => length === 1)).toBe(true)
        expect(posts.every((ids) => ids.length <= batchSize && new Set(ids).size === ids.length)).toBe(true)
        for (const ofShipment of Object.values(Array.groupBy(all, ({ input }) => input.shipment_id))) {
          const [{ input: { shipment_id } }] = ofShipment
          const found = ofShipment.map(({ _tag }) => _tag)
          const isDone = times[shipment_id] !== undefined
          expect(found.filter((tag) => tag === "Created").length).toBeLessThanOrEqual(1)
          if (found.some((tag) => ["Created", "AlreadyFulfilled", "Conflict"].includes(tag))) expect(isDone).toBe(true)
          // known not to be done
          if (found.every((tag) => ["NotSent", "Rejected"].includes(tag))) expect(isDone).toBe(false)
        }
      }),
    { fastCheck: { numRuns: 25 } }
  )
})
