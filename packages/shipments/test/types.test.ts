import type { ShipStationClient, ShipStationError } from "@effect-shipstation/http-client"
import type { Shipment } from "@effect-shipstation/schema"
import type { InvalidShipmentsQueryError } from "@effect-shipstation/shipments"
import { CarrierMatch, Carriers, ShipmentMatch, type ShipmentReference, Shipments } from "@effect-shipstation/shipments"
import type { HttpClient } from "@effect/platform"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { type ConfigError, Context, Effect, type Layer, type Option, Schema, type Stream } from "effect"

type Errors = ShipStationError.ShipStationError

class Wire extends Context.Tag("Wire")<Wire, { readonly tell: (settled: number) => Effect.Effect<void> }>() {}

describe("types", () => {
  it("a reference is one of five, and nothing else", () => {
    expectTypeOf<keyof ShipmentReference.ShipmentReference>().toEqualTypeOf<
      "shipment_id" | "v1_order_id" | "external_shipment_id" | "shipment_number" | "sales_order_id"
    >()
    const references: ReadonlyArray<ShipmentReference.ShipmentReference> = [
      { shipment_id: "se-1" },
      { v1_order_id: "1" },
      { external_shipment_id: "a" },
      { shipment_number: "a" },
      { sales_order_id: "a" }
    ]
    // @ts-expect-error the shipmentId of API v1 is the id of a label: there is no way from it to a shipment
    const v1: ShipmentReference.ShipmentReference = { v1_shipment_id: "1" }
    // @ts-expect-error two at once
    const two: ShipmentReference.ShipmentReference = { shipment_id: "se-1", shipment_number: "1" }
    // @ts-expect-error none
    const none: ShipmentReference.ShipmentReference = {}
    // @ts-expect-error leading zeros count
    const digits: ShipmentReference.ShipmentReference = { shipment_number: 1001 }
    expect([references.length, v1, two, none, digits].length).toBe(5)
  })

  it("a match is exactly one of four, and a carrier's one of three", () => {
    expectTypeOf<ShipmentMatch.ShipmentMatch["_tag"]>().toEqualTypeOf<
      "Found" | "NotFound" | "Ambiguous" | "Cancelled"
    >()
    expectTypeOf<CarrierMatch.CarrierMatch["_tag"]>().toEqualTypeOf<"Found" | "NotFound" | "Ambiguous">()
    expectTypeOf<ShipmentMatch.Found["shipment_id"]>().toEqualTypeOf<string>()
    // @ts-expect-error a kind isn't handled
    const some = () => ShipmentMatch.match({ Found: () => 1, NotFound: () => 2, Ambiguous: () => 3 })
    // @ts-expect-error a kind isn't handled
    const few = () => CarrierMatch.match({ Found: () => 1, NotFound: () => 2 })
    expect([some, few].length).toBe(2)
  })

  it("methods need nothing but what a call brings along, and fail with what can happen", () => {
    const resolve = Effect.flatMap(Shipments.Shipments, (service) => service.resolve([{ shipment_number: "1" }]))
    expectTypeOf(resolve).toEqualTypeOf<
      Effect.Effect<Array<ShipmentMatch.ShipmentMatch>, Errors, Shipments.Shipments>
    >()
    const telling = Effect.flatMap(
      Shipments.Shipments,
      (service) =>
        service.resolve([], { onProgress: ({ settled }) => Effect.flatMap(Wire, ({ tell }) => tell(settled)) })
    )
    expectTypeOf<Effect.Effect.Context<typeof telling>>().toEqualTypeOf<Shipments.Shipments | Wire>()
    expectTypeOf<ReturnType<Shipments.Service["get"]>>().toEqualTypeOf<
      Effect.Effect<Option.Option<Shipment.Shipment>, Errors>
    >()
    expectTypeOf<ReturnType<Shipments.Service["listAll"]>>().toEqualTypeOf<
      Stream.Stream<Shipment.Shipment, Errors | InvalidShipmentsQueryError.InvalidShipmentsQueryError>
    >()
    expectTypeOf<Shipments.Service["plan"]>().returns.toEqualTypeOf<Effect.Effect<Shipments.Plan, Errors>>()
    expectTypeOf<ReturnType<Carriers.Service["resolve"]>>().toEqualTypeOf<
      Effect.Effect<CarrierMatch.CarrierMatch, Errors>
    >()
    // @ts-expect-error several may have a number: it is resolved, not got
    const got = Effect.flatMap(Shipments.Shipments, (service) => service.get({ shipment_number: "1" }))
    expect(Effect.isEffect(got)).toBe(true)
  })

  it("layers need what they say", () => {
    type Client = ShipStationClient.ShipStationClient
    expectTypeOf(Shipments.layer).toEqualTypeOf<Layer.Layer<Shipments.Shipments, never, Client>>()
    expectTypeOf(Carriers.layer).returns.toEqualTypeOf<Layer.Layer<Carriers.Carriers, never, Client>>()
    expectTypeOf(Shipments.layerConfig).returns.toEqualTypeOf<
      Layer.Layer<Shipments.Shipments | Carriers.Carriers, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
    expect([Shipments.Shipments.key, Carriers.Carriers.key]).toEqual([
      "@effect-shipstation/shipments/Shipments",
      "@effect-shipstation/shipments/Carriers"
    ])
  })

  it("matches can be stored", () => {
    const found = new ShipmentMatch.Found({
      index: 0,
      reference: { shipment_number: "1" },
      shipment_id: "se-1",
      shipment: { shipment_id: "se-1", shipment_number: "1" }
    })
    const json = JSON.parse(JSON.stringify(Schema.encodeSync(ShipmentMatch.ShipmentMatch)(found)))
    expect(json).toEqual({
      _tag: "Found",
      index: 0,
      reference: { shipment_number: "1" },
      shipment_id: "se-1",
      shipment: { shipment_id: "se-1", shipment_number: "1" }
    })
    expect(Schema.decodeUnknownSync(ShipmentMatch.ShipmentMatch)(json)).toEqual(found)
    expect(ShipmentMatch.match(found, {
      Found: ({ shipment_id }) => shipment_id,
      NotFound: () => "",
      Ambiguous: () => "",
      Cancelled: () => ""
    })).toBe("se-1")
  })
})
