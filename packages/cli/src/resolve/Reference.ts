/**
 * What people have instead of a shipment's id, and instead of a carrier's code.
 */

/** How a row says which shipment it means. */
export type Reference =
  | { readonly _tag: "ShipmentNumber"; readonly value: string }
  | { readonly _tag: "ExternalShipmentId"; readonly value: string }
  | { readonly _tag: "SalesOrderId"; readonly value: string }
  | { readonly _tag: "V1OrderId"; readonly value: string }

/** What it is called, for a person. */
export const nounOf = ({ _tag }: Reference): string => {
  switch (_tag) {
    case "ShipmentNumber":
      return "order number"
    case "ExternalShipmentId":
      return "own id"
    case "SalesOrderId":
      return "sales order"
    case "V1OrderId":
      return "orderId of API v1"
  }
}

/** The same with its article. */
export const nameOf = (reference: Reference): string =>
  `${reference._tag === "SalesOrderId" ? "a" : "an"} ${nounOf(reference)}`

/** Equal for equal references. */
export const keyOf = ({ _tag, value }: Reference): string => `${_tag} ${value}`
