import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, ConfigProvider, DateTime, Duration, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { always, create, fulfillments, input, type Seen } from "./support.js"

const requestId = "aa3d8e8e-462b-4476-9618-72db7f7b7009"

const ok = (shipment_id: string) => ({ shipment_id, shipment_number: `#${shipment_id}`, error_message: null })

const refusal = (error_type: string, error_source = "ShipStation") => ({
  request_id: requestId,
  errors: [{ error_source, error_type, error_code: "unspecified", message: "why" }]
})

/** `_tag` of each outcome. */
const tags = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) => outcomes.map(({ _tag }) => _tag)

describe("create, matching results", () => {
  type Row = readonly [name: string, body: unknown, expected: ReadonlyArray<string>]
  it.effect.each<Row>([
    ["in order", { has_errors: false, fulfillments: [ok("se-1"), ok("se-2"), ok("se-3")] }, [
      "Created",
      "Created",
      "Created"
    ]],
    ["in another order", { has_errors: false, fulfillments: [ok("se-3"), ok("se-1"), ok("se-2")] }, [
      "Created",
      "Created",
      "Created"
    ]],
    ["has_errors left out", { fulfillments: [ok("se-1"), ok("se-2"), ok("se-3")] }, ["Created", "Created", "Created"]],
    ["a failed item", {
      has_errors: true,
      fulfillments: [ok("se-1"), { ...ok("se-2"), error_message: "no" }, ok("se-3")]
    }, ["Created", "Rejected", "Created"]],
    ["a failed item, and has_errors denies it", {
      has_errors: false,
      fulfillments: [ok("se-1"), { ...ok("se-2"), error_message: "no" }, ok("se-3")]
    }, ["Created", "Unknown", "Created"]],
    ["blank messages", {
      has_errors: false,
      fulfillments: [{ ...ok("se-1"), error_message: "" }, { ...ok("se-2"), error_message: "  " }, {
        shipment_id: "se-3"
      }]
    }, ["Created", "Created", "Created"]],
    ["a missing item", { has_errors: false, fulfillments: [ok("se-1"), ok("se-3")] }, [
      "Created",
      "Unknown",
      "Created"
    ]],
    ["no items", { has_errors: false, fulfillments: [] }, ["Unknown", "Unknown", "Unknown"]],
    ["no list", { has_errors: false }, ["Unknown", "Unknown", "Unknown"]],
    ["a null list", { has_errors: false, fulfillments: null }, ["Unknown", "Unknown", "Unknown"]],
    ["nothing", {}, ["Unknown", "Unknown", "Unknown"]],
    ["errors without any message", { has_errors: true, fulfillments: [ok("se-1"), ok("se-2"), ok("se-3")] }, [
      "Unknown",
      "Unknown",
      "Unknown"
    ]],
    ["errors in an item that can't be told", {
      has_errors: true,
      fulfillments: [ok("se-1"), { error_message: "no" }, ok("se-3")]
    }, ["Unknown", "Unknown", "Unknown"]],
    ["twice the same", { has_errors: false, fulfillments: [ok("se-1"), ok("se-1"), ok("se-2"), ok("se-3")] }, [
      "Created",
      "Created",
      "Created"
    ]],
    ["twice refused", {
      has_errors: true,
      fulfillments: [
        { ...ok("se-1"), error_message: "a" },
        { ...ok("se-1"), error_message: "b" },
        ok("se-2"),
        ok("se-3")
      ]
    }, ["Rejected", "Created", "Created"]],
    ["contradicting duplicates", {
      has_errors: true,
      fulfillments: [ok("se-1"), { ...ok("se-1"), error_message: "no" }, ok("se-2"), ok("se-3")]
    }, ["Unknown", "Created", "Created"]],
    ["results nobody asked for", {
      has_errors: false,
      fulfillments: [ok("se-9"), ok("se-1"), ok("se-2"), ok("se-3")]
    }, ["Created", "Created", "Created"]],
    ["an error nobody asked for, beside one of ours", {
      has_errors: true,
      fulfillments: [
        { ...ok("se-8"), error_message: "no" },
        { ...ok("se-1"), error_message: "no" },
        ok("se-2"),
        ok("se-3")
      ]
    }, ["Rejected", "Created", "Created"]],
    ["errors, and none of ours", {
      has_errors: true,
      fulfillments: [ok("se-9"), { ...ok("se-8"), error_message: "no" }, ok("se-1"), ok("se-2"), ok("se-3")]
    }, ["Unknown", "Unknown", "Unknown"]],
    ["ids that are no keys of ours", {
      fulfillments: [{ ...ok("__proto__") }, { ...ok("constructor") }, ok("se-1"), ok("se-2"), ok("se-3")]
    }, ["Created", "Created", "Created"]],
    ["fields of tomorrow", {
      has_errors: false,
      batch: 7,
      fulfillments: [{ ...ok("se-1"), x: 1 }, ok("se-2"), ok("se-3")]
    }, ["Created", "Created", "Created"]]
  ])("%s", ([, body, expected]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, body, { "x-shipengine-requestid": requestId }))
      const inputs = [input(1), input(2), input(3)] as const
      const outcomes = yield* Effect.provide(create(...inputs), layer)
      expect(tags(outcomes)).toEqual(expected)
      expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2])
      expect(outcomes.map(({ input }) => input)).toEqual(inputs)
      expect(outcomes.map(({ requestId }) => requestId)).toEqual([requestId, requestId, requestId])
      expect((yield* requests).length).toBe(1)
    }))

  it.effect("tells the shipment's number and ShipStation's words", () =>
    Effect.gen(function*() {
      const body = {
        has_errors: true,
        fulfillments: [ok("se-1"), { shipment_id: "se-2", error_message: " Not found. " }]
      }
      const { layer } = yield* fulfillments(always(200, body))
      const [created, rejected] = yield* Effect.provide(create(input(1), input(2)), layer)
      expect(created).toMatchObject({ _tag: "Created", shipment_number: "#se-1" })
      expect(rejected).toMatchObject({ _tag: "Rejected", message: "Not found." })
    }))
})

