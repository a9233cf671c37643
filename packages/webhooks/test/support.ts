/** Keys of its own, webhooks signed with them, and an HttpClient that has the public ones. */
import { ShipStationConfig } from "@effect-shipstation/http-client"
import { WebhookKeys } from "@effect-shipstation/webhooks"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { DateTime, Effect, Encoding, Layer, Redacted } from "effect"

// each takes less than a few seconds, and what a fault lets wait for ever should be seen soon

const newKeyPair = Effect.promise(() =>
  crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"]
  )
)

/** The same for all tests: to make one takes longer than most of them. */
export const keyPair = Effect.runSync(Effect.cached(newKeyPair))

/** Another one. */
export const otherKeyPair = Effect.runSync(Effect.cached(newKeyPair))

export type KeyPair = Effect.Effect.Success<typeof newKeyPair>

/** What the vendor shows of a key. */
export const publicJwk = ({ publicKey }: KeyPair, kid: string) =>
  Effect.map(Effect.promise(() => crypto.subtle.exportKey("jwk", publicKey)), ({ alg, e, kty, n }) => ({
    kty,
    kid,
    alg,
    use: "sig",
    n,
    e
  }))

export const bytes = (text: string) => new TextEncoder().encode(text)

export const shipped = JSON.stringify({
  resource_url: "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-16731019&shipment_id=se-412669417",
  resource_type: "FULFILLMENT_SHIPPED_V2"
})

/** A webhook as the vendor sends it, at the time of the clock. */
export const signedBy = (
  { privateKey }: KeyPair,
  { at, body = shipped, kid = "a" }: { readonly body?: string; readonly kid?: string; readonly at?: string } = {}
) =>
  Effect.gen(function*() {
    const timestamp = at ?? DateTime.formatIso(yield* DateTime.now)
    const signature = yield* Effect.promise(() =>
      crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, bytes(`${timestamp}.${body}`))
    )
    return {
      headers: {
        "x-shipengine-rsa-sha256-key-id": kid,
        "x-shipengine-rsa-sha256-signature": Encoding.encodeBase64(new Uint8Array(signature)),
        "x-shipengine-timestamp": timestamp
      },
      body: bytes(body)
    }
  })

/** A server of keys: what it answers, and how often it was asked. */
export const keyServer = (respond: (asked: number) => Effect.Effect<Response>) => {
  const requests: Array<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> = []
  const layer = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.suspend(() => {
        requests.push({ url: url.href, headers: { ...request.headers } })
        return Effect.map(respond(requests.length), (response) => HttpClientResponse.fromWeb(request, response))
      })
    )
  )
  return { requests, layer }
}

export const json = (body: unknown, status = 200) =>
  Effect.sync(() => new Response(typeof body === "string" ? body : JSON.stringify(body), { status }))

export const secret = "SECRETsecret-0123456789"

/** The keys of this server, for an account with a key that must go nowhere. */
export const keys = (
  httpClient: Layer.Layer<HttpClient.HttpClient>,
  options: WebhookKeys.Options = {},
  config: Partial<ShipStationConfig.Options> = {}
) =>
  WebhookKeys.layer(options).pipe(
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(secret), ...config })),
    Layer.provide(httpClient)
  )
