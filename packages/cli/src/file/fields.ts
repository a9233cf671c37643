/** What a row can say. */
export const fields = [
  "shipment_id",
  "order_number",
  "external_shipment_id",
  "sales_order_id",
  "v1_order_id",
  "tracking_number",
  "carrier_code",
  "ship_date",
  "notify_customer",
  "notify_order_source"
] as const

/** What a row can say. */
export type Field = typeof fields[number]