describe("create, when the request fails", () => {
  type Row = readonly [name: string, status: number, body: unknown, tag: string]
  it.effect.each<Row>([
    ["400 validation", 400, refusal("validation"), "ShipStationValidationError"],
    ["400 business_rules", 400, refusal("business_rules"), "ShipStationBusinessRulesError"],
    ["401", 401, refusal("security"), "ShipStationSecurityError"],
    ["404", 404, { errors: [{ error_source: "ShipStation", error_type: "system" }] }, "ShipStationSystemError"],
    ["429", 429, "", "ShipStationRateLimitError"]
  ])("fails when nothing was created: %s", ([, status, body, tag]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(status, body))
      const error = yield* Effect.flip(Effect.provide(create(input(1), input(2)), layer))
      expect(error).toMatchObject({ _tag: tag, delivery: "rejected" })
      expect((yield* requests).length).toBe(1)
    }))

  it.effect.each<Row>([
    ["400 by a carrier", 400, refusal("validation", "carrier"), "ShipStationValidationError"],
    ["400 system", 400, refusal("system"), "ShipStationSystemError"],
    ["409", 409, refusal("business_rules"), "ShipStationBusinessRulesError"],
    ["a carrier's 429", 429, refusal("business_rules", "carrier"), "ShipStationRateLimitError"],
    ["an empty 500", 500, "", "ShipStationUnexpectedResponseError"],
    ["a 502 of HTML", 502, "<html>", "ShipStationUnexpectedResponseError"],
    ["an empty 200", 200, "", "ShipStationUnexpectedResponseError"],
    ["a 200 of null", 200, "null", "ShipStationUnexpectedResponseError"],
    ["a 200 that isn't JSON", 200, "ok", "ShipStationUnexpectedResponseError"],
    ["a 204", 204, "", "ShipStationUnexpectedResponseError"]
  ])("says that nobody knows: %s", ([, status, body, tag]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(status, body, { "x-shipengine-requestid": requestId }))
      const outcomes = yield* Effect.provide(create(input(1), input(2)), layer)
      expect(outcomes).toMatchObject([0, 1].map((index) => ({
        _tag: "Unknown",
        index,
        requestId,
        error: { _tag: tag, delivery: "unknown" }
      })))
      expect((yield* requests).length).toBe(1)
    }))

  it.effect("says that nobody knows when the connection is lost", () =>
    Effect.gen(function*() {
      const lost = new HttpClientError.RequestError({ request: HttpClientRequest.post("/"), reason: "Transport" })
      const { layer } = yield* fulfillments(() => Effect.fail(lost))
      const outcomes = yield* Effect.provide(create(input(1)), layer)
      expect(outcomes).toMatchObject([{ _tag: "Unknown", error: { _tag: "ShipStationConnectionLostError" } }])
    }))

  it.effect("says that nobody knows when something dies after the send", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(() => Effect.die("boom"))
      expect(tags(yield* Effect.provide(create(input(1)), layer))).toEqual(["Unknown"])
    }))

  it.effect("says that nobody knows when the client itself breaks", () =>
    Effect.gen(function*() {
      const outcomes = yield* create(input(1)).pipe(
        Effect.provide(
          Fulfillments.layer({ notify: "account-default", readBack: "none" }).pipe(Layer.provide(Layer.succeed(
            ShipStationClient.ShipStationClient,
            {
              createFulfillments: () => Effect.die("boom"),
              listFulfillments: () => Effect.die("boom"),
              request: () => Effect.die("boom"),
              timeout: Duration.seconds(30),
              account: "default",
              pace: Effect.succeed(Duration.zero)
            }
          )))
        )
      )
      expect(tags(outcomes)).toEqual(["Unknown"])
    }))

  it.effect("interruption is neither success nor failure", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(() => Effect.never)
      const fiber = yield* Effect.fork(Effect.provide(create(input(1)), layer))
      yield* Effect.yieldNow()
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
    }))
})

