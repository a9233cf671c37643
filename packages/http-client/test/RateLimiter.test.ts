import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it, vi } from "@effect/vitest"
import {
  Duration,
  Effect,
  Fiber,
  HashMap,
  Layer,
  Logger,
  LogLevel,
  Metric,
  RateLimiter as EffectRateLimiter,
  TestClock
} from "effect"
import {
  campaign,
  config,
  duringPauses,
  live,
  makeLimiter,
  mostInAMinute,
  overtaken,
  ownLimiter,
  queueUp,
  times,
  used
} from "./support/limiter.js"
import { virtually } from "./support/virtually.js"

describe("10,000 calls of 500 fibers", () => {
  /** Wanders back and forth by up to an hour. */
  const jumping = (now: number) => 1.7e12 + now + Math.sin(now / 7_000) * 3_600_000
  let turn = 0
  const cases: ReadonlyArray<
    readonly [
      name: string,
      options: {
        readonly pauses?: boolean
        readonly interruptions?: boolean
        readonly idle?: boolean
        readonly limiters?: number
        readonly virtual?: Parameters<typeof virtually>[1]
      }
    ]
  > = [
    ["nothing special", {}],
    ["pauses at any moment", { pauses: true }],
    ["interruptions at any moment", { interruptions: true }],
    ["a wall clock that jumps back and forth", { virtual: { wall: jumping } }],
    ["timers that fire early", {
      pauses: true,
      virtual: { timer: (millis) => ++turn % 10 === 0 ? millis / 2 : millis }
    }],
    ["timers that fire late", { pauses: true, virtual: { timer: (millis) => millis + (++turn % 20) } }],
    ["an idle start", { idle: true }],
    ["two limiters over one store", { limiters: 2 }],
    ["all of it", { pauses: true, interruptions: true, idle: true, limiters: 2, virtual: { wall: jumping } }]
  ]

  it.each(cases)("%s", (_, { idle = false, interruptions = false, limiters = 1, pauses = false, virtual }) => {
    const result = virtually(
      Effect.gen(function*() {
        const all = yield* Effect.replicateEffect(makeLimiter(), limiters)
        if (idle) yield* Effect.sleep("5 minutes")
        return yield* campaign(all.map((limiter) => limiter.take(live)), {
          interruptions,
          ...(pauses ? { pause: (duration) => all[0]?.pause(duration) ?? Effect.void } : {})
        })
      }).pipe(Effect.provide(RateLimiter.layerStoreMemory)),
      virtual
    )
    expect(mostInAMinute(times(result))).toBe(200)
    expect(used(result)).toBeGreaterThan(0.98)
    expect(overtaken(result)).toEqual([])
    expect(duringPauses(result)).toEqual([])
    expect(result.pauses.length).toBeGreaterThanOrEqual(pauses ? 10 : 0)
    expect(result.went.length).toBeGreaterThan(interruptions ? 5_000 : 9_999)
  })

  it("a process that stands still for a while, again and again", () => {
    const result = virtually(
      Effect.flatMap(ownLimiter(), (limiter) => campaign([limiter.take(live)])),
      { timer: (millis) => millis + (++turn % 3 === 0 ? 20_000 : 0) }
    )
    expect(mostInAMinute(times(result))).toBe(200)
    expect(overtaken(result)).toEqual([])
    expect(result.went.length).toBe(10_000)
  })

  it("control: without the queue, they don't go first come first served", () => {
    const result = virtually(
      Effect.gen(function*() {
        const store = yield* RateLimiter.makeStoreMemory
        const place = { account: "", limit: 200, window: Duration.seconds(61) }
        const take: Effect.Effect<void, unknown> = Effect.flatMap(
          store.take(place),
          (answer) => answer._tag === "Taken" ? Effect.void : Effect.zipRight(Effect.sleep(answer.wait), take)
        )
        return yield* campaign([take])
      })
    )
    expect(mostInAMinute(times(result))).toBe(200)
    expect(overtaken(result).length).toBeGreaterThan(100)
  })

  it("control: when pauses aren't told, calls go within them", () => {
    const result = virtually(
      Effect.flatMap(ownLimiter(), (limiter) => campaign([limiter.take(live)], { pause: () => Effect.void }))
    )
    expect(duringPauses(result).length).toBeGreaterThan(100)
  })
})

describe("a burst after an idle start", () => {
  const burst = (take: Effect.Effect<void, unknown>) =>
    Effect.gen(function*() {
      yield* Effect.sleep("5 minutes")
      return mostInAMinute(times(yield* campaign([take], { calls: 420 })))
    })

  it("200 of 200 a minute go", () => {
    expect(virtually(Effect.flatMap(ownLimiter(), (limiter) => burst(limiter.take(live))))).toBe(200)
  })

  it("control: Effect's own limiters let more go", () => {
    const most = (algorithm: "token-bucket" | "fixed-window") =>
      virtually(
        EffectRateLimiter.make({ limit: 200, interval: "1 minute", algorithm }).pipe(
          Effect.flatMap((limit) => burst(limit(Effect.void))),
          Effect.scoped
        )
      )
    expect(most("token-bucket")).toBeGreaterThanOrEqual(399)
    expect(most("fixed-window")).toBeGreaterThan(200)
  })
})

