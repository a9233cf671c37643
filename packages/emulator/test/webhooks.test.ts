/** Signed webhooks, on real sockets. The signature is checked by code of its own. */
import { Emulator, type Fault, SeedFile } from "@effect-shipstation/emulator"
import { Webhook } from "@effect-shipstation/schema"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Queue, Schema } from "effect"
import { createPublicKey, verify } from "node:crypto"
import * as Http from "node:http"
import { create, sockets } from "./support.js"

const socket = sockets["a socket, with undici"]

const decodeKeys = Schema.decodeSync(Schema.parseJson(Webhook.Jwks))

interface Received {
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
  readonly fits: boolean
  readonly answer: (status: number) => void
}

/** A server that is sent webhooks, and answers when the test says so. */
const receiver = Effect.gen(function*() {
  const received = yield* Queue.unbounded<Omit<Received, "fits">>()
  const server = Http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      received.unsafeOffer({
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        answer: (status) => response.writeHead(status).end()
      })
    })
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  /** The next one; whether its signature fits the keys that there are now. */
  const next = Effect.gen(function*() {
    const one = yield* Queue.take(received)
    const response = yield* HttpClient.execute(HttpClientRequest.get("/jwks"))
    const { keys } = decodeKeys(yield* response.text)
    const jwk = keys.find(({ kid }) => kid === one.headers["x-shipengine-rsa-sha256-key-id"])
    const fits = jwk !== undefined && verify(
      "sha256",
      Buffer.from(`${one.headers["x-shipengine-timestamp"]}.${one.body}`),
      createPublicKey({ key: { kty: "RSA", n: jwk.n ?? "", e: jwk.e ?? "" }, format: "jwk" }),
      Buffer.from(String(one.headers["x-shipengine-rsa-sha256-signature"]), "base64")
    )
    return { ...one, fits }
  })
  return { url: `http://127.0.0.1:${port}/hook`, next, waiting: received.size }
})

/** Runs it with an emulator that tells a receiver of what was shipped. */
const told = <A, E>(
  test: (
    hook: Effect.Effect.Success<typeof receiver>
  ) => Effect.Effect<A, E, Emulator.Emulator | Emulator.Server | HttpClient.HttpClient>,
  options: Emulator.Options = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const hook = yield* receiver
    const emulator = yield* Emulator.Emulator
    yield* emulator.seed({ webhooks: [{ url: hook.url }] })
    return yield* test(hook)
  })).pipe(Effect.provide(socket(options)))

const taken = ({ answer }: Received) => Effect.sync(() => answer(200))

const faults = (...faults: ReadonlyArray<Fault.FaultRule>): Emulator.Options => ({ faults })

/** What was sent, as soon as it is like that. */
const sentUntil = (
  isSo: (all: ReadonlyArray<Emulator.WebhookDelivery>) => boolean
): Effect.Effect<ReadonlyArray<Emulator.WebhookDelivery>, never, Emulator.Emulator> =>
  Effect.flatMap(Emulator.Emulator, ({ webhooks }) => webhooks).pipe(
    Effect.flatMap((all) => isSo(all) ? Effect.succeed(all) : Effect.delay(sentUntil(isSo), "5 millis"))
  )

/** What became of what was sent, once all was answered. */
const deliveries = sentUntil((all) => all.every(({ status }) => status !== undefined))