describe("create, before anything is sent", () => {
  it.effect("names everything that is wrong", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, {}))
      const error = yield* create(
        input(1),
        input(2, { shipment_id: "12345", tracking_number: "" }),
        input(1, { tracking_number: "other" }),
        input(4, { carrier_code: "UPS" })
      ).pipe(Effect.provide(layer), Effect.flip)
      expect(error).toMatchObject({
        _tag: "InvalidFulfillmentError",
        issues: [
          { index: 1, field: "shipment_id", value: "12345", reason: expect.stringContaining("se-12345678") },
          { index: 1, field: "tracking_number", value: "", reason: "must not be blank" },
          { index: 2, field: "shipment_id", value: "se-1", reason: "must not be the same shipment as input 0" },
          { index: 3, field: "carrier_code", value: "UPS", reason: expect.stringContaining("lower case") }
        ]
      })
      expect(error.message).toContain("input 2, shipment_id: must not be the same shipment as input 0")
      expect(yield* requests).toEqual([])
    }))

  it.effect("refuses no inputs, and more than maxBatchSize", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, {}), { notify: "account-default", maxBatchSize: 2 })
      const service = yield* Effect.provide(Fulfillments.Fulfillments, layer)
      // @ts-expect-error a caller without types can pass an empty array
      const none = yield* Effect.flip(service.create([]))
      expect(none).toMatchObject({
        _tag: "InvalidFulfillmentError",
        issues: [{ reason: "there must be at least one input" }]
      })
      expect(yield* Effect.flip(service.create([input(1), input(2), input(3)]))).toMatchObject({
        _tag: "InvalidFulfillmentError",
        issues: [{ index: 2, value: 3, reason: expect.stringContaining("at most 2") }]
      })
      expect(yield* requests).toEqual([])
    }))

  it.effect("takes 500 inputs, and not 501", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(always(200, {}))
      const service = yield* Effect.provide(Fulfillments.Fulfillments, layer)
      expect((yield* service.create(Array.makeBy(500, (n) => input(n)))).length).toBe(500)
      expect(yield* Effect.flip(service.create(Array.makeBy(501, (n) => input(n))))).toMatchObject({
        _tag: "InvalidFulfillmentError"
      })
    }))
})

