import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import { describe, expect, it, vi } from "@effect/vitest"
import {
  Array,
  Cause,
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberId,
  HashMap,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Random,
  RateLimiter as EffectRateLimiter,
  Redacted,
  type Scheduler,
  TestClock
} from "effect"

const config = (account?: string) => ShipStationConfig.layer({ apiKey: Redacted.make("key"), account })

/** A limiter over the store that is provided. */
const makeLimiter = (options?: RateLimiter.Options, account?: string) =>
  RateLimiter.make(options).pipe(Effect.provide(config(account)))

/** A limiter over a store of its own. */
const ownLimiter = (options?: RateLimiter.Options) =>
  makeLimiter(options).pipe(Effect.provide(RateLimiter.layerStoreMemory))

const live = { sandbox: false }

/** Monotonic milliseconds. */
const now = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/**
 * Runs an effect in virtual time: whenever nobody has anything left to do, time jumps to the next timer. Does what
 * `TestClock` does, for ten thousand timers in a second; and the wall clock and the timers can be made to misbehave.
 */
const virtually = <A, E>(
  effect: Effect.Effect<A, E>,
  options: {
    readonly wall?: (now: number) => number
    readonly timer?: (millis: number) => number
    /** Each fiber makes way for the others after so many steps. Never, unless told: the order shows from outside then. */
    readonly yieldAfter?: number
  } = {}
): A => {
  const { timer = (millis) => millis, wall = (now) => now, yieldAfter = Infinity } = options
  let now = 0
  const tasks: globalThis.Array<Scheduler.Task> = []
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>()
  const millis = () => wall(now)
  const nanos = () => BigInt(Math.round(now * 1e6))
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.async((resume) => {
        const entry = { at: now + timer(Duration.toMillis(duration)), fire: () => resume(Effect.void) }
        timers.add(entry)
        return Effect.sync(() => void timers.delete(entry))
      })
  }
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (fiber) => fiber.currentOpCount > yieldAfter ? 0 : false,
    scheduleTask: (task) => void tasks.push(task)
  }
  const fiber = Effect.runFork(Effect.withClock(effect, clock), { scheduler })
  for (let exit = fiber.unsafePoll();; exit = fiber.unsafePoll()) {
    if (exit !== null) {
      return Exit.getOrElse(exit, (cause) => {
        throw Cause.squash(cause)
      })
    }
    const task = tasks.shift()
    if (task !== undefined) {
      task()
      continue
    }
    const [first, ...others] = timers
    if (first === undefined) throw new Error("everybody waits, and nobody is left to wake them")
    const next = others.reduce((next, entry) => entry.at < next.at ? entry : next, first)
    timers.delete(next)
    now = Math.max(now, next.at)
    next.fire()
  }
}

interface Went {
  /** Which of the takers, and as the how manyeth call */
  readonly taker: number
  readonly asked: number
  readonly at: number
}

interface Pause {
  readonly from: number
  readonly to: number
}

/** Fibers that make calls in loops, until enough were made. */
const campaign = (
  takers: ReadonlyArray<Effect.Effect<void, unknown>>,
  options: {
    readonly calls?: number
    readonly pause?: (duration: Duration.Duration) => Effect.Effect<void>
    readonly interruptions?: boolean
  } = {}
) =>
  Effect.gen(function*() {
    const { calls = 10_000, interruptions = false, pause } = options
    const went: globalThis.Array<Went> = []
    const pauses: globalThis.Array<Pause> = []
    const start = yield* now
    let asked = 0
    const loop = (index: number) =>
      Effect.gen(function*() {
        const taker = index % takers.length
        while (asked < calls) {
          const mine = asked++
          yield* takers[taker] ?? Effect.void
          went.push({ taker, asked: mine, at: yield* now })
        }
      })

    const fibers: globalThis.Array<Fiber.Fiber<void, unknown>> = []
    for (let i = 0; i < 500; i++) fibers.push(yield* Effect.fork(loop(i)))
    if (pause !== undefined) {
      yield* Effect.fork(Effect.forever(Effect.gen(function*() {
        yield* Effect.sleep(yield* Random.nextIntBetween(1_000, 120_000))
        const length = yield* Random.nextIntBetween(1_000, 90_000)
        const from = yield* now
        yield* pause(Duration.millis(length))
        pauses.push({ from, to: from + length })
      })))
    }
    if (interruptions) {
      yield* Effect.fork(Effect.forever(Effect.gen(function*() {
        yield* Effect.sleep(yield* Random.nextIntBetween(1, 3_000))
        const index = yield* Random.nextIntBetween(0, fibers.length)
        const old = fibers[index]
        if (old !== undefined) yield* Fiber.interrupt(old)
        fibers[index] = yield* Effect.fork(loop(index))
      })))
    }
    for (let i = 0; i < fibers.length; i++) {
      // the fiber at this place may be another by the time that it has ended
      for (let fiber = fibers[i], ended; fiber !== ended; fiber = fibers[i]) {
        ended = fiber
        if (ended !== undefined) yield* Fiber.await(ended)
      }
    }
    return { went, pauses, start }
  }).pipe(Effect.withRandom(Random.make("seed")))

