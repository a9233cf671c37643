import { Emulator } from "@effect-shipstation/emulator"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Carriers, type ShipmentMatch, type ShipmentReference, Shipments } from "@effect-shipstation/shipments"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Clock, Effect, Fiber, Layer, Option, Redacted, Ref, TestClock } from "effect"

const client = ShipStationClient.layer.pipe(
  Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey) }))
)

/** Both services over an emulator. */
export const emulated = (options: Emulator.Options = {}, carriers: Carriers.Options = {}) =>
  Layer.merge(Shipments.layer, Carriers.layer(carriers)).pipe(
    Layer.provide(client),
    Layer.provideMerge(Emulator.layerHttpClient(options))
  )

/** The GETs that an emulator got. */
export const requestCount = Effect.flatMap(
  Emulator.Emulator,
  (emulator) => Effect.map(emulator.requests, ({ length }) => length)
)

/** Both services over a server that answers as told. It gets path and query, and how many it was asked before. */
export const hostile = (
  respond: (url: URL, count: number) => Effect.Effect<Response>,
  policy: RetryPolicy.Policy = RetryPolicy.none
) =>
  Effect.map(Ref.make<ReadonlyArray<string>>([]), (requests) => {
    const httpClient = HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const before = yield* Ref.getAndUpdate(requests, (all) => [...all, `${url.pathname}${url.search}`])
        return HttpClientResponse.fromWeb(request, yield* respond(url, before.length))
      })
    )
    const layer = Layer.merge(Shipments.layer, Carriers.layer()).pipe(
      Layer.provide(client),
      Layer.provide(Layer.merge(Layer.succeed(HttpClient.HttpClient, httpClient), RetryPolicy.layer(policy)))
    )
    return { requests, layer }
  })

/** An answer in JSON, or of any text. */
export const answer = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  Effect.sync(() => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }))

/** Says what became of each, in few words. */
export const told = (matches: ReadonlyArray<ShipmentMatch.ShipmentMatch>): ReadonlyArray<string> =>
  matches.map((match) => {
    switch (match._tag) {
      case "Found":
        return match.shipment_id
      case "NotFound":
        return match.problem === undefined ? "none" : `none: ${match.problem}`
      case "Ambiguous":
        return match.shipments.map(({ shipment_id }) => shipment_id).toSorted().join(" or ")
      case "Cancelled":
        return `cancelled ${match.shipments.map(({ shipment_id }) => shipment_id).join(" ")}`
    }
  })

export const resolve = (
  references: Iterable<ShipmentReference.ShipmentReference>,
  options?: Shipments.ResolveOptions
) => Effect.flatMap(Shipments.Shipments, ({ resolve }) => resolve(references, options))

/** Runs an effect while time passes: from one sleep to the next, as soon as all fibers wait. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    while (true) {
      // until all fibers wait
      yield* TestClock.adjust(0)
      if (Option.isSome(yield* Fiber.poll(fiber))) return yield* Fiber.join(fiber)
      const [now, sleeps] = [yield* Clock.currentTimeMillis, yield* TestClock.sleeps()]
      const next = Math.min(...[...sleeps].filter((end) => end > now))
      if (Number.isFinite(next)) yield* TestClock.setTime(next)
    }
  })

/** `se-1`, `se-2` and so on, with numbers `N-1`, `N-2`. */
export const many = (count: number, more: Partial<Emulator.Shipment> = {}): ReadonlyArray<Emulator.Shipment> =>
  Array.from({ length: count }, (_, index) => ({
    shipment_id: `se-${index + 1}`,
    shipment_number: `N-${index + 1}`,
    external_shipment_id: `own-${index + 1}`,
    sales_order_id: `so-${index + 1}`,
    ...more
  }))

/** References by number, from the first to the last. */
export const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ shipment_number: `N-${first + index}` }))
