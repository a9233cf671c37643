import { Emulator, type Fault, SeedFile } from "@effect-shipstation/emulator"
import { Carrier, ListShipments, Shipment } from "@effect-shipstation/schema"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, TestClock } from "effect"
import { create, inProcess, sockets } from "./support.js"

const get = (path: string, query: Readonly<Record<string, string>> = {}, apiKey = Emulator.defaultApiKey) =>
  HttpClientRequest.get(path).pipe(
    HttpClientRequest.setUrlParams(query),
    HttpClientRequest.setHeader("api-key", apiKey),
    HttpClient.execute
  )

const page = (query?: Readonly<Record<string, string>>, apiKey?: string) =>
  Effect.flatMap(get("/v2/shipments", query, apiKey), HttpClientResponse.schemaBodyJson(ListShipments.Page))

const idsOf = ({ shipments }: ListShipments.Page) => shipments.map(({ shipment_id }) => shipment_id)

const ids = (query?: Readonly<Record<string, string>>, apiKey?: string) => Effect.map(page(query, apiKey), idsOf)

const one = (path: string, apiKey?: string) =>
  Effect.flatMap(get(path, {}, apiKey), HttpClientResponse.schemaBodyJson(Shipment.Shipment))

const at = (day: number) => DateTime.unsafeMake(`2024-01-${String(day).padStart(2, "0")}T12:00:00Z`)

const shipments: ReadonlyArray<Emulator.Shipment> = [
  { shipment_id: "se-1", shipment_number: "A", created_at: at(1), tags: ["rush"] },
  { shipment_id: "se-2", shipment_number: "A", created_at: at(2), modified_at: at(9) },
  { shipment_id: "se-3", external_shipment_id: "own/3 ä", sales_order_id: "so-3", created_at: at(3) },
  { shipment_id: "se-4", shipment_number: "B", order_source_id: "se-7", cancelled: true, created_at: at(4) },
  { shipment_id: "se-5", shipment_number: "A", account: "b", created_at: at(5) }
]

const accounts = [{ name: "a", apiKey: Emulator.defaultApiKey }, { name: "b", apiKey: "key-b" }]

