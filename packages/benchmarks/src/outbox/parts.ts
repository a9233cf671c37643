import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"

/** When each shipment's request was sent. */
export const posted = new Map<string, number>()

/** A ShipStation in the same process that answers at once: what is measured is the outbox, and the client. */
export const instant = (sent: (shipmentId: string) => void) =>
  HttpClient.make((request) =>
    Effect.sync(() => {
      const body: { readonly fulfillments: ReadonlyArray<{ readonly shipment_id: string }> } = JSON.parse(
        request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : `{"fulfillments":[]}`
      )
      const fulfillments = body.fulfillments.map(({ shipment_id }) => {
        sent(shipment_id)
        return { shipment_id, error_message: null }
      })
      return HttpClientResponse.fromWeb(request, Response.json({ has_errors: false, fulfillments }))
    })
  )

const fulfillments = (sent: (shipmentId: string) => void) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
    Layer.provide(ShipStationClient.layer),
    // it is asked for each request, and lets all of them go
    Layer.provide(RateLimiter.layer({ limit: 1_000_000 }).pipe(Layer.provide(RateLimiterStoreSql.layer()))),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key") })),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, instant(sent)))
  )

/** All but the store. `sent` is told of each shipment. */
export const partsWith = (sent: (shipmentId: string) => void) =>
  Layer.mergeAll(Outbox.layer, Layer.provide(Accounts.layer, fulfillments(sent)))

export const parts = partsWith((shipmentId) => posted.set(shipmentId, performance.now()))

let last = 0

/** Shipments that weren't there before. */
export const freshMany = (count: number) =>
  Array.from({ length: count }, () => {
    last++
    return { shipment_id: `se-${last}`, tracking_number: `1Z12345E${last}`, carrier_code: "ups", notify_customer: true }
  })
