/** What is sent again and what never is, in which order an attempt goes, and requests to any endpoint. */
import {
  RateLimiter,
  RetryPolicy,
  ShipStationClient,
  type ShipStationConfig,
  type ShipStationError
} from "@effect-shipstation/http-client"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Logger, Redacted, Ref, Schedule, TestClock } from "effect"
import { input, post } from "./support/clients.js"
import { carriers, inTime, ok, own, type Reply, scripted } from "./support/scripted.js"

const get = Effect.flatMap(ShipStationClient.ShipStationClient, (client) => client.listFulfillments({}))

/** A POST that tells what comes between attempts. */
const postWith = <E, R>(beforeRetry: (error: ShipStationError.ShipStationError) => Effect.Effect<void, E, R>) =>
  Effect.flatMap(
    ShipStationClient.ShipStationClient,
    (client) => client.createFulfillments({ fulfillments: [input] }, { beforeRetry })
  )

describe("a POST that may have been acted on", () => {
  const unknown: ReadonlyArray<readonly [name: string, reply: Reply | undefined]> = [
    ["an empty 500", { status: 500, body: "" }],
    ["a 500 with the API's own error", { status: 500, body: own("system") }],
    ["an HTML 502", { status: 502, body: "<html>" }],
    ["a 503", { status: 503, body: "" }],
    ["a 503 that says when", { status: 503, body: "", headers: { "retry-after": "1" } }],
    ["a 504", { status: 504, body: "" }],
    ["a 409", { status: 409, body: own("business_rules", "identifier_conflict") }],
    ["a 408", { status: 408, body: own("validation") }],
    ["a carrier's 400", { status: 400, body: carriers }],
    ["a carrier's 429", { status: 429, body: carriers }],
    ["a 400 of the system", { status: 400, body: own("system") }],
    ["an empty 400", { status: 400, body: "" }],
    ["a redirect", { status: 307, headers: { location: "https://example.com" } }],
    ["a 200 that can't be read", { status: 200, body: "<html>" }],
    ["an empty 200", { status: 200, body: "" }],
    ["a 200 that is cut behind its JSON", { status: 200, body: { fulfillments: [] }, isCut: true }],
    ["a lost connection", undefined]
  ]

  it.effect.each(unknown)("is sent once, whatever the policy: %s", ([, reply]) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => reply)
      const asked = yield* Ref.make(0)
      const error = yield* Effect.flip(inTime(Effect.provide(postWith(() => Ref.update(asked, (n) => n + 1)), layer)))
      expect(error.delivery).toBe("unknown")
      expect(sent.length).toBe(1)
      expect(yield* asked).toBe(0)
    }))

  it.effect.each(unknown)(
    "would be sent 5 times if it were a GET (control): %s",
    ([, reply]) =>
      Effect.gen(function*() {
        const { layer, sent } = scripted(() => reply)
        yield* Effect.exit(inTime(Effect.provide(get, layer)))
        expect(sent.length).toBe(5)
      })
  )

  it.effect.each<readonly [name: string, reply: Reply]>([
    ["the API's own 429", { status: 429, body: own("business_rules", "rate_limit_exceeded") }],
    ["a bare 429", { status: 429, body: "", headers: { "retry-after": "0" } }],
    ["a 403", { status: 403, body: own("security", "forbidden") }],
    ["a 400 of the API's own checks", { status: 400, body: own("validation") }]
  ])(
    "is something else than one that was refused, which the policy decides on: %s",
    ([, reply]) =>
      Effect.gen(function*() {
        const { layer, sent } = scripted(() => reply)
        const error = yield* Effect.flip(inTime(Effect.provide(post, layer)))
        expect(error.delivery).toBe("rejected")
        expect(sent.length).toBe(5)
      })
  )
})

describe("beforeRetry", () => {
  const busy: Reply = { status: 429, body: "", headers: { "retry-after": "0" } }

  it.effect("runs before each further attempt, after the delay, before a place is taken, with the last error", () =>
    Effect.gen(function*() {
      const policy = Schedule.intersect(Schedule.spaced("10 seconds"), Schedule.recurs(2))
      const { layer, sent } = scripted(
        (count) => count === 1 ? busy : { status: 403, body: own("security", "forbidden") },
        { policy }
      )
      const seen: Array<readonly [at: number, tag: string, used: number]> = []
      yield* postWith((error) =>
        Effect.gen(function*() {
          const { used } = yield* Effect.flatMap(RateLimiter.RateLimiter, ({ state }) => state)
          seen.push([(yield* Clock.currentTimeMillis) / 1000, error._tag, used])
          yield* Effect.sleep("3 seconds")
        })
      ).pipe(Effect.provide(layer), Effect.exit, inTime)
      expect(seen).toEqual([[10, "ShipStationRateLimitError", 1], [23, "ShipStationSecurityError", 2]])
      expect(sent.map(({ at }) => at)).toEqual([0, 13, 26])
    }))

  it.effect("is the end if it fails, with its error", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => busy)
      const error = yield* Effect.flip(inTime(Effect.provide(postWith(() => Effect.fail("looked up")), layer)))
      expect(error).toBe("looked up")
      expect(sent.length).toBe(1)
    }))

  it.effect("doesn't run when there is no further attempt", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => busy, { policy: RetryPolicy.none })
      const error = yield* Effect.flip(Effect.provide(postWith(() => Effect.die("asked")), layer))
      expect(error._tag).toBe("ShipStationRateLimitError")
      expect(sent.length).toBe(1)
    }))
})

