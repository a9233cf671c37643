/** Stores that fail, that hang, and that can do less. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, TestClock } from "effect"
import { live, makeLimiter, queueUp } from "./support/limiter.js"

describe("a store that fails", () => {
  /** Fails while `down`, and keeps count of what it was told. */
  const unreliable = Effect.gen(function*() {
    const memory = yield* RateLimiter.makeStoreMemory
    const is = { down: false }
    const orFail = <A>(self: Effect.Effect<A, RateLimiter.StoreError>) =>
      Effect.suspend(() => is.down ? Effect.fail(new RateLimiter.StoreError({ message: "no route" })) : self)
    const store: RateLimiter.Store = {
      take: (options) =>
        orFail(memory.take(options)).pipe(
          Effect.map((answer) =>
            answer._tag !== "Taken" || answer.place === undefined ? answer : {
              ...answer,
              place: { ...answer.place, left: orFail(answer.place.left), giveBack: orFail(answer.place.giveBack) }
            }
          )
        ),
      pause: (options) => orFail(memory.pause(options)),
      resume: (options) => orFail(memory.resume?.(options) ?? Effect.void),
      state: (options) => orFail(memory.state(options))
    }
    const limiter = yield* Effect.provideService(makeLimiter({ limit: 2 }), RateLimiter.RateLimiterStore, store)
    return { is, limiter, memory }
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

  it.effect("is told what became of places before anything is asked, and no answer is lost for it", () =>
    Effect.gen(function*() {
      const { is, limiter, memory } = yield* unreliable
      const used = Effect.map(memory.state({ account: "default", window: Duration.seconds(61) }), ({ used }) => used)
      const down = Effect.sync(() => {
        is.down = true
      })
      const sent = limiter.withPlace(live, (leaves) => Effect.as(Effect.zipRight(leaves, down), "answer"))
      expect(yield* sent).toBe("answer")
      is.down = false
      expect(yield* Effect.flip(limiter.withPlace(live, () => Effect.zipRight(down, Effect.fail("no"))))).toBe("no")
      // the limit is 2
      expect(yield* used).toBe(2)
      yield* TestClock.adjust("30 seconds")
      expect((yield* Effect.flip(limiter.take(live))).reason).toContain("no route")
      is.down = false
      yield* limiter.take(live)
      expect(yield* used).toBe(2)
      yield* TestClock.adjust("31 seconds")
      expect(yield* used).toBe(1)
      yield* TestClock.adjust("30 seconds")
      expect(yield* used).toBe(0)
    }))

  it.effect("keeps a place that was left and not told held for 5 minutes at most", () =>
    Effect.gen(function*() {
      const { is, limiter, memory } = yield* unreliable
      yield* limiter.withPlace(live, (leaves) =>
        Effect.zipRight(
          leaves,
          Effect.sync(() => {
            is.down = true
          })
        ))
      const used = Effect.map(memory.state({ account: "default", window: Duration.seconds(61) }), ({ used }) => used)
      yield* TestClock.adjust("360 seconds")
      expect(yield* used).toBe(1)
      yield* TestClock.adjust("1 second")
      expect(yield* used).toBe(0)
    }))

  it.effect("that doesn't end a pause says so, and the pause stays, also one that it wasn't told of", () =>
    Effect.gen(function*() {
      const { is, limiter } = yield* unreliable
      is.down = true
      yield* limiter.pause(Duration.seconds(30))
      expect(yield* Effect.flip(limiter.resume)).toEqual(new RateLimiter.StoreError({ message: "no route" }))
      is.down = false
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went).toEqual([[1, 30_000]])
    }))

  it.effect("isn't told of a pause that was ended meanwhile", () =>
    Effect.gen(function*() {
      const { is, limiter } = yield* unreliable
      is.down = true
      yield* limiter.pause(Duration.seconds(30))
      is.down = false
      yield* limiter.resume
      yield* limiter.take(live)
      expect((yield* limiter.state).pausedFor).toEqual(Duration.zero)
    }))

  it.effect("that hears of one pause while a longer one comes and is missed is told of that one too", () =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      const heard = yield* Deferred.make<void>()
      let pauses = 0
      const store: RateLimiter.Store = {
        ...memory,
        pause: (options) => {
          const count = ++pauses
          if (count === 2) return Effect.fail(new RateLimiter.StoreError({ message: "no route" }))
          return Effect.zipRight(memory.pause(options), count === 1 ? Deferred.await(heard) : Effect.void)
        }
      }
      const limiter = yield* Effect.provideService(makeLimiter(), RateLimiter.RateLimiterStore, store)
      const first = yield* Effect.fork(limiter.pause(Duration.seconds(10)))
      yield* Effect.yieldNow()
      yield* limiter.pause(Duration.seconds(30))
      yield* Deferred.succeed(heard, undefined)
      yield* Fiber.join(first)
      const { went } = yield* queueUp(1, limiter.take(live))
      yield* TestClock.adjust("1 minute")
      expect(went).toEqual([[1, 30_000]])
      expect(pauses).toBe(3)
    }))

  it.effect("with a defect about a place isn't told again", () =>
    Effect.gen(function*() {
      const memory = yield* RateLimiter.makeStoreMemory
      const store: RateLimiter.Store = {
        ...memory,
        take: (options) =>
          Effect.map(memory.take(options), (answer) =>
            answer._tag !== "Taken" || answer.place === undefined ? answer : {
              ...answer,
              place: { ...answer.place, left: Effect.die("broken") }
            })
      }
      const limiter = yield* Effect.provideService(makeLimiter(), RateLimiter.RateLimiterStore, store)
      yield* limiter.withPlace(live, (leaves) => leaves)
      yield* limiter.take(live)
      expect((yield* limiter.state).used).toBe(2)
    }))
})

