import { Emulator } from "@effect-shipstation/emulator"
import { CreateFulfillments, ListFulfillments } from "@effect-shipstation/schema"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse, HttpServerRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Fiber, Layer, TestClock, Tracer } from "effect"

const address = "https://api.shipstation.com/v2/fulfillments"

const ups = (shipment_id: string, more: object = {}) => ({
  shipment_id,
  tracking_number: "1Z12345E6605272234",
  carrier_code: "ups",
  ...more
})

const post = (items: ReadonlyArray<object>, apiKey: string = Emulator.defaultApiKey) =>
  HttpClientRequest.post(address).pipe(
    HttpClientRequest.setHeader("api-key", apiKey),
    HttpClientRequest.bodyUnsafeJson({ fulfillments: items }),
    HttpClient.execute
  )

const messages = (items: ReadonlyArray<object>, apiKey?: string) =>
  post(items, apiKey).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(CreateFulfillments.Response)),
    Effect.map(({ fulfillments }) => fulfillments?.map(({ error_message }) => error_message))
  )

const get = (urlParams: Readonly<Record<string, string>>, apiKey: string = Emulator.defaultApiKey) =>
  HttpClientRequest.get(address).pipe(
    HttpClientRequest.setUrlParams(urlParams),
    HttpClientRequest.setHeader("api-key", apiKey),
    HttpClient.execute
  )

const listed = (urlParams: Readonly<Record<string, string>> = {}, apiKey?: string) =>
  get(urlParams, apiKey).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(ListFulfillments.Page)),
    Effect.map(({ fulfillments }) => fulfillments)
  )

const listedIds = (urlParams: Readonly<Record<string, string>>, apiKey?: string) =>
  Effect.map(listed(urlParams, apiKey), (fulfillments) => fulfillments.map(({ shipment_id }) => shipment_id))

/** A part of the program that has nothing to do with ShipStation. */
class Other extends Context.Tag("Other")<Other, HttpClient.HttpClient>() {}

const other = Layer.effect(Other, HttpClient.HttpClient).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(Layer.succeed(FetchHttpClient.Fetch, () => Promise.resolve(new Response("from elsewhere"))))
)

describe("the client", () => {
  it.effect.each(
    [
      ["before", Layer.provideMerge(Emulator.layerHttpClient(), other)],
      ["after", Layer.provideMerge(other, Emulator.layerHttpClient())]
    ] as const
  )("is not mixed up with one that another part of the program made %s it", ([_, layer]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* messages([ups("se-1")]), [null])
      const elsewhere = yield* Effect.flatMap(Other, (client) => client.get("https://example.com"))
      assert.strictEqual(yield* elsewhere.text, "from elsewhere")
      const { requests } = yield* Emulator.Emulator
      assert.strictEqual((yield* requests).length, 1)
    }).pipe(Effect.provide(layer)))
})

describe("time", () => {
  it.effect("is the test's clock: of fulfillments, notifications, requests and the date header", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const noon = DateTime.unsafeMake("2024-01-15T12:00:00Z")
      yield* TestClock.setTime(noon.epochMillis)
      const response = yield* post([ups("se-1")])
      const [fulfillment] = yield* emulator.fulfillments
      const [notification] = yield* emulator.notifications
      const [request] = yield* emulator.requests
      assert.deepStrictEqual(fulfillment?.created_at, noon)
      assert.deepStrictEqual(fulfillment?.ship_date, noon)
      assert.deepStrictEqual(notification?.at, noon)
      assert.deepStrictEqual(request?.at, noon)
      assert.strictEqual(response.headers["date"], "Mon, 15 Jan 2024 12:00:00 GMT")
    }).pipe(Effect.provide(Emulator.layerHttpClient())))

  it.effect("stands still while a request is in flight, so that timers fire only when the test says", () =>
    Effect.gen(function*() {
      const late = yield* Effect.fork(Effect.timeoutOption(Effect.never, "1 hour"))
      yield* post([ups("se-1")])
      assert.isNull(late.unsafePoll())
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(late))._tag, "None")
    }).pipe(Effect.provide(Emulator.layerHttpClient())))
})

