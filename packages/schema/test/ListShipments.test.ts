import { ListShipments } from "@effect-shipstation/schema"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { DateTime, Either, Schema } from "effect"

const { Page, Query } = ListShipments

const texts = [
  "shipment_number",
  "external_shipment_id",
  "sales_order_id",
  "store_id",
  "batch_id",
  "tag"
] as const

const dates = ["created_at_start", "created_at_end", "modified_at_start", "modified_at_end"] as const

describe("the query", () => {
  const encode = Schema.encodeSync(Query)

  const reasons = (query: object) =>
    Either.match(ListShipments.validateQuery(query), {
      onLeft: (issues) => Object.fromEntries(issues.map(({ field, reason }) => [field, reason])),
      onRight: () => ({})
    })

  it("has the vendor's parameters, all of them optional", () => {
    expect(Object.keys(Query.fields)).toEqual([
      "shipment_status",
      ...texts,
      ...dates,
      "page",
      "page_size",
      "sort_dir",
      "sort_by"
    ])
    expect(ListShipments.validateQuery({})).toEqual(Either.right({}))
  })

  it("takes every parameter and writes it under its name", () => {
    const filters = Object.fromEntries(texts.map((name) => [name, `some ${name}`]))
    const at = DateTime.unsafeMakeZoned("2024-01-15T10:00:00Z", { timeZone: "Europe/Berlin" })
    const range = Object.fromEntries(dates.map((name) => [name, at]))
    const rest = {
      shipment_status: "pending",
      page: 2,
      page_size: 500,
      sort_dir: "desc",
      sort_by: "modified_at"
    } as const
    expect(encode({ ...filters, ...range, ...rest })).toEqual({
      ...filters,
      ...Object.fromEntries(dates.map((name) => [name, "2024-01-15T11:00:00.000+01:00"])),
      ...rest
    })
  })

  it.each<[string, unknown, string]>([
    ...texts.map((name): [string, unknown, string] => [name, "", "must not be empty: leave it out instead"]),
    ...dates.map((name): [string, unknown, string] => [name, "2024-01-15", "must be a DateTime"]),
    ["shipment_status", "", "must be pending, processing, label_purchased or cancelled"],
    ["page", 0, "must be 1 or more"],
    ["page_size", 501, "must be 1 to 500"],
    ["sort_by", "shipped_at", "must be created_at or modified_at"],
    ["sort_dir", "up", "must be asc or desc"]
  ])("refuses %s %j", (field, value, reason) => {
    expect(reasons({ [field]: value })).toEqual({ [field]: reason })
  })

  it("has closed types", () => {
    expectTypeOf<ListShipments.Query["sort_by"]>().toEqualTypeOf<"created_at" | "modified_at" | undefined>()
  })
})

describe("a page", () => {
  const read = Schema.decodeUnknownSync(Page)

  it("is read row by row, and one that can't be read stays a row", () => {
    expect(read({
      shipments: [{ shipment_id: "se-1", field_of_tomorrow: 1 }, null, "x", { shipment_number: 7 }],
      total: 4,
      page: 1,
      pages: 1,
      links: { first: { href: "a" }, last: { href: "a" }, prev: {}, next: {} }
    })).toEqual({
      shipments: [{ shipment_id: "se-1" }, {}, {}, { shipment_number: "7" }],
      total: 4,
      page: 1,
      pages: 1,
      links: { first: { href: "a" }, last: { href: "a" }, prev: {}, next: {} }
    })
  })

  it("may tell nothing but its shipments", () => {
    expect(read({ shipments: [] })).toEqual({ shipments: [] })
    expect(read({ shipments: [], total: "many", pages: null, links: [] })).toEqual({
      shipments: [],
      total: null,
      pages: null,
      links: null
    })
  })

  it.each([{}, { shipments: null }, { shipments: {} }, [], "<html>", null])("isn't one: %j", (json) => {
    expect(Either.isLeft(Schema.decodeUnknownEither(Page)(json))).toBe(true)
  })
})