describe("the list of shipments", () => {
  it.effect.each<[Record<string, string>, Array<string>]>([
    [{}, ["se-1", "se-2", "se-3", "se-4"]],
    [{ shipment_number: "A" }, ["se-1", "se-2"]],
    [{ shipment_number: "a" }, []],
    [{ shipment_number: "ORDER-3" }, ["se-3"]],
    [{ external_shipment_id: "own/3 ä" }, ["se-3"]],
    [{ external_shipment_id: "se-1" }, ["se-1"]],
    [{ sales_order_id: "so-3" }, ["se-3"]],
    [{ store_id: "se-7" }, ["se-4"]],
    [{ tag: "rush" }, ["se-1"]],
    [{ batch_id: "se-1" }, []],
    [{ shipment_status: "cancelled" }, ["se-4"]],
    [{ shipment_status: "pending", shipment_number: "A" }, ["se-1", "se-2"]],
    [{ created_at_start: "2024-01-02T12:00:00Z", created_at_end: "2024-01-03T12:00:00Z" }, ["se-2", "se-3"]],
    [{ modified_at_start: "2024-01-04T13:00:00+01:00" }, ["se-2", "se-4"]],
    [{ modified_at_end: "2024-01-01T12:00:00Z" }, ["se-1"]],
    [{ sort_by: "modified_at", sort_dir: "desc" }, ["se-2", "se-4", "se-3", "se-1"]],
    [{ sort_dir: "desc", page_size: "3" }, ["se-4", "se-3", "se-2"]],
    [{ page: "2", page_size: "3" }, ["se-4"]],
    [{ page: "9" }, []]
  ])("of %j has %j", ([query, expected]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ids(query), expected)
      assert.deepStrictEqual(yield* ids({}, "key-b"), ["se-5"])
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))

  it.effect("is told in pages, with total and links", () =>
    Effect.gen(function*() {
      const { shipments: _, ...second } = yield* page({ page: "2", page_size: "1", shipment_status: "pending" })
      const link = (number: number) => ({
        href: `https://api.shipstation.com/v2/shipments?page=${number}&page_size=1&shipment_status=pending`
      })
      assert.deepStrictEqual(second, {
        total: 3,
        page: 2,
        pages: 3,
        links: { first: link(1), last: link(3), prev: link(1), next: link(3) }
      })
      const none = yield* page({ shipment_number: "none" })
      assert.deepInclude(none, { shipments: [], total: 0, pages: 0 })
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))

  it.effect.each<[Record<string, string>, string]>([
    [{ page: "0" }, "page"],
    [{ page_size: "501" }, "page_size"],
    [{ shipment_number: "" }, "shipment_number"],
    [{ sort_by: "shipped_at" }, "sort_by"],
    [{ shipment_status: "lost" }, "shipment_status"],
    [{ modified_at_start: "yesterday" }, "modified_at_start"]
  ])("refuses %j", ([query, field_name]) =>
    Effect.gen(function*() {
      const response = yield* get("/v2/shipments", query)
      assert.strictEqual(response.status, 400)
      assert.deepInclude(JSON.parse(yield* response.text).errors[0], { error_code: "invalid_field_value", field_name })
    }).pipe(Effect.provide(inProcess())))

  it.effect("holds what was given, and what was fulfilled", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ids(), [])
      yield* create(["se-8"])
      assert.deepStrictEqual(yield* ids({ shipment_number: "ORDER-8" }), ["se-8"])
    }).pipe(Effect.provide(inProcess())))

  it.effect("shows that a shipment was fulfilled, as a change of it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(DateTime.toEpochMillis(at(20)))
      yield* create(["se-1"])
      const { shipments } = yield* page({ modified_at_start: "2024-01-20T00:00:00Z" })
      assert.deepStrictEqual(
        shipments.map(({ modified_at, shipment_id, shipment_status }) => ({
          shipment_id,
          shipment_status,
          modified_at
        })),
        [{ shipment_id: "se-1", shipment_status: "label_purchased", modified_at: at(20) }]
      )
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))
})

describe("one shipment", () => {
  it.effect("is found by either id, and by no other account", () =>
    Effect.gen(function*() {
      const byId = yield* one("/v2/shipments/se-3")
      assert.deepInclude(byId, {
        shipment_id: "se-3",
        shipment_number: "ORDER-3",
        external_shipment_id: "own/3 ä",
        sales_order_id: "so-3",
        shipment_status: "pending"
      })
      assert.deepStrictEqual(yield* one("/v2/shipments/external_shipment_id/own%2F3%20%C3%A4"), byId)
      assert.deepStrictEqual((yield* one("/v2/shipments/external_shipment_id/se-1")).shipment_id, "se-1")
      for (
        const path of [
          "/v2/shipments/se-99",
          "/v2/shipments/12",
          "/v2/shipments/external_shipment_id/se-3",
          "/v2/shipments/external_shipment_id/OWN%2F3%20%C3%A4"
        ]
      ) {
        const response = yield* get(path)
        assert.strictEqual(response.status, 404, path)
        assert.deepInclude(JSON.parse(yield* response.text).errors[0], { error_code: "not_found" })
      }
      assert.strictEqual((yield* get("/v2/shipments/se-3", {}, "key-b")).status, 404)
      assert.strictEqual((yield* one("/v2/shipments/se-5", "key-b")).shipment_number, "A")
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))

  it.effect("exists under every id where any is accepted", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* one("/v2/shipments/se-77")).shipment_number, "ORDER-77")
      assert.strictEqual((yield* get("/v2/shipments/77")).status, 404)
    }).pipe(Effect.provide(inProcess())))
})

