/** Places that are held: a place counts when its request leaves. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Random, TestClock } from "effect"
import { live, makeLimiter, now, ownLimiter, queueUp } from "./support/limiter.js"
import { virtually } from "./support/virtually.js"

const sleep = (millis: number) => millis === 0 ? Effect.void : Effect.sleep(millis)

/** One request: how long until it is made, until it is on the wire, and until its answer is there. In milliseconds. */
interface Request {
  readonly before: number
  readonly connect: number
  readonly answer: number
  /** It is given up before it leaves. */
  readonly fails?: boolean
}

/** Sends it, and tells when it was on the wire. */
type Send = (request: Request, wire: Effect.Effect<void>) => Effect.Effect<unknown, unknown>

const held = (limiter: RateLimiter.Service): Send => ({ answer, before, connect, fails = false }, wire) =>
  limiter.withPlace(live, (leaves, ready) =>
    sleep(before).pipe(
      Effect.zipRight(ready),
      Effect.zipRight(fails ? Effect.fail("no") : leaves),
      Effect.zipRight(sleep(connect)),
      Effect.zipRight(wire),
      Effect.zipRight(sleep(answer))
    ))

/** What was done once: the place counts when it is taken. */
const taken = (limiter: RateLimiter.Service): Send => ({ answer, before, connect, fails = false }, wire) =>
  limiter.take(live).pipe(
    Effect.zipRight(sleep(before)),
    Effect.zipRight(fails ? Effect.fail("no") : Effect.void),
    Effect.zipRight(sleep(connect)),
    Effect.zipRight(wire),
    Effect.zipRight(sleep(answer))
  )

/** Sends requests from many fibers at once, and tells when each was on the wire. */
const simulate = (send: ReadonlyArray<Send>, options: {
  readonly fibers: number
  readonly calls: number
  readonly request: (call: number) => Effect.Effect<Request>
  readonly interruptions?: boolean
}) =>
  Effect.gen(function*() {
    const wire: Array<number> = []
    let call = 0
    const loop = (index: number): Effect.Effect<void> =>
      Effect.gen(function*() {
        while (call < options.calls) {
          const request = yield* options.request(call++)
          const one = send[index % send.length]?.(request, Effect.map(now, (at) => void wire.push(at)))
          yield* Effect.exit(one ?? Effect.void)
        }
      })
    const fibers: Array<Fiber.RuntimeFiber<void>> = []
    for (let index = 0; index < options.fibers; index++) fibers.push(yield* Effect.fork(loop(index)))
    if (options.interruptions === true) {
      yield* Effect.fork(Effect.forever(Effect.gen(function*() {
        yield* Effect.sleep(yield* Random.nextIntBetween(1, 400))
        const index = yield* Random.nextIntBetween(0, fibers.length)
        yield* Fiber.interruptFork(fibers[index] ?? Fiber.void)
        fibers[index] = yield* Effect.fork(loop(index))
      })))
    }
    while (call < options.calls) yield* Effect.sleep("10 seconds")
    yield* Effect.sleep("10 minutes")
    return wire.toSorted((one, other) => one - other)
  }).pipe(Effect.withRandom(Random.make("places")))

/** The shortest time in which one more left than the limit allows. */
const shortest = (wire: ReadonlyArray<number>, limit: number) =>
  Math.min(...wire.slice(limit).map((at, index) => at - (wire[index] ?? 0)))

/** The most that left in any window. */
const most = (wire: ReadonlyArray<number>, window: number) =>
  Math.max(...wire.map((start) => wire.filter((at) => at >= start && at < start + window).length))

const upTo = (max: number) => Random.nextIntBetween(0, max + 1)

