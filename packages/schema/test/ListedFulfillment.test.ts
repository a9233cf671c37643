import { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, DateTime, Either, FastCheck as fc, Schema } from "effect"

describe("a listed fulfillment", () => {
  const listed = {
    fulfillment_id: "se-2001",
    shipment_id: "se-12345678",
    shipment_number: "ORDER-001",
    user_id: "aa3d8e8e-462b-4476-9618-72db7f7b7009",
    tracking_number: "0012345",
    created_at: "2024-01-15T10:00:01.250Z",
    ship_date: "2024-01-15T08:00:00.000Z",
    voided_at: "2024-01-16T00:00:00.000Z",
    delivered_at: "2024-01-17T00:00:00.000Z",
    fulfillment_carrier_friendly_name: "FedEx",
    fulfillment_provider_id: "se-3",
    fulfillment_provider_friendly_name: "A provider",
    fulfillment_provider_code: "provider",
    fulfillment_service_code: "ground",
    fulfillment_fee: { currency: "usd", amount: 1.5 },
    void_requested: false,
    voided: false,
    order_source_notified: false,
    notification_error_message: "the store didn't answer",
    ship_to: {
      name: "Jane Doe",
      phone: "+1 555 0100",
      email: "jane@example.com",
      company_name: "Example",
      address_line1: "1 Main St",
      address_line2: "Apt 2",
      address_line3: "c/o John",
      city_locality: "Austin",
      state_province: "TX",
      postal_code: "07001",
      country_code: "US"
    }
  }

  const decode = Schema.decodeUnknownSync(Fulfillment.Fulfillment)
  const encode = Schema.encodeSync(Fulfillment.Fulfillment)
  const nulls = (value: object) => Object.fromEntries(Object.keys(value).map((key) => [key, null]))

  it("has twenty fields, which all survive reading and writing", () => {
    expect(Object.keys(Fulfillment.Fulfillment.fields)).toEqual(Object.keys(listed))
    expect(Object.keys(listed)).toHaveLength(20)
    const decoded = decode(listed)
    expect(decoded).toEqual({
      ...listed,
      created_at: DateTime.unsafeMake(listed.created_at),
      ship_date: DateTime.unsafeMake(listed.ship_date),
      voided_at: DateTime.unsafeMake(listed.voided_at),
      delivered_at: DateTime.unsafeMake(listed.delivered_at)
    })
    expect(encode(decoded)).toEqual(listed)
  })

  it("may leave out any of them, or send null", () => {
    expect(decode({})).toEqual({})
    expect(decode(nulls(listed))).toStrictEqual(nulls(listed))
    // a value of a program, not of JSON
    expect(decode({ voided_at: undefined, voided: undefined })).toStrictEqual({
      voided_at: undefined,
      voided: undefined
    })
    for (const field of Object.keys(listed)) {
      const others = Object.fromEntries(Object.entries(listed).filter(([key]) => key !== field))
      expect(encode(decode(others))).toStrictEqual(others)
      expect(encode(decode({ ...listed, [field]: null }))).toStrictEqual({ ...listed, [field]: null })
    }
  })

  it("may hold an address or a fee with nothing, with nulls or with more in it", () => {
    expect(decode({ ship_to: {}, fulfillment_fee: {} })).toEqual({ ship_to: {}, fulfillment_fee: {} })
    const empty = { ship_to: nulls(listed.ship_to), fulfillment_fee: nulls(listed.fulfillment_fee) }
    expect(decode(empty)).toEqual(empty)
    expect(decode({
      ship_to: { name: "Jane Doe", address_residential_indicator: "yes", geolocation: [] },
      fulfillment_fee: { amount: 0, tax: null }
    })).toEqual({ ship_to: { name: "Jane Doe" }, fulfillment_fee: { amount: 0 } })
  })

  it("may have fields that nobody knows yet", () => {
    expect(decode({ shipment_id: "se-1", tracking_url: "https://example.com", packages: [{}] })).toEqual({
      shipment_id: "se-1"
    })
  })

  const unreadable = [
    "soon",
    "1",
    "order 7",
    "Jan 5 2024",
    "2024-02-30T00:00:00Z",
    "2024-02-30",
    "2024-01-15T24:00:00Z",
    "+010000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00",
    5,
    true,
    {},
    []
  ]

  it.each(["created_at", "ship_date", "delivered_at"] as const)(
    "has null for a %s that can't be read, and keeps the rest",
    (field) => {
      for (const garbage of ["", 0, false, ...unreadable]) {
        expect(decode({ shipment_id: "se-1", [field]: garbage })).toStrictEqual({ shipment_id: "se-1", [field]: null })
      }
    }
  )

  it("is voided when it has a date of that which can't be read, unless it says otherwise", () => {
    const row = { shipment_id: "se-1", voided_at: null }
    for (const voided_at of unreadable) {
      for (const others of [{}, { voided: null }, { voided: "perhaps" }, { voided: true }]) {
        expect(decode({ shipment_id: "se-1", voided_at, ...others })).toStrictEqual({ ...row, voided: true })
      }
      expect(decode({ shipment_id: "se-1", voided_at, voided: false })).toStrictEqual({ ...row, voided: false })
      // fields that can't be read don't hide it, and what else is there stays
      expect(decode({ shipment_id: "se-1", voided_at, ship_to: 5, user_id: {}, created_at: "x" })).toStrictEqual({
        ...row,
        voided: true,
        ship_to: null,
        user_id: null,
        created_at: null
      })
    }
  })

  it.each(["", "  ", false, 0, null])("isn't voided by a voided_at of %j", (voided_at) => {
    expect(decode({ shipment_id: "se-1", voided_at })).toStrictEqual({ shipment_id: "se-1", voided_at: null })
  })

  it.each(["voided", "void_requested", "order_source_notified"] as const)("reads %s in other forms", (field) => {
    const read = (json: unknown) => decode({ [field]: json })[field]
    expect([true, "true", "True", " TRUE ", 1, "1"].map(read)).toEqual(Array(6).fill(true))
    expect([false, "false", "FALSE", 0, "0"].map(read)).toEqual(Array(5).fill(false))
    expect(["", "yes?", 2, -1, 0.5, {}, [], null].map(read)).toEqual(Array(8).fill(null))
  })

  const texts = Object.entries(listed).flatMap(([field, value]) =>
    typeof value === "string" && !/_at$|_date$/.test(field) ? [field] : []
  )

  it.each(texts)("reads a number as the digits of %s, and nothing else", (field) => {
    const read = (json: unknown) => Object.entries(decode({ shipment_number: "A", [field]: json }))
    const others = field === "shipment_number" ? [] : [["shipment_number", "A"]]
    expect(read(12345)).toEqual(expect.arrayContaining([...others, [field, "12345"]]))
    // what JSON.parse has rounded already is none of its digits
    for (const wrong of [Number("12345678901234567890"), Infinity, true, {}, ["x"], { text: "x" }]) {
      expect(read(wrong)).toEqual(expect.arrayContaining([...others, [field, null]]))
    }
  })

  it("has null for parts that aren't objects, or hold what isn't theirs", () => {
    for (const wrong of ["x", 1, true, [], [{}]]) {
      expect(decode({ ship_to: wrong, fulfillment_fee: wrong })).toStrictEqual({ ship_to: null, fulfillment_fee: null })
    }
    expect(decode({ ship_to: { name: {}, postal_code: 7001 }, fulfillment_fee: { amount: "1.5", currency: 5 } }))
      .toStrictEqual({
        ship_to: { name: null, postal_code: "7001" },
        fulfillment_fee: { amount: null, currency: "5" }
      })
  })

  it.prop("is read whatever its fields hold", [
    Arbitrary.make(Fulfillment.Fulfillment),
    fc.dictionary(
      fc.constantFrom(...Object.keys(listed)),
      fc.jsonValue()
    )
  ], ([fulfillment, wrong]) => {
    const row = encode(fulfillment)
    const read = decode({ ...row, ...wrong })
    for (const [field, value] of Object.entries(row)) {
      if (field in wrong || field === "voided") continue
      expect(read).toHaveProperty(field)
      expect(encode(read)).toHaveProperty(field, value)
    }
  })

  it.each([null, undefined, "text", 5, true, [], [{}]])("isn't %j", (json) => {
    expect(Either.isLeft(Schema.decodeUnknownEither(Fulfillment.Fulfillment)(json))).toBe(true)
  })

  it.each([
    ["2024-01-15T07:00:00Z", "2024-01-15T07:00:00.000Z"],
    ["2024-01-15t07:00:00z", "2024-01-15T07:00:00.000Z"],
    ["2024-01-15T07:00:00.1234567Z", "2024-01-15T07:00:00.123Z"],
    ["2024-01-15T00:00:00-08:00", "2024-01-15T08:00:00.000Z"],
    ["2024-01-15T07:00:00", "2024-01-15T07:00:00.000Z"],
    ["2024-01-15 07:00:00.5", "2024-01-15T07:00:00.500Z"],
    ["2024-01-15", "2024-01-15T00:00:00.000Z"],
    ["0001-01-01T00:00:00", "0001-01-01T00:00:00.000Z"]
  ])("reads the date %s as %s, wherever it runs", (text, instant) => {
    expect(encode(decode({ created_at: text }))).toEqual({ created_at: instant })
  })

  it.prop("is written and read back as what it was", [Fulfillment.Fulfillment], ([fulfillment]) => {
    expect(decode(encode(fulfillment))).toEqual(fulfillment)
  })
})
