/**
 * A million inputs through `createAll`, over an HTTP client that answers at once: how fast, and how much the heap grows.
 */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Clock, Console, Effect, Layer, Redacted, Stream } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const inputs = 1_000_000
const mostGrowth = 64

const echo = HttpClient.make((request) =>
  Effect.sync(() => {
    const { fulfillments } = JSON.parse(
      request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "{}"
    )
    return HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ has_errors: false, fulfillments })))
  })
)

const layer = Fulfillments.layer({ notify: { customer: false, orderSource: false } }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide(RateLimiter.layer({ limit: Number.POSITIVE_INFINITY })),
  Layer.provide(RateLimiter.layerStoreMemory),
  Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key") })),
  Layer.provide(RetryPolicy.layer(RetryPolicy.none)),
  Layer.provide(Layer.succeed(HttpClient.HttpClient, echo))
)

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** In megabytes. */
const heapUsed = Effect.sync(() => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1e6
})

export const memory = Effect.gen(function*() {
  const service = yield* Fulfillments.Fulfillments
  const source = Stream.range(0, inputs - 1).pipe(
    Stream.map((n) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" }))
  )
  const start = yield* Clock.currentTimeMillis
  let count = 0
  let created = 0
  let least = Number.POSITIVE_INFINITY
  let most = 0
  yield* Stream.runForEach(service.createAll(source), ({ _tag }) => {
    if (_tag === "Created") created++
    if (++count % (inputs / 10) !== 0) return Effect.void
    return Effect.gen(function*() {
      const heap = yield* heapUsed
      least = Math.min(least, heap)
      most = Math.max(most, heap)
      const seconds = ((yield* Clock.currentTimeMillis) - start) / 1000
      yield* Console.log(`${count} outcomes, ${Math.round(count / seconds)} a second, heap ${Math.round(heap)} MB`)
    })
  })
  const growth = Math.round(most - least)
  yield* Console.log(`${created} of ${inputs} created, the heap grew by ${growth} MB`)
  if (created !== inputs || growth > mostGrowth) {
    return yield* Effect.dieMessage(`more than ${mostGrowth} MB, or not all created`)
  }
}).pipe(Effect.provide(layer))