describe("never more leave in any window than the limit", () => {
  it("20 of 10 did, when places counted from the moment at which they were taken", () => {
    const run = (send: (limiter: RateLimiter.Service) => Send) =>
      virtually(
        Effect.flatMap(ownLimiter({ limit: 10, window: "10 seconds" }), (limiter) =>
          simulate([send(limiter)], {
            fibers: 20,
            calls: 20,
            request: (call) => Effect.succeed({ before: call < 10 ? 9_900 : 0, connect: 0, answer: 300 })
          }))
      )
    expect(most(run(taken), 10_000)).toBe(20)
    expect(most(run(held), 10_000)).toBe(10)
    expect(run(held).length).toBe(20)
  })

  const quick = { before: 0, connect: 0, answer: 300 }
  /** 200 of them slowly, and then 200 fast. */
  const slow = (call: number) =>
    Effect.zipWith(
      Effect.all([Math.floor(call / 200) % 2 === 0 ? Random.nextIntBetween(20_000, 30_001) : upTo(1_000), upTo(5_000)]),
      Random.next,
      ([before, connect], chance): Request => ({ before, connect, answer: 300, fails: chance < 0.2 })
    )
  let turn = 0
  const cases: ReadonlyArray<
    readonly [
      name: string,
      options: {
        readonly request: (call: number) => Effect.Effect<Request>
        readonly limiters?: number
        readonly interruptions?: boolean
        readonly pauses?: boolean
        readonly virtual?: Parameters<typeof virtually>[1]
      }
    ]
  > = [
    ["answers after 300 ms", { request: () => Effect.succeed(quick) }],
    ["30 s before the request, 5 s for the connection, and some that fail", { request: slow }],
    ["two limiters over one store", { request: slow, limiters: 2 }],
    ["interruptions at any moment", { request: slow, interruptions: true, virtual: { yieldAfter: 47 } }],
    ["pauses", { request: slow, pauses: true }],
    ["timers that fire late", { request: slow, virtual: { timer: (millis) => millis + (++turn % 30) } }],
    ["all of it", { request: slow, limiters: 2, interruptions: true, pauses: true, virtual: { yieldAfter: 53 } }]
  ]

  const run = (
    send: (limiter: RateLimiter.Service) => Send,
    { interruptions = false, limiters = 1, pauses = false, request, virtual }: (typeof cases)[number][1]
  ) =>
    virtually(
      Effect.gen(function*() {
        const all = yield* Effect.replicateEffect(makeLimiter(), limiters)
        if (pauses) {
          yield* Effect.fork(Effect.forever(Effect.zipRight(
            Effect.sleep("100 seconds"),
            all[0]?.pause(Duration.seconds(20)) ?? Effect.void
          )))
        }
        const wire = yield* simulate(all.map(send), { fibers: 250, calls: 1_200, request, interruptions })
        const after = yield* Effect.flatMap(RateLimiter.RateLimiterStore, (store) =>
          store.state({ account: "default", window: Duration.seconds(61) }))
        return { wire, after }
      }).pipe(Effect.provide(RateLimiter.layerStoreMemory)),
      virtual
    )

  it.each(cases)("%s", (_, options) => {
    const { after, wire } = run(held, options)
    expect(shortest(wire, 200)).toBeGreaterThanOrEqual(61_000)
    expect(wire.length).toBeGreaterThan(options.interruptions === true ? 300 : 900)
    expect(after.used).toBe(0)
  })

  it("control: with places that count when they are taken they do", () => {
    expect(shortest(run(taken, { request: slow }).wire, 200)).toBeLessThan(50_000)
  })

  it("and with answers after 300 ms at least 98 % of them", () => {
    const { wire } = run(held, { request: () => Effect.succeed(quick) })
    const seconds = ((wire.at(-1) ?? 0) - (wire[199] ?? 0)) / 1_000
    expect((wire.length - 200) / (200 / 61 * seconds)).toBeGreaterThan(0.98)
  })
})

describe("a place that is held", () => {
  it.effect("counts from the end of a use that left, and is free at once after one that didn't", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      const { went } = yield* queueUp(
        4,
        limiter.withPlace(live, (leaves) => Effect.zipRight(Effect.zipRight(sleep(30_000), leaves), sleep(5_000)))
      )
      const free = yield* queueUp(3, limiter.withPlace(live, () => sleep(1_000)))
      yield* TestClock.adjust("5 minutes")
      expect(went.map(([, at]) => at / 1000)).toEqual([35, 80, 125, 170])
      expect(free.went.map(([, at]) => at / 1000)).toEqual([181, 182, 183])
      expect(yield* limiter.state).toMatchObject({ used: 0, waiting: 0 })
    }))

  it.effect("is given back, or counts from then, when its use fails, dies, throws or is interrupted", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      yield* Effect.exit(limiter.withPlace(live, () => Effect.fail("no")))
      yield* Effect.exit(limiter.withPlace(live, () => Effect.die("no")))
      yield* Effect.exit(limiter.withPlace(live, (): Effect.Effect<void> => {
        throw new Error("no")
      }))
      const unsent = yield* Effect.fork(limiter.withPlace(live, () => Effect.never))
      yield* Effect.yieldNow()
      expect((yield* limiter.state).used).toBe(1)
      yield* Fiber.interrupt(unsent)
      expect((yield* limiter.state).used).toBe(0)
      const sent = yield* Effect.fork(limiter.withPlace(live, (leaves) => Effect.zipRight(leaves, Effect.never)))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(sent)
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went).toEqual([[1, 15_000]])
    }))

  it.effect("wakes who waits for it when it is left, and when it is given back", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 2, window: "1 second" })
      const send = (millis: number) =>
        limiter.withPlace(live, (leaves) => Effect.zipRight(sleep(millis), millis > 5_000 ? Effect.void : leaves))
      yield* Effect.fork(send(4_000))
      yield* Effect.fork(send(6_500))
      yield* Effect.yieldNow()
      const { went } = yield* queueUp(3, limiter.take(live))
      yield* TestClock.adjust("20 seconds")
      expect(went).toEqual([[1, 5_000], [2, 6_000], [3, 6_500]])
    }))

  it.effect("wakes who is just being told that it is in the way", () =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      const free = yield* Deferred.make<void>()
      const store: RateLimiter.Store = {
        ...memory,
        take: (options) =>
          Effect.tap(memory.take(options), (answer) =>
            answer._tag === "Full"
              ? Effect.zipRight(Deferred.succeed(free, undefined), Effect.repeatN(Effect.yieldNow(), 10))
              : Effect.void)
      }
      const limiter = yield* Effect.provideService(makeLimiter({ limit: 1 }), RateLimiter.RateLimiterStore, store)
      yield* Effect.fork(limiter.withPlace(live, () => Deferred.await(free)))
      yield* Effect.yieldNow()
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("1 second")
      expect(went).toEqual([[1, 0]])
    }))

  it.effect("of another limiter is asked for again within 10 seconds", () =>
    Effect.gen(function*() {
      const options = { limit: 1, window: "1 second" } as const
      const [here, there] = yield* Effect.all([makeLimiter(options), makeLimiter(options)]).pipe(
        Effect.provide(RateLimiter.layerStoreMemory)
      )
      yield* Effect.fork(here.withPlace(live, () => sleep(3_000)))
      yield* Effect.yieldNow()
      const { went } = yield* queueUp(1, there.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went).toEqual([[1, 10_000]])
    }))

  it.effect("isn't there where there is no limit", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: Infinity })
      yield* Effect.fork(limiter.withPlace(live, () => Effect.never))
      yield* Effect.yieldNow()
      expect((yield* limiter.state).used).toBe(0)
    }))

  it.effect("is told to the caller's error and answer alike", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      expect(yield* limiter.withPlace(live, (leaves) => Effect.as(leaves, "answer"))).toBe("answer")
      expect(yield* Effect.flip(limiter.withPlace(live, (leaves) => Effect.zipRight(leaves, Effect.fail("no")))))
        .toBe("no")
    }))
})