describe("the carriers", () => {
  const carriers = (query?: Readonly<Record<string, string>>) =>
    Effect.flatMap(get("/v2/carriers", query), HttpClientResponse.schemaBodyJson(Carrier.ListCarriers))

  it.effect("are those that are set up, with names and services", () =>
    Effect.gen(function*() {
      const { carriers: listed } = yield* carriers()
      assert.deepStrictEqual(
        listed.map(({ carrier_code, friendly_name, nickname }) => [carrier_code, friendly_name, nickname]),
        [["ups", "UPS", null], ["fedex", "FedEx", "Ours"]]
      )
      assert.deepInclude(listed[1]?.services?.[0], {
        carrier_code: "fedex",
        service_code: "fedex_home_delivery",
        name: "FedEx Home Delivery®"
      })
      const short: { carriers: ReadonlyArray<object> } = JSON.parse(
        yield* Effect.flatMap(get("/v2/carriers", { include_extended_details: "false" }), ({ text }) => text)
      )
      const long: { carriers: ReadonlyArray<object> } = JSON.parse(
        yield* Effect.flatMap(get("/v2/carriers"), ({ text }) => text)
      )
      assert.notProperty(short.carriers[0], "packages")
      assert.property(long.carriers[0], "packages")
    }).pipe(Effect.provide(inProcess({
      carriers: {
        ups: "UPS",
        fedex: {
          friendly_name: "FedEx",
          nickname: "Ours",
          services: { fedex_home_delivery: "FedEx Home Delivery®" }
        }
      }
    }))))

  it.effect("are a dozen unless given, with their services", () =>
    Effect.gen(function*() {
      const { carriers: listed } = yield* carriers()
      assert.strictEqual(listed.length, 12)
      assert.deepInclude(listed[0]?.services?.[0], { service_code: "ups_ground", name: "UPS® Ground" })
    }).pipe(Effect.provide(inProcess())))

  it("can stand in a seed file", () => {
    const decoded = SeedFile.decode(JSON.stringify({
      shipments: [{
        shipment_id: "se-1",
        external_shipment_id: "x",
        sales_order_id: "so",
        created_at: "2024-01-15T10:00:00Z",
        modified_at: "2024-01-15T10:00:00Z",
        tags: ["rush"]
      }],
      carriers: { ups: { friendly_name: "UPS", nickname: "Ours", services: { ups_ground: "UPS Ground" } } }
    }))
    assert.isTrue(Either.isRight(decoded))
  })
})

describe("other methods and paths", () => {
  it.effect.each<[method: "POST" | "PUT", path: string, status: number]>([
    ["POST", "/v2/shipments", 405],
    ["PUT", "/v2/shipments/se-1", 405],
    ["POST", "/v2/carriers", 405],
    ["PUT", "/v2/shipments/se-1/cancel", 404],
    ["PUT", "/v2/shipments/%E0%A4%A", 404]
  ])("%s %s gets %i", ([method, path, status]) =>
    Effect.gen(function*() {
      const response = yield* HttpClientRequest.make(method)(path).pipe(
        HttpClientRequest.setHeader("api-key", Emulator.defaultApiKey),
        HttpClient.execute
      )
      assert.strictEqual(response.status, status)
    }).pipe(Effect.provide(inProcess())))

  it.effect.each(["/v2/shipments", "/v2/shipments/se-1", "/v2/carriers"])(
    "%s needs a key",
    (path) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* HttpClient.get(path)).status, 401)
      }).pipe(Effect.provide(inProcess()))
  )
})

