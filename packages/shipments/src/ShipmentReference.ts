/**
 * What people have instead of a shipment's id: an order number, an id of their own, an id of API v1.
 *
 * Source: "Legacy API Migration" and "Understanding Orders & Shipments" of the vendor's documentation.
 *
 * @since 0.1.0
 */
import * as ShipStation from "@effect-shipstation/schema/Fulfillment"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

const absent = {
  shipment_id: Schema.optional(Schema.Undefined),
  v1_order_id: Schema.optional(Schema.Undefined),
  external_shipment_id: Schema.optional(Schema.Undefined),
  shipment_number: Schema.optional(Schema.Undefined),
  sales_order_id: Schema.optional(Schema.Undefined)
}

/**
 * The shipment's own id, such as `se-12345678`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByShipmentId = Schema.Struct({ ...absent, shipment_id: Schema.String })

/**
 * The `orderId` of API v1, in digits: with `se-` before it, it is the shipment's id. The `shipmentId` of API v1 is another
 * thing, the id of a label. With `se-` before it, it would be the id of somebody else's shipment, so there is no reference
 * by it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByV1OrderId = Schema.Struct({ ...absent, v1_order_id: Schema.String })

/**
 * The id that the shipment's creator gave it, which is unique: the `orderKey` of API v1.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByExternalShipmentId = Schema.Struct({ ...absent, external_shipment_id: Schema.String })

/**
 * The order number, which two shipments may share: the `orderNumber` of API v1.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByShipmentNumber = Schema.Struct({ ...absent, shipment_number: Schema.String })

/**
 * The sales order, of which several shipments may have been made.
 *
 * @since 0.1.0
 * @category schemas
 */
export const BySalesOrderId = Schema.Struct({ ...absent, sales_order_id: Schema.String })

/**
 * What people have instead of a shipment's id: one of five, under its name.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentReference = Schema.Union(
  ByShipmentId,
  ByV1OrderId,
  ByExternalShipmentId,
  ByShipmentNumber,
  BySalesOrderId
).annotations({ identifier: "ShipmentReference" })

/**
 * What people have instead of a shipment's id: one of five, under its name.
 *
 * @since 0.1.0
 * @category models
 */
export type ShipmentReference = typeof ShipmentReference.Type

/**
 * A reference that means one shipment at most.
 *
 * @since 0.1.0
 * @category models
 */
export type UniqueReference =
  | typeof ByShipmentId.Type
  | typeof ByV1OrderId.Type
  | typeof ByExternalShipmentId.Type

/**
 * What to look for: a field of a shipment, and the value that it has to have, to the letter.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly field: "shipment_id" | "external_shipment_id" | "shipment_number" | "sales_order_id"
  readonly value: string
}

/**
 * Reads an `orderId` of API v1 as a shipment's id. Left: why it can't be one. No request is made.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromV1OrderId = (orderId: string): Either.Either<string, string> =>
  typeof orderId === "string" && /^[1-9][0-9]*$/.test(orderId) && isShipmentId(`se-${orderId}`)
    ? Either.right(`se-${orderId}`)
    : Either.left("v1_order_id must be digits, such as 12345678")

/**
 * Tells what to look for. Left: why the reference can't mean any shipment.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toTarget = (reference: ShipmentReference): Either.Either<Target, string> => {
  const { external_shipment_id, sales_order_id, shipment_id, shipment_number, v1_order_id } = reference
  const given = [external_shipment_id, sales_order_id, shipment_id, shipment_number, v1_order_id]
  if (given.filter((value) => value !== undefined).length !== 1) {
    return Either.left("it must have exactly one id or number")
  }
  if (v1_order_id !== undefined) {
    return Either.map(fromV1OrderId(v1_order_id), (value): Target => ({ field: "shipment_id", value }))
  }
  if (shipment_id !== undefined) {
    return isShipmentId(shipment_id)
      ? Either.right({ field: "shipment_id", value: shipment_id })
      : Either.left("shipment_id must look like se-12345678")
  }
  if (external_shipment_id !== undefined) return text("external_shipment_id", external_shipment_id)
  return shipment_number === undefined
    ? text("sales_order_id", sales_order_id ?? "")
    : text("shipment_number", shipment_number)
}

const isShipmentId = Schema.is(ShipStation.ShipmentId)

const text = (field: Target["field"], value: string): Either.Either<Target, string> =>
  // what a program without types may pass isn't text
  typeof value !== "string"
    ? Either.left(`${field} must be text`)
    : /\S/.test(value)
    ? Either.right({ field, value })
    : Either.left(`${field} must not be blank`)
