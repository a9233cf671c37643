/** Three shipments, and what the emulator saw of them. */
import { Emulator } from "@effect-shipstation/emulator"
import { Array, Effect } from "effect"

/** On the wire. Customers are to be told, marketplaces not. */
export const inputs = Array.map(Array.range(1, 3), (n) => ({
  shipment_id: `se-${n}`,
  tracking_number: `1Z${n}`,
  carrier_code: "ups",
  notify_customer: true,
  notify_order_source: false
}))

export const ledger = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  const requests = yield* emulator.requests
  const notifications = yield* emulator.notifications
  const count = (wanted: string) => requests.filter(({ method }) => method === wanted).length
  return {
    posts: count("POST"),
    gets: count("GET"),
    notified: inputs.map(({ shipment_id }) =>
      notifications.filter((notification) => notification.shipment_id === shipment_id).length
    )
  }
})
