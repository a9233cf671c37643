/** One attempt: what is made of its request, when it leaves, and which answers are read. */
import { RateLimiter, ShipStationClient } from "@effect-shipstation/http-client"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Either, Metric, MetricState, Schedule, Schema } from "effect"
import { inTime, ok, type Reply, scripted } from "./support/scripted.js"

const input = { shipment_id: "se-1", tracking_number: "1Z", carrier_code: "ups" }

const page: Reply = { status: 200, body: { fulfillments: [], total: 0, page: 1, pages: 0 } }

const once = (reply: Reply) => scripted(() => reply, { policy: Schedule.stop })

const client = ShipStationClient.ShipStationClient

const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)

describe("an answer", () => {
  const list = Effect.flatMap(client, ({ listFulfillments }) => listFulfillments({}))
  const create = Effect.flatMap(client, ({ createFulfillments }) => createFulfillments({ fulfillments: [input] }))
  const request = Effect.flatMap(client, ({ request }) => request("GET", "/v2/tags", { response: Schema.Unknown }))

  const kinds: ReadonlyArray<readonly [name: string, reply: Partial<Reply>, isPage: boolean]> = [
    ["that is whole", {}, true],
    ["of another success", { status: 203 }, true],
    ["that is a part", { status: 206 }, false],
    ["of several parts", { status: 207 }, false],
    ["that a cache has kept", { headers: { age: "1" } }, false],
    ["that a cache has just asked for", { headers: { age: "0" } }, true]
  ]

  it.effect.each(kinds)(
    "%s: the list is read, or not, and everything else is",
    ([_, changes, isPage]) =>
      Effect.gen(function*() {
        const listed = yield* Effect.either(Effect.provide(list, once({ ...page, ...changes }).layer))
        expect(Either.match(listed, { onLeft: ({ _tag }) => _tag, onRight: ({ body }) => body.total })).toBe(
          isPage ? 0 : "ShipStationUnexpectedResponseError"
        )
        expect((yield* Effect.provide(create, once({ ...ok, ...changes }).layer)).body).toEqual({ fulfillments: [] })
        expect((yield* Effect.provide(request, once({ ...ok, ...changes }).layer)).body).toEqual({ fulfillments: [] })
      })
  )

  it.effect("that is a redirect is none, whatever it holds", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(create, once({ ...ok, status: 300 }).layer))
      expect(error).toMatchObject({ _tag: "ShipStationUnexpectedResponseError", status: 300 })
    }))

  it.effect("is measured from when its request left", () =>
    Effect.gen(function*() {
      const { layer } = scripted(() => ({ ...ok, takes: "3 seconds" }), { config: { account: "measured" } })
      yield* inTime(Effect.provide(create, layer))
      const measured = (yield* Metric.snapshot).flatMap(({ metricKey, metricState }) =>
        metricKey.tags.some(({ value }) => value === "measured") && MetricState.isHistogramState(metricState)
          ? [metricState.sum]
          : []
      )
      expect(measured).toEqual([3])
    }))
})

describe("a request", () => {
  it.effect("tells each time that it leaves, right before it does", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted((count) => count < 3 ? { status: 429, headers: { "retry-after": "1" } } : ok)
      const left: Array<number> = []
      const leaves = Effect.sync(() => void left.push(sent.length))
      yield* inTime(Effect.provide(
        Effect.flatMap(client, (client) => client.createFulfillments({ fulfillments: [input] }, { leaves })),
        layer
      ))
      expect(left).toEqual([0, 1, 2])
    }))

  /** Somebody else is told to wait while it is made for the first time. */
  const pausing = (wait: number, made: Array<number>, result: Effect.Effect<void, string>) =>
    Effect.gen(function*() {
      made.push(yield* seconds)
      const limiter = yield* RateLimiter.RateLimiter
      if (made.length === 1) yield* limiter.pause(Duration.seconds(wait))
      yield* result
      return { fulfillments: [input] } as const
    })

  it.effect.each(
    [
      [29, [0]],
      [30, [0, 30]],
      [40, [0, 40]]
    ] as const
  )("that then waits for %s seconds is made anew from half a minute on", ([wait, times]) =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok)
      const made: Array<number> = []
      yield* inTime(Effect.provide(
        Effect.flatMap(client, (client) => client.createFulfillments(pausing(wait, made, Effect.void))),
        layer
      ))
      expect(made).toEqual(times)
      expect(sent.map(({ at }) => at)).toEqual([wait])
    }))

  it.effect("that can't be made fails without a wait", () =>
    Effect.gen(function*() {
      const { layer, sent } = scripted(() => ok)
      const made: Array<number> = []
      yield* Effect.gen(function*() {
        const { createFulfillments } = yield* client
        expect(yield* Effect.flip(createFulfillments(pausing(60, made, Effect.fail("gone"))))).toBe("gone")
        expect(yield* seconds).toBe(0)
      }).pipe(Effect.provide(layer))
      expect(sent).toEqual([])
    }))
})
