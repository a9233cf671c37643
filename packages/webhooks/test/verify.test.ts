/** What is taken for a webhook of ShipStation, and what isn't. */
import { Webhook, type WebhookError, WebhookKeys } from "@effect-shipstation/webhooks"
import { FetchHttpClient, Headers, HttpClient, HttpClientError } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Encoding, Exit, Fiber, Layer, TestClock } from "effect"
import { createServer } from "node:http"
import {
  bytes,
  json,
  type KeyPair,
  keyPair,
  keys,
  keyServer,
  otherKeyPair,
  publicJwk,
  secret,
  shipped,
  signedBy
} from "./support.js"

const noon = Date.UTC(2026, 2, 1, 12)

/** A server with one key, `a`, and a webhook signed with it, at noon. */
const setUp = Effect.gen(function*() {
  yield* TestClock.setTime(noon)
  const pair = yield* keyPair
  const jwk = yield* publicJwk(pair, "a")
  const server = keyServer(() => json({ keys: [jwk] }))
  return { pair, jwk, server, layer: keys(server.layer), delivery: yield* signedBy(pair) }
})

const tagOf = <A, R>(verified: Effect.Effect<A, WebhookError.WebhookError, R>) =>
  Effect.match(verified, { onFailure: ({ _tag }): string => _tag, onSuccess: () => "taken" })

/** One byte of a header or a body is another. */
const flipped = (base64: string) => {
  const all = Encoding.decodeBase64(base64)
  if (all._tag === "Left") throw all.left
  all.right[7] = (all.right[7] ?? 0) ^ 1
  return Encoding.encodeBase64(all.right)
}

const keyId = "x-shipengine-rsa-sha256-key-id"
const signature = "x-shipengine-rsa-sha256-signature"
const timestamp = "x-shipengine-timestamp"

describe("a webhook that ShipStation signed", () => {
  it.effect("is taken, and decoded", () =>
    Effect.gen(function*() {
      const { delivery, layer } = yield* setUp
      expect(yield* Effect.provide(Webhook.verify(delivery), layer)).toEqual({
        resource_url: "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-16731019&shipment_id=se-412669417",
        resource_type: "FULFILLMENT_SHIPPED_V2"
      })
    }))

  it.effect("is taken with its headers in any case, and from any kind of them", () =>
    Effect.gen(function*() {
      const { delivery, layer } = yield* setUp
      const { body, headers } = delivery
      const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
      for (const each of [upper, Headers.fromInput(headers), new globalThis.Headers(headers)]) {
        expect(yield* tagOf(Webhook.verify({ headers: each, body })).pipe(Effect.provide(layer))).toBe("taken")
      }
    }))

  it.effect("is taken byte by byte, whatever its text is written in", () =>
    Effect.gen(function*() {
      const { layer, pair } = yield* setUp
      const body = "{ \"resource_type\" : \"NEW_V9\",\n\t\"data\":{\"name\":\"Łódź \\u00e9 🚚\"} }"
      const event = yield* Effect.provide(Webhook.verify(yield* signedBy(pair, { body })), layer)
      expect(event).toEqual({ resource_type: "NEW_V9", data: { name: "Łódź é 🚚" } })
    }))

  it.effect("is taken with a time in seconds or milliseconds, as the form isn't published", () =>
    Effect.gen(function*() {
      const { layer, pair } = yield* setUp
      for (const at of [String(noon / 1000), String(noon), "2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00"]) {
        const delivery = yield* signedBy(pair, { at })
        expect([at, yield* tagOf(Effect.provide(Webhook.verify(delivery), layer))]).toEqual([at, "taken"])
      }
    }))
})