type Campaign = Effect.Effect.Success<ReturnType<typeof campaign>>

/** The most that went within any minute, both its ends counted. */
const mostInAMinute = (times: ReadonlyArray<number>) => {
  let first = 0
  return times.reduce((most, at, last) => {
    while (at - (times[first] ?? at) > 60_000) first++
    return Math.max(most, last - first + 1)
  }, 0)
}

/** How much of 200 a minute was used, with the time of pauses left out. */
const used = ({ pauses, start, went }: Campaign) => {
  const end = went.at(-1)?.at ?? start
  let paused = 0
  let until = start
  for (const { from, to } of pauses) {
    paused += Math.max(0, Math.min(to, end) - Math.max(from, until))
    until = Math.max(until, to)
  }
  return went.length / (200 * (end - start - paused) / 60_000)
}

/** Those that were overtaken by somebody who had asked the same taker later. */
const overtaken = ({ went }: Campaign) => {
  const latest = new Map<number, number>()
  return went.filter(({ asked, taker }) => {
    const before = latest.get(taker) ?? -1
    latest.set(taker, Math.max(asked, before))
    return asked < before
  })
}

const duringPauses = ({ pauses, went }: Campaign) =>
  went.filter(({ at }) => pauses.some(({ from, to }) => at > from && at < to))

const times = ({ went }: Campaign) => went.map(({ at }) => at)

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

/** Calls of take, each forked once the one before waits. Their results, and when they went. */
const queueUp = (count: number, take: Effect.Effect<void, RateLimiter.Held>) =>
  Effect.gen(function*() {
    const went: globalThis.Array<readonly [call: number, at: number]> = []
    const fibers = yield* Effect.forEach(Array.range(1, count), (call) =>
      take.pipe(
        Effect.zipRight(now),
        Effect.tap((at) => Effect.sync(() => went.push([call, at]))),
        Effect.fork,
        Effect.zipLeft(Effect.yieldNow())
      ))
    return { went, fibers }
  })