describe("a store that hangs", () => {
  /** Hangs where it is told to. */
  const hanging = Effect.gen(function*() {
    const memory = yield* RateLimiter.makeStoreMemory
    const is: { hanging?: "take" | "pause" | "resume" | "state" | "left" | "giveBack" | undefined } = {}
    const at = <A, E>(operation: typeof is.hanging, self: Effect.Effect<A, E>) =>
      Effect.suspend(() => is.hanging === operation ? Effect.never : self)
    const store: RateLimiter.Store = {
      take: (options) =>
        at("take", memory.take(options)).pipe(
          Effect.map((answer) =>
            answer._tag !== "Taken" || answer.place === undefined ? answer : {
              ...answer,
              place: {
                ...answer.place,
                left: at("left", answer.place.left),
                giveBack: at("giveBack", answer.place.giveBack)
              }
            }
          )
        ),
      pause: (options) => at("pause", memory.pause(options)),
      resume: (options) => at("resume", memory.resume?.(options) ?? Effect.void),
      state: (options) => at("state", memory.state(options))
    }
    const limiter = yield* Effect.provideService(makeLimiter({ limit: 1 }), RateLimiter.RateLimiterStore, store)
    return { is, limiter }
  })

  const operations: Record<string, (limiter: RateLimiter.Service) => Effect.Effect<unknown, unknown>> = {
    take: (limiter: RateLimiter.Service) => limiter.take(live),
    pause: (limiter: RateLimiter.Service) => limiter.pause(Duration.seconds(5)),
    resume: (limiter: RateLimiter.Service) => limiter.resume,
    state: (limiter: RateLimiter.Service) => limiter.state,
    left: (limiter: RateLimiter.Service) => limiter.withPlace(live, (leaves) => leaves),
    giveBack: (limiter: RateLimiter.Service) => limiter.withPlace(live, () => Effect.void)
  }

  it.effect.each(["take", "pause", "resume", "state", "left", "giveBack"] as const)(
    "at %s lets itself be interrupted, and the others go on",
    (operation) =>
      Effect.gen(function*() {
        const { is, limiter } = yield* hanging
        is.hanging = operation
        const fiber = yield* Effect.fork(operations[operation]?.(limiter) ?? Effect.void)
        yield* Effect.yieldNow()
        expect(fiber.unsafePoll()).toBe(null)
        yield* Fiber.interrupt(fiber)
        is.hanging = undefined
        const { went } = yield* queueUp(1, limiter.take(live))
        yield* TestClock.adjust("2 minutes")
        expect(went).toEqual([[1, operation === "pause" ? 5_000 : operation === "left" ? 61_000 : 0]])
      })
  )

  it.effect.each(["left", "giveBack"] as const)(
    "at %s holds up no interruption",
    (operation) =>
      Effect.gen(function*() {
        const { is, limiter } = yield* hanging
        is.hanging = operation
        const fiber = yield* Effect.fork(
          limiter.withPlace(
            live,
            (leaves) => Effect.zipRight(operation === "left" ? leaves : Effect.void, Effect.never)
          )
        )
        yield* Effect.yieldNow()
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      })
  )
})

describe("a store that can't hold places", () => {
  it.effect("counts them from the moment at which they are taken, and can't end a pause", () =>
    Effect.gen(function*() {
      const { pause, state, take } = yield* RateLimiter.makeStoreMemory
      const store: RateLimiter.Store = {
        pause,
        state,
        take: ({ account, limit, window }) => take({ account, limit, window })
      }
      const limiter = yield* Effect.provideService(
        makeLimiter({ limit: 1, window: "10 seconds" }),
        RateLimiter.RateLimiterStore,
        store
      )
      const { went } = yield* queueUp(
        3,
        limiter.withPlace(live, (leaves, ready) =>
          Effect.zipRight(Effect.zipRight(ready, leaves), Effect.sleep("4 seconds")))
      )
      yield* TestClock.adjust("1 minute")
      expect(went).toEqual([[1, 4_000], [2, 14_000], [3, 24_000]])
      expect(yield* Effect.flip(limiter.resume)).toEqual(
        new RateLimiter.StoreError({ message: "this store can't end a pause" })
      )
    }))
})
