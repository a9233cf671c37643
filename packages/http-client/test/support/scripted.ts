/** A `ShipStationClient` without sockets, whose answers are a script. */
import { RateLimiter, RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { Clock, type Duration, Effect, Fiber, Layer, Option, Redacted, Schedule, TestClock } from "effect"

export interface Reply {
  readonly status: number
  /** A text, or what becomes JSON. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
  /** The connection ends before the body does. */
  readonly isCut?: boolean
  /** How long it takes. */
  readonly takes?: Duration.DurationInput
}

/** The answer to a request by its number from 1, or none: the connection is reset. */
export type Script = (count: number) => Reply | undefined

export interface Sent {
  readonly method: string
  readonly url: string
  /** In seconds. */
  readonly at: number
  readonly key: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export const ok: Reply = { status: 200, body: { fulfillments: [] } }

/** Ends in an error behind this text. */
const cutBehind = (text: string) => {
  const chunks = [new TextEncoder().encode(text)]
  return new ReadableStream({
    pull: (controller) => {
      const chunk = chunks.shift()
      return chunk === undefined || chunk.length === 0
        ? controller.error(new Error("cut"))
        : controller.enqueue(chunk)
    }
  })
}

/** A client that is answered by a script, and what it sent. The default policy is four retries at once, of anything. */
export const scripted = (script: Script, { config = {}, limiter = {}, policy = Schedule.recurs(4) }: {
  readonly config?: Partial<ShipStationConfig.Options>
  readonly policy?: RetryPolicy.Policy
  readonly limiter?: RateLimiter.Options
} = {}) => {
  const sent: Array<Sent> = []
  const httpClient = HttpClient.make((request, url) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { body, headers, method } = request
      sent.push({
        method,
        url: url.href,
        at: now / 1000,
        key: headers["api-key"],
        headers,
        body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : undefined
      })
      const reply = script(sent.length)
      return reply === undefined
        ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: new Error("reset") }))
        : Effect.delay(
          Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(bodyOf(reply), reply))),
          reply.takes ?? 0
        )
    })
  )
  const layer = ShipStationClient.layer.pipe(
    Layer.provideMerge(RateLimiter.layer(limiter).pipe(Layer.provide(RateLimiter.layerStoreMemory))),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("live-key"), ...config })),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient)),
    Layer.provide(RetryPolicy.layer(policy))
  )
  return { sent, layer }
}

const bodyOf = ({ body, isCut, status }: Reply) => {
  if (status === 204 || (body === undefined && isCut !== true)) return null
  const text = typeof body === "string" ? body : JSON.stringify(body) ?? ""
  return isCut === true ? cutBehind(text) : text
}

/** Lets time pass until it ends. */
export const inTime = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(self)
    while (Option.isNone(yield* Fiber.poll(fiber))) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

/** The API's own error body. */
export const own = (type: string, code = "unspecified") => ({
  errors: [{ error_source: "ShipStation", error_type: type, error_code: code, message: "no" }]
})

/** A carrier's error, passed on. */
export const carriers = { errors: [{ error_source: "carrier", error_type: "business_rules", message: "no" }] }