describe("shipments", () => {
  it.effect("all exist while none were given", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")]), [null, null])
      const emulator = yield* Emulator.Emulator
      assert.strictEqual((yield* emulator.fulfillments)[0]?.shipment_number, "ORDER-1")
    }).pipe(Effect.provide(Emulator.layerHttpClient())))

  it.effect("only the given ones exist", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")]), [null, "Shipment se-2 was not found."])
    }).pipe(Effect.provide(Emulator.layerHttpClient({ shipments: [{ shipment_id: "se-1" }] }))))

  it.effect("only the given ones exist once some are seeded", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({ shipments: [{ shipment_id: "se-2", shipment_number: "A-2" }] })
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")]), ["Shipment se-1 was not found.", null])
      assert.strictEqual((yield* emulator.fulfillments)[0]?.shipment_number, "A-2")
    }).pipe(Effect.provide(Emulator.layerHttpClient())))

  it.effect("acceptAnyShipment overrules what was given", () =>
    Effect.gen(function*() {
      const shipments = [{ shipment_id: "se-1" }]
      const post = messages([ups("se-2")])
      assert.deepStrictEqual(
        yield* Effect.provide(post, Emulator.layerHttpClient({ shipments, acceptAnyShipment: true })),
        [null]
      )
      assert.deepStrictEqual(
        yield* Effect.provide(post, Emulator.layerHttpClient({ acceptAnyShipment: false })),
        ["Shipment se-2 was not found."]
      )
    }))

  it.effect("belong to one account, and so do their fulfillments", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")], "key-a"), [
        null,
        "Shipment se-2 was not found."
      ])
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")], "key-b"), [
        "Shipment se-1 was not found.",
        null
      ])
      assert.deepStrictEqual(yield* listedIds({}, "key-a"), ["se-1"])
      assert.deepStrictEqual(yield* listedIds({ shipment_id: "se-1" }, "key-b"), [])
    }).pipe(Effect.provide(Emulator.layerHttpClient({
      accounts: [{ name: "a", apiKey: "key-a" }, { name: "b", apiKey: "key-b" }],
      shipments: [{ shipment_id: "se-1" }, { shipment_id: "se-2", account: "b" }]
    }))))
})

describe("fulfillments that exist already", () => {
  const seeded: ReadonlyArray<Emulator.SeedFulfillment> = [
    { shipment_id: "se-1", tracking_number: "1Z1", created_at: DateTime.unsafeMake("1969-12-31T00:00:00Z") },
    { shipment_id: "se-2", tracking_number: "1Z2", carrier_code: "fedex", voided: true },
    { shipment_id: "se-9", tracking_number: "1Z9", account: "b" }
  ]

  it.effect("are listed, notified nobody, and count unless they are voided", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      assert.deepStrictEqual(yield* emulator.notifications, [])
      assert.deepStrictEqual(
        (yield* listed()).map(({ shipment_id, shipment_number, tracking_number, voided, voided_at }) => [
          shipment_id,
          shipment_number,
          tracking_number,
          voided,
          voided_at !== null
        ]),
        [["se-1", "A-1", "1Z1", false, false], ["se-2", "ORDER-2", "1Z2", true, true]]
      )
      assert.deepStrictEqual(
        (yield* listed()).map(({ created_at, fulfillment_carrier_friendly_name }) => [
          created_at?.epochMillis,
          fulfillment_carrier_friendly_name
        ]),
        [[-86_400_000, "UPS"], [0, "FedEx"]]
      )
      assert.deepStrictEqual(yield* listedIds({}, "key-b"), ["se-9"])
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")]), [
        "Shipment se-1 has already been fulfilled.",
        null
      ])
      assert.deepStrictEqual((yield* emulator.committed("se-2")).map(({ voided }) => voided), [true, false])
    }).pipe(Effect.provide(Emulator.layerHttpClient({
      acceptAnyShipment: true,
      accounts: [{ name: "a", apiKey: Emulator.defaultApiKey }, { name: "b", apiKey: "key-b" }],
      shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }],
      fulfillments: seeded
    }))))

  it.effect("can be added later, and are gone after a reset", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* TestClock.adjust("1 second")
      yield* emulator.seed({ fulfillments: [{ shipment_id: "se-1", tracking_number: "1Z1" }] })
      assert.strictEqual((yield* emulator.fulfillments)[0]?.created_at.epochMillis, 1_000)
      yield* emulator.reset
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient())))
})

describe("carriers", () => {
  it.effect("are those of the option, and those seeded", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const bike = { carrier_code: "bike" }
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2", bike)]), [
        "Carrier ups is not set up on this account.",
        null
      ])
      assert.strictEqual((yield* listed())[0]?.fulfillment_carrier_friendly_name, "Bike Messengers")
      yield* emulator.seed({ carriers: { ups: "UPS" } })
      assert.deepStrictEqual(yield* messages([ups("se-1")]), [null])
    }).pipe(Effect.provide(Emulator.layerHttpClient({ carriers: { bike: "Bike Messengers" } }))))
})

