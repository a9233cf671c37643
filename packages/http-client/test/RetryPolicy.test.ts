import { RetryPolicy, ShipStationError } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Option, pipe, Ref, Schedule, TestClock } from "effect"
import { client, post } from "./support/clients.js"

const common = { delivery: "rejected", message: "no", method: "POST", url: "", errors: [] } as const
const rateLimit = (retryAfter: Duration.DurationInput) =>
  new ShipStationError.ShipStationRateLimitError({ ...common, retryAfter: Duration.decode(retryAfter) })
const network = new ShipStationError.ShipStationNetworkError({ ...common, delivery: "unsent" })
const validation = new ShipStationError.ShipStationValidationError(common)

/** When attempts are made that all fail with this error, in seconds from the first, until the policy gives up. */
const attempts = (error: ShipStationError.ShipStationError, policy: RetryPolicy.Policy) =>
  Effect.gen(function*() {
    const times = yield* Ref.make<ReadonlyArray<number>>([])
    const start = yield* Clock.currentTimeMillis
    const fiber = yield* Clock.currentTimeMillis.pipe(
      Effect.flatMap((now) => Ref.update(times, (all) => [...all, (now - start) / 1000])),
      Effect.zipRight(Effect.fail(error)),
      Effect.retry(policy),
      Effect.exit,
      Effect.fork
    )
    yield* TestClock.adjust("1 day")
    expect(Exit.isExit(yield* fiber)).toBe(true)
    return yield* times
  })

describe("the default policy", () => {
  it.effect("tries 5 times in all, with growing and varied delays", () =>
    Effect.gen(function*() {
      const times = yield* attempts(network, RetryPolicy.defaultPolicy)
      expect(times.length).toBe(5)
      const delays = times.slice(1).map((time, i) => time - (times[i] ?? 0))
      ;[0.5, 1, 2, 4].forEach((delay, i) => {
        expect(delays[i]).toBeGreaterThanOrEqual(delay * 0.8)
        expect(delays[i]).toBeLessThanOrEqual(delay * 1.2)
      })
      expect(delays).not.toEqual([0.5, 1, 2, 4])
    }))

  it.effect("never comes back before Retry-After", () =>
    Effect.gen(function*() {
      const times = yield* attempts(rateLimit("25 seconds"), RetryPolicy.defaultPolicy)
      expect(times).toEqual([0, 25, 50, 75, 100])
    }))

  it.effect("gives up at once when Retry-After lies beyond 2 minutes, rather than going early", () =>
    Effect.gen(function*() {
      expect(yield* attempts(rateLimit("121 seconds"), RetryPolicy.defaultPolicy)).toEqual([0])
      expect(yield* attempts(rateLimit(Duration.infinity), RetryPolicy.defaultPolicy)).toEqual([0])
      expect(yield* attempts(rateLimit("50 seconds"), RetryPolicy.defaultPolicy)).toEqual([0, 50, 100])
    }))

  it.effect("doesn't repeat what must be changed first", () =>
    Effect.gen(function*() {
      expect(yield* attempts(validation, RetryPolicy.defaultPolicy)).toEqual([0])
    }))
})

describe("the parts", () => {
  it.effect("respectRetryAfter keeps a longer delay", () =>
    Effect.gen(function*() {
      const policy = Schedule.spaced("10 seconds").pipe(
        RetryPolicy.respectRetryAfter,
        Schedule.intersect(Schedule.recurs(2))
      )
      expect(yield* attempts(rateLimit("3 seconds"), policy)).toEqual([0, 10, 20])
      expect(yield* attempts(rateLimit("30 seconds"), policy)).toEqual([0, 30, 60])
    }))

  it.effect("forErrorTypes ends on other errors", () =>
    Effect.gen(function*() {
      const policy = Schedule.recurs(2).pipe(
        RetryPolicy.forErrorTypes("ShipStationRateLimitError", "ShipStationNetworkError")
      )
      expect((yield* attempts(network, policy)).length).toBe(3)
      expect((yield* attempts(rateLimit(0), policy)).length).toBe(3)
      expect((yield* attempts(validation, policy)).length).toBe(1)
    }))

  it.effect("within counts the coming delay, data first and last", () =>
    Effect.gen(function*() {
      const spaced = Schedule.spaced("10 seconds")
      expect(yield* attempts(network, RetryPolicy.within(spaced, "25 seconds"))).toEqual([0, 10, 20])
      expect(yield* attempts(network, pipe(spaced, RetryPolicy.within("20 seconds")))).toEqual([0, 10, 20])
    }))

  it.effect("exponential stops growing at 30 seconds", () =>
    Effect.gen(function*() {
      const times = yield* attempts(network, RetryPolicy.exponential.pipe(Schedule.intersect(Schedule.recurs(12))))
      const last = (times[12] ?? 0) - (times[11] ?? 0)
      expect(last).toBeGreaterThanOrEqual(24)
      expect(last).toBeLessThanOrEqual(36)
      // `TestClock` fails at fractions of a millisecond
      expect(times.map((time) => Math.round(time * 1e6) % 1e3)).toEqual(times.map(() => 0))
    }))
})