describe("what takes long before the request", () => {
  const pausedMeanwhile = (isReady: boolean) =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      const { went } = yield* queueUp(
        2,
        limiter.withPlace(live, (leaves, ready) =>
          Effect.zipRight(Effect.zipRight(sleep(5_000), isReady ? ready : Effect.void), leaves))
      )
      yield* limiter.pause(Duration.seconds(20))
      yield* TestClock.adjust("1 minute")
      return went.map(([, at]) =>
        at
      )
    })

  it.effect.each([["when it is ready", true], ["as it leaves", false]] as const)(
    "waits for the end of a pause that came meanwhile, %s",
    ([, isReady]) =>
      Effect.map(pausedMeanwhile(isReady), (went) => {
        expect(went).toEqual([20_000, 20_305])
      })
  )

  it.effect("fails unsent when the pause is too long, and holds no place", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      const fiber = yield* Effect.fork(
        limiter.withPlace(live, (leaves, ready) => Effect.zipRight(Effect.zipRight(sleep(5_000), ready), leaves))
      )
      yield* Effect.yieldNow()
      yield* limiter.pause(Duration.minutes(10))
      yield* TestClock.adjust("5 seconds")
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ _tag: "Held", retryAfter: Duration.seconds(595) })
      expect((yield* limiter.state).used).toBe(0)
    }))

  it.effect.each(["ready", "leaves"] as const)(
    "takes another place after 4 minutes: %s",
    (which) =>
      Effect.gen(function*() {
        const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
        const late = yield* queueUp(
          1,
          limiter.withPlace(
            live,
            (leaves, ready) => Effect.zipRight(sleep(301_000), which === "ready" ? ready : leaves)
          )
        )
        // the place of one that may have died is free after 5 minutes and a window
        const other = yield* queueUp(2, limiter.take(live))
        yield* TestClock.adjust("10 minutes")
        expect(other.went).toEqual([[1, 310_000], [2, 320_000]])
        expect(late.went).toEqual([[1, 330_000]])
      })
  )

  it.effect("goes with its place until then", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      const { went } = yield* queueUp(
        2,
        limiter.withPlace(live, (leaves) => Effect.zipRight(sleep(239_000), leaves))
      )
      yield* TestClock.adjust("20 minutes")
      expect(went).toEqual([[1, 239_000], [2, 488_000]])
    }))

  it.effect.each(["ready", "leaves"] as const)(
    "is no concern once the request has left: %s",
    (which) =>
      Effect.gen(function*() {
        const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
        const { went } = yield* queueUp(
          1,
          limiter.withPlace(live, (leaves, ready) =>
            leaves.pipe(
              Effect.zipRight(sleep(241_000)),
              Effect.zipRight(limiter.pause(Duration.minutes(1))),
              Effect.zipRight(which === "ready" ? ready : leaves)
            ))
        )
        yield* TestClock.adjust("10 minutes")
        expect(went).toEqual([[1, 241_000]])
      })
  )

  it.effect("interrupted while it takes another place holds none", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      const fiber = yield* Effect.fork(
        limiter.withPlace(live, (leaves) => Effect.zipRight(sleep(305_000), leaves))
      )
      yield* Effect.yieldNow()
      const other = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("306 seconds")
      expect(yield* limiter.state).toMatchObject({ used: 1, waiting: 2 })
      yield* Fiber.interrupt(fiber)
      expect(yield* limiter.state).toMatchObject({ used: 1, waiting: 1 })
      yield* TestClock.adjust("14 seconds")
      expect(other.went).toEqual([[1, 310_000]])
      expect(yield* limiter.state).toMatchObject({ used: 0, waiting: 0 })
    }))
})
