/**
 * What columns are called in files that people have: our own names, those of ShipStation's reports, and of well-known exports.
 */
import { edits } from "../terminal/nearest.js"
import type { Field } from "./fields.js"

/**
 * Other names of the fields, without case, spaces and marks. Those of a later line are taken only if no column has a name of
 * an earlier one.
 */
const names: { readonly [field in Field]: ReadonlyArray<ReadonlyArray<string>> } = {
  shipment_id: [["shipmentid", "shipment"], ["shipstationshipmentid", "shipstationid"]],
  order_number: [
    ["ordernumber", "orderno", "ordernr", "order", "ordernum", "shipmentnumber", "salesordernumber"],
    // ShipStation; Amazon, Shopify, WooCommerce; Royal Mail; Pirate Ship and carriers' histories
    ["ordernumberordernumber", "orderid", "amazonorderid", "orderreference", "orderref"],
    [
      "name",
      "reference",
      "reference1",
      "referencenumber",
      "shipmentreference",
      "packagereference",
      "packagereferenceno1"
    ]
  ],
  external_shipment_id: [["externalshipmentid", "externalid", "orderkey"]],
  sales_order_id: [["salesorderid"]],
  v1_order_id: [["v1orderid"]],
  tracking_number: [
    ["trackingnumber", "tracking", "trackingno", "trackingnr", "trackingnum", "trackingid"],
    ["shipmenttrackingnumber", "packagetrackingnumber", "piecetrackingnumber", "trackingreference", "parcelnumber"],
    ["mastertrackingnumber", "leadtrackingnumber", "trackingcode", "awb", "awbnumber", "consignmentnumber", "barcode"]
  ],
  carrier_code: [
    ["carriercode", "carrier"],
    ["shipmentcarrier", "packagecarrier", "trackingprovider", "trackingcompany", "shippingcarrier", "carriername"],
    ["courier", "shippingprovider", "provider"]
  ],
  ship_date: [
    ["shipdate", "shippeddate", "shippingdate", "dateshipped", "shippedat", "shippedon"],
    ["dateshippeddate", "shipmentdate", "packageshipmentdate", "despatchdate", "dispatchdate", "dateofshipment"],
    ["collectiondate", "pickupdate", "processeddate", "labelcreateddate", "fulfilledat"]
  ],
  notify_customer: [["notifycustomer"]],
  notify_order_source: [["notifyordersource", "notifymarketplace"]]
}

/** Without case, spaces and marks. */
export const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** How well a name fits a field: 0 is best; undefined where it doesn't. */
export const rank = (field: Field, name: string): number | undefined => {
  const wanted = plain(name)
  const found = names[field].findIndex((same) => same.includes(wanted))
  return found < 0 ? undefined : found
}

/** Whether a name is about a day on which something was shipped. */
export const isLikeShipDate = (name: string): boolean => {
  const text = plain(name)
  return /date|day|time|shippedat|shippedon/.test(text) &&
    /ship|desp|disp|collect|pick|process|fulfil|label|sent/.test(text)
}

/** Whether a name is about notifications, other than their address. */
export const isLikeNotify = (name: string): boolean =>
  plain(name).startsWith("notif") && !/mail|phone|address|sms|date|time|sent/.test(plain(name))

/** How far two names are apart: by the words that they share, then by their letters. */
export const distance = (a: string, b: string): number => {
  const words = (name: string) => new Set(name.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== ""))
  const [first, second] = [words(a), words(b)]
  const shared =
    [...second].filter((word) => first.has(word) || [...first].some((one) => one.startsWith(word.slice(0, 5)))).length
  return edits(plain(a).slice(0, 40), plain(b).slice(0, 40)) - 10 * shared
}
