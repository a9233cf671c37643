import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it, vi } from "@effect/vitest"
import {
  Cause,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberId,
  HashMap,
  identity,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Random,
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

describe("an interruption", () => {
  const slot = { limit: 1, window: "10 seconds" } as const

  it.effect.each([["at the head, asleep", 2], ["in the queue", 3], ["at the queue's end", 5]] as const)(
    "%s lets the others move up",
    ([, call]) =>
      Effect.gen(function*() {
        const limiter = yield* ownLimiter(slot)
        const { fibers, went } = yield* queueUp(5, limiter.take(live))
        yield* TestClock.adjust("5 seconds")
        const fiber = fibers[call - 1]
        if (fiber !== undefined) yield* Fiber.interrupt(fiber)
        expect((yield* limiter.state).waiting).toBe(3)
        yield* TestClock.adjust("1 minute")
        const expected = [1, 2, 3, 4, 5].filter((n) => n !== call)
        expect(went).toEqual(expected.map((n, i) => [n, i * 10_000]))
        expect((yield* limiter.state).waiting).toBe(0)
      })
  )

  it.effect("of all leaves the limiter free", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter(slot)
      const { fibers } = yield* queueUp(5, limiter.take(live))
      yield* Fiber.interruptAll(fibers)
      yield* TestClock.adjust("10 seconds")
      yield* limiter.take(live)
      expect(yield* limiter.state).toEqual({ limit: 1, used: 1, waiting: 0, pausedFor: Duration.zero })
    }))

  it.effect("of the next, which has been given the turn and hasn't woken yet", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter(slot)
      yield* limiter.take(live)
      const next = yield* Deferred.make<Fiber.RuntimeFiber<void, RateLimiter.Held>>()
      const head = yield* Effect.gen(function*() {
        yield* limiter.take(live)
        const fiber = yield* Deferred.await(next)
        fiber.unsafeInterruptAsFork(FiberId.none)
      }).pipe(Effect.fork)
      yield* Effect.yieldNow()
      const fiber = yield* Effect.fork(limiter.take(live))
      yield* Deferred.succeed(next, fiber)
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(Exit.isSuccess(yield* Fiber.await(head))).toBe(true)
      expect(Exit.isInterrupted(yield* Fiber.await(fiber))).toBe(true)
      expect(went).toEqual([[1, 20_000]])
    }))

  it.effect("while a store is asked that hangs", () =>
    Effect.gen(function*() {
      let hangs = true
      const memory = yield* RateLimiter.makeStoreMemory
      const store = {
        ...memory,
        take: (options: Parameters<typeof memory.take>[0]) =>
          Effect.suspend(() => hangs ? Effect.never : memory.take(options))
      }
      const limiter = yield* Effect.provideService(makeLimiter(slot), RateLimiter.RateLimiterStore, store)
      const { fibers, went } = yield* queueUp(2, limiter.take(live))
      hangs = false
      if (fibers[0] !== undefined) yield* Fiber.interrupt(fibers[0])
      yield* Effect.yieldNow()
      expect(went).toEqual([[2, 0]])
    }))

  /** Whatever is interrupted, whenever: at each question and each answer a few of those who are next, or who asks. */
  const interruptedAtWill = (seed: number, storeTakes: number) =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      const fibers: globalThis.Array<Fiber.RuntimeFiber<void, RateLimiter.Held>> = []
      const went: globalThis.Array<number> = []
      let asking = 0
      let mostAsking = 0
      const interruptSome = Effect.gen(function*() {
        const running = fibers.filter((fiber) => fiber.unsafePoll() === null).slice(0, 4)
        for (const fiber of running) {
          if ((yield* Random.next) < 0.15) fiber.unsafeInterruptAsFork(FiberId.none)
        }
      })
      const store: RateLimiter.Store = {
        ...memory,
        take: (options) =>
          Effect.gen(function*() {
            mostAsking = Math.max(mostAsking, ++asking)
            yield* interruptSome
            if (storeTakes > 0) yield* Effect.sleep(storeTakes)
            const answer = yield* memory.take(options)
            yield* interruptSome
            return answer
          }).pipe(Effect.ensuring(Effect.sync(() => asking--)))
      }
      const limiter = yield* Effect.provideService(
        makeLimiter({ limit: 5, window: "1 second" }),
        RateLimiter.RateLimiterStore,
        store
      )
      for (let i = 0; i < 300; i++) {
        const call = Effect.tap(
          limiter.take(live),
          () => Effect.zipRight(Effect.sync(() => went.push(i)), interruptSome)
        )
        fibers.push(yield* Effect.fork(call))
      }
      const exits = yield* Effect.forEach(fibers, (fiber) => Fiber.await(fiber))
      yield* limiter.take(live)
      const { waiting } = yield* limiter.state
      return { exits, mostAsking, waiting, went }
    }).pipe(Effect.withRandom(Random.make(seed)))

  it.each([
    { storeTakes: 0, yieldAfter: Infinity },
    { storeTakes: 7, yieldAfter: Infinity },
    { storeTakes: 0, yieldAfter: 40 },
    { storeTakes: 7, yieldAfter: 53 }
  ])("at any moment leaves nobody behind: %o", ({ storeTakes, yieldAfter }) => {
    for (let seed = 0; seed < 20; seed++) {
      const { exits, mostAsking, waiting, went } = virtually(interruptedAtWill(seed, storeTakes), { yieldAfter })
      expect(yieldAfter < Infinity || went.every((call, i) => call > (went[i - 1] ?? -1))).toBe(true)
      expect(mostAsking).toBe(1)
      expect(waiting).toBe(0)
      expect(exits.some(Exit.isInterrupted)).toBe(true)
      expect(exits.some(Exit.isSuccess)).toBe(true)
    }
  })
})

