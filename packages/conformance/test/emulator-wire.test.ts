import { Emulator } from "@effect-shipstation/emulator"
import { ApiError, CreateFulfillments, ListFulfillments } from "@effect-shipstation/schema"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"

// what goes over the wire, without the project's own client; paths are relative to each transport's base URL
const at = (url: string) => HttpClient.mapRequest(HttpClientRequest.prependUrl(url))

const inProcess = (options?: Emulator.Options) =>
  Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, at("https://api.shipstation.com"))).pipe(
    Layer.provideMerge(Emulator.layerHttpClient(options))
  )

const socket = (client: Layer.Layer<HttpClient.HttpClient>) => (options?: Emulator.Options) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      return at(url)(yield* HttpClient.HttpClient)
    })
  ).pipe(Layer.provide(client), Layer.provideMerge(Emulator.layerServer(options)))

const transports = {
  "in-process": inProcess,
  "a socket, with undici": socket(NodeHttpClient.layerUndici),
  "a socket, with fetch": socket(FetchHttpClient.layer)
}

const path = "/v2/fulfillments"

const withKey = HttpClientRequest.setHeader("api-key", Emulator.defaultApiKey)

const item = (shipment_id: string, more: object = {}) => ({
  shipment_id,
  tracking_number: "1Z12345E6605272234",
  carrier_code: "ups",
  ...more
})

const postText = (body: string, contentType = "application/json") =>
  HttpClientRequest.post(path).pipe(withKey, HttpClientRequest.bodyText(body, contentType), HttpClient.execute)

const post = (...fulfillments: ReadonlyArray<object>) => postText(JSON.stringify({ fulfillments }))

const get = (urlParams: Readonly<Record<string, string>> = {}) =>
  HttpClientRequest.get(path).pipe(HttpClientRequest.setUrlParams(urlParams), withKey, HttpClient.execute)

const created = HttpClientResponse.schemaBodyJson(CreateFulfillments.Response)

const page = HttpClientResponse.schemaBodyJson(ListFulfillments.Page)

const refused = HttpClientResponse.schemaBodyJson(ApiError.ErrorBody)

const nothingHappened = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  assert.deepStrictEqual(yield* emulator.fulfillments, [])
  assert.deepStrictEqual(yield* emulator.notifications, [])
})

const notifications = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  return (yield* emulator.notifications).map(({ kind, shipment_id }) => `${shipment_id} ${kind}`)
})

