import { Carrier } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Either, Schema } from "effect"

const read = Schema.decodeUnknownSync(Carrier.ListCarriers)

const ups = {
  carrier_id: "se-1",
  carrier_code: "ups",
  account_number: "A1",
  nickname: "the warehouse's",
  friendly_name: "UPS",
  connection_status: "approved",
  requires_funded_amount: false,
  balance: 0,
  primary: true,
  services: [{ service_code: "ups_ground", name: "UPS® Ground", domestic: true, international: false }]
}

describe("the carriers", () => {
  it("are read, and what isn't known of them is dropped", () => {
    expect(read({ carriers: [{ ...ups, packages: [], options: [] }], request_id: "r" })).toEqual({
      carriers: [ups],
      request_id: "r"
    })
  })

  it.each(Object.keys(Carrier.Carrier.fields))("may be without %s, or have null there", (field) => {
    const { [field]: _, ...others } = Object.fromEntries(Object.entries(ups))
    expect(read({ carriers: [others] }).carriers).toEqual([others])
    expect(read({ carriers: [{ ...others, [field]: null }] }).carriers).toEqual([{ ...others, [field]: null }])
  })

  it.each(["pending_approval", "approved", "suspended", null])("have the status %j as it was sent", (status) => {
    expect(read({ carriers: [{ connection_status: status }] }).carriers).toEqual([{ connection_status: status }])
  })

  it("that can't be read are rows all the same", () => {
    expect(read({ carriers: [null, "ups", { carrier_code: 7, services: [null], primary: "true", balance: "1" }] }))
      .toEqual({ carriers: [{}, {}, { carrier_code: "7", services: [{}], primary: true, balance: null }] })
  })

  it("may be fewer than there are, and the reason is told", () => {
    expect(read({ carriers: [], errors: [{ error_source: "carrier", message: "down" }, "gone"] }).errors).toEqual([
      { error_source: "carrier", message: "down" },
      { message: "gone" }
    ])
  })

  it.each([{}, { carriers: null }, "<html>", null])("aren't there: %j", (json) => {
    expect(Either.isLeft(Schema.decodeUnknownEither(Carrier.ListCarriers)(json))).toBe(true)
  })
})
