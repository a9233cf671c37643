import { CreateFulfillments, Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Either, Schema } from "effect"

const { CarrierCode, FulfillmentInput, ShipmentId, TrackingNumber } = Fulfillment

const messages = {
  text: "must be text",
  flag: "must be true or false",
  missing: "is missing",
  object: "must be an object",
  id: "must look like se-12345678",
  idLength: "must have at most 25 characters",
  carrier: "must be a carrier code in lower case, such as ups or dhl_express",
  tracking: "must not be blank",
  date: "must be an RFC 3339 date-time such as 2024-01-15T10:00:00Z",
  dateTime: "must be a DateTime",
  year: "must lie between the years 0 and 9999"
}

const example = {
  shipment_id: "se-12345678",
  tracking_number: "1Z12345E6605272234",
  carrier_code: "ups",
  ship_date: "2024-01-15T10:00:00Z",
  notify_customer: true,
  notify_order_source: true
}

const { carrier_code, shipment_id, tracking_number } = example
const least = { shipment_id, tracking_number, carrier_code }

/** What is wrong with JSON: the reason for each field. */
const refusal = (json: unknown): Record<string, string> =>
  Object.fromEntries(
    Either.match(Fulfillment.decodeInput(json), {
      onLeft: (issues) => issues.map(({ field, reason }) => [field, reason]),
      onRight: () => []
    })
  )

describe("the input's fields", () => {
  it("are those of the contract, three of them required", () => {
    expect(Object.keys(FulfillmentInput.fields)).toEqual([
      "shipment_id",
      "tracking_number",
      "carrier_code",
      "ship_date",
      "notify_customer",
      "notify_order_source"
    ])
    expect(refusal({})).toEqual({
      shipment_id: messages.missing,
      tracking_number: messages.missing,
      carrier_code: messages.missing
    })
    expect(Fulfillment.decodeInput(least)).toEqual(Either.right(least))
  })

  it("take the contract's example and write it back", () => {
    const input = Schema.decodeUnknownSync(FulfillmentInput)(example)
    expect(input).toEqual({ ...example, ship_date: DateTime.unsafeMake("2024-01-15T10:00:00Z") })
    expect(Schema.encodeSync(FulfillmentInput)(input)).toEqual({ ...example, ship_date: "2024-01-15T10:00:00.000Z" })
  })

  it("are left out on the wire when they are undefined", () => {
    const input = { ...least, ship_date: undefined, notify_customer: undefined, notify_order_source: undefined }
    expect(JSON.parse(JSON.stringify(Schema.encodeSync(FulfillmentInput)(input)))).toEqual(least)
  })

  it("keep a false flag, which is not the same as none", () => {
    const silent = { ...least, notify_customer: false, notify_order_source: false }
    expect(Schema.encodeSync(FulfillmentInput)(silent)).toEqual(silent)
  })
})

describe("a shipment id", () => {
  it.each([
    "se-12345678",
    "se-0",
    "se-00012",
    "se-abc-123-def",
    "se-28529731-a1",
    `se-${"x".repeat(22)}`
  ])("may be %s", (id) => {
    expect(Schema.decodeSync(ShipmentId)(id)).toBe(id)
    expect(refusal({ ...least, shipment_id: id })).toEqual({})
  })

  it.each([
    ["", messages.id],
    ["12345678", messages.id],
    ["se", messages.id],
    ["se-", messages.id],
    ["se-1-", messages.id],
    ["se--1", messages.id],
    ["se_1", messages.id],
    ["se-ABC", messages.id],
    ["SE-1", messages.id],
    ["xse-1", messages.id],
    ["se-1 ", messages.id],
    [" se-1", messages.id],
    ["se-1\n", messages.id],
    ["se-é", messages.id],
    [`se-${"x".repeat(23)}`, messages.idLength],
    [`SE-${"x".repeat(23)}`, messages.id]
  ])("may not be %j", (id, reason) => {
    expect(refusal({ ...least, shipment_id: id })).toEqual({ shipment_id: reason })
  })

  it("has at most 25 characters", () => {
    const of = (length: number) => "se-".padEnd(length, "7")
    expect([of(25).length, of(26).length]).toEqual([25, 26])
    expect(refusal({ ...least, shipment_id: of(25) })).toEqual({})
    expect(refusal({ ...least, shipment_id: of(26) })).toEqual({ shipment_id: messages.idLength })
  })
})