describe("a webhook that is forged", () => {
  it.effect.each(
    [
      ["with another key under the same id", "WebhookSignatureError"],
      ["with an altered body", "WebhookSignatureError"],
      ["with a longer body", "WebhookSignatureError"],
      ["without a body", "WebhookSignatureError"],
      ["with an altered timestamp", "WebhookSignatureError"],
      ["with an altered signature", "WebhookSignatureError"],
      ["with a signature that is no base64", "WebhookSignatureError"],
      ["with a signature in URL's base64", "WebhookSignatureError"],
      ["with an empty signature", "WebhookHeaderError"],
      ["with a signature of spaces", "WebhookHeaderError"],
      ["without a signature", "WebhookHeaderError"],
      ["without a key id", "WebhookHeaderError"],
      ["without a timestamp", "WebhookHeaderError"],
      ["without headers", "WebhookHeaderError"],
      ["with a timestamp that is none", "WebhookTimestampError"],
      ["with a key id that nobody has", "WebhookKeyError"],
      ["with the id of a property of all objects", "WebhookKeyError"],
      ["with SHA-1", "WebhookSignatureError"],
      ["with RSA-PSS", "WebhookSignatureError"],
      ["with the public key as the secret of an HMAC", "WebhookSignatureError"]
    ] as const
  )("%s is not taken", ([what, expected]) =>
    Effect.gen(function*() {
      const { delivery, jwk, layer, pair } = yield* setUp
      const { body, headers } = delivery
      const at = headers[timestamp]
      const sign = (algorithm: string | RsaPssParams, key: CryptoKey) =>
        Effect.map(
          Effect.promise(() => crypto.subtle.sign(algorithm, key, bytes(`${at}.${shipped}`))),
          (signed) => ({ headers: { ...headers, [signature]: Encoding.encodeBase64(new Uint8Array(signed)) }, body })
        )
      const reimported = (algorithm: RsaHashedImportParams) =>
        Effect.promise(async () => {
          const pkcs8 = await crypto.subtle.exportKey("pkcs8", pair.privateKey)
          return crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"])
        })
      const forgeries: Record<typeof what, Effect.Effect<Webhook.Delivery>> = {
        "with another key under the same id": Effect.flatMap(otherKeyPair, (other) => signedBy(other)),
        "with an altered body": Effect.succeed({
          headers,
          body: bytes(shipped.replace("se-412669417", "se-412669418"))
        }),
        "with a longer body": Effect.succeed({ headers, body: bytes(`${shipped} `) }),
        "without a body": Effect.succeed({ headers, body: new Uint8Array() }),
        "with an altered timestamp": Effect.succeed({
          headers: { ...headers, [timestamp]: at.replace("12:00:00", "12:00:01") },
          body
        }),
        "with an altered signature": Effect.succeed({
          headers: { ...headers, [signature]: flipped(headers[signature]) },
          body
        }),
        "with a signature that is no base64": Effect.succeed({ headers: { ...headers, [signature]: "…" }, body }),
        "with a signature in URL's base64": Effect.succeed({
          headers: { ...headers, [signature]: `-_${headers[signature].slice(2)}` },
          body
        }),
        "with an empty signature": Effect.succeed({ headers: { ...headers, [signature]: "" }, body }),
        "with a signature of spaces": Effect.succeed({ headers: { ...headers, [signature]: "  " }, body }),
        "without a signature": Effect.succeed({ headers: { ...headers, [signature]: undefined }, body }),
        "without a key id": Effect.succeed({ headers: { ...headers, [keyId]: undefined }, body }),
        "without a timestamp": Effect.succeed({ headers: { ...headers, [timestamp]: undefined }, body }),
        "without headers": Effect.succeed({ headers: {}, body }),
        "with a timestamp that is none": signedBy(pair, { at: "yesterday" }),
        "with a key id that nobody has": signedBy(pair, { kid: "b" }),
        "with the id of a property of all objects": signedBy(pair, { kid: "constructor" }),
        "with SHA-1": Effect.flatMap(
          reimported({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" }),
          (key) => sign("RSASSA-PKCS1-v1_5", key)
        ),
        "with RSA-PSS": Effect.flatMap(
          reimported({ name: "RSA-PSS", hash: "SHA-256" }),
          (key) => sign({ name: "RSA-PSS", saltLength: 32 }, key)
        ),
        "with the public key as the secret of an HMAC": Effect.flatMap(
          Effect.promise(() =>
            crypto.subtle.importKey("raw", bytes(JSON.stringify(jwk)), { name: "HMAC", hash: "SHA-256" }, false, [
              "sign"
            ])
          ),
          (key) => sign("HMAC", key)
        )
      }
      const error = yield* Effect.flip(Effect.provide(Webhook.verify(yield* forgeries[what]), layer))
      expect(error._tag).toBe(expected)
      expect(error.message.length).toBeGreaterThan(20)
      expect(JSON.stringify(error)).not.toContain("se-41266941")
    }))
})

describe("the time of a webhook", () => {
  it.effect.each(
    [
      [-301, "WebhookTimestampError"],
      [-300, "taken"],
      [300, "taken"],
      [301, "WebhookTimestampError"]
    ] as const
  )("may be %d s off: %s", ([seconds, expected]) =>
    Effect.gen(function*() {
      const { layer, pair } = yield* setUp
      const delivery = yield* signedBy(pair, { at: new Date(noon + seconds * 1000).toISOString() })
      expect(yield* tagOf(Effect.provide(Webhook.verify(delivery), layer))).toBe(expected)
    }))

  it.effect("is the clock's: what was taken once is refused when it is sent again later", () =>
    Effect.gen(function*() {
      const { delivery, layer } = yield* setUp
      yield* Effect.gen(function*() {
        expect(yield* tagOf(Webhook.verify(delivery))).toBe("taken")
        yield* TestClock.adjust("5 minutes")
        expect(yield* tagOf(Webhook.verify(delivery))).toBe("taken")
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(Webhook.verify(delivery))
        expect(error).toMatchObject({ _tag: "WebhookTimestampError", reason: "old" })
        expect(yield* tagOf(Webhook.verify(delivery, { tolerance: "1 hour" }))).toBe("taken")
      }).pipe(Effect.provide(layer))
    }))

  it("isn't taken for any that can't be", () => {
    expect(() => Webhook.verify({ headers: {}, body: bytes("") }, { tolerance: -1 })).toThrow("tolerance must be")
  })
})

describe("a webhook that is signed and can't be read", () => {
  it.effect.each(["", "<html>", "[]", "{}", "null", "{\"resource_type\":7}", "\xff"])(
    "%j is told as such",
    (body) =>
      Effect.gen(function*() {
        const { layer, pair } = yield* setUp
        const delivery = yield* signedBy(pair, { body })
        expect(yield* tagOf(Effect.provide(Webhook.verify(delivery), layer))).toBe("WebhookPayloadError")
      })
  )
})

describe("the keys", () => {
  it.effect("are read once, without the account's key, and again after an hour", () =>
    Effect.gen(function*() {
      const { layer, pair, server } = yield* setUp
      yield* Effect.gen(function*() {
        const verify = Effect.flatMap(signedBy(pair), (delivery) => tagOf(Webhook.verify(delivery)))
        expect(server.requests.length).toBe(0)
        expect(yield* Effect.all(Array.from({ length: 50 }, () => verify), { concurrency: "unbounded" })).toEqual(
          Array.from({ length: 50 }, () => "taken")
        )
        yield* TestClock.adjust("59 minutes")
        expect(yield* verify).toBe("taken")
        expect(server.requests.length).toBe(1)
        yield* TestClock.adjust("1 minute")
        expect(yield* verify).toBe("taken")
        expect(server.requests.length).toBe(2)
        expect(server.requests[0]?.url).toBe("https://api.shipengine.com/jwks")
        expect(JSON.stringify(server.requests)).not.toContain(secret)
        expect(Object.keys(server.requests[0]?.headers ?? {})).toEqual(["accept"])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that are new are read when a webhook names one", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const [first, second] = yield* Effect.all([keyPair, otherKeyPair])
      const sets = [[yield* publicJwk(first, "a")], [yield* publicJwk(first, "a"), yield* publicJwk(second, "b")]]
      const server = keyServer((asked) => json({ keys: sets[Math.min(asked, 2) - 1] }))
      yield* Effect.gen(function*() {
        expect(yield* tagOf(Webhook.verify(yield* signedBy(first)))).toBe("taken")
        yield* TestClock.adjust("1 minute")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(second, { kid: "b" })))).toBe("taken")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(first)))).toBe("taken")
        expect(server.requests.length).toBe(2)
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.effect("aren't asked for more often by forged ids, and nothing real is refused for that", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const [first, second] = yield* Effect.all([keyPair, otherKeyPair])
      let published = [yield* publicJwk(first, "a")]
      const server = keyServer(() => json({ keys: published }))
      yield* Effect.gen(function*() {
        const forged = Effect.flatMap(
          signedBy(second, { kid: "forged" }),
          (delivery) => tagOf(Webhook.verify(delivery))
        )
        expect(yield* tagOf(Webhook.verify(yield* signedBy(first)))).toBe("taken")
        expect(server.requests.length).toBe(1)
        yield* TestClock.adjust("1 second")
        // it may be of a key that is new, so it isn't refused for good
        const at = yield* Effect.all(Array.from({ length: 100 }, () => forged), { concurrency: "unbounded" })
        expect(new Set(at)).toEqual(new Set(["WebhookKeysError"]))
        expect(server.requests.length).toBe(1)
        published = [yield* publicJwk(second, "b")]
        expect(yield* tagOf(Webhook.verify(yield* signedBy(second, { kid: "b" })))).toBe("WebhookKeysError")
        yield* TestClock.adjust("1 minute")
        // one of them asks, and all know then
        const after = yield* Effect.all(Array.from({ length: 100 }, () => forged), { concurrency: "unbounded" })
        expect(new Set(after)).toEqual(new Set(["WebhookKeyError"]))
        expect(server.requests.length).toBe(2)
        expect(yield* tagOf(Webhook.verify(yield* signedBy(second, { kid: "b" })))).toBe("taken")
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.effect.each(
    [
      ["status 500", () => json("", 500)],
      ["a page", () => json("<html>")],
      ["no keys", () => json({})],
      ["none at all", () => json({ keys: [] })],
      ["none that can be used", () => json({ keys: [{ kty: "EC" }, { kty: "RSA", kid: "a", n: "!!", e: "AQAB" }] })],
      ["a redirect", () => json("", 302)],
      ["more than is read", () => json({ keys: [], more: "x".repeat(2_000_000) })]
    ] as const
  )("that can't be read, for %s, are asked for again, but not at once", ([_, respond]) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const pair = yield* keyPair
      const jwk = yield* publicJwk(pair, "a")
      const server = keyServer((asked) => asked === 1 ? respond() : json({ keys: [jwk] }))
      yield* Effect.gen(function*() {
        const delivery = yield* signedBy(pair)
        const error = yield* Effect.flip(Webhook.verify(delivery))
        expect(error).toMatchObject({ _tag: "WebhookKeysError", url: "https://api.shipengine.com/jwks" })
        expect(yield* tagOf(Webhook.verify(delivery))).toBe("WebhookKeysError")
        expect(server.requests.length).toBe(1)
        // nothing can be told without any, so that takes no minute
        yield* TestClock.adjust("1 second")
        expect(yield* tagOf(Webhook.verify(delivery))).toBe("taken")
        expect(server.requests.length).toBe(2)
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.scopedLive.each(
    [
      ["fetch", FetchHttpClient.layer, "they were answered from elsewhere"],
      ["undici", NodeHttpClient.layerUndici, "they were answered with status 302"],
      ["node:http", NodeHttpClient.layer, "they were answered with status 302"]
    ] as const
  )("aren't taken from where a redirect leads, with %s", ([_, http, reason]) =>
    Effect.gen(function*() {
      const own = yield* keyPair
      const published = JSON.stringify({ keys: [yield* publicJwk(own, "a")] })
      const server = createServer(({ url }, response) => {
        if (url === "/jwks") response.writeHead(302, { location: "/elsewhere" }).end()
        else response.setHeader("content-type", "application/json").end(published)
      })
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => server.close())
      )
      const address = server.address()
      const url = `http://127.0.0.1:${address === null || typeof address === "string" ? 0 : address.port}/`
      const verify = (path: string) =>
        Effect.flatMap(signedBy(own), (delivery) => Effect.either(Webhook.verify(delivery))).pipe(
          Effect.provide(keys(http, { url: url + path }))
        )
      expect(yield* verify("jwks")).toMatchObject({ _tag: "Left", left: { _tag: "WebhookKeysError", reason } })
      expect(yield* verify("elsewhere")).toMatchObject({ _tag: "Right" })
    }))

  it.effect("may be others by the same ids, and are asked for again where one doesn't fit", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const [first, second] = yield* Effect.all([keyPair, otherKeyPair])
      let published = [yield* publicJwk(first, "a")]
      const server = keyServer(() => json({ keys: published }))
      yield* Effect.gen(function*() {
        const verify = (pair: KeyPair) => Effect.flatMap(signedBy(pair), (one) => tagOf(Webhook.verify(one)))
        expect(yield* verify(first)).toBe("taken")
        // a stranger has them asked no more often than by ids that he makes up
        expect(yield* Effect.replicateEffect(verify(second), 10)).toEqual(Array(10).fill("WebhookSignatureError"))
        expect(server.requests.length).toBe(1)
        yield* TestClock.adjust("1 minute")
        expect(yield* Effect.replicateEffect(verify(second), 10)).toEqual(Array(10).fill("WebhookSignatureError"))
        expect(server.requests.length).toBe(2)
        expect(yield* verify(first)).toBe("taken")
        yield* TestClock.adjust("1 minute")
        published = [yield* publicJwk(second, "a")]
        expect(yield* verify(second)).toBe("taken")
        expect(server.requests.length).toBe(3)
        expect(yield* verify(first)).toBe("WebhookSignatureError")
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.effect("that are known are waited for a second only while they are read again", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const pair = yield* keyPair
      const jwk = yield* publicJwk(pair, "a")
      const server = keyServer((asked) => asked === 1 ? json({ keys: [jwk] }) : Effect.never)
      yield* Effect.gen(function*() {
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair)))).toBe("taken")
        yield* TestClock.adjust("1 hour")
        const delivery = yield* signedBy(pair)
        const verify = tagOf(Webhook.verify(delivery))
        const three = yield* Effect.fork(Effect.replicateEffect(verify, 3, { concurrency: "unbounded" }))
        while (server.requests.length < 2) yield* Effect.yieldNow()
        yield* TestClock.adjust("1 second")
        expect(yield* Fiber.join(three)).toEqual(["taken", "taken", "taken"])
        expect(server.requests.length).toBe(2)
        // what isn't known is waited for
        const unknown = yield* Effect.fork(tagOf(Webhook.verify(yield* signedBy(pair, { kid: "b" }))))
        yield* TestClock.adjust("9 seconds")
        expect(yield* Fiber.join(unknown)).toBe("WebhookKeysError")
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.effect.each(
    [
      ["they can't be read again", () => json("", 503)],
      ["none is shown", () => json({ keys: [] })],
      ["none that is shown can be used", () => json({ keys: [{ kty: "EC" }, null] })]
    ] as const
  )("that are known stay in force while %s, whatever strangers ask for", ([_, respond]) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const pair = yield* keyPair
      const jwk = yield* publicJwk(pair, "a")
      const server = keyServer((asked) => asked === 1 ? json({ keys: [jwk] }) : respond())
      yield* Effect.gen(function*() {
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair)))).toBe("taken")
        yield* TestClock.adjust("2 minutes")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair, { kid: "b" })))).toBe("WebhookKeysError")
        expect(server.requests.length).toBe(2)
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair)))).toBe("taken")
        expect(server.requests.length).toBe(2)
        yield* TestClock.adjust("1 day")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair)))).toBe("taken")
        expect(server.requests.length).toBe(3)
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.effect("are no longer in force when ShipStation doesn't show them any more", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(noon)
      const [first, second] = yield* Effect.all([keyPair, otherKeyPair])
      const sets = [[yield* publicJwk(first, "a")], [yield* publicJwk(second, "b")]]
      const server = keyServer((asked) => json({ keys: sets[asked - 1] ?? [] }))
      yield* Effect.gen(function*() {
        expect(yield* tagOf(Webhook.verify(yield* signedBy(first)))).toBe("taken")
        yield* TestClock.adjust("1 hour")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(first)))).toBe("WebhookKeyError")
      }).pipe(Effect.provide(keys(server.layer)))
    }))

  it.effect("come although who asked first hangs up, and within a time", () =>
    Effect.gen(function*() {
      const { delivery, jwk } = yield* setUp
      const release = yield* Deferred.make<void>()
      const server = keyServer(() => Effect.zipRight(Deferred.await(release), json({ keys: [jwk] })))
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(Webhook.verify(delivery))
        while (server.requests.length === 0) yield* Effect.yieldNow()
        const interruption = yield* Effect.fork(Fiber.interrupt(first))
        yield* Deferred.succeed(release, undefined)
        yield* Fiber.join(interruption)
        expect(yield* tagOf(Webhook.verify(delivery))).toBe("taken")
        expect(server.requests.length).toBe(1)
      }).pipe(Effect.provide(keys(server.layer)))

      const silent = keyServer(() => Effect.never)
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(tagOf(Webhook.verify(delivery)))
        while (silent.requests.length === 0) yield* Effect.yieldNow()
        yield* TestClock.adjust("10 seconds")
        expect(yield* Fiber.join(fiber)).toBe("WebhookKeysError")
      }).pipe(Effect.provide(keys(silent.layer)))
    }))

  it.effect("of other kinds are none", () =>
    Effect.gen(function*() {
      const { delivery, jwk } = yield* setUp
      const others = [
        null,
        { kty: "oct", kid: "a", k: "c2VjcmV0" },
        { ...jwk, kty: "EC" },
        { ...jwk, use: "enc" },
        { ...jwk, alg: "HS256" },
        { ...jwk, alg: "PS256" },
        { ...jwk, n: null }
      ]
      const none = keyServer(() => json({ keys: others }))
      expect(yield* tagOf(Webhook.verify(delivery)).pipe(Effect.provide(keys(none.layer)))).toBe("WebhookKeysError")
      const server = keyServer(() => json({ keys: [...others, { ...jwk, kid: "b" }] }))
      expect(yield* tagOf(Webhook.verify(delivery)).pipe(Effect.provide(keys(server.layer)))).toBe("WebhookKeyError")
      const one = keyServer(() => json({ keys: [...others, { ...jwk, alg: undefined, use: undefined }] }))
      expect(yield* tagOf(Webhook.verify(delivery)).pipe(Effect.provide(keys(one.layer)))).toBe("taken")
    }))

  it.effect("can't be reached, and the reason is told", () =>
    Effect.gen(function*() {
      const { delivery } = yield* setUp
      const client = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.fail(
            new HttpClientError.RequestError({ request, reason: "Transport", cause: new Error("getaddrinfo") })
          )
        )
      )
      const error = yield* Effect.flip(Effect.provide(Webhook.verify(delivery), keys(client)))
      expect(error._tag).toBe("WebhookKeysError")
      expect(error.message).toContain("could not be reached")
    }))
})

