import { AcceptEverything } from "@effect-shipstation/test-kit"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream, TestClock } from "effect"

const item = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })

const body = (...numbers: ReadonlyArray<number>) => JSON.stringify({ fulfillments: numbers.map(item) })

const transports = {
  "in process": (script: AcceptEverything.Script) =>
    Effect.map(
      AcceptEverything.inProcess(script),
      ({ layer, ...books }) => ({ ...books, layer, url: "http://localhost" })
    ),
  "on a socket": (script: AcceptEverything.Script) =>
    Effect.map(AcceptEverything.server(script), (server) => ({ ...server, layer: FetchHttpClient.layer }))
}

const open = Effect.fnUntraced(function*(transport: keyof typeof transports, script: AcceptEverything.Script = {}) {
  const { layer, url, ...books } = yield* transports[transport](script)
  const client = yield* Effect.provide(HttpClient.HttpClient, layer)
  const post = (...numbers: ReadonlyArray<number>) =>
    client.post(`${url}/v2/fulfillments`, { body: HttpBody.text(body(...numbers), "application/json") })
  const list = (query: Readonly<Record<string, string | number>> = {}) =>
    Effect.flatMap(client.get(`${url}/v2/fulfillments`, { urlParams: query }), ({ json }) => json)
  return { ...books, client, url, post, list }
})

const ids = (page: unknown) => JSON.stringify(page).match(/(?<="shipment_id":")[^"]+/g) ?? []

describe.each(["in process", "on a socket"] as const)("%s", (transport) => {
  it.scopedLive("each item of each POST is an e-mail, and is listed", () =>
    Effect.gen(function*() {
      const { list, mails, post, posts, requests, twice } = yield* open(transport)
      const answer = yield* Effect.flatMap(post(1, 2), ({ json }) => json)
      expect(answer).toEqual({
        has_errors: false,
        fulfillments: [1, 2].map((n) => ({ shipment_id: `se-${n}`, shipment_number: `N-se-${n}`, error_message: null }))
      })
      expect(twice()).toEqual([])
      yield* post(2, 3)
      expect([...mails()]).toEqual([["se-1", 1], ["se-2", 2], ["se-3", 1]])
      expect(twice()).toEqual(["se-2"])
      expect(posts().map(({ items }) => items.length)).toEqual([2, 2])
      expect(yield* list({ shipment_id: "se-2" })).toMatchObject({
        fulfillments: [{ shipment_id: "se-2", tracking_number: "1Z2", voided: false }, { shipment_id: "se-2" }],
        total: 2,
        pages: 1
      })
      expect(requests().map(({ _tag }) => _tag)).toEqual(["Post", "Post", "Get"])
    }))

  it.scopedLive("what it answers is the script's, and what it does too", () =>
    Effect.gen(function*() {
      const { mails, post } = yield* open(transport, {
        post: ({ number }) =>
          number === 1
            ? { does: 1, status: 400, body: AcceptEverything.error({ source: "carrier" }), headers: { "x-a": "b" } }
            : { does: ["se-3"] }
      })
      const refused = yield* post(1, 2)
      expect([refused.status, refused.headers["x-a"]]).toEqual([400, "b"])
      expect(yield* refused.json).toMatchObject({ errors: [{ error_source: "carrier", error_type: "validation" }] })
      expect(yield* Effect.flatMap(post(2, 3), ({ json }) => json)).toMatchObject({
        has_errors: true,
        fulfillments: [{ error_message: "It was not done." }, { error_message: null }]
      })
      expect([...mails().keys()]).toEqual(["se-1", "se-3"])
    }))

  it.scopedLive("an answer gets lost: before it, within it, after what was done", () =>
    Effect.gen(function*() {
      const { mails, post } = yield* open(transport, {
        post: ({ number }) => ({ how: number === 1 ? "reset" : "half" })
      })
      const lost = yield* Effect.flip(post(1))
      expect(HttpClientError.isHttpClientError(lost) && lost.reason).toBe("Transport")
      const cut = yield* post(2)
      expect(cut.status).toBe(200)
      expect(yield* Effect.flip(cut.text)).toMatchObject({ reason: "Decode" })
      expect([...mails().keys()]).toEqual(["se-1", "se-2"])
    }))

  it.scopedLive("silence lasts until the client gives up", () =>
    Effect.gen(function*() {
      const { mails, post } = yield* open(transport, {
        post: ({ number }) => ({ how: number === 1 ? "silence" : "stall" })
      })
      for (const n of [1, 2]) {
        const posted = yield* Effect.fork(Effect.flatMap(post(n), ({ text }) => text))
        yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => mails().size === n })
        yield* Effect.sleep("100 millis")
        expect(yield* Fiber.poll(posted)).toEqual(Option.none())
        yield* Fiber.interrupt(posted)
      }
    }))

  it.scopedLive("the list lags, is off, capped, or lacks something", () =>
    Effect.gen(function*() {
      let answer: AcceptEverything.ListAnswer = {}
      const { list, post, ...books } = yield* open(transport, { list: () => answer })
      yield* post(1, 2, 3)
      const [first] = books.fulfillments()
      const now = new Date(first?.created_at ?? "").getTime()
      const since = (hours: number) => new Date(now + hours * 3_600_000).toISOString()

      const looks: ReadonlyArray<readonly [AcceptEverything.ListAnswer, Parameters<typeof list>[0], object]> = [
        [{}, { create_date_start: since(-1), create_date_end: since(1) }, { total: 3 }],
        [{ lag: "1 minute" }, {}, { fulfillments: [], total: 0, pages: 0, links: { first: {}, next: {} } }],
        [{ hoursOff: -8 }, { create_date_start: since(-1) }, { total: 0 }],
        [{ hoursOff: -8 }, { create_date_start: since(-9), create_date_end: since(-7) }, { total: 3 }],
        [{ cap: 2 }, { page_size: 500, page: 2 }, { fulfillments: [{ shipment_id: "se-3" }], pages: 2, total: 3 }],
        [{ ignores: ["shipment_id"] }, { shipment_id: "se-9" }, { total: 3 }],
        [{}, { shipment_id: "se-9" }, { total: 0 }],
        [{}, { sort_dir: "desc", page_size: 1 }, { fulfillments: [{ shipment_id: "se-3" }], links: { prev: {} } }],
        [{ change: ({ tracking_number }) => tracking_number === "1Z2" ? null : { a: 1 } }, {}, {
          fulfillments: [{ a: 1 }, null, { a: 1 }]
        }]
      ]
      for (const [next, query, expected] of looks) {
        answer = next
        expect(yield* list(query)).toMatchObject(expected)
      }
      answer = { without: ["pages", "shipment_id"] }
      const bare = yield* list()
      expect(ids(bare)).toEqual([])
      expect(bare).not.toHaveProperty("pages")
      expect(bare).toHaveProperty("total", 3)
      books.void("se-1")
      answer = {}
      expect(yield* list()).toMatchObject({ fulfillments: [{ voided: true }, { voided: false }, { voided: false }] })
    }))
})

