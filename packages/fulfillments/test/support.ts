import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { HttpClient, type HttpClientError, HttpClientResponse } from "@effect/platform"
import { Array, Clock, DateTime, Effect, Fiber, Layer, Option, Redacted, Ref, TestClock } from "effect"

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
  options: Fulfillments.Options = { notify: "account-default", readBack: "none" },
  policy: RetryPolicy.Policy = RetryPolicy.none
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
        RetryPolicy.layer(policy)
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

/** A fulfillment as the list has it. */
export const listed = (
  { shipment_id, tracking_number }: Fulfillment.FulfillmentInput,
  more: Readonly<Record<string, unknown>> = {}
) => ({ fulfillment_id: `se-9${shipment_id.slice(3)}`, shipment_id, tracking_number, voided: false, ...more })

/** Answers `GET /v2/fulfillments` from what `all` holds at that moment, and tells the time. */
export const list = (all: ReadonlyArray<ReturnType<typeof listed>>, { url }: Seen) =>
  Effect.map(DateTime.now, (now) => {
    const query = new URL(url, "http://localhost").searchParams
    const [page, size] = [Number(query.get("page") ?? 1), Number(query.get("page_size"))]
    const id = query.get("shipment_id")
    const found = all.filter(({ shipment_id }) => id === null || id === (shipment_id ?? id))
    return new Response(
      JSON.stringify({
        fulfillments: found.slice((page - 1) * size, page * size),
        page,
        pages: Math.ceil(found.length / size),
        total: found.length
      }),
      { headers: { date: DateTime.toDate(now).toUTCString() } }
    )
  })

/** Runs an effect while time passes: from one sleep to the next, as soon as all fibers wait. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    while (true) {
      // until all fibers wait
      yield* TestClock.adjust(0)
      if (Option.isSome(yield* Fiber.poll(fiber))) return yield* Fiber.join(fiber)
      const [now, sleeps] = [yield* Clock.currentTimeMillis, yield* TestClock.sleeps()]
      const next = Math.min(...Array.filter([...sleeps], (end) => end > now))
      if (Number.isFinite(next)) yield* TestClock.setTime(next)
    }
  })
