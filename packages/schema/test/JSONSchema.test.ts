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
import { JSONSchema, Option, Predicate, Schema, SchemaAST } from "effect"

const isPure = (value: unknown): value is Schema.Schema<unknown> => Schema.isSchema(value)

const modules = {
  ApiError,
  Carrier,
  CreateFulfillments,
  Fulfillment,
  ListFulfillments,
  ListShipments,
  Shipment,
  Webhook
}

const schemas = Object.entries(modules).flatMap(([module, exports]) =>
  Object.entries(exports).flatMap(([name, value]) => isPure(value) ? [[`${module}.${name}`, value] as const] : [])
)

/** Every object inside a JSON value, itself too. */
const objects = (json: unknown): ReadonlyArray<object> =>
  Predicate.isObject(json) ? [json, ...Object.values(json).flatMap(objects)] : []

const nameOf = (schema: Schema.Schema.Any): string => Option.getOrThrow(SchemaAST.getIdentifierAnnotation(schema.ast))

const of = <A, I>(schema: Schema.Schema<A, I>): unknown => JSON.parse(JSON.stringify(JSONSchema.make(schema)))

const string = { type: "string" }
const orNull = (schema: object) => ({ anyOf: [schema, { type: "null" }] })

describe("the JSON Schema", () => {
  it("is there for every schema that the package exports", () => {
    expect(schemas.map(([name]) => name).toSorted()).toEqual([
      "ApiError.ErrorBody",
      "ApiError.ErrorCode",
      "ApiError.ErrorDetail",
      "ApiError.ErrorSource",
      "ApiError.ErrorType",
      "Carrier.Carrier",
      "Carrier.CarrierService",
      "Carrier.ConnectionStatus",
      "Carrier.ListCarriers",
      "CreateFulfillments.Request",
      "CreateFulfillments.Response",
      "CreateFulfillments.Result",
      "Fulfillment.Address",
      "Fulfillment.CarrierCode",
      "Fulfillment.Fulfillment",
      "Fulfillment.FulfillmentInput",
      "Fulfillment.Money",
      "Fulfillment.ShipDate",
      "Fulfillment.ShipmentId",
      "Fulfillment.TrackingNumber",
      "ListFulfillments.Link",
      "ListFulfillments.Page",
      "ListFulfillments.Query",
      "ListFulfillments.SortBy",
      "ListFulfillments.SortDir",
      "ListShipments.Page",
      "ListShipments.Query",
      "ListShipments.SortBy",
      "Shipment.Shipment",
      "Shipment.ShipmentItem",
      "Shipment.ShipmentPackage",
      "Shipment.ShipmentStatus",
      "Shipment.ShipmentTag",
      "Shipment.Weight",
      "Webhook.Event",
      "Webhook.Jwk",
      "Webhook.Jwks",
      "Webhook.ResourceType"
    ])
  })

  it("has names that are its own, so that one document can hold all", () => {
    expect(new Set(schemas.map(([, schema]) => nameOf(schema))).size).toBe(schemas.length)
  })

  it.each(schemas)("of %s, and all in it, has no name that an application's own could have", (_, schema) => {
    const definitions = {}
    JSONSchema.fromAST(schema.ast, { definitions })
    expect(Object.keys(definitions).filter((name) => !/^ShipStation[A-Z]/.test(name))).toEqual([])
  })

  it.each(schemas)("of %s has a name and a description", (_, schema) => {
    expect(JSONSchema.make(schema)).toMatchObject({
      $ref: `#/$defs/${nameOf(schema)}`,
      $defs: { [nameOf(schema)]: { description: expect.stringMatching(/^[A-Z].{8,}/) } }
    })
  })

  it.each(schemas)(
    "of %s fits OpenAPI: no unknown, and nothing beside a $ref, where it would be ignored",
    (_, schema) => {
      for (const target of ["jsonSchema7", "openApi3.1"] as const) {
        const definitions = {}
        const json = JSONSchema.fromAST(schema.ast, { definitions, target, additionalPropertiesStrategy: "allow" })
        const all = objects([json, definitions])
        expect(all.length).toBeGreaterThan(2)
        expect(all.filter((_) => "$id" in _)).toEqual([])
        expect(all.filter((_) => "$ref" in _ && Object.keys(_).length > 1)).toEqual([])
      }
    }
  )

  it("of an input tells the formats", () => {
    expect(of(Fulfillment.FulfillmentInput)).toMatchObject({
      $defs: {
        ShipStationFulfillmentInput: {
          type: "object",
          required: ["shipment_id", "tracking_number", "carrier_code"],
          properties: {
            shipment_id: { $ref: "#/$defs/ShipStationShipmentId" },
            tracking_number: { $ref: "#/$defs/ShipStationTrackingNumber" },
            carrier_code: { $ref: "#/$defs/ShipStationCarrierCode" },
            ship_date: { $ref: "#/$defs/ShipStationShipDate" },
            notify_customer: { type: "boolean", description: "Whether to notify the customer via email" },
            notify_order_source: { type: "boolean", description: "Whether to notify the order source/marketplace" }
          }
        },
        ShipStationShipmentId: { ...string, pattern: "^se(-[a-z0-9]+)+$", maxLength: 25, examples: ["se-12345678"] },
        ShipStationTrackingNumber: { ...string, pattern: "[^\\s\\p{C}]", examples: ["1Z12345E6605272234"] },
        ShipStationCarrierCode: { ...string, pattern: "^[a-z0-9]+(_[a-z0-9]+)*$", examples: ["ups", "fedex", "usps"] },
        ShipStationShipDate: { ...string, format: "date-time", examples: ["2024-01-15T10:00:00Z"] }
      }
    })
    expect(of(CreateFulfillments.Request)).toMatchObject({
      $defs: {
        ShipStationCreateFulfillmentsRequest: {
          required: ["fulfillments"],
          properties: { fulfillments: { minItems: 1 } }
        }
      }
    })
  })

  it("of a query tells the bounds", () => {
    expect(of(ListFulfillments.Query)).toMatchObject({
      $defs: {
        ShipStationListFulfillmentsQuery: {
          required: [],
          properties: {
            shipment_id: { ...string, minLength: 1 },
            create_date_start: { $ref: "#/$defs/ShipStationDateFilter" },
            page: { type: "integer", minimum: 1 },
            page_size: { type: "integer", minimum: 1, maximum: 500 },
            sort_by: { $ref: "#/$defs/ShipStationSortBy" },
            sort_dir: { $ref: "#/$defs/ShipStationSortDir" }
          }
        },
        ShipStationDateFilter: { ...string, format: "date-time" },
        ShipStationSortBy: { enum: ["created_at", "modified_at", "shipped_at"] },
        ShipStationSortDir: { enum: ["asc", "desc"] }
      }
    })
  })

  it("of an answer lets fields be null, and known values be listed without closing the list", () => {
    expect(of(ApiError.ErrorDetail)).toMatchObject({
      $defs: {
        ShipStationErrorDetail: {
          required: [],
          properties: {
            error_type: orNull({ $ref: "#/$defs/ShipStationErrorType" }),
            message: orNull(string),
            field_value: orNull(string)
          }
        },
        ShipStationErrorType: { anyOf: [{ ...string, enum: expect.arrayContaining(["security"]) }, string] }
      }
    })
    expect(of(Fulfillment.Fulfillment)).toMatchObject({
      $defs: {
        ShipStationFulfillment: {
          required: [],
          properties: { created_at: orNull({ $ref: "#/$defs/ShipStationDateTimeAnswer" }) }
        },
        ShipStationDateTimeAnswer: { ...string, format: "date-time" }
      }
    })
  })

  it("of a list in an answer names what is in it", () => {
    for (
      const [schema, name] of [
        [of(CreateFulfillments.Response), "ShipStationCreateFulfillmentsResult"],
        [of(ListFulfillments.Page), "ShipStationFulfillment"],
        [of(ApiError.ErrorBody), "ShipStationErrorDetail"]
      ] as const
    ) {
      expect(objects(schema).filter((json) => "items" in json)).toEqual([
        expect.objectContaining({ type: "array", items: { $ref: `#/$defs/${name}` } })
      ])
    }
    expect(of(Fulfillment.Money)).toMatchObject({
      $defs: { ShipStationMoney: { properties: { amount: { anyOf: [{ type: "number" }, { type: "null" }] } } } }
    })
  })
})