it.scoped("what lands late is done by its clock, though the client is gone", () =>
  Effect.gen(function*() {
    const { list, mails, post } = yield* open("in process", {
      post: () => ({ how: "reset", lands: "20 seconds" }),
      list: () => ({ lag: "5 seconds" })
    })
    yield* Effect.exit(post(1))
    yield* TestClock.adjust("19 seconds")
    expect(mails().size).toBe(0)
    yield* TestClock.adjust("1 second")
    expect([...mails()]).toEqual([["se-1", 1]])
    expect(yield* list()).toMatchObject({ total: 0 })
    yield* TestClock.adjust("5 seconds")
    expect(yield* list()).toMatchObject({ fulfillments: [{ created_at: "1970-01-01T00:00:20.000Z" }] })
  }))

it.scoped("an answer takes as long as the script says", () =>
  Effect.gen(function*() {
    const { post } = yield* open("in process", { post: () => ({ after: "3 seconds" }) })
    const fiber = yield* Effect.fork(post(1))
    yield* TestClock.adjust("2999 millis")
    expect(fiber.unsafePoll()).toBeNull()
    yield* TestClock.adjust("1 millis")
    expect((yield* Fiber.join(fiber)).headers["date"]).toBe("Thu, 01 Jan 1970 00:00:03 GMT")
  }))

it.scoped("a body that can be read once only is read", () =>
  Effect.gen(function*() {
    const { client, mails } = yield* open("in process")
    yield* client.execute(
      HttpClientRequest.post("http://localhost/v2/fulfillments", {
        body: HttpBody.stream(Stream.make(new TextEncoder().encode(body(1))))
      })
    )
    expect(mails().size).toBe(1)
  }))
