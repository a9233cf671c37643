import { CreateFulfillments } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Either, Schema } from "effect"

const { Request, Response, Result } = CreateFulfillments

const item = { shipment_id: "se-12345678", tracking_number: "1Z12345E1234567890", carrier_code: "ups" }

describe("the request", () => {
  const encode = Schema.encodeEither(Schema.parseJson(Request))

  it("is an object with the fulfillments in it, in order, and nothing else", () => {
    const ship_date = DateTime.unsafeMakeZoned("2024-01-15T10:00:00Z", { timeZone: "Europe/Berlin" })
    expect(Object.keys(Request.fields)).toEqual(["fulfillments"])
    expect(encode({
      fulfillments: [{ ...item, ship_date, notify_customer: false }, { ...item, shipment_id: "se-2" }]
    })).toEqual(Either.right(
      "{\"fulfillments\":["
        + "{\"shipment_id\":\"se-12345678\",\"tracking_number\":\"1Z12345E1234567890\",\"carrier_code\":\"ups\","
        + "\"ship_date\":\"2024-01-15T11:00:00.000+01:00\",\"notify_customer\":false},"
        + "{\"shipment_id\":\"se-2\",\"tracking_number\":\"1Z12345E1234567890\",\"carrier_code\":\"ups\"}"
        + "]}"
    ))
  })

  it("can't be written with a field that is wrong", () => {
    expect(Either.isRight(encode({ fulfillments: [item] }))).toBe(true)
    expect(Either.isLeft(encode({ fulfillments: [item, { ...item, carrier_code: "UPS" }] }))).toBe(true)
  })

  it.each([
    [{ fulfillments: [] }],
    [{ fulfillments: null }],
    [{ fulfillments: item }],
    [{ fulfillments: [item, null] }],
    [{}],
    [[item]],
    // what callers send by mistake
    [item]
  ])("isn't %j", (json) => {
    expect(Either.isLeft(Schema.decodeUnknownEither(Request)(json))).toBe(true)
  })
})

describe("the response", () => {
  const decode = Schema.decodeUnknownEither(Response)

  it("has the contract's fields", () => {
    expect(Object.keys(Response.fields)).toEqual(["has_errors", "fulfillments"])
    expect(Object.keys(Result.fields)).toEqual(["shipment_id", "shipment_number", "error_message"])
  })

  it.each([
    [{
      has_errors: true,
      fulfillments: [
        { shipment_id: "se-1", shipment_number: "ORDER-001", error_message: null },
        { shipment_id: "se-2", shipment_number: "ORDER-002", error_message: "Shipment has already been fulfilled" }
      ]
    }],
    [{ has_errors: false, fulfillments: [] }],
    [{ has_errors: false }],
    [{ fulfillments: [{}] }],
    [{ fulfillments: [{ error_message: "" }, { shipment_id: null, shipment_number: null, error_message: null }] }],
    [{ has_errors: null, fulfillments: null }],
    [{}]
  ])("may be %j, and says nothing that wasn't sent", (json) => {
    expect(decode(json)).toStrictEqual(Either.right(json))
    expect(Either.flatMap(decode(json), Schema.encodeEither(Response))).toStrictEqual(Either.right(json))
  })

  it("may have fields that nobody knows yet", () => {
    expect(decode({
      has_errors: false,
      request_id: "r",
      fulfillments: [{ shipment_id: "se-1", fulfillment_id: "se-9", tracking_url: null }]
    })).toStrictEqual(Either.right({ has_errors: false, fulfillments: [{ shipment_id: "se-1" }] }))
  })

  it.each([
    [null],
    [""],
    ["ok"],
    [[]],
    [{ has_errors: "false" }],
    [{ fulfillments: {} }],
    [{ fulfillments: [null] }],
    [{ fulfillments: ["se-1"] }],
    [{ fulfillments: [{ shipment_id: 1 }] }],
    [{ fulfillments: [{ error_message: { text: "no" } }] }]
  ])("that is %j isn't taken for an answer", (json) => {
    expect(Either.isLeft(decode(json))).toBe(true)
  })

  it.prop("is written and read back as what it was", [Response], ([response]) => {
    const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Response)(response)))
    expect(decode(json)).toEqual(Either.right(response))
  })
})
