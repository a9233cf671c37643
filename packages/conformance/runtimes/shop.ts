/** A shop on Workers, built in three ways: two that work, and one that doesn't. */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { limit, secret } from "./job.js"

interface Env {
  /** Where ShipStation is. */
  readonly BASE_URL: string
  readonly ACCOUNTS: {
    readonly idFromName: (name: string) => unknown
    readonly get: (id: unknown) => { readonly fetch: (request: Request) => Promise<Response> }
  }
}

const layer = ({ BASE_URL }: Env): Layer.Layer<Fulfillments.Fulfillments> =>
  Fulfillments.layer({ notify: { customer: true, orderSource: true }, readBack: "none" }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(RateLimiter.layer(limit)),
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(secret), baseUrl: BASE_URL })),
    Layer.provide(FetchHttpClient.layer)
  )

const create = (request: Request) =>
  Effect.flatMap(Fulfillments.Fulfillments, (fulfillments) =>
    fulfillments.create([{
      shipment_id: new URL(request.url).searchParams.get("shipment") ?? "",
      tracking_number: "1Z12345E6605272234",
      carrier_code: "ups"
    }]))

const respond = ([outcome]: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>): Response =>
  new Response(outcome?._tag)

/** One per account: its requests share a limit, and what is remembered of shipments. */
export class Account {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Fulfillments.Fulfillments, never>

  constructor(_: unknown, env: Env) {
    this.#runtime = ManagedRuntime.make(layer(env))
  }

  fetch(request: Request): Promise<Response> {
    return this.#runtime.runPromise(create(request)).then(respond)
  }
}

/** Built by one request, and used by all: what one waits for is done by another, which workerd forbids. */
let ofModule: ManagedRuntime.ManagedRuntime<Fulfillments.Fulfillments, never> | undefined

// oxlint-disable-next-line import/no-default-export -- this is how a Worker is found
export default {
  fetch: (request: Request, env: Env): Promise<Response> => {
    switch (new URL(request.url).pathname) {
      case "/request":
        return Effect.runPromise(Effect.provide(create(request), layer(env))).then(respond)
      case "/object":
        return env.ACCOUNTS.get(env.ACCOUNTS.idFromName("default")).fetch(request)
      default:
        ofModule ??= ManagedRuntime.make(layer(env))
        return ofModule.runPromise(create(request)).then(respond)
    }
  }
}
