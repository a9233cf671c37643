/**
 * What a carrier's name means on an account.
 *
 * @since 0.1.0
 */
export * as CarrierMatch from "./CarrierMatch.js"

/**
 * The carriers of an account, and which of them a name means.
 *
 * @since 0.1.0
 */
export * as Carriers from "./Carriers.js"

/**
 * A query that can't be sent as it is.
 *
 * @since 0.1.0
 */
export * as InvalidShipmentsQueryError from "./InvalidShipmentsQueryError.js"

/**
 * What people have instead of a shipment's id.
 *
 * @since 0.1.0
 */
export * as ShipmentReference from "./ShipmentReference.js"

/**
 * Which shipment a reference means.
 *
 * @since 0.1.0
 */
export * as ShipmentMatch from "./ShipmentMatch.js"

/**
 * The shipments of an account, and which of them references mean.
 *
 * @since 0.1.0
 */
export * as Shipments from "./Shipments.js"
