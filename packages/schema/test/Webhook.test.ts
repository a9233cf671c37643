import { Webhook } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Either, Schema } from "effect"

const read = Schema.decodeUnknownSync(Webhook.Event)

const readKeys = Schema.decodeUnknownSync(Webhook.Jwks)

const shipped = {
  resource_url: "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-16731019&shipment_id=se-412669417",
  resource_type: "FULFILLMENT_SHIPPED_V2"
}

const key = { kty: "RSA", kid: "a", alg: "RS256", use: "sig", n: "AQAB", e: "AQAB" }

describe("an event", () => {
  it("is read, and what isn't known of it is dropped", () => {
    expect(read({ ...shipped, more: 1 })).toEqual(shipped)
  })

  it("has what it tells by itself as it is", () => {
    const event = { ...shipped, resource_type: "TRACK_EVENT_V2", data: { status_code: "DE", events: [1, null] } }
    expect(read(event)).toEqual(event)
  })

  it.each(["FULFILLMENT_REJECTED_V2", "fulfillment_shipped_v2", "SOMETHING_NEW_V3"])(
    "of the type %s has it as it was sent",
    (resource_type) => {
      expect(read({ resource_type })).toEqual({ resource_type })
    }
  )

  it.each([
    [null, null],
    [7, "7"],
    [{ href: "x" }, null]
  ])("with the URL %j has %j, and is read", (resource_url, expected) => {
    expect(read({ ...shipped, resource_url })).toEqual({ ...shipped, resource_url: expected })
  })

  it.each([{}, { resource_url: "https://api.shipstation.com" }, { resource_type: 7 }, [], "<html>", null])(
    "isn't there without a type: %j",
    (json) => {
      expect(Either.isLeft(Schema.decodeUnknownEither(Webhook.Event)(json))).toBe(true)
    }
  )
})

describe("a set of keys", () => {
  it("is read, and what isn't known of a key is dropped", () => {
    expect(readKeys({ keys: [{ ...key, x5c: ["…"] }], more: 1 })).toEqual({ keys: [key] })
  })

  it("may have keys of other kinds, and ones that can't be read", () => {
    expect(readKeys({ keys: [{ kty: "EC", crv: "P-256" }, null, "key", { ...key, n: [1] }] })).toEqual({
      keys: [{ kty: "EC" }, {}, {}, { ...key, n: null }]
    })
  })

  it.each([{}, { keys: null }, { keys: key }, "<html>", null])("isn't one: %j", (json) => {
    expect(Either.isLeft(Schema.decodeUnknownEither(Webhook.Jwks)(json))).toBe(true)
  })
})
