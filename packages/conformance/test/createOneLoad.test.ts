/** Calls of `createOne` at every load: nobody waits for a place of the limit that batching could have saved. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { expect, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Layer, Redacted, Schedule } from "effect"
import { run } from "../campaigns/histories/virtualTime.js"

interface Others {
  /** Of a key of the sandbox, which has 20 requests a minute. */
  readonly sandbox?: boolean
  /** So many other requests a second share the limit. */
  readonly lists?: number
  /** Each so many requests one is refused with 429. */
  readonly refusedEach?: number
}

const input = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })

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
      yield* Effect.forkScoped(Effect.repeat(Effect.fork(list()), Schedule.spaced(1000 / others.lists)))
    }
    const count = Math.round(perSecond * minutes * 60)
    for (let n = 0; n < count; n++) {
      yield* Effect.sleep(1000 / perSecond)
      yield* Effect.fork(call(n))
    }
    // the answers of the last ones too
    while (waits.length < count) yield* Effect.sleep("1 second")
    return waits.toSorted((a, b) => a - b)
  })

const simulated = async (perSecond: number, minutes: number, others?: Others) => {
  const { exit } = await run(() => Effect.scoped(simulate(perSecond, minutes, others)), {
    start: 0,
    yieldAfter: 2048,
    atMost: (minutes + 5) * 60_000
  })
  return exit !== undefined && Exit.isSuccess(exit) ? exit.value : []
}

const percentile = (waits: ReadonlyArray<number>, p: number) => waits[Math.floor((waits.length - 1) * p)] ?? Infinity

it.each([[1], [4], [5], [10], [20], [50], [100], [300]])(
  "%s calls a second wait 2.5 seconds at most, all but a hundredth",
  async (perSecond) => {
    const waits = await simulated(perSecond, perSecond < 50 ? 5 : perSecond < 300 ? 2 : 1)
    expect(waits.length).toBeGreaterThan(0)
    expect(percentile(waits, 0.99)).toBeLessThanOrEqual(2.5)
    expect(percentile(waits, 0.5)).toBeLessThanOrEqual(0.8)
  }
)

it("a lone caller waits 20 milliseconds and its answer", async () => {
  expect(new Set(await simulated(1 / 60, 5))).toEqual(new Set([0.32]))
})

it.each<readonly [name: string, others: Others, atMost: number]>([
  ["with a key of the sandbox: three seconds to the next place", { sandbox: true }, 8],
  // nobody knows what others will take, so then the window runs out, and calls wait for the next one
  ["while others take half of the places", { lists: 1.6 }, 35],
  ["while one of ten requests is refused for a second", { refusedEach: 10 }, 8]
])("10 calls a second, %s", async (_, others, atMost) => {
  const waits = await simulated(10, 5, others)
  expect(waits.length).toBe(3000)
  expect(percentile(waits, 0.99)).toBeLessThanOrEqual(atMost)
})
