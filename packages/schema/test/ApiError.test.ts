import { ApiError } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Either, FastCheck as fc, Schema } from "effect"
import { codes } from "./codes.js"

const { ErrorBody, ErrorCode, ErrorDetail, ErrorSource, ErrorType } = ApiError

const decode = Schema.decodeUnknownEither(ErrorBody)

const detail = {
  error_source: "ShipStation",
  error_type: "validation",
  error_code: "invalid_field_value",
  message: "Body of request cannot be null.",
  field_name: "inventory_warehouse_id",
  field_value: "invalid-id"
}

describe("the lists of known values", () => {
  it("are those of the contract", () => {
    expect(ErrorSource.members[0].literals).toEqual(["carrier", "order_source", "ShipStation"])
    expect(ErrorType.members[0].literals).toEqual([
      "account_status",
      "business_rules",
      "validation",
      "security",
      "system",
      "integrations"
    ])
    expect(ErrorCode.members[0].literals).toEqual(codes)
    expect(new Set(codes).size).toBe(43)
  })

  it.each(
    [
      ["ErrorSource", ErrorSource, ["shipengine", "shipstation", "Carrier", ""]],
      ["ErrorType", ErrorType, ["error", "Validation", "validation ", ""]],
      ["ErrorCode", ErrorCode, ["multipackage_not_supported", "not_found", "UNAUTHORIZED", ""]]
    ] as const
  )("of %s are open: an unknown one keeps its text", (_, schema, unknown) => {
    for (const text of [...schema.members[0].literals, ...unknown]) {
      expect(Schema.decodeUnknownEither(schema)(text)).toEqual(Either.right(text))
      expect(Schema.encodeUnknownEither(schema)(text)).toEqual(Either.right(text))
    }
    for (const other of [1, true, {}, []]) {
      expect(Either.isLeft(Schema.decodeUnknownEither(schema)(other))).toBe(true)
    }
  })
})

describe("an error body", () => {
  it("has the contract's fields", () => {
    expect(Object.keys(ErrorBody.fields)).toEqual(["request_id", "errors"])
    expect(Object.keys(ErrorDetail.fields)).toEqual(Object.keys(detail))
  })

  it.each([
    ["the contract's", { request_id: "aa3d8e8e-462b-4476-9618-72db7f7b7009", errors: [detail] }],
    ["a live 401, without a request id and with a source of its own", {
      errors: [{
        error_source: "shipengine",
        error_type: "security",
        error_code: "unauthorized",
        message: "Access denied."
      }]
    }],
    ["of a code that isn't in the list", { errors: [{ error_code: "multipackage_not_supported" }] }],
    ["of a type that isn't in the list", { errors: [{ error_type: "weather" }] }],
    ["with null for a request id", { request_id: null, errors: [detail, detail] }],
    ["with null for every field", {
      errors: [{
        error_source: null,
        error_type: null,
        error_code: null,
        message: null,
        field_name: null,
        field_value: null
      }]
    }],
    ["with an error that says nothing", { request_id: "r", errors: [{}] }],
    ["without errors", { request_id: "r", errors: [] }]
  ])("may be %s, and says nothing that wasn't sent", (_, json) => {
    expect(decode(json)).toStrictEqual(Either.right(json))
    expect(Either.flatMap(decode(json), Schema.encodeEither(ErrorBody))).toStrictEqual(Either.right(json))
  })

  it.each(Object.keys(detail))("may lack %s in an error", (field) => {
    const json = { errors: [Object.fromEntries(Object.entries(detail).filter(([key]) => key !== field))] }
    expect(decode(json)).toStrictEqual(Either.right(json))
  })

  it("may have fields that nobody knows yet", () => {
    expect(decode({
      request_id: "r",
      trace: {},
      errors: [{ ...detail, carrier_id: "se-1", carrier_code: "ups", fields: ["a"], min_length: 1, max_length: 25 }]
    })).toStrictEqual(Either.right({ request_id: "r", errors: [detail] }))
  })

  it.each([
    ["", ""],
    ["invalid-id", "invalid-id"],
    ["null", "null"],
    [0, "0"],
    [12.5, "12.5"],
    [false, "false"],
    [[1, "a"], "[1,\"a\"]"],
    [{ a: null }, "{\"a\":null}"]
  ])("tells the field_value %j as text", (field_value, text) => {
    expect(decode({ errors: [{ field_value }] })).toEqual(Either.right({ errors: [{ field_value: text }] }))
  })

  it.each([null, undefined])("has no field_value when it is %s", (field_value) => {
    expect(decode({ errors: [{ field_value }] })).toStrictEqual(Either.right({ errors: [{ field_value }] }))
  })

  it.each([
    [null],
    [""],
    ["<html>"],
    [[]],
    [[detail]],
    [detail],
    [{}],
    [{ errors: null }],
    [{ errors: undefined }]
  ])("isn't %j", (json) => {
    expect(Either.isLeft(decode(json))).toBe(true)
  })

  it.each(Object.keys(detail))("keeps a %s of another type as text, and the rest", (field) => {
    for (
      const [json, text] of [
        [429, "429"],
        [true, "true"],
        [{ a: 1 }, "{\"a\":1}"],
        [["carrier"], "[\"carrier\"]"],
        [{}, "{}"]
      ] as const
    ) {
      expect(decode({ errors: [{ ...detail, [field]: json }] })).toStrictEqual(
        Either.right({ errors: [{ ...detail, [field]: text }] })
      )
    }
  })

  it.each([
    ["no", { message: "no" }],
    ["", { message: "" }],
    [5, { message: "5" }],
    [[detail], { message: JSON.stringify([detail]) }],
    [null, {}]
  ])("has an error for %j, which has no source", (json, read) => {
    expect(decode({ errors: [detail, json] })).toStrictEqual(Either.right({ errors: [detail, read] }))
  })

  it.each([
    ["an error", detail, detail],
    ["a carrier's error", { error_source: "carrier", message: {} }, { error_source: "carrier", message: "{}" }],
    ["nothing", {}, { message: "{}" }],
    ["errors by their fields", { "fulfillments[0]": ["why"] }, { message: "{\"fulfillments[0]\":[\"why\"]}" }],
    ["a text", "why", { message: "why" }],
    ["a number", 5, { message: "5" }],
    ["false", false, { message: "false" }]
  ])("may have %s in place of the list", (_, errors, read) => {
    expect(decode({ request_id: "r", errors })).toStrictEqual(Either.right({ request_id: "r", errors: [read] }))
  })

  it("has a request id that is a number, and none that is something else", () => {
    const read = (request_id: unknown) => Either.map(decode({ request_id, errors: [detail] }), (_) => _.request_id)
    expect(read(17)).toEqual(Either.right("17"))
    for (const wrong of [{}, [], true, Infinity]) expect(read(wrong)).toEqual(Either.right(null))
  })

  it.prop("is read whatever its errors are", [
    fc.jsonValue(),
    fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.constantFrom(...Object.keys(detail)), fc.jsonValue())))
  ], ([request_id, errors]) => {
    const body = decode({ request_id, errors })
    expect(Either.isRight(body)).toBe(errors !== null)
    const count = Array.isArray(errors) ? errors.length : 1
    expect(Either.map(body, (_) => _.errors.length)).toEqual(errors === null ? body : Either.right(count))
  })

  it.prop("is written and read back as what it was", [ErrorBody], ([body]) => {
    const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(ErrorBody)(body)))
    expect(decode(json)).toEqual(Either.right(body))
  })
})
