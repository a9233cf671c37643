/** One call for shipments that left at different times: of the earliest the list is asked, and the latest is waited for. */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { HttpClientError, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, TestClock } from "effect"
import { always, create, fulfillments, input, inTime, list, listed, type Seen } from "./support.js"

const options: Fulfillments.Options = { notify: "account-default", readBack: "none" }

const minute = 60_000

const reset = Effect.fail(
  new HttpClientError.RequestError({ request: HttpClientRequest.post("/"), reason: "Transport", cause: "reset" })
)

const tags = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) => outcomes.map(({ _tag }) => _tag)

const created = (seen: Seen) =>
  always(200, { fulfillments: seen.body?.fulfillments.map(({ shipment_id }) => ({ shipment_id })) })()

const shipmentsOf = (seen: Seen) => seen.body?.fulfillments.map(({ shipment_id }) => shipment_id)

const query = ({ url }: Seen, name: string) => new URL(url, "http://localhost").searchParams.get(name)

/** The list of all, in two pages. */
const pages = (first: ReadonlyArray<object>, second: ReadonlyArray<object>) => (seen: Seen) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const page = Number(query(seen, "page"))
    const date = new Date(now).toUTCString()
    return always(200, { fulfillments: page === 1 ? first : second, page, pages: 2 }, { date })()
  })

const at = (millis: number) => ({ created_at: new Date(millis).toISOString() })

/** Others, down to before what a request of minute 10 may have done. */
const others = [listed(input(9), at(6 * minute)), listed(input(8), at(4 * minute))]

describe("shipments that left at different times", () => {
  it.effect("after refusals: what the first may have done is looked for as far back as that", () =>
    Effect.gen(function*() {
      const posts: Array<unknown> = []
      const everything = pages(others, [listed(input(1), at(0))])
      const { layer } = yield* fulfillments((seen) => {
        if (seen.method === "GET") return everything(seen)
        return posts.push(shipmentsOf(seen)) > 2 ? created(seen) : always(401, "")()
      }, options)
      yield* Effect.gen(function*() {
        yield* Effect.flip(create(input(1)))
        yield* TestClock.adjust("10 minutes")
        yield* Effect.flip(create(input(2)))
        expect(tags(yield* inTime(create(input(1), input(2))))).toEqual(["AlreadyFulfilled", "Created"])
        expect(posts).toEqual([["se-1"], ["se-2"], ["se-2"]])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("after losses: what the first has done is looked for as far back as that, while the list lags", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments((seen) => {
        if (seen.method === "POST") return reset
        if (query(seen, "shipment_id") !== null) return always(500, "")()
        return Effect.flatMap(
          Clock.currentTimeMillis,
          (now) => pages(others, now > 10 * minute ? [listed(input(1), at(0))] : [])(seen)
        )
      }, options)
      yield* Effect.gen(function*() {
        yield* create(input(1))
        yield* TestClock.adjust("10 minutes")
        yield* create(input(2))
        expect(tags(yield* inTime(create(input(1), input(2))))).toEqual(["AlreadyFulfilled", "Unknown"])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("none is sent again before the last can't land any more", () =>
    Effect.gen(function*() {
      const posts: Array<number> = []
      const { layer } = yield* fulfillments((seen) =>
        seen.method === "GET" ?
          list([], seen) :
          Effect.flatMap(Clock.currentTimeMillis, (now) => posts.push(now) > 2 ? created(seen) : reset), options)
      yield* Effect.gen(function*() {
        yield* create(input(1))
        yield* TestClock.adjust("20 seconds")
        yield* create(input(2))
        expect(tags(yield* inTime(create(input(1), input(2))))).toEqual(["Created", "Created"])
        expect(posts.length).toBe(3)
        expect(posts[2]).toBeGreaterThanOrEqual(50_000)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("what was found, and may be old, is looked up by its id beside what was just sent", () =>
    Effect.gen(function*() {
      const there = [listed(input(1), at(0))]
      const { layer } = yield* fulfillments((seen) => {
        if (seen.method === "POST") return created(seen)
        if (query(seen, "shipment_id") !== null) return list(there, seen)
        return pages([listed(input(2), at(60 * minute)), listed(input(9), at(minute))], there)(seen)
      }, options)
      yield* Effect.gen(function*() {
        const service = yield* Fulfillments.Fulfillments
        yield* TestClock.adjust("1 hour")
        expect(tags(yield* service.create([input(1)], { readBack: "before" }))).toEqual(["AlreadyFulfilled"])
        expect(tags(yield* create(input(2)))).toEqual(["Created"])
        there.splice(0, 1, { ...listed(input(1), at(0)), voided: true }, listed(input(2), at(60 * minute)))
        expect(tags(yield* inTime(create(input(1), input(2))))).toEqual(["Created", "AlreadyFulfilled"])
      }).pipe(Effect.provide(layer))
    }))
})
