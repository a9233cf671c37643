/** The client and its rate limiter: what counts, what waits, what holds everybody back. */
import { RateLimiter, RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import {
  Clock,
  Duration,
  Effect,
  Fiber,
  Layer,
  Metric,
  MetricLabel,
  MetricState,
  Redacted,
  Schedule,
  TestClock
} from "effect"

const input = { shipment_id: "se-1", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

const post = Effect.flatMap(
  ShipStationClient.ShipStationClient,
  (client) => client.createFulfillments({ fulfillments: [input] })
)

const get = Effect.flatMap(ShipStationClient.ShipStationClient, (client) => client.listFulfillments({}))

const body = { fulfillments: [] }

const thirdParty = {
  errors: [{
    error_source: "carrier",
    error_type: "business_rules",
    error_code: "rate_limit_exceeded",
    message: "slow"
  }]
}

const cut = new ReadableStream({ start: (controller) => controller.error(new Error("terminated")) })

interface Answer {
  readonly status: number
  /** Text, a stream, or what becomes JSON. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Answers by number of the request, from 1, and keeps the seconds at which requests came. */
const setUp = (
  answer: (count: number) => Answer,
  { config = {}, limiter, policy = RetryPolicy.none }: {
    readonly config?: Partial<ShipStationConfig.Options>
    readonly limiter?: RateLimiter.Options
    readonly policy?: RetryPolicy.Policy
  } = {}
) => {
  const at: Array<number> = []
  const httpClient = HttpClient.make((request) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      at.push(now / 1000)
      const { body = "", headers = {}, status } = answer(at.length)
      return HttpClientResponse.fromWeb(
        request,
        new Response(typeof body === "string" || body instanceof ReadableStream ? body : JSON.stringify(body), {
          status,
          headers
        })
      )
    })
  )
  const layer = ShipStationClient.layer.pipe(
    Layer.provide(limiter === undefined ? Layer.empty : RateLimiter.layer(limiter)),
    Layer.provide(Layer.mergeAll(
      RateLimiter.layerStoreMemory,
      ShipStationConfig.layer({ apiKey: Redacted.make("live"), ...config }),
      Layer.succeed(HttpClient.HttpClient, httpClient),
      RetryPolicy.layer(policy)
    ))
  )
  return { at, layer }
}

const ok = (): Answer => ({ status: 200, body })

describe("the limit", () => {
  it.effect.each([["live", 200], ["TEST_key", 20]] as const)(
    "of a key like %s is %i a minute, for all requests",
    ([key, limit]) =>
      Effect.gen(function*() {
        const { at, layer } = setUp(ok, { config: { apiKey: Redacted.make(key) } })
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(Effect.forEach(
            Array.from({ length: limit + 2 }, (_, n) => n),
            (n): Effect.Effect<unknown, unknown, ShipStationClient.ShipStationClient> => n % 2 === 0 ? post : get,
            { concurrency: "unbounded" }
          ))
          yield* TestClock.adjust("60 seconds")
          expect(at.length).toBe(limit)
          yield* TestClock.adjust("1 second")
          yield* Fiber.join(fiber)
          expect(at.slice(limit)).toEqual([61, 61])
        }).pipe(Effect.provide(layer))
      })
  )

  it.effect("can be set", () =>
    Effect.gen(function*() {
      const { at, layer } = setUp(ok, { limiter: { limit: 1, window: "10 seconds" } })
      const fiber = yield* Effect.fork(Effect.provide(Effect.all([post, post]), layer))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      expect(at).toEqual([0, 10])
    }))

  it.effect("is not used up by requests that are refused here, and the time-out begins after the wait", () =>
    Effect.gen(function*() {
      const limiter = { limit: 1, window: "10 seconds" } as const
      const { at, layer } = setUp(ok, { limiter, config: { mode: "readOnly", timeout: "1 second" } })
      yield* Effect.gen(function*() {
        yield* Effect.flip(post)
        yield* get
        expect(at).toEqual([0])
        const fiber = yield* Effect.fork(get)
        yield* TestClock.adjust("10 seconds")
        expect(yield* Fiber.join(fiber)).toMatchObject({ status: 200 })
      }).pipe(Effect.provide(layer))
    }))
})