describe("options", () => {
  it.effect.each(
    [
      [{ url: "http://keys.example.com/jwks" }, "url"],
      [{ url: "jwks" }, "url"],
      [{ url: "file:///jwks" }, "url"],
      [{ timeToLive: 0 }, "timeToLive"],
      [{ timeToLive: -1 }, "timeToLive"],
      [{ refreshInterval: NaN }, "refreshInterval"],
      [{ refreshInterval: 0 }, "refreshInterval"]
    ] as const
  )("that can't be, %j, are a defect that names %s", ([options, name]) =>
    Effect.gen(function*() {
      const server = keyServer(() => json({}))
      const exit = yield* Effect.exit(Effect.provide(WebhookKeys.WebhookKeys, keys(server.layer, options)))
      expect(Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : "built").toContain(`WebhookKeys: ${name} must`)
    }))

  it.effect.each(
    [
      ["http://127.0.0.1:4010/jwks", []],
      ["http://localhost/jwks", []],
      ["http://emulator:4010/jwks", ["emulator"]]
    ] as const
  )("%s goes over plain HTTP", ([url, allowInsecureHosts]) =>
    Effect.gen(function*() {
      const { delivery, jwk } = yield* setUp
      const server = keyServer(() => json({ keys: [jwk] }))
      const layer = keys(server.layer, { url }, { allowInsecureHosts })
      expect(yield* tagOf(Webhook.verify(delivery)).pipe(Effect.provide(layer))).toBe("taken")
      expect(server.requests[0]?.url).toBe(url)
    }))

  it.effect("of times are used", () =>
    Effect.gen(function*() {
      const { pair, server } = yield* setUp
      const layer = keys(server.layer, { timeToLive: "1 minute", refreshInterval: "2 seconds" })
      yield* Effect.gen(function*() {
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair)))).toBe("taken")
        yield* TestClock.adjust("1 minute")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair)))).toBe("taken")
        expect(server.requests.length).toBe(2)
        yield* TestClock.adjust("2 seconds")
        expect(yield* tagOf(Webhook.verify(yield* signedBy(pair, { kid: "b" })))).toBe("WebhookKeyError")
        expect(server.requests.length).toBe(3)
      }).pipe(Effect.provide(layer))
    }))
})