describe("notifications", () => {
  const kinds = Effect.gen(function*() {
    yield* post([
      ups("se-1"),
      ups("se-2", { notify_customer: false, notify_order_source: false }),
      ups("se-3", { notify_customer: true, notify_order_source: true })
    ])
    const emulator = yield* Emulator.Emulator
    return (yield* emulator.notifications).map(({ kind, shipment_id }) => `${shipment_id} ${kind}`)
  })

  it.effect("go to both when the flags are left out", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* kinds, ["se-1 customer", "se-1 order_source", "se-3 customer", "se-3 order_source"])
    }).pipe(Effect.provide(Emulator.layerHttpClient())))

  it.effect("go where the account's default says when the flags are left out", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* kinds, ["se-1 order_source", "se-3 customer", "se-3 order_source"])
    }).pipe(
      Effect.provide(Emulator.layerHttpClient({ accountDefaultNotify: { customer: false, orderSource: true } }))
    ))
})

describe("requests", () => {
  it.effect("tell method, path without query, account, status and what was done, and never the key", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* listed({ ship_to_name: "Jane" })
      yield* post([ups("se-1"), ups("se-2"), ups("se-1")])
      yield* post([ups("se-1")], "live-secret")
      const requests = yield* emulator.requests
      const path = "/v2/fulfillments"
      const rest = { path, answer: "sent", faults: [], limited: false } as const
      assert.deepStrictEqual(
        requests.map(({ account, answer, committed, faults, limited, method, path, status }) => ({
          account,
          answer,
          committed,
          faults,
          limited,
          method,
          path,
          status
        })),
        [
          { account: "default", method: "GET", status: 200, committed: 0, ...rest },
          { account: "default", method: "POST", status: 200, committed: 2, ...rest },
          { account: undefined, method: "POST", status: 401, committed: 0, ...rest }
        ]
      )
      assert.notInclude(JSON.stringify(requests), "secret")
    }).pipe(Effect.provide(Emulator.layerHttpClient())))

  it.effect("leave no span, which would hold the key", () =>
    Effect.gen(function*() {
      const spans: Array<string> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (name, ...rest) => {
          spans.push(name)
          return native.span(name, ...rest)
        },
        context: native.context
      })
      yield* Effect.gen(function*() {
        yield* Effect.void.pipe(Effect.withSpan("control"))
        yield* Effect.provide(post([ups("se-1")]), Emulator.layerHttpClient())
        yield* Effect.flatMap(Emulator.Server, ({ url }) => HttpClient.get(url)).pipe(
          Effect.provide([Emulator.layerServer(), FetchHttpClient.layer])
        )
      }).pipe(Effect.locally(HttpClient.currentTracerDisabledWhen, () => true), Effect.withTracer(tracer))
      assert.deepStrictEqual(spans, ["control"])
    }))

  it.effect("are kept up to 10,000, the last ones", () =>
    Effect.gen(function*() {
      const { httpApp, requests } = yield* Emulator.Emulator
      const request = HttpServerRequest.fromWeb(new Request(address))
      yield* httpApp.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, request),
        Effect.repeatN(20_004),
        Effect.asVoid
      )
      const kept = yield* requests
      assert.strictEqual(kept.length, 10_000)
      assert.match(kept.at(-1)?.requestId ?? "", /20005$/)
    }).pipe(Effect.provide(Emulator.layer())))
})

describe("reset", () => {
  it.effect("goes back to the options", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({ shipments: [{ shipment_id: "se-2" }], accounts: [{ name: "b", apiKey: "key-b" }] })
      const before = yield* messages([ups("se-1"), ups("se-2")])
      yield* emulator.reset
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
      assert.deepStrictEqual(yield* emulator.committed("se-1"), [])
      assert.deepStrictEqual(yield* emulator.notifications, [])
      assert.deepStrictEqual(yield* emulator.requests, [])
      assert.strictEqual((yield* post([ups("se-1")], "key-b")).status, 401)
      assert.deepStrictEqual(before, [null, null])
      assert.deepStrictEqual(yield* messages([ups("se-1"), ups("se-2")]), [null, "Shipment se-2 was not found."])
    }).pipe(Effect.provide(Emulator.layerHttpClient({ shipments: [{ shipment_id: "se-1" }] }))))
})