describe("a carrier code", () => {
  it.each([
    "ups",
    "fedex",
    "usps",
    "stamps_com",
    "dhl_express",
    "ups_walleted",
    "canada_post",
    "royal_mail",
    "ontrac",
    "4px",
    "a_carrier_of_tomorrow_2"
  ])("may be %s", (code) => {
    expect(Schema.decodeSync(CarrierCode)(code)).toBe(code)
    expect(refusal({ ...least, carrier_code: code })).toEqual({})
  })

  it.each(["", "UPS", "Ups", "dhl-express", "dhl express", "_ups", "ups_", "dhl__express", "ups\n", "ups.com"])(
    "may not be %j",
    (code) => {
      expect(refusal({ ...least, carrier_code: code })).toEqual({ carrier_code: messages.carrier })
    }
  )
})

describe("a tracking number", () => {
  it.each(["1Z12345E6605272234", "0", "0012345", "1Z 123 45E", " 12 ", "LX-123.456/DE", "追跡1"])(
    "keeps every character of %j",
    (number) => {
      expect(Schema.decodeSync(TrackingNumber)(number)).toBe(number)
      expect(Either.map(Fulfillment.decodeInput({ ...least, tracking_number: number }), (_) => _.tracking_number))
        .toEqual(Either.right(number))
    }
  )

  it.each(["", " ", "\t\n", "\u00a0", "\u200b", " \ufeff\u2060", "\u0000"])("may not be %j", (number) => {
    expect(refusal({ ...least, tracking_number: number })).toEqual({ tracking_number: messages.tracking })
  })

  it("is never a number: leading zeros count", () => {
    expect(refusal({ ...least, tracking_number: 12345 })).toEqual({ tracking_number: messages.text })
  })
})

describe("wrong JSON", () => {
  it.each([
    ["shipment_id", [null, 1, true, [], {}], messages.text],
    ["tracking_number", [null, 1, true, [], {}], messages.text],
    ["carrier_code", [null, 1, true, [], {}], messages.text],
    ["ship_date", [null, 1705312800000, true, [], {}], messages.text],
    ["notify_customer", [null, "true", "", 0, 1, []], messages.flag],
    ["notify_order_source", [null, "false", "", 0, 1, {}], messages.flag]
  ])("in %s is refused for that field alone", (field, values, reason) => {
    for (const value of values) {
      expect(Fulfillment.decodeInput({ ...example, [field]: value })).toEqual(Either.left([{ field, value, reason }]))
    }
  })

  it.each([[null], [undefined], [1], ["se-1"], [true], [[]], [[least]]])("instead of an input: %j", (json) => {
    expect(Fulfillment.decodeInput(json)).toEqual(Either.left([{ field: "", value: json, reason: messages.object }]))
  })

  it("in several fields is told for each of them, in the contract's order, with the value", () => {
    const bad = {
      notify_order_source: "yes",
      notify_customer: null,
      ship_date: "2024-01-15",
      tracking_number: " ",
      shipment_id: "12345678"
    }
    expect(Fulfillment.decodeInput(bad)).toEqual(Either.left([
      { field: "shipment_id", value: "12345678", reason: messages.id },
      { field: "tracking_number", value: " ", reason: messages.tracking },
      { field: "carrier_code", value: undefined, reason: messages.missing },
      { field: "ship_date", value: "2024-01-15", reason: messages.date },
      { field: "notify_customer", value: null, reason: messages.flag },
      { field: "notify_order_source", value: "yes", reason: messages.flag }
    ]))
  })
})