describe("options", () => {
  it.effect.each<[option: string, value: unknown, message: string]>([
    ["limit", 0, "must be at least 1, not 0"],
    ["limit", 0.5, "must be at least 1, not 0.5"],
    ["limit", -1, "must be at least 1, not -1"],
    ["limit", Number.NaN, "must be at least 1, not NaN"],
    ["limit", "200", "must be at least 1, not 200"],
    ["window", 0, "must be a duration above zero, not 0"],
    ["window", -5, "must be a duration above zero, not -5"],
    ["window", Number.NaN, "must be a duration above zero, not NaN"],
    ["window", "0 seconds", "must be a duration above zero, not 0 seconds"],
    ["window", Infinity, "must be a duration above zero, not Infinity"],
    ["window", "soon", "must be a duration above zero, not soon"],
    ["maxPause", -1, "must be a duration, not -1"],
    ["maxPause", "-1 seconds", "must be a duration, not -1 seconds"],
    ["maxPause", Number.NaN, "must be a duration, not NaN"]
  ])("%s: %s can't be, which the layer says when it is built", ([option, value, message]) =>
    Effect.gen(function*() {
      const layer = RateLimiter.layer({ [option]: value })
      const built = Layer.build(Layer.provide(layer, [RateLimiter.layerStoreMemory, config()]))
      const exit = yield* Effect.exit(Effect.scoped(built))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toContain(`The rate limiter's ${option} ${message}`)
    }))

  it.effect.each<RateLimiter.Options>([
    { limit: undefined, window: undefined, maxPause: undefined },
    { limit: 1, window: 1, maxPause: 0 },
    { limit: Infinity, maxPause: Infinity },
    { limit: 1.5, window: "1 nanos", maxPause: "0 seconds" }
  ])("%o can be", (options) => Effect.zipRight(ownLimiter(options), Effect.void))
})

describe("two accounts in one program", () => {
  class Acme extends Context.Tag("Acme")<Acme, RateLimiter.Service>() {}
  class Beta extends Context.Tag("Beta")<Beta, RateLimiter.Service>() {}

  /** Whether the one waits when the other is paused. */
  const both = (layer: ReturnType<typeof RateLimiter.layer>) =>
    Effect.gen(function*() {
      const acme = yield* Acme
      const beta = yield* Beta
      yield* acme.pause(Duration.minutes(1))
      return [(yield* acme.state).pausedFor, (yield* beta.state).pausedFor].map(Duration.toSeconds)
    }).pipe(Effect.provide(
      Layer.merge(
        Layer.provide(Layer.project(layer, RateLimiter.RateLimiter, Acme, identity), config("acme")),
        Layer.provide(Layer.project(layer, RateLimiter.RateLimiter, Beta, identity), config("beta"))
      ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
    ))

  it.effect("have a limiter each, though the layer is one constant", () =>
    Effect.map(both(RateLimiter.layer()), (pausedFor) => {
      expect(pausedFor).toEqual([60, 0])
    }))

  it.effect("control: one that is built once is shared by both", () =>
    Effect.map(both(Layer.effect(RateLimiter.RateLimiter, RateLimiter.make())), (pausedFor) => {
      expect(pausedFor).toEqual([60, 60])
    }))

  it.effect("share the store in memory, which is built once", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([Acme, Beta])
      yield* one.pause(Duration.minutes(1))
      expect((yield* other.state).pausedFor).toEqual(Duration.minutes(1))
    }).pipe(Effect.provide(
      Layer.merge(
        Layer.project(RateLimiter.layer(), RateLimiter.RateLimiter, Acme, identity),
        Layer.project(RateLimiter.layer(), RateLimiter.RateLimiter, Beta, identity)
      ).pipe(Layer.provide([RateLimiter.layerStoreMemory, config()]))
    )))
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