describe("a 401", () => {
  const denied: Reply = { status: 401, body: own("security", "unauthorized") }

  /** A key that is another one each time it is read, up to the last. */
  const keys = (first: string, ...others: ReadonlyArray<string>) => {
    const left = [first, ...others]
    return Effect.sync(() => Redacted.make((left.length > 1 ? left.shift() : left[0]) ?? first))
  }

  it.effect("is sent once more with the key that there is by then, whatever the policy", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted((count) => count === 1 ? denied : ok, {
        config: { apiKey: keys("old", "new") },
        policy: RetryPolicy.none
      })
      const asked: Array<string> = []
      const answered = yield* Effect.provide(postWith((error) => Effect.sync(() => asked.push(error._tag))), layer)
      expect(answered.status).toBe(200)
      expect(sent.map(({ key }) => key)).toEqual(["old", "new"])
      expect(asked).toEqual(["ShipStationSecurityError"])
      expect((yield* Effect.provide(get, layer)).status).toBe(200)
    }))

  it.effect("doesn't count for the policy", () =>
    Effect.gen(function*() {
      const replies = [denied, { status: 429, headers: { "retry-after": "0" } }, ok]
      const { layer, sent } = scripted((count) => replies[count - 1], {
        config: { apiKey: keys("old", "new") },
        policy: Schedule.recurs(1)
      })
      expect((yield* inTime(Effect.provide(post, layer))).status).toBe(200)
      expect(sent.map(({ key }) => key)).toEqual(["old", "new", "new"])
    }))

  it.effect("is believed when the key is the same", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => denied, {
        config: { apiKey: keys("old") },
        policy: RetryPolicy.defaultPolicy
      })
      const error = yield* Effect.flip(Effect.provide(postWith(() => Effect.die("asked")), layer))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "rejected" })
      expect(sent.length).toBe(1)
    }))

  it.effect("is the only answer after which the key is read once more", () =>
    Effect.gen(function*() {
      for (const status of [403, 429]) {
        const { layer, sent } = scripted(() => ({ status, body: own("security", "forbidden") }), {
          config: { apiKey: keys("old", "new") },
          policy: RetryPolicy.none
        })
        yield* Effect.flip(Effect.provide(post, layer))
        expect(sent.length).toBe(1)
      }
    }))

  it.effect("is believed the second time", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => denied, {
        config: { apiKey: keys("first", "second", "third", "fourth") },
        policy: RetryPolicy.none
      })
      yield* Effect.flip(Effect.provide(post, layer))
      expect(sent.map(({ key }) => key)).toEqual(["first", "second"])
    }))

  it.effect("is believed when the key can't be read any more", () =>
    Effect.gen(function*() {
      const reads = yield* Ref.make(0)
      const apiKey = Effect.flatMap(Ref.updateAndGet(reads, (n) => n + 1), (n) =>
        n === 1 ? Effect.succeed(Redacted.make("old")) : Effect.die("vault is down"))
      const { layer, sent } = scripted(() =>
        denied, { config: { apiKey }, policy: RetryPolicy.none })
      const error = yield* Effect.flip(Effect.provide(post, layer))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "rejected" })
      expect(sent.length).toBe(1)
    }))

  it.effect("is the end if beforeRetry fails", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => denied, { config: { apiKey: keys("old", "new") } })
      expect(yield* Effect.flip(Effect.provide(postWith(() => Effect.fail("stop")), layer))).toBe("stop")
      expect(sent.length).toBe(1)
    }))

  it.effect.each<readonly [name: string, reply: Reply]>([
    ["a carrier's", { status: 401, body: carriers }],
    ["one whose body is cut", { status: 401, isCut: true }]
  ])(
    "that isn't known to be the API's own (%s) is no reason to send a POST again",
    ([, reply]) =>
      Effect.gen(function*() {
        const { layer, sent } = scripted(() => reply, { config: { apiKey: keys("old", "new") } })
        const error = yield* Effect.flip(Effect.provide(post, layer))
        expect(error.delivery).toBe("unknown")
        expect(sent.length).toBe(1)
      })
  )
})