describe("an input of a program", () => {
  it("is checked as JSON is, all fields of it", () => {
    expect(Fulfillment.validateInput({ shipment_id: "se-", tracking_number: "", carrier_code: "UPS" })).toEqual(
      Either.left([
        { field: "shipment_id", value: "se-", reason: messages.id },
        { field: "tracking_number", value: "", reason: messages.tracking },
        { field: "carrier_code", value: "UPS", reason: messages.carrier }
      ])
    )
    expect(Fulfillment.validateInput(least)).toEqual(Either.right(least))
  })

  it.each([[new Date(0)], ["2024-01-15T10:00:00Z"], [0], [null]])(
    "may not hold %j where a DateTime belongs",
    (value) => {
      // @ts-expect-error what a program without types may pass
      const checked = Fulfillment.validateInput({ ...least, ship_date: value })
      expect(checked).toEqual(Either.left([{ field: "ship_date", value, reason: messages.dateTime }]))
    }
  )

  it.each([
    [DateTime.unsafeMake("0000-01-01T00:00:00Z"), true],
    [DateTime.unsafeMake("9999-12-31T23:59:59.999Z"), true],
    [DateTime.unsafeMake(Date.UTC(10000, 0)), false],
    [DateTime.unsafeMake("-000001-12-31T23:59:59.999Z"), false],
    // it is the year where the offset is that gets written
    [DateTime.unsafeMakeZoned("9999-12-31T23:30:00Z", { timeZone: 3_600_000 }), false],
    [DateTime.unsafeMakeZoned(Date.UTC(10000, 0), { timeZone: -3_600_000 }), true],
    // rounding the offset up to a minute reaches the next year
    [DateTime.unsafeMakeZoned("9999-12-31T23:59:20Z", { timeZone: 30_000 }), false]
  ])("may be of a year with four digits: %s %s", (ship_date, fits) => {
    const issues = [{ field: "ship_date", value: ship_date, reason: messages.year }]
    expect(Either.flip(Fulfillment.validateInput({ ...least, ship_date }))).toEqual(
      fits ? Either.left({ ...least, ship_date }) : Either.right(issues)
    )
    expect(Either.isRight(Schema.encodeEither(FulfillmentInput)({ ...least, ship_date }))).toBe(fits)
  })
})

describe("an input that is an object of a class", () => {
  class Order {
    readonly carrier_code = "ups"
    readonly shipment_id = "se-1"
    readonly tracking_number = "1Z1"
    get notify_customer() {
      return false
    }
    get ship_date() {
      return DateTime.unsafeMake(0)
    }
  }
  const order = new Order()
  const all = {
    shipment_id: "se-1",
    tracking_number: "1Z1",
    carrier_code: "ups",
    ship_date: DateTime.unsafeMake(0),
    notify_customer: false
  }

  it("keeps what it inherits", () => {
    expect(Fulfillment.validateInput(order)).toEqual(Either.right(all))
  })

  it("is written with what it inherits", () => {
    expect(Either.map(CreateFulfillments.encodeRequest({ fulfillments: [order] }), (body) => JSON.parse(body))).toEqual(
      Either.right({ fulfillments: [{ ...all, ship_date: "1970-01-01T00:00:00.000Z" }] })
    )
  })

  it("is refused where what it inherits is wrong", () => {
    expect(Fulfillment.validateInput(Object.create({ ...all, notify_customer: "no" }))).toEqual(
      Either.left([{ field: "notify_customer", value: "no", reason: messages.flag }])
    )
  })
})

describe("every input", () => {
  const plain = (input: Fulfillment.FulfillmentInput) => ({ ...input, ship_date: input.ship_date?.epochMillis })

  it.prop("passes the check, becomes JSON, and is read back as what it was", [FulfillmentInput], ([input]) => {
    expect(Fulfillment.validateInput(input)).toEqual(Either.right(input))
    const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(FulfillmentInput)(input)))
    const back = Either.getOrThrow(Fulfillment.decodeInput(json))
    expect(plain(back)).toEqual(plain(input))
    expect(Schema.encodeSync(FulfillmentInput)(back)).toEqual(json)
  }, { fastCheck: { numRuns: 500 } })
})