describe.each(Object.entries(transports))("over %s", (_, layer) => {
  describe("POST /v2/fulfillments", () => {
    it.effect("creates, and answers with the three fields of the contract", () =>
      Effect.gen(function*() {
        const response = yield* post(
          item("se-1", { notify_customer: true, notify_order_source: false }),
          item("se-2", { notify_customer: false, notify_order_source: true })
        )
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers["content-type"], "application/json")
        assert.deepStrictEqual(yield* response.json, {
          has_errors: false,
          fulfillments: [
            { shipment_id: "se-1", shipment_number: "ORDER-1", error_message: null },
            { shipment_id: "se-2", shipment_number: "ORDER-2", error_message: null }
          ]
        })
        assert.deepStrictEqual(yield* notifications, ["se-1 customer", "se-2 order_source"])
      }).pipe(Effect.provide(layer())))

    it.effect("creates the others when some items fail, with status 200", () =>
      Effect.gen(function*() {
        const response = yield* post(item("se-1"), item("se-9"), item("se-2", { carrier_code: "pigeon" }))
        assert.strictEqual(response.status, 200)
        assert.deepStrictEqual(yield* response.json, {
          has_errors: true,
          fulfillments: [
            { shipment_id: "se-1", shipment_number: "A-1", error_message: null },
            { shipment_id: "se-9", error_message: "Shipment se-9 was not found." },
            {
              shipment_id: "se-2",
              shipment_number: "A-2",
              error_message: "Carrier pigeon is not set up on this account."
            }
          ]
        })
        const emulator = yield* Emulator.Emulator
        assert.deepStrictEqual((yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id), ["se-1"])
      }).pipe(Effect.provide(layer({
        shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }, { shipment_id: "se-2", shipment_number: "A-2" }]
      }))))

    const required = (field_name: string, message = `${field_name} is missing.`) => ({
      error_code: "field_value_required",
      message,
      field_name
    })
    const invalid = (field_name: string, field_value: string, message: string, error_code = "invalid_field_value") => ({
      error_code,
      message: `${field_name} ${message}.`,
      field_name,
      field_value
    })
    const nullBody = { error_code: "request_body_required", message: "Body of request cannot be null." }
    const good = item("se-1")
    const body = (...fulfillments: ReadonlyArray<unknown>) => JSON.stringify({ fulfillments })

    it.effect.each<[string, ReadonlyArray<object>]>([
      ["", [nullBody]],
      ["null", [nullBody]],
      ["{", [{ error_code: "invalid_field_value", message: "Body of request is not JSON." }]],
      ["[]", [{ error_code: "invalid_field_value", message: "Body of request must be an object." }]],
      ["{}", [required("fulfillments", "fulfillments must hold at least one item.")]],
      [body(), [required("fulfillments", "fulfillments must hold at least one item.")]],
      ["{\"fulfillments\":{\"a\":1}}", [invalid("fulfillments", "{\"a\":1}", "must be an array")]],
      [body(good, good, good, good), [invalid("fulfillments", "4 items", "must hold at most 3 items")]],
      [body(good, {}), [
        required("fulfillments[1].shipment_id"),
        required("fulfillments[1].tracking_number"),
        required("fulfillments[1].carrier_code")
      ]],
      [body(good, null), [
        {
          error_code: "invalid_field_value",
          message: "fulfillments[1] must be an object.",
          field_name: "fulfillments[1]"
        }
      ]],
      [body({ ...good, shipment_id: "" }), [{
        ...required("fulfillments[0].shipment_id"),
        message: "fulfillments[0].shipment_id must look like se-12345678."
      }]],
      [body({ ...good, shipment_id: 12345 }, { ...good, shipment_id: "12345" }), [
        invalid("fulfillments[0].shipment_id", "12345", "must be text", "invalid_identifier"),
        invalid(
          "fulfillments[1].shipment_id",
          "12345",
          "must look like se-12345678",
          "invalid_identifier"
        )
      ]],
      [body({ ...good, tracking_number: " " }), [invalid("fulfillments[0].tracking_number", " ", "must not be blank")]],
      [body({ ...good, carrier_code: "UPS" }), [
        invalid(
          "fulfillments[0].carrier_code",
          "UPS",
          "must be a carrier code in lower case, such as ups or dhl_express"
        )
      ]],
      [body({ ...good, ship_date: "2024-01-15" }), [
        invalid(
          "fulfillments[0].ship_date",
          "2024-01-15",
          "must be an RFC 3339 date-time such as 2024-01-15T10:00:00Z"
        )
      ]],
      [body({ ...good, notify_customer: "yes", notify_order_source: 1 }), [
        invalid("fulfillments[0].notify_customer", "yes", "must be true or false"),
        invalid("fulfillments[0].notify_order_source", "1", "must be true or false")
      ]]
    ])("answers 400 to %s and creates nothing", ([text, errors]) =>
      Effect.gen(function*() {
        const response = yield* postText(text)
        assert.strictEqual(response.status, 400)
        assert.deepStrictEqual(yield* response.json, {
          request_id: response.headers["x-shipengine-requestid"],
          errors: errors.map((error) => ({ error_source: "ShipStation", error_type: "validation", ...error }))
        })
        yield* nothingHappened
      }).pipe(Effect.provide(layer({ maxBatchSize: 3 }))))

    it.effect("answers 415 to another content type than JSON", () =>
      Effect.gen(function*() {
        const text = JSON.stringify({ fulfillments: [item("se-1")] })
        assert.strictEqual((yield* postText(text, "text/plain")).status, 415)
        yield* nothingHappened
        assert.strictEqual((yield* postText(text, "application/JSON; charset=utf-8")).status, 200)
      }).pipe(Effect.provide(layer())))
  })

  describe("a shipment that is fulfilled already", () => {
    // once on its own, then in one request with another and that other once more
    const again = Effect.gen(function*() {
      yield* post(item("se-1", { notify_order_source: false }))
      const response = yield* post(
        item("se-1", { notify_order_source: false, tracking_number: "2" }),
        item("se-2", { notify_order_source: false }),
        item("se-2", { notify_order_source: false, tracking_number: "2" })
      )
      const emulator = yield* Emulator.Emulator
      const committed = (yield* Effect.all([emulator.committed("se-1"), emulator.committed("se-2")])).map((
        fulfillments
      ) => fulfillments.length)
      return { response, committed, mails: yield* notifications }
    })

    it.effect("gets a message in its item", () =>
      Effect.gen(function*() {
        const { committed, mails, response } = yield* again
        const { fulfillments, has_errors } = yield* created(response)
        assert.strictEqual(response.status, 200)
        assert.isTrue(has_errors)
        assert.deepStrictEqual(fulfillments?.map(({ error_message }) => error_message), [
          "Shipment se-1 has already been fulfilled.",
          null,
          "Shipment se-2 has already been fulfilled."
        ])
        assert.deepStrictEqual(committed, [1, 1])
        assert.deepStrictEqual(mails, ["se-1 customer", "se-2 customer"])
      }).pipe(Effect.provide(layer())))

    it.effect.each(["400", "409"] as const)("refuses the whole request with %s", (status) =>
      Effect.gen(function*() {
        const { committed, mails, response } = yield* again
        const { errors } = yield* refused(response)
        assert.strictEqual(response.status, Number(status))
        assert.deepStrictEqual(errors.map(({ error_code, message }) => [error_code, message]), [
          ["invalid_status", "Shipment se-1 has already been fulfilled."],
          ["invalid_status", "Shipment se-2 has already been fulfilled."]
        ])
        assert.deepStrictEqual(committed, [1, 0])
        assert.deepStrictEqual(mails, ["se-1 customer"])
      }).pipe(Effect.provide(layer({ alreadyFulfilled: status }))))

    it.effect("is fulfilled and notified again under accept", () =>
      Effect.gen(function*() {
        const { committed, mails, response } = yield* again
        assert.isFalse((yield* created(response)).has_errors)
        assert.deepStrictEqual(committed, [2, 2])
        assert.deepStrictEqual(mails, ["se-1 customer", "se-1 customer", "se-2 customer", "se-2 customer"])
      }).pipe(Effect.provide(layer({ alreadyFulfilled: "accept" }))))
  })

  describe("GET /v2/fulfillments", () => {
    it.effect("lists a fulfillment with the vendor's 20 fields", () =>
      Effect.gen(function*() {
        yield* post(item("se-1", { ship_date: "2024-01-15T10:00:00Z", notify_order_source: false }))
        const response = yield* get()
        assert.strictEqual(response.status, 200)
        assert.deepStrictEqual(yield* response.json, {
          fulfillments: [{
            fulfillment_id: "se-900000001",
            shipment_id: "se-1",
            shipment_number: "ORDER-1",
            user_id: "00000000-0000-4000-8000-00000000000a",
            tracking_number: "1Z12345E6605272234",
            created_at: "1970-01-01T00:00:00.000Z",
            ship_date: "2024-01-15T10:00:00.000Z",
            voided_at: null,
            delivered_at: null,
            fulfillment_carrier_friendly_name: "UPS",
            fulfillment_provider_id: null,
            fulfillment_provider_friendly_name: null,
            fulfillment_provider_code: null,
            fulfillment_service_code: null,
            fulfillment_fee: { currency: "usd", amount: 0 },
            void_requested: false,
            voided: false,
            order_source_notified: false,
            notification_error_message: null,
            ship_to: { name: "Jane Doe", country_code: "US" }
          }],
          total: 1,
          page: 1,
          pages: 1,
          links: {
            first: { href: `${new URL(response.request.url).origin}${path}?page=1` },
            last: { href: `${new URL(response.request.url).origin}${path}?page=1` },
            prev: {},
            next: {}
          }
        })
      }).pipe(Effect.provide(layer({
        shipments: [{ shipment_id: "se-1", ship_to: { name: "Jane Doe", country_code: "US" } }]
      }))))

    it.effect("has no pages when there is nothing", () =>
      Effect.gen(function*() {
        const { fulfillments, links, ...counts } = yield* page(yield* get())
        assert.deepStrictEqual(fulfillments, [])
        assert.deepStrictEqual(counts, { total: 0, page: 1, pages: 0 })
        assert.deepStrictEqual([links?.prev, links?.next], [{}, {}])
      }).pipe(Effect.provide(layer())))

    it.effect("holds 25 on a page, and its links lead through all pages with the same filters", () =>
      Effect.gen(function*() {
        yield* post(...Array.from({ length: 60 }, (_, index) => item(`se-${index + 1}`)))
        yield* post(item("se-100", { tracking_number: "another" }))
        const first = yield* page(yield* get({ tracking_number: "1Z12345E6605272234" }))
        const second = yield* page(yield* follow(first.links?.next))
        const third = yield* page(yield* follow(second.links?.next))
        assert.deepStrictEqual(
          [first, second, third].map((
            { fulfillments, page, pages, total }
          ) => [fulfillments.length, page, pages, total]),
          [[25, 1, 3, 60], [25, 2, 3, 60], [10, 3, 3, 60]]
        )
        assert.deepStrictEqual(third.links?.next, {})
        assert.strictEqual((yield* page(yield* follow(third.links?.prev))).page, 2)
        assert.strictEqual((yield* page(yield* follow(third.links?.first))).page, 1)
        assert.strictEqual((yield* page(yield* follow(first.links?.last))).page, 3)
      }).pipe(Effect.provide(layer())))

    const follow = (link: typeof ListFulfillments.Link.Type | null | undefined) =>
      get(Object.fromEntries(new URL(link?.href ?? "").searchParams))

    it.effect.each<[name: string, value: string, reason: string]>([
      ["page", "0", "must be a whole number from 1"],
      ["page", "x", "must be a whole number from 1"],
      ["page_size", "501", "must be a whole number from 1 to 500"],
      ["page_size", "1.5", "must be a whole number from 1 to 500"],
      ["sort_by", "price", "must be created_at, modified_at or shipped_at"],
      ["sort_dir", "up", "must be asc or desc"],
      ["shipment_id", "", "must not be empty: leave it out instead"],
      ["create_date_start", "yesterday", "must be an RFC 3339 date-time such as 2024-01-15T10:00:00Z"]
    ])("answers 400 to %s=%s", ([name, value, reason]) =>
      Effect.gen(function*() {
        const response = yield* get({ [name]: value })
        assert.strictEqual(response.status, 400)
        assert.deepStrictEqual((yield* refused(response)).errors, [{
          error_source: "ShipStation",
          error_type: "validation",
          error_code: "invalid_field_value",
          message: `${name} ${reason}.`,
          field_name: name,
          field_value: value
        }])
      }).pipe(Effect.provide(layer())))
  })

  describe("any request", () => {
    it.effect.each([{}, { "api-key": "" }, { "api-key": "wrong" }, {
      authorization: `Bearer ${Emulator.defaultApiKey}`
    }])(
      "gets 401 with the headers %j",
      (headers) =>
        Effect.gen(function*() {
          const request = HttpClientRequest.post(path, { headers }).pipe(
            HttpClientRequest.bodyUnsafeJson({ fulfillments: [item("se-1")] })
          )
          const response = yield* HttpClient.execute(request)
          assert.strictEqual(response.status, 401)
          assert.deepStrictEqual(yield* response.json, {
            errors: [{
              error_source: "shipengine",
              error_type: "security",
              error_code: "unauthorized",
              message: "Access denied."
            }]
          })
          yield* nothingHappened
        }).pipe(Effect.provide(layer()))
    )

    it.effect("gets 404 for another path and 405 for another method, with an error body", () =>
      Effect.gen(function*() {
        const elsewhere = yield* HttpClient.execute(withKey(HttpClientRequest.get("/v2/labels")))
        const deletion = yield* HttpClient.execute(withKey(HttpClientRequest.del(path)))
        assert.deepStrictEqual([elsewhere.status, deletion.status], [404, 405])
        assert.strictEqual((yield* refused(elsewhere)).errors[0]?.error_code, "not_found")
        assert.strictEqual((yield* refused(deletion)).errors[0]?.error_type, "validation")
        assert.strictEqual(deletion.headers["allow"], "GET, POST")
      }).pipe(Effect.provide(layer())))

    it.effect("has an id of its own, which the journal knows", () =>
      Effect.gen(function*() {
        const responses = yield* Effect.all([
          post(item("se-1")),
          postText("{"),
          get(),
          HttpClient.get(path),
          HttpClient.execute(withKey(HttpClientRequest.get("/")))
        ])
        const ids = responses.map(({ headers }) => headers["x-shipengine-requestid"])
        for (const id of ids) assert.match(id ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        assert.strictEqual(new Set(ids).size, 5)
        const emulator = yield* Emulator.Emulator
        assert.deepStrictEqual(
          (yield* emulator.requests).map(({ requestId, status }) => [requestId, status]),
          ids.map((id, index) => [id ?? "", [200, 400, 200, 401, 404][index] ?? 0])
        )
      }).pipe(Effect.provide(layer())))

    it.effect("is answered while others are under way, and no shipment is fulfilled twice", () =>
      Effect.gen(function*() {
        const responses = yield* Effect.all(
          Array.from({ length: 40 }, (_, index) => Effect.flatMap(post(item(`se-${index % 10}`)), created)),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(responses.filter(({ has_errors }) => has_errors === false).length, 10)
        const emulator = yield* Emulator.Emulator
        assert.strictEqual((yield* emulator.notifications).length, 20)
      }).pipe(Effect.provide(layer())))
  })
})