describe("notify", () => {
  const sent = (notify: Fulfillments.Notify) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, {}), { notify, readBack: "none" })
      yield* Effect.provide(
        create(input(1), input(2, { notify_customer: true }), input(3, { notify_order_source: false })),
        layer
      )
      const [request] = yield* requests
      return request?.body?.fulfillments.map((
        { notify_customer, notify_order_source }
      ) => [notify_customer, notify_order_source])
    })

  it.effect("fills in what inputs leave out, and no more", () =>
    Effect.gen(function*() {
      expect(yield* sent({ customer: false, orderSource: true })).toEqual([[false, true], [true, true], [
        false,
        false
      ]])
    }))

  it.effect("account-default leaves the flags out on the wire", () =>
    Effect.gen(function*() {
      expect(yield* sent("account-default")).toEqual([[undefined, undefined], [true, undefined], [
        undefined,
        false
      ]])
    }))

  it.effect("ship_date goes out with its offset", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, {}))
      const ship_date = DateTime.unsafeMakeZoned("2026-03-01T23:30:00Z", { timeZone: "America/Los_Angeles" })
      yield* Effect.provide(create(input(1, { ship_date })), layer)
      expect((yield* requests)[0]?.body?.fulfillments[0]?.ship_date).toBe("2026-03-01T15:30:00.000-08:00")
    }))
})

it.effect("a place of the array without an input is an invalid one, not one less", () =>
  Effect.gen(function*() {
    const { layer, requests } = yield* fulfillments(always(200, {}))
    const inputs = Array.make(input(1), input(2), input(3))
    delete inputs[1]
    const error = yield* Effect.flip(
      Effect.provide(Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create(inputs)), layer)
    )
    expect(error).toMatchObject({ _tag: "InvalidFulfillmentError", issues: [{ index: 1 }] })
    expect(yield* requests).toEqual([])
  }))

describe("layerConfig", () => {
  const run = (env: Record<string, string>) =>
    Effect.gen(function*() {
      const keys: Array<string | undefined> = []
      const httpClient = HttpClient.make((request) => {
        keys.push(request.headers["api-key"])
        return Effect.never
      })
      const fiber = yield* create(input(1)).pipe(
        Effect.provide(Layer.provide(
          Fulfillments.layerConfig({ notify: "account-default" }),
          Layer.succeed(HttpClient.HttpClient, httpClient)
        )),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))),
        Effect.fork
      )
      for (let i = 0; i < 20; i++) yield* Effect.yieldNow()
      const exit = yield* Fiber.interrupt(fiber)
      return { keys, exit }
    })

  it.effect("reads the key from the environment", () =>
    Effect.gen(function*() {
      expect((yield* run({ SHIPSTATION_API_KEY: "from-env" })).keys).toEqual(["from-env"])
      const { exit, keys } = yield* run({})
      expect(keys).toEqual([])
      expect(String(exit)).toContain("SHIPSTATION_API_KEY")
    }))
})

