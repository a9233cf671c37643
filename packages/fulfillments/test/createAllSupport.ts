/** What the tests of `createAll` share. */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, type RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Array, Effect, Layer, Redacted, Stream } from "effect"
import { fulfillments, input, list, listed, type Seen } from "./support.js"

/** The ids of one request. */
export type Ids = ReadonlyArray<string>

/** Another answer than that of success, or none. */
export type Answer = Response | "reset" | "never connected"

export interface Behaviour {
  /** What was fulfilled before. */
  readonly before?: ReadonlyArray<Fulfillment.FulfillmentInput>
  /** Nothing is done. */
  readonly refuse?: (ids: Ids, count: number) => Answer | undefined
  /** It is done, and the answer doesn't say so. */
  readonly spoil?: (ids: Ids, count: number) => Answer | undefined
  /** Becomes the `error_message` of its item. */
  readonly reject?: (id: string) => boolean
  /** How long an answer takes, in milliseconds. What is done is done before. */
  readonly delay?: (ids: Ids, count: number) => number
  /** How long the list takes, in milliseconds. */
  readonly readDelay?: number
  readonly options?: Partial<Fulfillments.Options>
  readonly policy?: RetryPolicy.Policy
  /** Requests in 61 seconds. */
  readonly limit?: number
}

/** A ShipStation that does whatever it is asked to, however often, and counts. */
export const makeServer = (
  {
    before = [],
    delay = () => 0,
    limit,
    options,
    policy,
    readDelay = 0,
    refuse = () => undefined,
    reject = () => false,
    spoil = () => undefined
  }: Behaviour = {}
) => {
  const there = before.map((row) => listed(row))
  const posts: Array<Ids> = []
  const under = { way: 0, mostWay: 0 }
  const post = ({ body }: Seen) =>
    Effect.suspend(() => {
      const rows = (body?.fulfillments ?? []).map((row) =>
        input(0, { shipment_id: `${row["shipment_id"]}`, tracking_number: `${row["tracking_number"]}` })
      )
      const ids = rows.map(({ shipment_id }) => shipment_id)
      const count = posts.push(ids)
      under.mostWay = Math.max(under.mostWay, ++under.way)
      const refused = refuse(ids, count)
      if (refused === undefined) there.push(...rows.filter((row) => !reject(row.shipment_id)).map((row) => listed(row)))
      const fulfillments = ids.map((shipment_id) => ({ shipment_id, error_message: reject(shipment_id) ? "no" : null }))
      const answer = refused ?? spoil(ids, count) ?? new Response(JSON.stringify({ fulfillments }))
      return Effect.sleep(delay(ids, count)).pipe(
        Effect.zipRight(typeof answer === "string" ? noAnswer(answer) : Effect.succeed(answer)),
        Effect.ensuring(Effect.sync(() => under.way--))
      )
    })
  return Effect.map(
    fulfillments(
      (seen) => seen.method === "GET" ? Effect.delay(list(there, seen), readDelay) : post(seen),
      { notify: "account-default", ...options },
      policy
    ),
    ({ layer, requests }) => ({
      layer: Layer.provide(layer, limiter(limit)),
      requests,
      posts,
      under,
      /** How often each shipment was fulfilled. */
      timesFulfilled: () => Array.groupBy(there, ({ shipment_id }) => shipment_id)
    })
  )
}

const config = ShipStationConfig.layer({ apiKey: Redacted.make("test") })

const limiter = (limit = Number.POSITIVE_INFINITY) =>
  RateLimiter.layer({ limit }).pipe(Layer.provide(RateLimiter.layerStoreMemory), Layer.provide(config))

/** Fulfills everything at once, and keeps nothing. */
export const echoLayer = Fulfillments.layer({ notify: "account-default" }).pipe(
  Layer.provide(ShipStationClient.layer),
  Layer.provide(Layer.mergeAll(
    config,
    limiter(),
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.sync(() => {
          const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
          return HttpClientResponse.fromWeb(request, new Response(body))
        })
      )
    )
  ))
)

const noAnswer = (why: "reset" | "never connected") =>
  Effect.fail(
    new HttpClientError.RequestError({
      request: HttpClientRequest.post("/"),
      reason: "Transport",
      cause: why === "reset" ? new Error(why) : Object.assign(new Error(why), { syscall: "connect" })
    })
  )

export const createAll = <E, R, R2 = never>(
  inputs: Stream.Stream<Fulfillment.FulfillmentInput, E, R>,
  options?: Fulfillments.CreateAllOptions<R2>
) => Stream.unwrap(Effect.map(Fulfillments.Fulfillments, (service) => service.createAll(inputs, options)))

/** Inputs of other shipments, from `se-0` on. */
export const inputs = (count: number) => Array.makeBy(count, (n) => input(n))

/** An answer in the form of the contract's errors. */
export const refusal = (status: number, error_type: string, error_source = "ShipStation") =>
  new Response(
    JSON.stringify({ errors: [{ error_source, error_type, error_code: "unspecified", message: "why" }] }),
    { status }
  )

export const tags = (outcomes: Iterable<FulfillmentOutcome.FulfillmentOutcome>) =>
  [...outcomes].map(({ _tag }) => _tag).join(" ")
