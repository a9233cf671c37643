import { CreateFulfillments } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Either, FastCheck as fc, Option, Schema } from "effect"

const { Request, Response, Result } = CreateFulfillments

const item = { shipment_id: "se-12345678", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

describe("the request", () => {
  const encode = Schema.encodeEither(Schema.parseJson(Request))

  it("is an object with the fulfillments in it, in order, and nothing else", () => {
    const ship_date = DateTime.unsafeMakeZoned("2024-01-15T10:00:00Z", { timeZone: "Europe/Berlin" })
    expect(Object.keys(Request.fields)).toEqual(["fulfillments"])
    expect(encode({
      fulfillments: [{ ...item, ship_date, notify_customer: false }, { ...item, shipment_id: "se-2" }]
    })).toEqual(Either.right(
      "{\"fulfillments\":["
        + "{\"shipment_id\":\"se-12345678\",\"tracking_number\":\"1Z12345E6605272234\",\"carrier_code\":\"ups\","
        + "\"ship_date\":\"2024-01-15T11:00:00.000+01:00\",\"notify_customer\":false},"
        + "{\"shipment_id\":\"se-2\",\"tracking_number\":\"1Z12345E6605272234\",\"carrier_code\":\"ups\"}"
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

  it.each([[null], [""], ["ok"], [[]], [5], [true]])("that is %j isn't taken for an answer", (json) => {
    expect(Either.isLeft(decode(json))).toBe(true)
  })

  it("has errors unless it says clearly that it has none", () => {
    const read = (has_errors: unknown) => Either.getOrThrow(decode({ has_errors })).has_errors
    expect([true, "true", " True", 1, "1", "perhaps", "", 2, {}, []].map(read)).toEqual(Array(10).fill(true))
    expect([false, "false", "FALSE", 0, "0"].map(read)).toEqual(Array(5).fill(false))
    expect([null, undefined].map(read)).toEqual([null, undefined])
  })

  it.each([[{}], [""], ["se-1"], [5], [true]])("has no results when they are %j", (fulfillments) => {
    expect(decode({ has_errors: false, fulfillments })).toStrictEqual(
      Either.right({ has_errors: false, fulfillments: null })
    )
  })

  const good = { shipment_id: "se-1", error_message: null }

  it.each([
    ["se-2", { error_message: "se-2" }],
    [5, { error_message: "5" }],
    [false, { error_message: "false" }],
    [["se-2"], { error_message: "[\"se-2\"]" }],
    [null, {}]
  ])("takes %j beside results for a message, not for a result", (json, result) => {
    expect(decode({ fulfillments: [good, json] })).toStrictEqual(Either.right({ fulfillments: [good, result] }))
  })

  it.each([
    ["a message of another type", { ...good, error_message: { text: "no" } }, {
      ...good,
      error_message: "{\"text\":\"no\"}"
    }],
    ["a message that is a list", { ...good, error_message: [] }, { ...good, error_message: "[]" }],
    ["a message that is false", { ...good, error_message: false }, { ...good, error_message: "false" }],
    ["a message that is true", { ...good, error_message: true }, { ...good, error_message: "true" }],
    ["an id that is a number", { ...good, shipment_id: 1 }, { ...good, shipment_id: "1" }],
    ["an id that is an object", { ...good, shipment_id: { id: "se-1" } }, {
      ...good,
      shipment_id: "{\"id\":\"se-1\"}"
    }],
    ["a number that is a number", { ...good, shipment_number: 7 }, { ...good, shipment_number: "7" }]
  ])("keeps %s as text", (_, json, result) => {
    expect(decode({ fulfillments: [json] })).toStrictEqual(Either.right({ fulfillments: [result] }))
  })

  it("isn't read where it also tells of errors as a failure does", () => {
    const body = { has_errors: false, fulfillments: [good], errors: [{ message: "se-2 failed" }] }
    expect(CreateFulfillments.decodeResponse(JSON.stringify(body))).toEqual(Option.none())
    for (const errors of [[], null, undefined, "none"]) {
      expect(CreateFulfillments.decodeResponse(JSON.stringify({ ...body, errors }))).toEqual(
        Option.some({ has_errors: false, fulfillments: [good] })
      )
    }
  })

  it("keeps a message that is nested too deeply to be written", () => {
    let deep: unknown = []
    for (let depth = 0; depth < 100_000; depth++) deep = [deep]
    expect(decode({ fulfillments: [{ ...good, error_message: deep }] })).toStrictEqual(
      Either.right({ fulfillments: [{ ...good, error_message: "…" }] })
    )
  })

  it.prop("never loses a result's message or id, whatever they are", [fc.jsonValue(), fc.jsonValue(), fc.jsonValue()], (
    [id, message, has_errors]
  ) => {
    const { fulfillments, has_errors: errors } = Schema.decodeUnknownSync(Response)({
      has_errors,
      fulfillments: [{ shipment_id: id, error_message: message }]
    })
    expect([(fulfillments?.[0]?.shipment_id ?? null) === null, (fulfillments?.[0]?.error_message ?? null) === null])
      .toEqual([id === null, message === null])
    expect((errors ?? null) === null).toBe(has_errors === null)
  })

  it.prop("is written and read back as what it was", [Response], ([response]) => {
    const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Response)(response)))
    expect(decode(json)).toEqual(Either.right(response))
  })
})
