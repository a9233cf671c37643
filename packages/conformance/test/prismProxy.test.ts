/**
 * Prism between our client and our emulator: it holds both against the OpenAPI document, and reports in a header what
 * doesn't fit.
 */
import { Emulator, type Fault } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { FetchHttpClient, HttpClient, HttpClientRequest, type HttpClientResponse, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { describe, expect, layer } from "@effect/vitest"
import { Array, Context, DateTime, Effect, Layer, Logger, LogLevel, Ref, Schema, Stream } from "effect"
import { createServer } from "node:http"
import { clientAt, prism } from "./prism.js"

/** A proxy before whichever emulator a test wants: it takes a while to start. */
class Proxy extends Context.Tag("Proxy")<Proxy, {
  readonly url: string
  readonly emulator: Ref.Ref<Emulator.Service>
}>() {}

const proxy = Layer.scoped(
  Proxy,
  Effect.gen(function*() {
    const emulator = yield* Ref.make(yield* Emulator.make())
    yield* HttpServer.serveEffect(Effect.flatMap(emulator, ({ httpApp }) => httpApp))
    const upstream = yield* HttpServer.addressFormattedWith(Effect.succeed)
    return { url: yield* prism("proxy", upstream, "--errors", "false"), emulator }
  })
).pipe(Layer.provide(NodeHttpServer.layerServer(createServer, { host: "127.0.0.1", port: 0 })), Layer.orDie)

const Violations = Schema.parseJson(Schema.Array(Schema.Struct({
  location: Schema.Array(Schema.String),
  message: Schema.String
})))

const violationsIn = ({ headers }: HttpClientResponse.HttpClientResponse) =>
  Schema.decodeSync(Violations)(headers["sl-violations"] ?? "[]")

/** Runs what the client does with an emulator, and gives all violations. */
const through = <E>(
  options: Emulator.Options,
  use: Effect.Effect<unknown, E, Fulfillments.Fulfillments>,
  apiKey?: string
) =>
  Effect.gen(function*() {
    const { emulator, url } = yield* Proxy
    const fresh = yield* Emulator.make(options)
    yield* Ref.set(emulator, fresh)
    const violations: Array<typeof Violations.Type[number]> = []
    const via = HttpClient.tap((response) => Effect.sync(() => violations.push(...violationsIn(response))))
    yield* Effect.provide(use, clientAt(url, { apiKey, via })).pipe(
      Logger.withMinimumLogLevel(LogLevel.None)
    )
    return { violations, requests: yield* fresh.requests }
  })

const send = (request: HttpClientRequest.HttpClientRequest, options: Emulator.Options = {}) =>
  Effect.gen(function*() {
    const { emulator, url } = yield* Proxy
    yield* Ref.set(emulator, yield* Emulator.make(options))
    const response = yield* request.pipe(
      HttpClientRequest.prependUrl(url),
      HttpClientRequest.setHeader("api-key", Emulator.defaultApiKey),
      HttpClient.execute
    )
    const violations = violationsIn(response)
    const of = (side: string) => violations.filter(({ location }) => location[0] === side).map(({ message }) => message)
    return { status: response.status, request: of("request"), response: of("response") }
  }).pipe(Effect.provide(FetchHttpClient.layer))

const post = (body: string) =>
  HttpClientRequest.post("/v2/fulfillments").pipe(HttpClientRequest.bodyText(body, "application/json"))

const input = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })

const create = (...inputs: Parameters<Fulfillments.Service["create"]>[0]) =>
  Effect.flatMap(Fulfillments.Fulfillments, (fulfillments) => fulfillments.create(inputs))

const list = (query: Parameters<Fulfillments.Service["list"]>[0]) =>
  Effect.flatMap(Fulfillments.Fulfillments, (fulfillments) => fulfillments.list(query))

const at = DateTime.unsafeMake("2026-03-01T12:00:00Z")

const filters = {
  ship_to_name: "Ada & Söhne",
  ship_to_country_code: "DE",
  shipment_number: "ORDER-1",
  shipment_id: "se-1",
  fulfillment_id: "se-900000001",
  batch_id: "se-5",
  order_source_id: "se-1",
  fulfillment_provider_code: "stamps",
  tracking_number: "1Z1",
  ship_date_start: at,
  ship_date_end: DateTime.setZoneOffset(at, 3_600_000),
  create_date_start: at,
  create_date_end: at
}

