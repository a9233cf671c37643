/** What an editor shows of a field: the comment right before it in its struct. */
import {
  ApiError,
  Carrier,
  CreateFulfillments,
  Fulfillment,
  ListFulfillments,
  ListShipments,
  Shipment,
  Webhook
} from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const structs = {
  ApiError: [ApiError.ErrorDetail, ApiError.ErrorBody],
  Carrier: [Carrier.CarrierService, Carrier.Carrier, Carrier.ListCarriers],
  CreateFulfillments: [CreateFulfillments.Request, CreateFulfillments.Result, CreateFulfillments.Response],
  Fulfillment: [Fulfillment.FulfillmentInput, Fulfillment.Money, Fulfillment.Address, Fulfillment.Fulfillment],
  ListFulfillments: [ListFulfillments.Query, ListFulfillments.Link, ListFulfillments.Page],
  ListShipments: [ListShipments.Query, ListShipments.Page],
  Shipment: [Shipment.ShipmentItem, Shipment.Weight, Shipment.ShipmentPackage, Shipment.ShipmentTag, Shipment.Shipment],
  Webhook: [Webhook.Event, Webhook.Jwk, Webhook.Jwks]
}

/** A field's line in the source of a struct, and the line before it. */
const linesOf = (source: string) =>
  source.split("\n").flatMap((line, index, lines) => {
    const [, field] = /^ +(\w+): (?:Schema\.|answer|[A-Z]\w+,?$)/.exec(line) ?? []
    return field === undefined ? [] : [{ field, before: lines[index - 1]?.trim() ?? "" }]
  })

describe.each(Object.entries(structs))("in %s", (module, structs) => {
  const lines = [module, "Paging"].flatMap((name) =>
    linesOf(readFileSync(new URL(`../src/${name}.ts`, import.meta.url), "utf8"))
  )

  it("every field is found in the source", () => {
    const found = new Set(lines.map(({ field }) => field))
    expect(structs.flatMap(({ fields }) => Object.keys(fields)).filter((field) => !found.has(field))).toEqual([])
  })

  it.each(lines)("$field has a comment", ({ before }) => {
    expect(before).toMatch(/^(?:\/\*\* .*)?\*\/$/)
  })
})
