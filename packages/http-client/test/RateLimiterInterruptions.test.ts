/** Whoever is interrupted, whenever: the others go on, and no place gets lost. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, FiberId, Random, TestClock } from "effect"
import { live, makeLimiter, ownLimiter, queueUp } from "./support/limiter.js"
import { virtually } from "./support/virtually.js"

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
      const fibers: Array<Fiber.RuntimeFiber<void, RateLimiter.Held>> = []
      const went: Array<number> = []
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

describe("an interruption with a place that is held", () => {
  /** Whatever is interrupted, whenever: at each question and each answer of the store, and between. */
  const interruptedAtWill = (seed: number, storeTakes: number) =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      const fibers: Array<Fiber.RuntimeFiber<void, RateLimiter.Held>> = []
      const interruptSome = Effect.gen(function*() {
        for (const fiber of fibers.filter((fiber) => fiber.unsafePoll() === null).slice(0, 4)) {
          if ((yield* Random.next) < 0.05) fiber.unsafeInterruptAsFork(FiberId.none)
        }
      })
      const around = <A, E>(self: Effect.Effect<A, E>) =>
        interruptSome.pipe(
          Effect.zipRight(storeTakes > 0 ? Effect.sleep(storeTakes) : Effect.void),
          Effect.zipRight(self),
          Effect.zipLeft(interruptSome)
        )
      const store: RateLimiter.Store = {
        ...memory,
        // (what comes between a place and who asked for it loses the place for 5 minutes)
        take: (options) =>
          Effect.zipRight(around(Effect.void), memory.take(options)).pipe(Effect.map((answer) =>
            answer._tag !== "Taken" || answer.place === undefined ? answer : {
              ...answer,
              place: { ...answer.place, left: around(answer.place.left), giveBack: around(answer.place.giveBack) }
            }
          ))
      }
      const limiter = yield* Effect.provideService(
        makeLimiter({ limit: 5, window: "1 second" }),
        RateLimiter.RateLimiterStore,
        store
      )
      for (let i = 0; i < 200; i++) {
        const call = limiter.withPlace(live, (leaves) =>
          i % 3 === 0 ? Effect.sleep(50) : Effect.zipRight(Effect.zipRight(Effect.sleep(50), leaves), interruptSome))
        fibers.push(yield* Effect.fork(call))
      }
      const exits = yield* Effect.forEach(fibers, (fiber) =>
        Fiber.await(fiber))
      yield* Effect.sleep("301 seconds")
      const { used, waiting } = yield* limiter.state
      return { exits, used, waiting }
    }).pipe(Effect.withRandom(Random.make(seed)))

  it.each([
    { storeTakes: 0, yieldAfter: Infinity },
    { storeTakes: 7, yieldAfter: Infinity },
    { storeTakes: 0, yieldAfter: 40 },
    { storeTakes: 7, yieldAfter: 53 }
  ])("at any moment leaves no place held: %o", ({ storeTakes, yieldAfter }) => {
    const all = Array.from({ length: 10 }, (_, seed) => {
      const { exits, used, waiting } = virtually(interruptedAtWill(seed, storeTakes), { yieldAfter })
      expect(used).toBe(0)
      expect(waiting).toBe(0)
      return exits
    }).flat()
    expect(all.filter(Exit.isInterrupted).length).toBeGreaterThan(50)
    expect(all.filter(Exit.isSuccess).length).toBeGreaterThan(50)
  })

  it.effect("before the use begins takes no place", () =>
    Effect.gen(function*() {
      const limiter = yield* ownLimiter({ limit: 1 })
      const free = yield* Deferred.make<void>()
      yield* Effect.fork(limiter.withPlace(live, () => Deferred.await(free)))
      yield* Effect.yieldNow()
      const fiber = yield* Effect.fork(limiter.withPlace(live, () => Effect.die("not to be run")))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      yield* Deferred.succeed(free, undefined)
      yield* Effect.yieldNow()
      expect(yield* limiter.state).toMatchObject({ used: 0, waiting: 0 })
    }))
})