const cases: ReadonlyArray<{
  readonly name: string
  readonly options?: Emulator.Options
  readonly apiKey?: string
  readonly use: Effect.Effect<unknown, unknown, Fulfillments.Fulfillments>
  /** Of all requests. */
  readonly statuses: ReadonlyArray<number>
}> = [
  {
    name: "a create with all fields",
    use: create({ ...input(1), ship_date: at, notify_customer: true, notify_order_source: false }),
    statuses: [200]
  },
  {
    name: "a partial success, and what is read back of it",
    options: { shipments: [{ shipment_id: "se-1" }] },
    use: create(input(1), input(2)),
    statuses: [200, 200]
  },
  {
    name: "a shipment that was fulfilled already, as an item",
    options: { fulfillments: [input(1)] },
    use: create(input(1), input(2)),
    statuses: [200, 200]
  },
  {
    name: "a shipment that was fulfilled already, as a 400",
    options: { alreadyFulfilled: "400", fulfillments: [input(1)] },
    use: create(input(1), input(2)),
    statuses: [400]
  },
  {
    name: "a shipment that was fulfilled already, as a 409",
    options: { alreadyFulfilled: "409", fulfillments: [input(1)] },
    use: create(input(1), input(2)),
    statuses: [409, 200]
  },
  {
    name: "an account that isn't verified",
    options: { accounts: [{ name: "a", apiKey: Emulator.defaultApiKey, verified: false }] },
    use: create(input(1)),
    statuses: [400]
  },
  { name: "too many items", options: { maxBatchSize: 1 }, use: create(input(1), input(2)), statuses: [400] },
  { name: "a wrong key", apiKey: "wrong", use: create(input(1)), statuses: [401] },
  { name: "a list with a wrong key", apiKey: "wrong", use: list({}), statuses: [401] },
  {
    name: "the limit",
    options: { rateLimit: { limit: 1 } },
    use: Effect.zipRight(list({}), create(input(1))),
    statuses: [200, 429]
  },
  ...Object.entries(filters).map(([name, value]) => ({
    name: `a list by ${name}`,
    options: { fulfillments: [{ shipment_id: "se-1", tracking_number: "1Z1", created_at: at }] },
    use: list({ [name]: value }),
    statuses: [200]
  })),
  { name: "a list by all filters at once", use: list(filters), statuses: [200] },
  {
    name: "lists in every order",
    use: Effect.forEach(
      ["created_at", "modified_at", "shipped_at"] as const,
      (sort_by) => Effect.forEach(["asc", "desc"] as const, (sort_dir) => list({ sort_by, sort_dir }))
    ),
    statuses: Array.replicate(200, 6)
  },
  {
    name: "all pages",
    options: {
      fulfillments: Array.makeBy(5, (n) => ({
        shipment_id: `se-${n}`,
        tracking_number: String(n),
        voided: n === 3
      })),
      shipments: Array.makeBy(5, (n) => ({ shipment_id: `se-${n}`, ship_to: { name: "Ada", country_code: "DE" } }))
    },
    use: Effect.flatMap(
      Fulfillments.Fulfillments,
      (fulfillments) => Stream.runCollect(fulfillments.listAll({ page_size: 2 }))
    ),
    statuses: [200, 200, 200]
  }
]

const item = (fields: object) => JSON.stringify({ fulfillments: [{ ...input(1), ...fields }] })

const error = (status: number): Fault.FaultAction => ({ _tag: "ErrorBody", status })

const raw = (status: number, body: string, type = "application/json"): Fault.FaultAction => ({
  _tag: "RawBody",
  status,
  body,
  headers: { "content-type": type }
})

describe("Prism", () => {
  layer(proxy, { excludeTestServices: true })((it) => {
    it.scoped.each(cases)(
      "sees no violation in $name",
      ({ apiKey, options = {}, statuses, use }) =>
        Effect.gen(function*() {
          const { requests, violations } = yield* through(options, Effect.exit(use), apiKey)
          expect(violations).toEqual([])
          expect(requests.map(({ status }) => status)).toEqual(statuses)
        })
    )

    it.scoped.each<[string, string]>([
      ["null", "null"],
      ["no fulfillments", "{}"],
      ["no items", "{\"fulfillments\":[]}"],
      ["items that are no array", "{\"fulfillments\":{}}"],
      ["an empty item", "{\"fulfillments\":[{}]}"],
      ["a number as id", item({ shipment_id: 1 })],
      ["an id without its se-", item({ shipment_id: "1" })],
      ["a blank tracking number", item({ tracking_number: " " })],
      ["a carrier in upper case", item({ carrier_code: "UPS" })],
      ["a day without a time", item({ ship_date: "2024-01-15" })],
      ["a text as flag", item({ notify_customer: "yes" })]
    ])(
      "sees as we do that the request is wrong with %s, and that the 400 is right",
      ([, body]) =>
        Effect.gen(function*() {
          const { request, response, status } = yield* send(post(body))
          expect(status).toBe(400)
          expect(request).not.toEqual([])
          expect(response).toEqual([])
        })
    )

    it.scoped.each<[string, string]>([
      ["page", "0"],
      ["page_size", "501"],
      ["page_size", "many"],
      ["sort_by", "name"],
      ["create_date_start", "yesterday"]
    ])(
      "sees as we do that a list with %s=%s is wrong, and that the 400 is right",
      ([name, value]) =>
        Effect.gen(function*() {
          const { request, response, status } = yield* send(
            HttpClientRequest.get("/v2/fulfillments", { urlParams: { [name]: value } })
          )
          expect(status).toBe(400)
          expect(request).not.toEqual([])
          expect(response).toEqual([])
        })
    )

    it.scoped.each<[number, Fault.FaultAction]>([
      [403, error(403)],
      [404, error(404)],
      [500, raw(500, "")]
    ])("sees no violation in a list that gets %d", ([expected, action]) =>
      Effect.gen(function*() {
        const { response, status } = yield* send(HttpClientRequest.get("/v2/fulfillments"), { faults: [{ action }] })
        expect([status, response]).toEqual([expected, []])
      }))

    it.scoped.each<[string, Fault.FaultAction]>([
      ["results that are no array", raw(200, "{\"has_errors\":false,\"fulfillments\":\"all\"}")],
      ["a number as message", raw(200, "{\"fulfillments\":[{\"error_message\":1}]}")],
      ["an error without errors", raw(400, "{}")],
      ["429 without Retry-After", error(429)],
      ["a status that isn't in it", raw(418, "{}")],
      ["a page of a proxy", raw(502, "<html>", "text/html")]
    ])("reports %s", ([, action]) =>
      Effect.gen(function*() {
        const { response } = yield* send(post(item({})), { faults: [{ action }] })
        expect(response).not.toEqual([])
      }))
  })
})