describe("which policy is in force", () => {
  const failing = Effect.gen(function*() {
    const count = yield* Ref.make(0)
    const httpClient = HttpClient.make((request) =>
      Effect.as(
        Ref.update(count, (n) => n + 1),
        HttpClientResponse.fromWeb(request, new Response("", { status: 429, headers: { "retry-after": "0" } }))
      )
    )
    return { count, httpClient: Layer.succeed(HttpClient.HttpClient, httpClient) }
  })

  const attemptsWith = (
    run: (layer: ReturnType<typeof client>) => Effect.Effect<unknown, ShipStationError.ShipStationError>
  ) =>
    Effect.gen(function*() {
      const { count, httpClient } = yield* failing
      const fiber = yield* Effect.fork(Effect.exit(run(client({}, httpClient))))
      // in small steps: a large one would run into the time-outs of requests whose answers are still being read
      while (Option.isNone(yield* Fiber.poll(fiber))) yield* TestClock.adjust("1 second")
      return yield* count
    })

  it.effect("the default, if none is provided", () =>
    Effect.gen(function*() {
      expect(yield* attemptsWith((layer) => Effect.provide(post, layer))).toBe(5)
    }))

  it.effect("the caller's", () =>
    Effect.gen(function*() {
      const runs = yield* attemptsWith((layer) =>
        post.pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none), Effect.provide(layer))
      )
      expect(runs).toBe(1)
      const dataFirst = yield* attemptsWith((layer) =>
        Effect.provide(RetryPolicy.withRetryPolicy(post, Schedule.recurs(1)), layer)
      )
      expect(dataFirst).toBe(2)
    }))

  it.effect("the layer's, given to the program or to the client", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.layer(Schedule.recurs(2))
      expect(yield* attemptsWith((layer) => Effect.provide(post, Layer.merge(layer, policy)))).toBe(3)
      expect(yield* attemptsWith((layer) => Effect.provide(post, Layer.provide(layer, policy)))).toBe(3)
    }))

  it.effect("the caller's before the layer's", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.layer(Schedule.recurs(2))
      const runs = yield* attemptsWith((layer) =>
        post.pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none), Effect.provide(Layer.provide(layer, policy)))
      )
      expect(runs).toBe(1)
    }))

  it.effect("the caller's before the layer's, the default one too", () =>
    Effect.gen(function*() {
      for (const policy of [RetryPolicy.none, Schedule.recurs(1)]) {
        const runs = yield* attemptsWith((layer) =>
          post.pipe(
            RetryPolicy.withRetryPolicy(RetryPolicy.defaultPolicy),
            Effect.provide(Layer.provide(layer, RetryPolicy.layer(policy)))
          )
        )
        expect(runs).toBe(5)
      }
      const byLayer = yield* attemptsWith((layer) =>
        Effect.provide(
          post,
          Layer.merge(
            Layer.provide(layer, RetryPolicy.layer(RetryPolicy.none)),
            RetryPolicy.layer(RetryPolicy.defaultPolicy)
          )
        )
      )
      expect(byLayer).toBe(5)
    }))

  it.effect("the innermost of several", () =>
    Effect.gen(function*() {
      const runs = yield* attemptsWith((layer) =>
        post.pipe(
          RetryPolicy.withRetryPolicy(Schedule.recurs(1)),
          RetryPolicy.withRetryPolicy(Schedule.recurs(3)),
          Effect.provide(layer)
        )
      )
      expect(runs).toBe(2)
    }))

  it.effect("is what the reference holds", () =>
    Effect.gen(function*() {
      expect(yield* RetryPolicy.RetryPolicy).toBe(RetryPolicy.defaultPolicy)
      expect(yield* RetryPolicy.withRetryPolicy(RetryPolicy.RetryPolicy, RetryPolicy.none)).toBe(RetryPolicy.none)
    }))
})
