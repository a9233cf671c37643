/** Calls of `createOne` at every load: nobody waits for a place of the limit that batching could have saved. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { expect, it } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Redacted, Schedule, TestClock } from "effect"
import { input } from "./support.js"

interface Others {
  /** Of a key of the sandbox, which has 20 requests a minute. */
  readonly sandbox?: boolean
  /** So many other requests a second share the limit. */
  readonly lists?: number
  /** Each so many requests one is refused with 429. */
  readonly refusedEach?: number
}

/** How long calls waited, in seconds, from the shortest on: so many a second, for so many minutes. */
const simulate = (perSecond: number, minutes: number, others: Others = {}) =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: ({ number }) =>
        others.refusedEach !== undefined && number % others.refusedEach === 0
          ? { does: 0, after: "300 millis", status: 429, headers: { "retry-after": "1" } }
          : { after: "300 millis" },
      list: () => ({ after: "100 millis" })
    })
    const config = ShipStationConfig.layer({
      apiKey: Redacted.make(others.sandbox === true ? "TEST_secret" : "secret")
    })
    const limiter = RateLimiter.layer().pipe(Layer.provide([RateLimiter.layerStoreMemory, config]))
    const layer = Fulfillments.layer({ notify: "account-default" }).pipe(
      Layer.provide(ShipStationClient.layer),
      Layer.provide([config, limiter, server.layer])
    )
    const { createOne, list } = Context.get(yield* Layer.build(layer), Fulfillments.Fulfillments)
    const waits: Array<number> = []
    const call = (n: number) =>
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        yield* createOne(input(n))
        waits.push(((yield* Clock.currentTimeMillis) - start) / 1000)
      })
    if (others.lists !== undefined) {
      yield* Effect.fork(Effect.repeat(Effect.fork(list()), Schedule.spaced(1000 / others.lists)))
    }
    // a second at a time: a clock with all calls to come in it would take for ever
    const count = Math.round(perSecond * minutes * 60)
    let called = 0
    for (let second = 0; waits.length < count && second < (minutes + 2) * 60; second++) {
      for (; called < count && called / perSecond < second + 1; called++) {
        yield* Effect.fork(Effect.delay(call(called), (called / perSecond - second) * 1000))
      }
      yield* TestClock.adjust("1 second")
    }
    expect(waits.length).toBe(count)
    return { waits: waits.toSorted((a, b) => a - b), posts: server.posts() }
  })

const percentile = (waits: ReadonlyArray<number>, p: number) => waits[Math.floor((waits.length - 1) * p)] ?? Infinity

it.scoped.each([[1], [4], [5], [10], [20], [50], [100], [300]] as const)(
  "%s calls a second wait 2.5 seconds at most, all but a hundredth",
  ([perSecond]) =>
    Effect.gen(function*() {
      const { waits } = yield* simulate(perSecond, perSecond < 50 ? 5 : 2)
      expect(percentile(waits, 0.99)).toBeLessThanOrEqual(2.5)
      expect(percentile(waits, 0.5)).toBeLessThanOrEqual(0.8)
    }),
  180_000
)

it.scoped("a lone caller waits 20 milliseconds and its answer", () =>
  Effect.gen(function*() {
    const { waits } = yield* simulate(1 / 60, 5)
    expect(waits).toEqual(waits.map(() => expect.closeTo(0.32, 1)))
  }))

it.scoped.each<readonly [name: string, others: Others, atMost: number]>([
  ["with a key of the sandbox: three seconds to the next place", { sandbox: true }, 8],
  ["while others take half of the places", { lists: 1.6 }, 6],
  ["while one of ten requests is refused for a second", { refusedEach: 10 }, 8]
])("10 calls a second, %s", ([, others, atMost]) =>
  Effect.gen(function*() {
    const { waits } = yield* simulate(10, 5, others)
    expect(percentile(waits, 0.99)).toBeLessThanOrEqual(atMost)
  }), 120_000)
