// What somebody without this library would write down from the vendor's page.

export interface Item {
  readonly shipment_id: string
  readonly tracking_number: string
  readonly carrier_code: string
  readonly notify_customer: boolean
  readonly notify_order_source: boolean
}

export interface Answer {
  readonly has_errors: boolean
  readonly fulfillments: Array<{
    readonly shipment_id: string
    readonly shipment_number: string
    readonly error_message: string | null
  }>
}

/** Each batch is about other shipments: one that is fulfilled isn't sent again. */
export const makeBatch = (size: number, batch: number): ReadonlyArray<Item> =>
  Array.from({ length: size }, (_, index) => ({
    shipment_id: shipmentId(size, batch, index),
    tracking_number: `1Z12345E${1234567890 + index}`,
    carrier_code: "ups",
    notify_customer: true,
    notify_order_source: true
  }))

export const shipmentId = (size: number, batch: number | string, index: number): string =>
  `se-${size}-${batch}-${index}`

/** How many of the items were created. A careful reader looks for each item's result, and believes it. */
export const countCreated = (items: ReadonlyArray<Item>, answer: Answer): number => {
  const results = new Map(answer.fulfillments.map((result) => [result.shipment_id, result]))
  const created = items.filter((item) => results.get(item.shipment_id)?.error_message === null)
  if (answer.has_errors && created.length === items.length) throw new Error("The answer contradicts itself")
  return created.length
}