describe("a policy", () => {
  const busy: Reply = { status: 429, body: "", headers: { "retry-after": "0" } }

  it.effect.each<readonly [name: string, policy: RetryPolicy.Policy, attempts: number]>([
    [
      "throws",
      Schedule.whileInput(Schedule.recurs(9), () => {
        throw new Error("boom")
      }),
      1
    ],
    ["dies", Schedule.whileInputEffect(Schedule.recurs(9), () => Effect.die("boom")), 1],
    ["interrupts itself", Schedule.whileInputEffect(Schedule.recurs(9), () => Effect.interrupt), 1],
    ["dies later", Schedule.tapOutput(Schedule.recurs(9), (n) => n < 2 ? Effect.void : Effect.die("boom")), 3]
  ])("that %s is told in the log, and the last error is the end", ([name, policy, attempts]) =>
    Effect.gen(function*() {
      const logs: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make((entry) => void logs.push(`${entry.logLevel.label} ${Logger.stringLogger.log(entry)}`))
      )
      const { layer, sent } = scripted(() => busy, { policy })
      const error = yield* Effect.flip(Effect.provide(inTime(Effect.provide(post, layer)), logger))
      expect(error).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "rejected" })
      expect(sent.length).toBe(attempts)
      expect(logs.filter((log) => log.startsWith("ERROR") && log.includes("The retry policy died")).length).toBe(1)
      expect(logs.some((log) => log.includes("boom"))).toBe(name !== "interrupts itself")
    }))

  it.effect("that waits ends with the caller", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => busy, { policy: Schedule.spaced("1 hour") })
      const fiber = yield* Effect.fork(Effect.provide(post, layer))
      yield* TestClock.adjust("1 minute")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      expect(sent.length).toBe(1)
    }))
})

describe("the order of an attempt", () => {
  const used = Effect.map(Effect.flatMap(RateLimiter.RateLimiter, ({ state }) => state), ({ used }) => used)

  const never = Effect.die("asked for the key")

  it.effect.each<readonly [name: string, config: Partial<ShipStationConfig.Options>]>([
    ["the mode", { mode: "readOnly", apiKey: never }],
    ["the base URL", { baseUrl: "http://example.com", apiKey: never }]
  ])("%s comes before the key", ([, config]) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok, { config })
      const error = yield* Effect.flip(Effect.provide(post, layer))
      expect(error._tag).toBe("ShipStationConfigError")
      expect(sent).toEqual([])
    }))

  it.effect("the key comes before the place, and what isn't sent takes none", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok, { config: { apiKey: never }, policy: RetryPolicy.none })
      yield* Effect.gen(function*() {
        yield* Effect.flip(post)
        expect(yield* used).toBe(0)
      }).pipe(Effect.provide(layer))
      expect(sent).toEqual([])
    }))

  it.effect("the request is made while a place is held, which is given back if it can't be made", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok, { limiter: { limit: 1, window: "10 seconds" } })
      yield* Effect.gen(function*() {
        const client = yield* ShipStationClient.ShipStationClient
        const failing = client.createFulfillments(Effect.zipRight(Effect.sleep("1 second"), Effect.fail("no")))
        expect(yield* Effect.flip(inTime(failing))).toBe("no")
        const invalid = client.createFulfillments({ fulfillments: [{ ...input, shipment_id: "Jane Doe" }] })
        expect((yield* Effect.flip(invalid))._tag).toBe("ShipStationValidationError")
        expect(yield* used).toBe(0)
        yield* post
        expect(yield* used).toBe(1)
      }).pipe(Effect.provide(layer))
      expect(sent.map(({ at }) => at)).toEqual([1])
    }))

  it.effect("a place counts when the request leaves, not when it was made slowly", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok, { limiter: { limit: 10, window: "10 seconds" } })
      yield* Effect.gen(function*() {
        const client = yield* ShipStationClient.ShipStationClient
        const slow = client.createFulfillments(Effect.as(Effect.sleep("6 seconds"), { fulfillments: [input] }))
        const all = [...Array.from({ length: 10 }, () => slow), ...Array.from({ length: 10 }, () => post)]
        yield* inTime(Effect.all(all, { concurrency: "unbounded" }))
      }).pipe(Effect.provide(layer))
      const times = sent.map(({ at }) => at)
      expect(times.length).toBe(20)
      const inAWindow = times.map((start) => times.filter((at) => at >= start && at < start + 10).length)
      expect(Math.max(...inAWindow)).toBe(10)
    }))

  it.effect("a pause that comes while the request is made is waited for", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(
        (count) => count === 1 ? { status: 429, headers: { "retry-after": "20" } } : ok,
        { policy: RetryPolicy.none }
      )
      yield* Effect.gen(function*() {
        const client = yield* ShipStationClient.ShipStationClient
        const slow = client.createFulfillments(Effect.as(Effect.sleep("5 seconds"), { fulfillments: [input] }))
        yield* inTime(Effect.all([slow, Effect.exit(post)], { concurrency: "unbounded" }))
      }).pipe(Effect.provide(layer))
      expect(sent.map(({ at }) => at)).toEqual([0, 20])
    }))

  it.effect("the time-out begins when the request leaves", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok, { config: { timeout: "1 second" } })
      const answered = yield* Effect.flatMap(
        ShipStationClient.ShipStationClient,
        (client) => client.createFulfillments(Effect.as(Effect.sleep("5 seconds"), { fulfillments: [input] }))
      ).pipe(Effect.provide(layer), inTime)
      expect(answered.status).toBe(200)
      expect(sent.length).toBe(1)
    }))
})
