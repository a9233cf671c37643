import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { HttpClient, type HttpClientError, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Redacted, Ref } from "effect"

export const input = (n: number, more: Partial<Fulfillment.FulfillmentInput> = {}): Fulfillment.FulfillmentInput => ({
  shipment_id: `se-${n}`,
  tracking_number: `1Z${n}`,
  carrier_code: "ups",
  ...more
})

export interface Seen {
  readonly method: string
  readonly url: string
  readonly body: { readonly fulfillments: ReadonlyArray<Record<string, unknown>> } | undefined
}

/** The service over an HttpClient that records what it is asked and answers as told. */
export const fulfillments = (
  respond: (seen: Seen, count: number) => Effect.Effect<Response, HttpClientError.HttpClientError>,
  options: Fulfillments.Options = { notify: "account-default" }
) =>
  Effect.map(Ref.make<ReadonlyArray<Seen>>([]), (requests) => {
    const httpClient = HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const seen: Seen = {
          method: request.method,
          url: `${url.pathname}${url.search}`,
          body: text === "" ? undefined : JSON.parse(text)
        }
        const all = yield* Ref.updateAndGet(requests, (all) => [...all, seen])
        return HttpClientResponse.fromWeb(request, yield* respond(seen, all.length))
      })
    )
    const layer = Fulfillments.layer(options).pipe(
      Layer.provide(ShipStationClient.layer),
      Layer.provide(Layer.mergeAll(
        ShipStationConfig.layer({ apiKey: Redacted.make("test") }),
        Layer.succeed(HttpClient.HttpClient, httpClient),
        RetryPolicy.layer(RetryPolicy.none)
      ))
    )
    return { requests, layer }
  })

/** Answers that never change. */
export const always = (status: number, body: unknown, headers: Record<string, string> = {}) => () =>
  Effect.sync(() =>
    new Response(status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body), { status, headers })
  )

export const create = (...inputs: readonly [Fulfillment.FulfillmentInput, ...Array<Fulfillment.FulfillmentInput>]) =>
  Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create(inputs))
