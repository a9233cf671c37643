import { Shipment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"

const read = Schema.decodeUnknownSync(Shipment.Shipment)

/** As live answers have it, with fields that nobody here knows. */
const whole = {
  shipment_id: "se-12345678",
  shipment_number: "1001",
  external_shipment_id: "shop-1001",
  sales_order_id: "so-1",
  store_id: "se-5",
  carrier_id: "se-9",
  service_code: "ups_ground",
  shipment_status: "pending",
  created_at: "2024-01-15T18:00:00.123Z",
  modified_at: "2024-01-16T18:00:00Z",
  ship_date: "2024-01-17T00:00:00Z",
  ship_to: { name: "Ann", postal_code: "01234", address_residential_indicator: "yes" },
  ship_from: { name: "Bob" },
  items: [{ name: "Mug", quantity: 2, sku: "M-1", sales_order_id: "so-1" }],
  packages: [{ package_code: "package", weight: { value: 3, unit: "ounce" } }],
  tags: [{ name: "rush" }],
  total_weight: { value: 3, unit: "ounce" },
  customs: null
}

describe("a shipment", () => {
  it("is read, and what isn't known of it is dropped", () => {
    const { customs: _, created_at, modified_at, ship_date, total_weight: __, ...others } = whole
    expect(read(whole)).toEqual({
      ...others,
      created_at: DateTime.unsafeMake(created_at),
      modified_at: DateTime.unsafeMake(modified_at),
      ship_date: DateTime.unsafeMake(ship_date),
      ship_to: { name: "Ann", postal_code: "01234" }
    })
  })

  it.each(["pending", "processing", "label_purchased", "cancelled", "on_hold", "Awaiting Shipment"])(
    "has the status %s as it was sent",
    (shipment_status) => {
      expect(read({ shipment_status })).toEqual({ shipment_status })
    }
  )

  it.each(Object.keys(Shipment.Shipment.fields))("may be without %s, or have null there", (field) => {
    const { [field]: _, ...others } = Object.fromEntries(Object.entries(whole))
    expect(read(others)).not.toHaveProperty(field)
    expect(read({ ...others, [field]: null })).toHaveProperty(field, null)
  })

  it("is nothing at all when nothing is said", () => {
    expect(read({})).toEqual({})
  })

  it.each<[string, unknown, unknown]>([
    ["shipment_id", 12345678, "12345678"],
    ["shipment_number", 1001, "1001"],
    ["shipment_number", true, null],
    ["shipment_status", 7, null],
    ["created_at", "15.01.2024", null],
    ["items", "none", null],
    ["items", [null, { name: "Mug" }], [{}, { name: "Mug" }]],
    ["packages", [1, { weight: "3 oz" }], [{}, { weight: null }]],
    ["tags", ["rush"], [{}]],
    ["ship_to", "Ann", null]
  ])("whose %s is %j is read all the same", (field, given, expected) => {
    expect(read({ ...whole, [field]: given })).toMatchObject({ external_shipment_id: "shop-1001", [field]: expected })
  })
})
