/** Sends signed webhooks. Nothing here is shared with who takes them. */
import { Webhook as Wire } from "@effect-shipstation/schema"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import { createHash, generateKeyPair, sign } from "node:crypto"
import { promisify } from "node:util"
import type { FaultAction } from "../Fault.js"
import type { Fulfillment, WebhookDelivery } from "./model.js"
import { webhookFaultsOf } from "./rules.js"
import type { State } from "./state.js"

/** What is to be told, and of whose shipment. */
export interface Announcement {
  readonly event: Wire.Event
  readonly account?: string | undefined
  readonly shipmentId?: string | undefined
}

/** Sends to all that want to be told. */
export interface Webhooks {
  readonly announce: (state: State, announcement: Announcement) => Effect.Effect<void>
  /** False when there is none with this id. */
  readonly sendAgain: (state: State, id: number) => Effect.Effect<boolean>
  readonly rotateKey: Effect.Effect<void>
  /** What the route `/jwks` answers. */
  readonly jwks: Effect.Effect<HttpServerResponse.HttpServerResponse>
}

/** The event of a fulfillment. The URL leads to where its client sent it. */
export const announcementOf = (fulfillment: Fulfillment, origin: string): Announcement => {
  const { account, fulfillment_id, shipment_id } = fulfillment
  return {
    account,
    shipmentId: shipment_id,
    event: {
      resource_url: `${origin}/v2/fulfillments?${new URLSearchParams({ fulfillment_id, shipment_id })}`,
      resource_type: "FULFILLMENT_SHIPPED_V2"
    }
  }
}

/** What signs webhooks. It is made when it is needed, as that takes a while. */
const newKey = Effect.map(
  Effect.promise(() => promisify(generateKeyPair)("rsa", { modulusLength: 2048 })),
  ({ privateKey, publicKey }) => {
    const { e, n } = publicKey.export({ format: "jwk" })
    const kid = createHash("sha256").update(String(n)).digest("hex").slice(0, 16)
    const jwk: Wire.Jwk = { kty: "RSA", kid, alg: "RS256", use: "sig", n: String(n), e: String(e) }
    return { kid, jwk, privateKey }
  }
)

type SigningKey = Effect.Effect.Success<typeof newKey>