describe("a 429", () => {
  it.effect("of the API holds everybody back until the moment it names", () =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) => count === 1 ? { status: 429, headers: { "retry-after": "7" } } : ok())
      yield* Effect.gen(function*() {
        expect(yield* Effect.flip(post)).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "rejected" })
        const fiber = yield* Effect.fork(Effect.all([get, post], { concurrency: 2 }))
        yield* TestClock.adjust("8 seconds")
        yield* Fiber.join(fiber)
        expect(at).toEqual([0, 7, 7.305])
      }).pipe(Effect.provide(layer))
    }))

  it.effect.each<readonly [name: string, body: unknown]>([
    ["with an error of its own", {
      errors: [{ error_source: "ShipStation", error_type: "business_rules", error_code: "rate_limit_exceeded" }]
    }],
    ["of a gateway before it", "<html>"]
  ])("%s does so too", ([, body]) =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) =>
        count === 1 ? { status: 429, body, headers: { "retry-after": "7" } } : ok()
      )
      const fiber = yield* Effect.fork(Effect.provide(Effect.zip(Effect.flip(post), post), layer))
      yield* TestClock.adjust("7 seconds")
      yield* Fiber.join(fiber)
      expect(at).toEqual([0, 7])
    }))

  it.effect.each<readonly [name: string, body: unknown]>([
    ["whose code is a number", { errors: [{ error_source: "carrier", error_code: 429, message: "slow" }] }],
    ["whose errors are an object", { errors: { error_source: "carrier" } }],
    ["of somebody new", { errors: [{ error_source: "marketplace", error_code: "rate_limit_exceeded" }] }],
    ["of nobody", { errors: [{ message: "slow" }] }]
  ])("%s, which may be a third party's, concerns its own call only", ([, body]) =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) =>
        count === 1 ? { status: 429, body, headers: { "retry-after": "7" } } : ok()
      )
      yield* Effect.gen(function*() {
        expect(yield* Effect.flip(post)).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "unknown" })
        yield* post
        expect(at).toEqual([0, 0])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that says nothing holds everybody back for a minute", () =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) => count === 1 ? { status: 429 } : ok())
      const fiber = yield* Effect.fork(Effect.provide(Effect.zip(Effect.flip(post), post), layer))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      expect(at).toEqual([0, 60])
    }))

  it.effect("is waited out by the retries", () =>
    Effect.gen(function*() {
      const policy = Schedule.recurs(3)
      const { at, layer } = setUp(
        (count) => count < 3 ? { status: 429, headers: { "retry-after": "5" } } : ok(),
        { policy }
      )
      const fiber = yield* Effect.fork(Effect.provide(post, layer))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      expect(at).toEqual([0, 5, 10])
    }))

  it.effect("of a carrier concerns its own call only", () =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) =>
        count === 1 ? { status: 429, body: thirdParty, headers: { "retry-after": "7" } } : ok()
      )
      yield* Effect.gen(function*() {
        expect(yield* Effect.flip(post)).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "unknown" })
        yield* post
        expect(at).toEqual([0, 0])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("whose body is cut may be a carrier's, and holds everybody back all the same", () =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) =>
        count === 1 ? { status: 429, body: cut, headers: { "retry-after": "7" } } : ok()
      )
      yield* Effect.gen(function*() {
        expect(yield* Effect.flip(post)).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "unknown" })
        const fiber = yield* Effect.fork(post)
        yield* TestClock.adjust("7 seconds")
        yield* Fiber.join(fiber)
        expect(at).toEqual([0, 7])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that asks for more than is reasonable fails the others unsent, and none goes early", () =>
    Effect.gen(function*() {
      const { at, layer } = setUp((count) => count === 1 ? { status: 429, headers: { "retry-after": "3600" } } : ok())
      yield* Effect.gen(function*() {
        yield* Effect.flip(post)
        yield* TestClock.adjust("10 minutes")
        const error = yield* Effect.flip(post)
        expect(error).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "unsent" })
        expect(error.retryAfter).toEqual(Duration.minutes(50))
        expect(at).toEqual([0])
      }).pipe(Effect.provide(layer))
    }))
})

describe("what is counted", () => {
  const tagged = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>, tags: Readonly<Record<string, string>>) =>
    Metric.taggedWithLabels(metric, Object.entries(tags).map(([key, value]) => MetricLabel.make(key, value)))

  it.effect("requests by status, and retries", () =>
    Effect.gen(function*() {
      const { layer } = setUp((count) => count === 1 ? { status: 503 } : ok(), { policy: Schedule.recurs(1) })
      const read = Effect.gen(function*() {
        const requests = yield* Effect.forEach(["200", "503"], (status) =>
          Metric.value(tagged(ShipStationClient.requestCount, { method: "GET", status, account: "default" })))
        const retries = yield* Metric.value(tagged(ShipStationClient.retryCount, { method: "GET", account: "default" }))
        return [...requests, retries].map((state) =>
          MetricState.isCounterState(state) ? Number(state.count) : 0
        )
      })
      const before = yield* read
      yield* Effect.provide(get, layer)
      const after = yield* read
      expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 1])
    }))
})