describe("list", () => {
  const shipments: ReadonlyArray<Emulator.Shipment> = [
    { shipment_id: "se-1", shipment_number: "A-1", ship_to: { name: "Jane Doe", country_code: "US" } },
    { shipment_id: "se-2", shipment_number: "A-2", ship_to: { name: "Max Moss", country_code: "DE" } },
    { shipment_id: "se-3", shipment_number: "A-3", order_source_id: "se-77" }
  ]

  // created on January 2, 3 and 4; shipped on January 9, 5 and 4
  const created = Effect.gen(function*() {
    yield* TestClock.setTime(DateTime.unsafeMake("2024-01-02T00:00:00Z").epochMillis)
    yield* post([ups("se-1", { ship_date: "2024-01-09T00:00:00Z" })])
    yield* TestClock.adjust("1 day")
    yield* post([ups("se-2", { ship_date: "2024-01-05T00:00:00+02:00", tracking_number: "00123" })])
    yield* TestClock.adjust("1 day")
    yield* post([ups("se-3")])
  })

  it.effect.each<[Readonly<Record<string, string>>, ReadonlyArray<number>]>([
    [{}, [1, 2, 3]],
    [{ ship_to_name: "Jane Doe" }, [1]],
    [{ ship_to_country_code: "DE" }, [2]],
    [{ shipment_number: "A-3" }, [3]],
    [{ shipment_id: "se-2" }, [2]],
    [{ shipment_id: "se-2", tracking_number: "00123" }, [2]],
    [{ shipment_id: "se-1", tracking_number: "00123" }, []],
    [{ shipment_id: "se-unknown" }, []],
    [{ fulfillment_id: "se-900000003" }, [3]],
    [{ batch_id: "se-1" }, []],
    [{ fulfillment_provider_code: "fba" }, []],
    [{ order_source_id: "se-77" }, [3]],
    [{ order_source_id: "se-1" }, [1, 2]],
    [{ create_date_start: "2024-01-03T00:00:00Z" }, [2, 3]],
    [{ create_date_start: "2024-01-03T00:00:00.001Z" }, [3]],
    [{ create_date_end: "2024-01-03T00:00:00Z" }, [1, 2]],
    [{ ship_date_start: "2024-01-04T22:00:00Z" }, [1, 2]],
    [{ ship_date_end: "2024-01-04T22:00:00Z" }, [2, 3]],
    [{ sort_dir: "desc" }, [3, 2, 1]],
    [{ sort_by: "modified_at", sort_dir: "asc" }, [1, 2, 3]],
    [{ sort_by: "shipped_at" }, [3, 2, 1]],
    [{ sort_by: "shipped_at", sort_dir: "desc" }, [1, 2, 3]],
    [{ page_size: "2" }, [1, 2]],
    [{ page_size: "2", page: "2" }, [3]],
    [{ page_size: "2", page: "3" }, []]
  ])("finds %j", ([query, expected]) =>
    Effect.gen(function*() {
      yield* created
      assert.deepStrictEqual(yield* listedIds(query), expected.map((n) => `se-${n}`))
    }).pipe(Effect.provide(Emulator.layerHttpClient({ shipments }))))

  it.effect("keeps the offset of the ship date, and names the carrier without its code", () =>
    Effect.gen(function*() {
      yield* created
      const body = yield* Effect.flatMap(get({ shipment_id: "se-2" }), (response) => response.json)
      assert.nestedPropertyVal(body, "fulfillments[0].ship_date", "2024-01-05T00:00:00.000+02:00")
      assert.nestedPropertyVal(body, "fulfillments[0].fulfillment_carrier_friendly_name", "UPS")
      assert.notNestedProperty(body, "fulfillments[0].carrier_code")
    }).pipe(Effect.provide(Emulator.layerHttpClient({ shipments }))))
})

describe("layerServer", () => {
  it.scoped("listens on loopback, and refuses a port that is taken", () =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
      const second = yield* Effect.flip(Layer.build(Emulator.layerServer({ port: Number(new URL(url).port) })))
      assert.strictEqual(second._tag, "ServeError")
    }).pipe(Effect.provide(Emulator.layerServer())))

  it.effect("shares nothing with another emulator, and gives its port back", () =>
    Effect.gen(function*() {
      const use = Effect.gen(function*() {
        const { url } = yield* Emulator.Server
        const emulator = yield* Emulator.Emulator
        yield* HttpClient.get(url)
        return { url, seen: (yield* emulator.requests).length }
      })
      const first = yield* Effect.provide(use, Emulator.layerServer())
      const again = yield* Effect.provide(use, Emulator.layerServer({ port: Number(new URL(first.url).port) }))
      assert.deepStrictEqual(again, first)
      assert.strictEqual(first.seen, 1)
    }).pipe(Effect.provide(FetchHttpClient.layer)))
})