describe("the faults of lists", () => {
  const changed = (action: Fault.FaultAction, query?: Readonly<Record<string, string>>) =>
    page(query).pipe(Effect.provide(inProcess({ shipments, accounts, faults: [{ action }] })))

  it.effect("hoursOff moves both dates of a shipment for the filters", () =>
    Effect.gen(function*() {
      const query = { modified_at_start: "2024-01-09T13:00:00Z" }
      assert.deepStrictEqual(idsOf(yield* changed({ _tag: "ChangeList", hoursOff: 8 }, query)), ["se-2"])
      assert.deepStrictEqual(idsOf(yield* changed({ _tag: "ChangeList", hoursOff: 0 }, query)), [])
      const created = { created_at_end: "2024-01-01T12:00:00Z" }
      assert.deepStrictEqual(idsOf(yield* changed({ _tag: "ChangeList", hoursOff: 8 }, created)), [])
    }))

  it.effect("ignores, mostRows, without, values and nullRow change a page of shipments", () =>
    Effect.gen(function*() {
      const ignoring = yield* changed({ _tag: "ChangeList", ignores: ["shipment_number"] }, { shipment_number: "B" })
      assert.strictEqual(ignoring.total, 4)
      const capped = yield* changed({ _tag: "ChangeList", mostRows: 2 }, { page_size: "500" })
      assert.deepStrictEqual([idsOf(capped), capped.pages], [["se-1", "se-2"], 2])
      const without = yield* changed({ _tag: "ChangeList", without: ["shipment_number", "total"] })
      assert.notProperty(without, "total")
      assert.notProperty(without.shipments[0], "shipment_number")
      const values = yield* changed({ _tag: "ChangeList", values: { shipment_number: "same", sales_order_id: 7 } })
      assert.deepStrictEqual(
        values.shipments.map(({ sales_order_id, shipment_number }) => [shipment_number, sales_order_id]),
        [["same", null], ["same", null], ["same", "7"], ["same", null]]
      )
      const nulled = yield* changed({ _tag: "ChangeList", nullRow: 1 })
      assert.deepStrictEqual(nulled.shipments[1], {})
    }))

  it.effect("LaggingList hides what is younger than the lag", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(DateTime.toEpochMillis(at(4)))
      assert.deepStrictEqual(idsOf(yield* changed({ _tag: "LaggingList", lag: "36 hours" })), ["se-1", "se-2"])
    }))

  it.effect("reach carriers where they have the fields, and not one shipment", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* emulator.setFaults([{ action: { _tag: "ChangeList", without: ["friendly_name", "shipment_number"] } }])
      const listed = yield* Effect.flatMap(
        get("/v2/carriers"),
        HttpClientResponse.schemaBodyJson(Carrier.ListCarriers)
      )
      assert.deepStrictEqual(Object.keys(listed.carriers[0] ?? {}).includes("friendly_name"), false)
      assert.strictEqual((yield* one("/v2/shipments/se-1")).shipment_number, "A")
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))

  it.effect.each<[Fault.FaultRule["endpoint"], ReadonlyArray<number>]>([
    ["list", [503, 200, 200, 200]],
    ["shipments", [200, 503, 200, 200]],
    ["shipment", [200, 200, 503, 200]],
    ["carriers", [200, 200, 200, 503]]
  ])("an endpoint %s is met by its own requests", ([endpoint, statuses]) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* emulator.setFaults([{ endpoint, action: { _tag: "ErrorBody", status: 503 } }])
      const paths = ["/v2/fulfillments", "/v2/shipments", "/v2/shipments/se-1", "/v2/carriers"]
      const responses = yield* Effect.forEach(paths, (path) => get(path))
      assert.deepStrictEqual(responses.map(({ status }) => status), statuses)
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))

  it.effect("a shipmentId is that of a shipment that is asked for by it", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* emulator.setFaults([{ shipmentId: "se-1", action: { _tag: "ErrorBody", status: 503 } }])
      const paths = ["/v2/shipments/se-1", "/v2/shipments/se-2", "/v2/shipments/external_shipment_id/se-1"]
      const responses = yield* Effect.forEach(paths, (path) => get(path))
      assert.deepStrictEqual(responses.map(({ status }) => status), [503, 200, 200])
    }).pipe(Effect.provide(inProcess({ shipments, accounts }))))
})

it.scoped("all of it is there over a socket too", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* ids({ shipment_number: "A" }), ["se-1", "se-2"])
    assert.strictEqual((yield* one("/v2/shipments/external_shipment_id/own%2F3%20%C3%A4")).shipment_id, "se-3")
    assert.strictEqual((yield* get("/v2/carriers")).status, 200)
  }).pipe(Effect.provide(sockets["a socket, with fetch"]({ shipments, accounts }))))