describe("list", () => {
  const page = (all: ReadonlyArray<string>) => ({ url }: Seen) =>
    Effect.sync(() => {
      const query = new URLSearchParams(url.split("?")[1])
      const [number, size] = [Number(query.get("page")), Number(query.get("page_size"))]
      const fulfillments = all.slice((number - 1) * size, number * size).map((fulfillment_id) => ({ fulfillment_id }))
      return new Response(
        JSON.stringify({ fulfillments, page: number, pages: Math.ceil(all.length / size), total: all.length })
      )
    })

  const list = (query: Parameters<Fulfillments.Service["list"]>[0]) =>
    Effect.flatMap(Fulfillments.Fulfillments, (service) => service.list(query))

  const listAll = (query: Parameters<Fulfillments.Service["listAll"]>[0]) =>
    Stream.unwrap(Effect.map(Fulfillments.Fulfillments, (service) => service.listAll(query)))

  it.effect("sends what it is given, dates with their offset, and nothing else", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, { fulfillments: [] }))
      const create_date_start = DateTime.unsafeMakeZoned("2026-03-01T12:00:00Z", { timeZone: "Europe/Berlin" })
      yield* Effect.provide(
        list({ shipment_id: "se-1", create_date_start, page_size: 500, tracking_number: undefined }),
        layer
      )
      yield* Effect.provide(list({}), layer)
      expect((yield* requests).map(({ method, url }) => [method, url])).toEqual([
        [
          "GET",
          "/v2/fulfillments?shipment_id=se-1&create_date_start=2026-03-01T13%3A00%3A00.000%2B01%3A00&page_size=500"
        ],
        ["GET", "/v2/fulfillments"]
      ])
    }))

  it.effect("sends what a query inherits: a filter that is dropped lists too much", () =>
    Effect.gen(function*() {
      class Own {
        get shipment_id() {
          return "se-1"
        }
      }
      const { layer, requests } = yield* fulfillments(page([]))
      yield* Effect.provide(list(new Own()), layer)
      yield* Effect.provide(Stream.runDrain(listAll(new Own())), layer)
      expect((yield* requests).map(({ url }) => url)).toEqual([
        "/v2/fulfillments?shipment_id=se-1",
        "/v2/fulfillments?shipment_id=se-1&page=1&page_size=500"
      ])
    }))

  it.effect("refuses a wrong query unsent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(200, { fulfillments: [] }))
      const error = yield* Effect.flip(Effect.provide(list({ page: 0, shipment_id: "" }), layer))
      expect(error).toMatchObject({
        _tag: "InvalidFulfillmentError",
        issues: [{ field: "shipment_id", value: "" }, { field: "page", value: 0, reason: "must be 1 or more" }]
      })
      expect(yield* requests).toEqual([])
    }))

  it.effect("fails with what a failure means", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(always(500, ""))
      expect(yield* Effect.flip(Effect.provide(list({}), layer))).toMatchObject({
        _tag: "ShipStationUnexpectedResponseError"
      })
    }))

  it.effect("listAll reads page by page, and no page more than is pulled", () =>
    Effect.gen(function*() {
      const all = Array.makeBy(1201, (n) => `se-${n}`)
      const { layer, requests } = yield* fulfillments(page(all))
      const read = yield* listAll({ tracking_number: "1Z" }).pipe(Stream.runCollect, Effect.provide(layer))
      expect([...read].map(({ fulfillment_id }) => fulfillment_id)).toEqual(all)
      expect((yield* requests).map(({ url }) => url)).toEqual(
        [1, 2, 3].map((n) => `/v2/fulfillments?tracking_number=1Z&page=${n}&page_size=500`)
      )
      yield* listAll({ page: 2, page_size: 10 }).pipe(Stream.take(11), Stream.runDrain, Effect.provide(layer))
      expect((yield* requests).slice(3).map(({ url }) => url)).toEqual(
        [2, 3].map((n) => `/v2/fulfillments?page=${n}&page_size=10`)
      )
    }))

  it.effect("listAll ends without page numbers too, and on no fulfillments at all", () =>
    Effect.gen(function*() {
      const counts = [2, 2, 1]
      const { layer, requests } = yield* fulfillments((_, count) =>
        always(200, {
          fulfillments: Array.makeBy(counts[count - 1] ?? 0, () => ({})).slice(0, counts[count - 1] ?? 0)
        })()
      )
      const read = yield* listAll({ page_size: 2 }).pipe(Stream.runCount, Effect.provide(layer))
      expect([read, (yield* requests).length]).toEqual([5, 3])
      const empty = yield* fulfillments(page([]))
      expect(yield* listAll({}).pipe(Stream.runCount, Effect.provide(empty.layer))).toBe(0)
      expect((yield* empty.requests).length).toBe(1)
    }))
})

describe("outcomes", () => {
  it.effect("can be stored and read again", () =>
    Effect.gen(function*() {
      const body = { has_errors: true, fulfillments: [ok("se-1"), { shipment_id: "se-2", error_message: "no" }] }
      const { layer } = yield* fulfillments(always(200, body))
      const ship_date = DateTime.unsafeMakeZoned("2026-03-01T12:00:00Z", {
        timeZone: DateTime.zoneMakeOffset(3_600_000)
      })
      const outcomes = yield* Effect.provide(create(input(1, { ship_date }), input(2), input(3)), layer)
      const schema = Schema.parseJson(Schema.Array(FulfillmentOutcome.FulfillmentOutcome))
      const again = yield* Schema.decode(schema)(yield* Schema.encode(schema)(outcomes))
      expect(tags(again)).toEqual(["Created", "Rejected", "Unknown"])
      expect(again.map(({ input }) => JSON.stringify(input))).toEqual(
        outcomes.map(({ input }) => JSON.stringify(input))
      )
    }))
})
