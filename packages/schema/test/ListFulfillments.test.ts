import { ListFulfillments } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Either, FastCheck as fc, Schema } from "effect"

const { Page, Query } = ListFulfillments

const texts = [
  "ship_to_name",
  "ship_to_country_code",
  "shipment_number",
  "shipment_id",
  "fulfillment_id",
  "batch_id",
  "order_source_id",
  "fulfillment_provider_code",
  "tracking_number"
] as const

const dates = ["ship_date_start", "ship_date_end", "create_date_start", "create_date_end"] as const

describe("the query", () => {
  const encode = Schema.encodeSync(Query)

  /** Checks what a program without types may pass. */
  const reasons = (query: object) =>
    Either.match(ListFulfillments.validateQuery(query), {
      onLeft: (issues) => Object.fromEntries(issues.map(({ field, reason }) => [field, reason])),
      onRight: () => ({})
    })

  it("has the vendor's parameters, all of them optional", () => {
    expect(Object.keys(Query.fields)).toEqual([...texts, ...dates, "page", "page_size", "sort_dir", "sort_by"])
    expect(ListFulfillments.validateQuery({})).toEqual(Either.right({}))
    expect(encode({})).toEqual({})
  })

  it("takes every parameter and writes it under its name", () => {
    const filters = Object.fromEntries(texts.map((name) => [name, `some ${name}`]))
    const at = DateTime.unsafeMake("2024-01-15T10:00:00Z")
    const range = Object.fromEntries(dates.map((name) => [name, at]))
    const rest = { page: 2, page_size: 500, sort_dir: "desc", sort_by: "shipped_at" } as const
    expect(encode({ ...filters, ...range, ...rest })).toEqual({
      ...filters,
      ...Object.fromEntries(dates.map((name) => [name, "2024-01-15T10:00:00.000Z"])),
      ...rest
    })
  })

  it.each(texts)("refuses an empty %s: it would be sent as a filter", (name) => {
    expect(reasons({ [name]: "" })).toEqual({ [name]: "must not be empty: leave it out instead" })
    expect(reasons({ [name]: 1 })).toEqual({ [name]: "must be text" })
    expect(reasons({ [name]: null })).toEqual({ [name]: "must be text" })
    expect(reasons({ [name]: "0" })).toEqual({})
    expect(reasons({ [name]: undefined })).toEqual({})
  })

  it.each(dates)("writes %s with the offset it has", (name) => {
    const berlin = DateTime.unsafeMakeZoned("2024-07-15T10:00:00Z", { timeZone: "Europe/Berlin" })
    expect(encode({ [name]: berlin })).toEqual({ [name]: "2024-07-15T12:00:00.000+02:00" })
    expect(encode({ [name]: DateTime.toUtc(berlin) })).toEqual({ [name]: "2024-07-15T10:00:00.000Z" })
    expect(reasons({ [name]: "2024-01-15" })).toEqual({ [name]: "must be a DateTime" })
    expect(reasons({ [name]: new Date(0) })).toEqual({ [name]: "must be a DateTime" })
    expect(reasons({ [name]: DateTime.unsafeMake(Date.UTC(10000, 0)) })).toEqual({
      [name]: "must lie between the years 0 and 9999"
    })
  })

  const range = "must be 1 to 500"
  const whole = "must be a whole number"

  it.each([
    ["page", 0, "must be 1 or more"],
    ["page", -1, "must be 1 or more"],
    ["page", 1.5, whole],
    ["page", NaN, whole],
    ["page", Infinity, whole],
    ["page", "1", whole],
    ["page", null, whole],
    ["page_size", 0, range],
    ["page_size", 501, range],
    ["page_size", -1, range],
    ["page_size", 1.5, whole],
    ["page_size", "25", whole],
    ["sort_dir", "up", "must be asc or desc"],
    ["sort_dir", "ASC", "must be asc or desc"],
    ["sort_dir", "", "must be asc or desc"],
    ["sort_by", "price", "must be created_at, modified_at or shipped_at"],
    ["sort_by", null, "must be created_at, modified_at or shipped_at"]
  ])("refuses %s %s", (field, value, reason) => {
    expect(ListFulfillments.validateQuery({ [field]: value })).toEqual(Either.left([{ field, value, reason }]))
    expect(Either.isLeft(Schema.encodeUnknownEither(Query)({ [field]: value }))).toBe(true)
  })

  it.each([
    { page: 1 },
    { page: 100_000 },
    { page_size: 1 },
    { page_size: 500 },
    { sort_dir: "asc" as const },
    { sort_dir: "desc" as const },
    { sort_by: "created_at" as const },
    { sort_by: "modified_at" as const },
    { sort_by: "shipped_at" as const }
  ])("takes %j", (query) => {
    expect(ListFulfillments.validateQuery(query)).toEqual(Either.right(query))
  })

  it("tells what is wrong with each of several fields", () => {
    expect(reasons({ shipment_id: "", page: 0, page_size: 501 })).toEqual({
      shipment_id: "must not be empty: leave it out instead",
      page: "must be 1 or more",
      page_size: range
    })
  })

  it("must be an object", () => {
    // @ts-expect-error what a program without types may pass
    expect(ListFulfillments.validateQuery(null)).toEqual(
      Either.left([{ field: "", value: null, reason: "must be an object" }])
    )
  })

  it.prop("is written and read back as what it was", [Query], ([query]) => {
    const json: unknown = JSON.parse(JSON.stringify(encode(query)))
    const instants = (_: typeof query) => ({
      ..._,
      ...Object.fromEntries(dates.map((name) => [name, _[name]?.epochMillis]))
    })
    expect(instants(Schema.decodeUnknownSync(Query)(json))).toEqual(instants(query))
  })
})