describe("a webhook", () => {
  it.live("is sent for each fulfillment, signed, and points at it", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const { url } = yield* Emulator.Server
        yield* create(["se-1", "se-2"])
        const both = [yield* next, yield* next].toSorted((one, other) => one.body.localeCompare(other.body))
        yield* Effect.forEach(both, taken)
        assert.deepStrictEqual(both.map(({ fits }) => fits), [true, true])
        assert.deepStrictEqual(
          both.map(({ body }) => JSON.parse(body)),
          [1, 2].map((n) => ({
            resource_url: `${url}/v2/fulfillments?fulfillment_id=se-90000000${n}&shipment_id=se-${n}`,
            resource_type: "FULFILLMENT_SHIPPED_V2"
          }))
        )
        assert.deepStrictEqual((yield* deliveries).map(({ attempt, status }) => [attempt, status]), [[1, 200], [
          1,
          200
        ]])
      })
    ))

  it.live("isn't sent for what was refused, nor to who wants others", () =>
    told(({ next, url, waiting }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* emulator.seed({
          webhooks: [{ url, account: "another" }, { url, events: ["track_event_v2"] }],
          shipments: [{ shipment_id: "se-1" }, { shipment_id: "se-2", cancelled: true }]
        })
        yield* create(["se-1", "se-2"])
        yield* create(["se-1"])
        yield* Effect.flatMap(next, taken)
        yield* emulator.sendWebhook({ resource_type: "TRACK_EVENT_V2", data: { status_code: "DE" } })
        const track = yield* next
        yield* taken(track)
        assert.deepStrictEqual(JSON.parse(track.body), { resource_type: "TRACK_EVENT_V2", data: { status_code: "DE" } })
        assert.strictEqual((yield* deliveries).length, 2)
        assert.strictEqual(yield* waiting, 0)
      })
    ))

  it.live("is sent again until it is taken, signed anew", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* emulator.clock.freeze
        yield* create(["se-1"])
        const first = yield* next
        first.answer(500)
        yield* sentUntil((all) => all[0]?.status === 500)
        yield* emulator.clock.advance("10 seconds")
        const second = yield* next
        second.answer(404)
        yield* sentUntil((all) => all[1]?.status === 404)
        yield* emulator.clock.advance("1 minute")
        const third = yield* next
        yield* taken(third)
        assert.deepStrictEqual((yield* deliveries).map(({ attempt, status }) => [attempt, status]), [
          [1, 500],
          [2, 404],
          [3, 200]
        ])
        assert.deepStrictEqual([first, second, third].map(({ fits }) => fits), [true, true, true])
        assert.strictEqual(new Set([first, second, third].map((_) => _.headers["x-shipengine-timestamp"])).size, 3)
        assert.strictEqual(new Set([first, second, third].map(({ body }) => body)).size, 1)
      })
    ))

  it.live("is given up in the end", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* create(["se-1"])
        for (let attempt = 0; attempt < 2; attempt++) (yield* next).answer(503)
        yield* sentUntil((all) => all[1]?.status === 503)
        yield* emulator.clock.advance("1 day")
        assert.strictEqual((yield* emulator.webhooks).length, 2)
      }), { webhookRetries: [0] }))

  it.live("comes twice, late or in another order, as faults say", () =>
    told(
      ({ next }) =>
        Effect.gen(function*() {
          const emulator = yield* Emulator.Emulator
          yield* emulator.clock.freeze
          yield* create(["se-1"])
          yield* create(["se-2"])
          const second = yield* next
          yield* taken(second)
          assert.include(second.body, "shipment_id=se-2")
          // byte by byte
          yield* sentUntil((all) => all[0]?.status === 200)
          yield* emulator.clock.advance("10 minutes")
          const [one, other] = [yield* next, yield* next]
          yield* Effect.forEach([one, other], taken)
          const [again, first] = one.body === second.body ? [one, other] : [other, one]
          assert.deepStrictEqual(again.headers["x-shipengine-timestamp"], second.headers["x-shipengine-timestamp"])
          assert.include(first.body, "shipment_id=se-1")
          assert.notStrictEqual(first.headers["x-shipengine-timestamp"], second.headers["x-shipengine-timestamp"])
          assert.deepStrictEqual([second, again, first].map(({ fits }) => fits), [true, true, true])
        }),
      faults(
        { endpoint: "webhook", nth: 1, action: { _tag: "Delay", duration: "10 minutes" } },
        { endpoint: "webhook", shipmentId: "se-2", action: { _tag: "Repeat", after: "10 minutes" } },
        // not for webhooks
        { from: "1 hour", action: { _tag: "Delay", duration: "1 day" } }
      )
    ))

  it.live.each(["body", "key", "signature", "timestamp"] as const)(
    "is forged: the %s",
    (what) =>
      told(({ next }) =>
        Effect.gen(function*() {
          yield* create(["se-1"])
          const one = yield* next
          one.answer(401)
          assert.strictEqual(one.fits, false)
        }), faults({ endpoint: "webhook", action: { _tag: "Forge", what } }))
  )

  it.live("is signed with a new key, and that one is shown", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* create(["se-1"])
        const first = yield* next
        yield* taken(first)
        yield* emulator.rotateWebhookKey
        yield* create(["se-2"])
        const second = yield* next
        yield* taken(second)
        const id = "x-shipengine-rsa-sha256-key-id"
        assert.notStrictEqual(first.headers[id], second.headers[id])
        assert.isTrue(second.fits)
      })
    ))

  it.live("goes nowhere after a reset, and its keys are no requests of the journal", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* create(["se-1"])
        yield* Effect.flatMap(next, taken)
        yield* emulator.reset
        yield* create(["se-1"])
        assert.deepStrictEqual(yield* emulator.webhooks, [])
        assert.deepStrictEqual((yield* emulator.requests).map(({ path }) => path), ["/v2/fulfillments"])
      })
    ))

  it.live("is sent again to where it went, signed anew, when somebody asks for it", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* create(["se-1"])
        const first = yield* next
        yield* taken(first)
        yield* deliveries
        yield* emulator.rotateWebhookKey
        assert.isTrue(yield* emulator.sendWebhookAgain(1))
        assert.isFalse(yield* emulator.sendWebhookAgain(99))
        const again = yield* next
        again.answer(500)
        assert.isTrue(again.fits)
        assert.strictEqual(again.body, first.body)
        const [one, other] = yield* sentUntil((all) => all[1]?.answer === "refused")
        assert.deepInclude(one, { id: 1, answer: "taken", repeats: undefined, faults: [] })
        assert.deepInclude(other, { id: 2, status: 500, repeats: 1, attempt: 1 })
        assert.strictEqual(other?.keyId, again.headers["x-shipengine-rsa-sha256-key-id"])
        assert.notStrictEqual(one?.keyId, other?.keyId)
        const statuses = yield* Effect.forEach(["1", "99", "x"], (id) =>
          Effect.map(
            HttpClient.execute(HttpClientRequest.post(`/__emulator/webhooks/${id}/again`)),
            ({ status }) => status
          ))
        assert.deepStrictEqual(statuses, [200, 404, 404])
        yield* Effect.flatMap(next, taken)
      })
    ))

  it.live("says what faults it met, and what it repeats", () =>
    told(
      ({ next }) =>
        Effect.gen(function*() {
          yield* create(["se-1"])
          yield* Effect.flatMap(next, taken)
          yield* Effect.flatMap(next, taken)
          const [one, other] = yield* sentUntil((all) =>
            all.length === 2 && all.every(({ answer }) => answer === "taken")
          )
          assert.deepInclude(one, { faults: ["Delay", "Repeat"], repeats: undefined })
          assert.deepInclude(other, { faults: ["Delay", "Repeat"], repeats: 1 })
        }),
      faults(
        { endpoint: "webhook", action: { _tag: "Delay", duration: "10 millis" } },
        { endpoint: "webhook", action: { _tag: "Repeat" } }
      )
    ))

  it.live("is sent and told of by the control routes", () =>
    told(({ next }) =>
      Effect.gen(function*() {
        const seed = HttpClientRequest.post("/__emulator/webhooks").pipe(
          HttpClientRequest.bodyUnsafeJson({ resource_type: "FULFILLMENT_SHIPPED_V2", resource_url: "https://x" })
        )
        const response = yield* HttpClient.execute(seed)
        assert.strictEqual(response.status, 200)
        const one = yield* next
        yield* taken(one)
        yield* deliveries
        const sent = JSON.parse(yield* (yield* HttpClient.execute(HttpClientRequest.get("/__emulator/webhooks"))).text)
        assert.deepInclude(sent[0], { resource_url: "https://x", attempt: 1, status: 200 })
        assert.strictEqual((yield* HttpClient.execute(HttpClientRequest.post("/__emulator/webhooks/key"))).status, 200)
      })
    ))
})

it("a seed file says where webhooks go", () => {
  const text = JSON.stringify({ webhooks: [{ url: "http://localhost:3000/hook", account: "a" }] })
  assert.isTrue(Either.isRight(SeedFile.decode(text)))
  const wrong = SeedFile.decode(JSON.stringify({ webhooks: [{ url: "localhost" }] }))
  assert.deepStrictEqual(Either.isLeft(wrong) ? wrong.left.map(({ path }) => path) : [], ["webhooks[0].url"])
})