describe("pauses", () => {
  const seconds = (went: ReadonlyArray<readonly [number, number]>) => went.map(([, at]) => at / 1000)

  it.effect("release one by one, a window's share apart, for one window", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      yield* limiter.pause(Duration.seconds(10))
      const { went } = yield* queueUp(10, limiter.take(live))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([10, 25, 40, 55, 70, 85, 100, 115, 130, 145])
    }))

  it.effect("release at whole milliseconds, as timers have no finer ones, without losing any", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 7, window: "1 second" })
      yield* limiter.pause(Duration.seconds(1))
      const { went } = yield* queueUp(9, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went.map(([, at]) => at)).toEqual([1000, 1143, 1286, 1429, 1572, 1715, 1858, 2000, 2143])
    }))

  it.effect("release one by one also where the log is full beyond the pause's end", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      const { went } = yield* queueUp(10, limiter.take(live))
      yield* TestClock.adjust("1 second")
      yield* limiter.pause(Duration.seconds(10))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([0, 0, 0, 0, 60, 75, 90, 105, 120, 135])
    }))

  it("lose nothing to late timers, with a thousand places a second", () => {
    let turn = 0
    const went = virtually(
      Effect.gen(function*() {
        const limiter = yield* ownLimiter({ limit: 60_000, window: "1 minute" })
        yield* limiter.pause(Duration.seconds(1))
        const { went } = yield* campaign([limiter.take(live)], { calls: 5_000 })
        return went
      }),
      { timer: (millis) => millis + (++turn % 5) }
    )
    expect(went[0]?.at).toBeGreaterThanOrEqual(1_000)
    expect(went.at(-1)?.at).toBeGreaterThan(5_800)
    expect(went.at(-1)?.at).toBeLessThan(6_100)
  })

  it.effect("don't space what comes a window later", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 4, window: "60 seconds" })
      yield* limiter.pause(Duration.seconds(10))
      yield* TestClock.adjust("70 seconds")
      const { went } = yield* queueUp(5, limiter.take(live))
      yield* TestClock.adjust("10 minutes")
      expect(seconds(went)).toEqual([70, 70, 70, 70, 130])
    }))

  it.effect("hold who waits already, and the later end wins", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      const { went } = yield* queueUp(3, limiter.take(live))
      yield* TestClock.adjust("9 seconds")
      yield* limiter.pause(Duration.seconds(20))
      yield* limiter.pause(Duration.seconds(5))
      yield* TestClock.adjust("5 seconds")
      yield* limiter.pause(Duration.seconds(1))
      yield* TestClock.adjust("5 minutes")
      expect(seconds(went)).toEqual([0, 29, 39])
    }))

  it.effect("longer than maxPause make all that wait fail at once, and those that come", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, maxPause: "2 minutes" })
      const { fibers, went } = yield* queueUp(4, limiter.take(live))
      yield* TestClock.adjust("1 second")
      yield* limiter.pause(Duration.minutes(10))
      yield* Effect.yieldNow()
      const held = (minutes: number): RateLimiter.Held => ({
        _tag: "Held",
        retryAfter: Duration.minutes(minutes),
        reason: "all requests are paused for longer than 2m"
      })
      expect(yield* Effect.forEach(fibers.slice(1), (fiber) => Effect.flip(Fiber.join(fiber)))).toEqual([
        held(10),
        held(10),
        held(10)
      ])
      yield* TestClock.adjust("7 minutes")
      expect(yield* Effect.flip(limiter.take(live))).toEqual(held(3))
      yield* TestClock.adjust("1 minute")
      const later = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("119 seconds")
      expect(later.went).toEqual([])
      yield* TestClock.adjust("1 second")
      expect(seconds(went)).toEqual([0])
      expect(seconds(later.went)).toEqual([601])
    }))

  it.effect("of up to 5 minutes are waited for by default", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter()
      yield* limiter.pause(Duration.minutes(5))
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("5 minutes")
      expect(seconds(went)).toEqual([300])
      yield* limiter.pause(Duration.millis(300_001))
      expect((yield* Effect.flip(limiter.take(live))).retryAfter).toEqual(Duration.millis(300_001))
    }))

  it.effect("of other limiters are noticed within seconds", () =>
    Effect.gen(function*() {
      const [here, there] = yield* Effect.all([makeLimiter({ limit: 1 }), makeLimiter({ limit: 1 })]).pipe(
        Effect.provide(RateLimiter.layerStoreMemory)
      )
      const { fibers } = yield* queueUp(2, here.take(live))
      yield* there.pause(Duration.minutes(10))
      yield* TestClock.adjust("10 seconds")
      expect(fibers[1]?.unsafePoll()).toMatchObject(Exit.fail({ _tag: "Held", retryAfter: Duration.seconds(590) }))
    }))

  it.effect("hold where there is no limit", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: Infinity })
      yield* limiter.pause(Duration.seconds(10))
      const { went } = yield* queueUp(1_000, limiter.take(live))
      yield* TestClock.adjust("9999 millis")
      expect(went).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(new Set(seconds(went))).toEqual(new Set([10]))
      expect(went.length).toBe(1_000)
    }))

  it.effect("are waited for where the caller can't be interrupted", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "1 minute" })
      const { went } = yield* queueUp(2, Effect.uninterruptible(limiter.take(live)))
      yield* limiter.pause(Duration.minutes(2))
      yield* TestClock.adjust("2 minutes")
      expect(seconds(went)).toEqual([0, 120])
    }))
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

  it.effect.each([0, 0.5, -1, Number.NaN])("%s is a defect", (limit) =>
    Effect.gen(function*() {
      const cause = yield* Effect.flip(Effect.sandbox(ownLimiter({ limit })))
      expect(Cause.pretty(cause)).toContain(`must be at least 1, not ${limit}`)
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

describe("a store that fails", () => {
  /** Fails while `down`, and keeps count of what it was told. */
  const unreliable = Effect.gen(function*() {
    const memory = yield* RateLimiter.makeStoreMemory
    const is = { down: false }
    const orFail = <A>(self: Effect.Effect<A, RateLimiter.StoreError>) =>
      Effect.suspend(() => is.down ? Effect.fail(new RateLimiter.StoreError({ message: "no route" })) : self)
    const store: RateLimiter.Store = {
      take: (options) => orFail(memory.take(options)),
      pause: (options) => orFail(memory.pause(options)),
      state: (options) => orFail(memory.state(options))
    }
    const limiter = yield* Effect.provideService(makeLimiter({ limit: 2 }), RateLimiter.RateLimiterStore, store)
    return { is, limiter }
  })

  it.effect("holds the request back, and lets the next try", () =>
    Effect.gen(function*() {
      const { is, limiter } = yield* unreliable
      is.down = true
      expect(yield* Effect.flip(limiter.take(live))).toEqual({
        _tag: "Held",
        retryAfter: Duration.seconds(1),
        reason: "the rate limiter's store could not be reached: no route"
      })
      expect(yield* Effect.flip(limiter.state)).toEqual(new RateLimiter.StoreError({ message: "no route" }))
      is.down = false
      yield* limiter.take(live)
      expect((yield* limiter.state).used).toBe(1)
    }))

  it.effect("is told of the pause that it missed before anything goes", () =>
    Effect.gen(function*() {
      const { is, limiter } = yield* unreliable
      is.down = true
      yield* limiter.pause(Duration.seconds(30))
      yield* limiter.pause(Duration.seconds(5))
      yield* TestClock.adjust("10 seconds")
      is.down = false
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went).toEqual([[1, 30_000]])
    }))

  it.effect("with a defect passes the turn on", () =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      let calls = 0
      const store: RateLimiter.Store = {
        ...memory,
        take: (options) => Effect.suspend(() => calls++ === 0 ? Effect.die("broken") : memory.take(options))
      }
      const limiter = yield* Effect.provideService(makeLimiter(), RateLimiter.RateLimiterStore, store)
      expect(Exit.isFailure(yield* Effect.exit(limiter.take(live)))).toBe(true)
      yield* limiter.take(live)
    }))
})

describe("a place that is held", () => {
  const sleep = (seconds: number) => Effect.sleep(Duration.seconds(seconds))

  it.effect("counts from the end of a use that left, and is free at once after one that didn't", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      const { went } = yield* queueUp(
        4,
        limiter.withPlace(live, (leaves) => Effect.zipRight(Effect.zipRight(sleep(30), leaves), sleep(5)))
      )
      const free = yield* queueUp(3, limiter.withPlace(live, () => sleep(1)))
      yield* TestClock.adjust("5 minutes")
      expect(went.map(([, at]) => at / 1000)).toEqual([35, 80, 125, 170])
      expect(free.went.map(([, at]) => at / 1000)).toEqual([181, 182, 183])
      expect(yield* limiter.state).toMatchObject({ used: 0, waiting: 0 })
    }))

  it.effect("is given back, or counts from then, when its use fails or is interrupted", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1, window: "10 seconds" })
      yield* Effect.exit(limiter.withPlace(live, () => Effect.fail("no")))
      yield* Effect.exit(limiter.withPlace(live, () => Effect.die("no")))
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
