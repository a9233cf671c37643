/** What a carrier's name means on an account. */
export * as CarrierMatch from "./CarrierMatch.js"

/** The carriers of an account, and which of them a name means. */
export * as Carriers from "./Carriers.js"

/** A query that can't be sent as it is. */
export * as InvalidShipmentsQueryError from "./InvalidShipmentsQueryError.js"

/** What people have instead of a shipment's id. */
export * as ShipmentReference from "./ShipmentReference.js"

/** Which shipment a reference means. */
export * as ShipmentMatch from "./ShipmentMatch.js"

/** The shipments of an account, and which of them references mean. */
export * as Shipments from "./Shipments.js"