describe("the limit", () => {
  const immediately = (limiter: RateLimiter.Service, sandbox: boolean) =>
    Effect.gen(function*() {
      const { fibers, went } = yield* queueUp(500, limiter.take({ sandbox }))
      yield* Fiber.interruptAll(fibers)
      return went.length
    })

  it.effect.each<[RateLimiter.Options["limit"], sandbox: boolean, limit: number]>([
    [undefined, false, 200],
    [undefined, true, 20],
    [50, false, 50],
    [50, true, 50],
    [1, false, 1],
    [Infinity, true, 500]
  ])("%s, with a sandbox key: %s, is %s", ([limit, sandbox, expected]) =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit })
      expect(yield* immediately(limiter, sandbox)).toBe(expected)
      expect((yield* limiter.state).limit).toBe(limit ?? expected)
    }))

  it.effect("follows the key, when it changes from one of the sandbox to a live one", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      expect(yield* immediately(limiter, true)).toBe(20)
      expect(yield* immediately(limiter, false)).toBe(180)
      expect(yield* immediately(limiter, true)).toBe(0)
    }))

  it.effect("is an account's", () =>
    Effect.gen(function*() {
      const [a, b] = yield* Effect.all([makeLimiter({}, "a"), makeLimiter({}, "b")])
      yield* a.pause(Duration.minutes(1))
      expect(yield* immediately(a, false)).toBe(0)
      expect(yield* immediately(b, false)).toBe(200)
    }).pipe(Effect.provide(RateLimiter.layerStoreMemory)))

  it.effect("is shared by all limiters of a store", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([makeLimiter(), makeLimiter()])
      yield* Effect.replicateEffect(one.take(live), 150)
      expect(yield* immediately(other, false)).toBe(50)
    }).pipe(Effect.provide(RateLimiter.layerStoreMemory)))

  it.effect("is of 61 seconds by default", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1 })
      const { went } = yield* queueUp(2, limiter.take(live))
      yield* TestClock.adjust("2 minutes")
      expect(went).toEqual([[1, 0], [2, 61_000]])
    }))

  it.effect("comes by the layer", () =>
    Effect.gen(function*() {
      expect(yield* immediately(yield* RateLimiter.RateLimiter, false)).toBe(3)
    }).pipe(Effect.provide(Layer.provide(RateLimiter.layer({ limit: 3 }), [RateLimiter.layerStoreMemory, config()]))))
})

describe("what shows", () => {
  it.effect("state", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 2, window: "1 minute" })
      const state = (used: number, waiting: number, pausedFor: Duration.DurationInput) => ({
        limit: 2,
        used,
        waiting,
        pausedFor: Duration.decode(pausedFor)
      })
      expect(yield* limiter.state).toEqual(state(0, 0, 0))
      expect(yield* limiter.pace).toEqual(Duration.seconds(30))
      yield* queueUp(5, limiter.take(live))
      expect(yield* limiter.state).toEqual(state(2, 3, 0))
      yield* limiter.pause(Duration.seconds(90))
      yield* TestClock.adjust("60 seconds")
      expect(yield* limiter.state).toEqual(state(0, 3, "30 seconds"))
      yield* TestClock.adjust("30 seconds")
      expect(yield* limiter.state).toEqual(state(1, 2, 0))
    }))

  it.effect("a wait, as a span event, in the metric and as a log; and nothing where nobody waits", () =>
    Effect.gen(function*() {
      const logs: globalThis.Array<unknown> = []
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        logs.push([logLevel.label, message, Object.fromEntries(HashMap.toEntries(annotations))])
      })
      const span = yield* Effect.makeSpan("request")
      const event = vi.spyOn(span, "event")
      const waitTime = Metric.tagged(RateLimiter.waitTime, "account", "default")
      const before = yield* Metric.value(waitTime)
      const limiter = yield* ownLimiter({ limit: 1, window: "1 minute" })
      const take = limiter.take(live).pipe(
        Effect.withParentSpan(span),
        Effect.provide(Layer.merge(
          Logger.replace(Logger.defaultLogger, logger),
          Logger.minimumLogLevel(LogLevel.Debug)
        ))
      )
      yield* take
      expect([event.mock.calls.length, logs.length]).toEqual([0, 0])
      expect((yield* Metric.value(waitTime)).count).toBe(before.count)

      yield* TestClock.adjust("20 seconds")
      // the first sleeps for its slot, the second waits for the first
      yield* Effect.fork(take)
      yield* Effect.yieldNow()
      yield* Effect.fork(take)
      yield* TestClock.adjust("2 minutes")
      const attributes = (wait: number) => ({ "shipstation.account": "default", "shipstation.limiter.wait_ms": wait })
      // (enabled logs are span events too)
      expect(event.mock.calls.filter(([name]) => name !== "Waiting for the rate limit")).toEqual([
        ["rate limit wait", 20_000_000_000n, attributes(40_000)],
        ["rate limit wait", 20_000_000_000n, attributes(100_000)]
      ])
      const log = ["DEBUG", ["Waiting for the rate limit"], { "shipstation.account": "default" }]
      expect(logs).toEqual([log, log])
      const after = yield* Metric.value(waitTime)
      expect([after.count - before.count, after.sum - before.sum]).toEqual([2, 140_000])
    }))
})