/** Starts without anything sent. `run` runs what goes on by itself. */
export const make = (run: (effect: Effect.Effect<void>) => unknown): Effect.Effect<Webhooks> =>
  Effect.gen(function*() {
    let key = yield* Effect.cached(newKey)
    const client = yield* Effect.provide(HttpClient.HttpClient, FetchHttpClient.layer)

    const post = (url: string, { body, headers }: Signed): Effect.Effect<number | undefined> =>
      HttpClientRequest.post(url, { headers }).pipe(
        // without its length, which fetch writes down by itself: older platforms and newer dispatchers refuse it twice
        HttpClientRequest.setBody(HttpBody.raw(body, { contentType: "application/json" })),
        HttpClient.withTracerPropagation(client, false).execute,
        Effect.map(({ status }) => status),
        Effect.timeout(patience),
        // refused, reset, too late
        Effect.orElseSucceed(() => undefined),
        Effect.scoped
      )

    const send = Effect.fnUntraced(function*(state: State, signed: Signed, told: Told, repeats: number | undefined) {
      const { attempt, event: { resource_type, resource_url }, faults, url } = told
      const delivery: Types.Mutable<WebhookDelivery> = {
        id: state.webhooks.length + 1,
        url,
        resource_type,
        resource_url: resource_url ?? undefined,
        attempt,
        at: yield* DateTime.now,
        status: undefined,
        answer: "pending",
        keyId: signed.headers[keyHeader] ?? "",
        faults: faults.map(({ _tag }) => _tag),
        repeats
      }
      state.webhooks.push(delivery)
      const status = yield* post(url, signed)
      delivery.status = status
      delivery.answer = status === undefined ? "none" : status >= 200 && status < 300 ? "taken" : "refused"
      return delivery
    })

    const deliver = Effect.fnUntraced(function*(
      state: State,
      { event, faults, url }: Omit<Told, "attempt">,
      repeats?: number
    ) {
      for (const fault of faults) if (fault._tag === "Delay") yield* Effect.sleep(fault.duration)
      for (let attempt = 1;; attempt++) {
        const signed = forged(yield* signedBy(yield* key, event), faults)
        const told = { event, faults, url, attempt }
        const { answer, id } = yield* send(state, signed, told, repeats)
        for (const fault of attempt === 1 ? faults : []) {
          if (fault._tag !== "Repeat") continue
          for (let count = 0; count < (fault.times ?? 1); count++) {
            yield* Effect.sleep(fault.after ?? 0)
            yield* send(state, signed, told, id)
          }
        }
        const wait = state.webhookRetries[attempt - 1]
        if (answer === "taken" || wait === undefined) return
        yield* Effect.sleep(wait)
      }
    })

    return {
      announce: (state, { account, event, shipmentId }) =>
        Effect.gen(function*() {
          const at = yield* DateTime.now
          for (const subscription of state.subscriptions) {
            const { account: wanted, events = ["fulfillment_shipped_v2"], url } = subscription
            if (!events.some((name) => name.toUpperCase() === event.resource_type)) continue
            if (wanted !== undefined && account !== undefined && wanted !== account) continue
            // now, so that which one is the first doesn't depend on how long they take
            const faults = webhookFaultsOf(state, { account, shipmentId, at })
            run(deliver(state, { url, event, faults }))
          }
        }),
      sendAgain: (state, id) =>
        Effect.sync(() => {
          const [delivery] = state.webhooks.slice(id - 1, id)
          if (delivery === undefined) return false
          const { resource_type, resource_url, url } = delivery
          run(deliver(state, { url, event: { resource_type, resource_url }, faults: [] }, id))
          return true
        }),
      rotateKey: Effect.map(Effect.cached(newKey), (next) => {
        key = next
      }),
      jwks: Effect.suspend(() => Effect.map(key, ({ jwk }) => HttpServerResponse.unsafeJson({ keys: [jwk] })))
    }
  })

/** How long an answer is waited for. */
const patience = Duration.seconds(10)

/** What is told, and to whom. */
interface Told {
  readonly url: string
  readonly event: Wire.Event
  readonly attempt: number
  readonly faults: ReadonlyArray<FaultAction>
}

interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const keyHeader = "x-shipengine-rsa-sha256-key-id"

const encodeEvent = Schema.encodeSync(Schema.parseJson(Wire.Event))

const signedBy = ({ kid, privateKey }: SigningKey, event: Wire.Event): Effect.Effect<Signed> =>
  Effect.map(DateTime.now, (now) => {
    const timestamp = DateTime.formatIso(now)
    const body = Buffer.from(encodeEvent(event))
    const signature = sign("sha256", Buffer.concat([Buffer.from(`${timestamp}.`), body]), privateKey)
    return {
      body,
      headers: {
        [keyHeader]: kid,
        "x-shipengine-rsa-sha256-signature": signature.toString("base64"),
        "x-shipengine-timestamp": timestamp
      }
    }
  })

/** What somebody else might send. */
const forged = (signed: Signed, faults: ReadonlyArray<FaultAction>): Signed =>
  faults.reduce((signed, fault) => {
    if (fault._tag !== "Forge") return signed
    const { body, headers } = signed
    switch (fault.what) {
      case "body":
        return { headers, body: Buffer.concat([body, Buffer.from(" ")]) }
      case "key":
        return { body, headers: { ...headers, [keyHeader]: "nobodys" } }
      case "signature":
        return {
          body,
          headers: { ...headers, "x-shipengine-rsa-sha256-signature": Buffer.alloc(256).toString("base64") }
        }
      case "timestamp":
        return {
          body,
          headers: {
            ...headers,
            "x-shipengine-timestamp": headers["x-shipengine-timestamp"]?.replace(/\.\d+Z$/, ".999999Z") ?? ""
          }
        }
    }
  }, signed)