describe("a page", () => {
  const decode = Schema.decodeUnknownEither(Page)

  const href = "https://api.shipstation.com/v2/fulfillments?page=1"

  it("has the vendor's fields", () => {
    expect(Object.keys(Page.fields).toSorted()).toEqual(["fulfillments", "links", "page", "pages", "total"])
    expect(Object.keys(ListFulfillments.Link.fields)).toEqual(["href", "type"])
  })

  it.each([
    ["the last of two", {
      fulfillments: [{ shipment_id: "se-1" }],
      total: 26,
      page: 2,
      pages: 2,
      links: { first: { href }, last: { href, type: "application/json" }, prev: { href, type: null }, next: {} }
    }],
    ["empty", { fulfillments: [], total: 0, page: 1, pages: 0, links: { first: {}, last: {}, prev: {}, next: {} } }],
    ["with null links", { fulfillments: [], links: { first: null, last: null, prev: null, next: null } }],
    ["with some links", { fulfillments: [], links: { next: { href: null } } }],
    ["with links {}", { fulfillments: [], links: {} }],
    ["with null for all but the fulfillments", { fulfillments: [], total: null, page: null, pages: null, links: null }],
    ["of fulfillments alone", { fulfillments: [{}] }]
  ])("may be %s, and says nothing that wasn't sent", (_, json) => {
    expect(decode(json)).toStrictEqual(Either.right(json))
    expect(Either.flatMap(decode(json), Schema.encodeEither(Page))).toStrictEqual(Either.right(json))
  })

  it("may have fields that nobody knows yet", () => {
    expect(decode({
      fulfillments: [{ shipment_id: "se-1", tags: [] }],
      cursor: "x",
      links: { self: { href }, next: { href, method: "GET" } }
    })).toStrictEqual(Either.right({ fulfillments: [{ shipment_id: "se-1" }], links: { next: { href } } }))
  })

  it("stays readable when one date of one fulfillment isn't", () => {
    expect(decode({
      fulfillments: [{ shipment_id: "se-1", ship_date: "tomorrow" }, {
        shipment_id: "se-2",
        ship_date: "2024-01-15T00:00:00Z"
      }]
    })).toEqual(Either.right({
      fulfillments: [
        { shipment_id: "se-1", ship_date: null },
        { shipment_id: "se-2", ship_date: DateTime.unsafeMake("2024-01-15T00:00:00Z") }
      ]
    }))
  })

  // whoever looks for a fulfillment must not take one of these for "there is none"
  it.each([
    [{}],
    [{ fulfillments: null }],
    [{ fulfillments: {} }],
    [{ fulfillments: "[]" }],
    [{ fulfillments: 0 }],
    [null],
    [[]],
    ["[]"]
  ])(
    "that is %j isn't taken for an empty one",
    (json) => {
      expect(Either.isLeft(decode(json))).toBe(true)
      expect(decode({ fulfillments: [] })).toEqual(Either.right({ fulfillments: [] }))
    }
  )

  it.each([[null], ["se-1"], [5], [true], [[]], [[{ shipment_id: "se-1" }]]])(
    "has a row for %j that says nothing, beside the others",
    (row) => {
      const others = [{ shipment_id: "se-1" }, { shipment_id: "se-2", tracking_number: "1Z" }]
      expect(decode({ fulfillments: [others[0], row, others[1]], total: 3 })).toStrictEqual(
        Either.right({ fulfillments: [others[0], {}, others[1]], total: 3 })
      )
    }
  )

  it.each(["total", "page", "pages"])("has null for a %s that is no number", (field) => {
    for (const wrong of ["3", "", true, {}, [], [3], Infinity, -Infinity]) {
      expect(decode({ fulfillments: [], [field]: wrong })).toStrictEqual(
        Either.right({ fulfillments: [], [field]: null })
      )
    }
  })

  it("has null for links that are none", () => {
    const next = { href }
    for (const wrong of ["x", 1, true, []]) {
      expect(decode({ fulfillments: [], links: wrong })).toStrictEqual(Either.right({ fulfillments: [], links: null }))
      expect(decode({ fulfillments: [], links: { prev: wrong, next } })).toStrictEqual(
        Either.right({ fulfillments: [], links: { prev: null, next } })
      )
    }
    expect(decode({ fulfillments: [], links: { next: { href: {}, type: [] } } })).toStrictEqual(
      Either.right({ fulfillments: [], links: { next: { href: null, type: null } } })
    )
  })

  it.prop("is read whatever its rows and fields hold, row by row", [
    fc.array(fc.oneof(fc.jsonValue(), fc.record({ shipment_id: fc.jsonValue(), voided_at: fc.jsonValue() }))),
    fc.dictionary(fc.constantFrom("total", "page", "pages", "links"), fc.jsonValue())
  ], ([rows, others]) => {
    const page = Schema.decodeUnknownSync(Page)({ ...others, fulfillments: [{ shipment_id: "se-1" }, ...rows] })
    expect(page.fulfillments.length).toBe(rows.length + 1)
    expect(page.fulfillments[0]).toEqual({ shipment_id: "se-1" })
    expect(Object.keys(page).toSorted()).toEqual(["fulfillments", ...Object.keys(others)].toSorted())
  })

  it.prop("is written and read back as what it was", [Page], ([page]) => {
    expect(decode(Schema.encodeSync(Page)(page))).toEqual(Either.right(page))
  }, { fastCheck: { numRuns: 50 } })
})
