import * as Schema from "effect/Schema"
import { Address } from "./Fulfillment.js"
import { answerDate, answerField, answerList, answerNumber, answerText, openEnum } from "./internal/tolerant.js"

/**
 * How far a shipment has come. A `cancelled` one can't be fulfilled. The vendor doesn't publish which of the others it has
 * once it was marked as shipped.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentStatus = openEnum("pending", "processing", "label_purchased", "cancelled").annotations({
  identifier: "ShipStationShipmentStatus",
  description: "How far the shipment has come"
})

/**
 * One of the four known states, or the text that the API sent.
 *
 * @since 0.1.0
 * @category models
 */
export type ShipmentStatus = typeof ShipmentStatus.Type

/**
 * One line of an order.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentItem = Schema.Struct({
  /** What it is called. */
  name: answerText,
  /** How many of it go with this shipment. */
  quantity: answerNumber,
  /** The shop's own code for it. */
  sku: answerText,
  /** The sales order that it belongs to. */
  sales_order_id: answerText,
  /** The sales order's line. */
  sales_order_item_id: answerText,
  /** The order's id in the shop or marketplace. */
  external_order_id: answerText,
  /** The line's id in the shop or marketplace. */
  external_order_item_id: answerText,
  /** Amazon's code for it. */
  asin: answerText,
  /** The kind of shop or marketplace, such as `shopify`. */
  order_source_code: answerText
}).annotations({ identifier: "ShipStationShipmentItem", description: "One line of an order" })

/**
 * One line of an order. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface ShipmentItem extends Schema.Schema.Type<typeof ShipmentItem> {}

/**
 * A weight.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Weight = Schema.Struct({
  /** How many of the unit. */
  value: answerNumber,
  /** The unit, such as `ounce` or `gram`. */
  unit: answerText
}).annotations({ identifier: "ShipStationWeight", description: "A weight, in the unit that stands beside it" })

/**
 * One box of a shipment.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentPackage = Schema.Struct({
  /** The package's own id. */
  shipment_package_id: answerText,
  /** The kind of package. */
  package_id: answerText,
  /** The code of that kind, such as `package`. */
  package_code: answerText,
  /** The caller's own id of the package. */
  external_package_id: answerText,
  /** The carrier's number, where the package has one of its own. */
  tracking_number: answerText,
  /** What it weighs. */
  weight: answerField(Weight)
}).annotations({ identifier: "ShipStationShipmentPackage", description: "One box of a shipment" })

/**
 * One box of a shipment. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface ShipmentPackage extends Schema.Schema.Type<typeof ShipmentPackage> {}

/**
 * A tag of a shipment.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentTag = Schema.Struct({
  /** The tag's text. */
  name: answerText
}).annotations({ identifier: "ShipStationShipmentTag", description: "A tag of a shipment" })

/**
 * A shipment as `GET /v2/shipments` lists it: what ShipStation's pages and API v1 call an order. The vendor marks no field
 * as required for an answer, so each may be missing or null, and an unknown one is dropped.
 *
 * What API v1 calls a shipment is a label here, with an id of its own.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Shipment = Schema.Struct({
  /** The shipment's id, such as `se-12345678`: `se-` and the `orderId` of API v1. */
  shipment_id: answerText,
  /** The order number, as the shop or a person gave it. It can change, and two shipments may have the same. */
  shipment_number: answerText,
  /** The caller's own id, unique and unchanging: the `orderKey` of API v1. It is an `se-…` where none was given. */
  external_shipment_id: answerText,
  /** The sales order that it was made from. */
  sales_order_id: answerText,
  /** The shop or marketplace that the order came from. */
  store_id: answerText,
  /** The carrier account that is to be used. */
  carrier_id: answerText,
  /** The service that is to be used, such as `ups_ground`. */
  service_code: answerText,
  /** How far it has come. A `cancelled` one can't be fulfilled. */
  shipment_status: answerField(ShipmentStatus),
  /** When it was created. */
  created_at: answerDate,
  /** When it was created or last changed. */
  modified_at: answerDate,
  /** When it was or will be shipped. */
  ship_date: answerDate,
  /** The address that it goes to. */
  ship_to: answerField(Address),
  /** The address that it comes from. */
  ship_from: answerField(Address),
  /** The lines of the order. One that isn't an object is `{}`. */
  items: answerField(answerList(ShipmentItem, (): ShipmentItem => ({}))),
  /** Its boxes. One that isn't an object is `{}`. */
  packages: answerField(answerList(ShipmentPackage, (): ShipmentPackage => ({}))),
  /** Its tags. One that isn't an object is `{}`. */
  tags: answerField(answerList(ShipmentTag, (): typeof ShipmentTag.Type => ({})))
}).annotations({ identifier: "ShipStationShipment", description: "A shipment, which elsewhere is called an order" })

/**
 * A shipment as `GET /v2/shipments` lists it. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface Shipment extends Schema.Schema.Type<typeof Shipment> {}
