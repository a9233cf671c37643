/** Webhooks over real sockets, from the emulator to an application. */
import { Emulator, type Fault } from "@effect-shipstation/emulator"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { WebhookEvent, WebhookKeys, Webhooks } from "@effect-shipstation/webhooks"
import { HttpApp } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Data, Effect, Layer, Queue, Redacted, Ref, Schema } from "effect"
import * as Net from "node:net"
import { emulator, knownKeys, quiet, serve, ship, statuses, subscribed } from "./sockets.js"
import { bytes, json, keyPair, keyServer, publicJwk, secret, signedBy } from "./support.js"

/** A handler that keeps what it is given. */
const keeper = Effect.map(Queue.unbounded<WebhookEvent.WebhookEvent>(), (events) => ({
  events,
  handler: (event: WebhookEvent.WebhookEvent) => Queue.offer(events, event)
}))

const faults = (...faults: ReadonlyArray<Fault.FaultRule>): Emulator.Options => ({ faults })

class NotNow extends Data.TaggedError("NotNow") {}

/** As it is after it was stored as JSON. */
const stored = (event: WebhookEvent.WebhookEvent) => {
  const json = Schema.parseJson(WebhookEvent.WebhookEvent)
  return Schema.decodeSync(json)(Schema.encodeSync(json)(event))
}

/** POSTs what a stranger might. */
const post = (url: string, headers: Record<string, string>, body: BodyInit) =>
  Effect.promise(async () => (await fetch(url, { method: "POST", headers, body })).status)

/** The head of a request, as it goes over a socket. */
const headOf = (headers: Record<string, string>, more: string) =>
  ["POST /hooks HTTP/1.1", "host: x", ...Object.entries(headers).map((pair) => pair.join(": ")), more, "", ""].join(
    "\r\n"
  )

/** Sends this, and waits for the first of what is answered. */
const firstAnswerTo = (url: string, text: string) =>
  Effect.async<string>((resume) => {
    const socket = Net.connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text))
    socket.on("error", () => {}).once("data", (data) => {
      socket.destroy()
      resume(Effect.succeed(data.toString()))
    })
  })

/** Sends a body without an end, until the server ends the connection or took far too much. Gives how many bytes that was. */
const pour = (url: string, headers: Record<string, string>) =>
  Effect.async<number>((resume) => {
    const chunk = Buffer.alloc(65_536, "x")
    let sent = 0
    const socket = Net.connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.write(headOf(headers, "transfer-encoding: chunked"))
      const more = () => {
        if (sent > 64 * 1024 * 1024) socket.destroy()
        if (socket.destroyed) return
        sent += chunk.length
        socket.write("10000\r\n")
        socket.write(chunk)
        socket.write("\r\n", more)
      }
      more()
    })
    socket.on("error", () => {}).once("close", () => resume(Effect.succeed(sent))).resume()
  })

describe("a webhook that ShipStation sends", () => {
  it.scopedLive("is read back and handed over, and then it is taken", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler)
      yield* ship("se-1")
      const event = yield* Queue.take(events)
      expect(event).toMatchObject({
        _tag: "FulfillmentsShipped",
        shipmentIds: ["se-1"],
        fulfillmentIds: ["se-900000001"],
        fulfillments: [{ shipment_id: "se-1", tracking_number: "1Z", fulfillment_id: "se-900000001" }],
        event: { resource_type: "FULFILLMENT_SHIPPED_V2" }
      })
      expect(yield* statuses(1)).toEqual([200])
      expect(stored(event)).toEqual(event)
      const [, list] = yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)
      expect(list).toMatchObject({ method: "GET", path: "/v2/fulfillments", account: "default", status: 200 })
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("is not taken before the handler has succeeded", () =>
    Effect.gen(function*() {
      const started = yield* Queue.unbounded<void>()
      const go = yield* Effect.makeLatch()
      yield* subscribed(() => Effect.zipRight(Queue.offer(started, undefined), go.await))
      yield* ship("se-1")
      yield* Queue.take(started)
      expect((yield* Effect.flatMap(Emulator.Emulator, ({ webhooks }) => webhooks))[0]?.status).toBe(undefined)
      yield* go.open
      expect(yield* statuses(1)).toEqual([200])
    }).pipe(Effect.provide(emulator())))

  it.scopedLive.each(
    [
      ["fails", () => Effect.fail(new NotNow())],
      ["dies", () => Effect.die("oops")],
      ["throws", () => {
        throw new Error("oops")
      }]
    ] as const
  )("comes again when the handler %s, until that succeeds", ([_, first]) =>
    Effect.gen(function*() {
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      yield* subscribed((event) =>
        Effect.flatMap(
          Ref.updateAndGet(seen, (all) => [...all, event._tag]),
          (all): Effect.Effect<void, NotNow> => all.length < 3 ? first() : Effect.void
        )
      )
      yield* ship("se-1")
      expect(yield* statuses(3)).toEqual([500, 500, 200])
      expect(yield* Ref.get(seen)).toEqual(["FulfillmentsShipped", "FulfillmentsShipped", "FulfillmentsShipped"])
    }).pipe(Effect.provide(emulator({ webhookRetries: [0, 0, 0] }))))

  it.scopedLive("comes twice and in any order: the handler sees all of it", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler)
      yield* ship("se-1")
      yield* ship("se-2")
      const ids = [yield* Queue.take(events), yield* Queue.take(events)].map((event) =>
        event._tag === "OtherEvent" ? [] : event.shipmentIds
      )
      expect(ids).toEqual([["se-2"], ["se-2"]])
      expect(yield* statuses(2)).toEqual([200, 200])
      yield* Effect.flatMap(Emulator.Emulator, ({ clock }) => clock.advance("1 minute"))
      expect(yield* Queue.take(events)).toMatchObject({ shipmentIds: ["se-1"] })
      expect(yield* statuses(3)).toEqual([200, 200, 200])
    }).pipe(Effect.provide(emulator(faults(
      { endpoint: "webhook", shipmentId: "se-1", action: { _tag: "Delay", duration: "1 minute" } },
      { endpoint: "webhook", shipmentId: "se-2", action: { _tag: "Repeat" } }
    )))))

  it.scopedLive("comes again when ShipStation can't be asked", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler)
      yield* ship("se-1")
      expect(yield* statuses(3)).toEqual([503, 503, 200])
      expect(yield* Queue.size(events)).toBe(1)
    }).pipe(Effect.provide(emulator({
      webhookRetries: [0, 0],
      faults: [
        { endpoint: "list", nth: 1, action: { _tag: "ErrorBody", status: 503 } },
        { endpoint: "list", nth: 2, action: { _tag: "Reset" } }
      ]
    }))))

  it.scopedLive("comes again while the list doesn't show it", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler)
      yield* ship("se-1")
      expect(yield* statuses(2)).toEqual([500, 200])
      expect(yield* Queue.take(events)).toMatchObject({ fulfillments: [{ shipment_id: "se-1" }] })
    }).pipe(Effect.provide(emulator({
      webhookRetries: [0],
      faults: [{ endpoint: "list", times: 1, action: { _tag: "LaggingList", lag: "1 hour" } }]
    }))))

  it.scopedLive("is taken after ShipStation has changed its key", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler, { keys: { refreshInterval: "1 millis" } })
      const { rotateWebhookKey } = yield* Emulator.Emulator
      yield* ship("se-1")
      yield* Queue.take(events)
      yield* rotateWebhookKey
      yield* ship("se-2")
      expect(yield* Queue.take(events)).toMatchObject({ shipmentIds: ["se-2"] })
      expect(yield* statuses(2)).toEqual([200, 200])
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("that tells of anything else is handed over as it is", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const url = yield* subscribed(handler)
      const { requests, seed, sendWebhook } = yield* Emulator.Emulator
      yield* seed({ webhooks: [{ url, events: ["track_event_v2"] }] })
      yield* sendWebhook({ resource_type: "TRACK_EVENT_V2", data: { status_code: "DE" } })
      expect(yield* Queue.take(events)).toMatchObject({
        _tag: "OtherEvent",
        event: { resource_type: "TRACK_EVENT_V2", data: { status_code: "DE" } }
      })
      expect(yield* requests).toEqual([])
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("that tells of a refusal is handed over with its ids, though nothing is listed", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const url = yield* serve(handler)
      const { seed, sendWebhook } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      yield* seed({ webhooks: [{ url, events: ["fulfillment_rejected_v2"] }] })
      yield* sendWebhook({
        resource_type: "FULFILLMENT_REJECTED_V2",
        resource_url: `${server.url}/v2/fulfillments?fulfillment_id=se-5&shipment_id=se-6`
      })
      expect(yield* Queue.take(events)).toMatchObject({
        _tag: "FulfillmentsRejected",
        shipmentIds: ["se-6"],
        fulfillmentIds: ["se-5"],
        fulfillments: []
      })
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("about several is read to its last page", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* ship(...Array.from({ length: 7 }, (_, index) => `se-${index + 1}`))
      yield* subscribed(handler)
      const { sendWebhook } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      yield* sendWebhook({
        resource_type: "FULFILLMENT_SHIPPED_V2",
        resource_url: `${server.url}/v2/fulfillments?tracking_number=1Z&page=2`
      })
      const event = yield* Queue.take(events)
      expect(event._tag === "FulfillmentsShipped" ? event.shipmentIds : []).toEqual(
        Array.from({ length: 7 }, (_, index) => `se-${index + 1}`)
      )
    }).pipe(Effect.provide(emulator(faults({ endpoint: "list", action: { _tag: "ChangeList", mostRows: 3 } })))))

  it.scopedLive("about more than is read isn't taken", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* ship(...Array.from({ length: 11 }, (_, index) => `se-${index + 1}`))
      yield* subscribed(handler)
      const { requests, sendWebhook } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      yield* sendWebhook({
        resource_type: "FULFILLMENT_SHIPPED_V2",
        resource_url: `${server.url}/v2/fulfillments?tracking_number=1Z`
      })
      expect(yield* statuses(1)).toEqual([500])
      expect(yield* Queue.size(events)).toBe(0)
      expect((yield* requests).filter(({ method }) => method === "GET").length).toBe(10)
    }).pipe(Effect.provide(emulator({
      webhookRetries: [],
      faults: [{ endpoint: "list", action: { _tag: "ChangeList", mostRows: 1 } }]
    }))))
})

describe("a list that ignores what it is asked for", () => {
  it.scopedLive("makes nothing of others' fulfillments", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* ship("se-1", "se-2", "se-3")
      yield* subscribed(handler)
      yield* ship("se-4")
      expect(yield* Queue.take(events)).toMatchObject({
        shipmentIds: ["se-4"],
        fulfillments: [{ shipment_id: "se-4" }]
      })
      const { sendWebhook } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      yield* sendWebhook({
        resource_type: "FULFILLMENT_SHIPPED_V2",
        resource_url: `${server.url}/v2/fulfillments?shipment_id=se-5`
      })
      expect(yield* statuses(2)).toEqual([200, 500])
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(emulator({
      webhookRetries: [],
      faults: [{ endpoint: "list", action: { _tag: "ChangeList", ignores: ["shipment_id", "fulfillment_id"] } }]
    }))))
})

describe("what it points at", () => {
  it.scopedLive.each([
    ["shipment_id=se-1&shipment_id=se-2", ["se-1", "se-2"]],
    ["shipment_id=se-2,se-3", ["se-2", "se-3"]],
    ["shipment_id=se-3&fulfillment_id=", ["se-3"]]
  ])("may be several, however they are written: %s", ([query, expected]) =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* ship("se-1", "se-2", "se-3")
      yield* subscribed(handler)
      const { sendWebhook } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      const resource_url = `${server.url}/v2/fulfillments?${query}`
      yield* sendWebhook({ resource_type: "FULFILLMENT_SHIPPED_V2", resource_url })
      expect(yield* Queue.take(events)).toMatchObject({ _tag: "FulfillmentsShipped", shipmentIds: expected })
    }).pipe(Effect.provide(emulator({
      webhookRetries: [],
      // it takes one of them, or none
      faults: [{ endpoint: "list", action: { _tag: "ChangeList", ignores: ["shipment_id", "fulfillment_id"] } }]
    }))))

  it.scopedLive("is read once for a delivery that somebody sends again and again", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* ship("se-1")
      const pair = yield* keyPair
      const url = yield* serve(handler, { keys: { url: yield* knownKeys(pair) } })
      const { requests } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      const signed = yield* signedBy(pair, {
        body: JSON.stringify({
          resource_type: "FULFILLMENT_SHIPPED_V2",
          resource_url: `${server.url}/v2/fulfillments?shipment_id=se-1`
        })
      })
      const before = (yield* requests).length
      const answers = yield* Effect.replicateEffect(post(url, signed.headers, signed.body), 50, { concurrency: 10 })
      expect(new Set(answers)).toEqual(new Set([200]))
      expect(yield* Queue.size(events)).toBe(50)
      expect((yield* requests).length - before).toBe(1)
    }).pipe(Effect.provide(emulator())))

  it.scopedLive.each([
    "https://evil.example.com/v2/fulfillments?shipment_id=se-1",
    "http://127.0.0.1:1/v2/fulfillments?shipment_id=se-1",
    "http://localhost/v2/fulfillments",
    "//evil.example.com/v2/fulfillments",
    "ftp://127.0.0.1/v2/fulfillments",
    "OWN/v2/labels/se-1",
    "OWN/v2/fulfillments/../labels",
    "OWN.evil.example.com/v2/fulfillments",
    "OWN@evil.example.com/v2/fulfillments",
    "OWN/v2/fulfillments",
    "OWN/v2/fulfillments?SHIPMENT_ID=se-1",
    "OWN/v2/fulfillments?constructor=se-1",
    "OWN/v2/fulfillments?page=1&page_size=500&shipment_id=",
    "fulfillments",
    ""
  ])("isn't followed elsewhere: %s", (given) =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler)
      const { requests, sendWebhook } = yield* Emulator.Emulator
      const server = yield* Emulator.Server
      yield* sendWebhook({ resource_type: "FULFILLMENT_SHIPPED_V2", resource_url: given.replace("OWN", server.url) })
      expect(yield* statuses(1)).toEqual([500])
      expect(yield* Queue.size(events)).toBe(0)
      expect(yield* requests).toEqual([])
    }).pipe(Effect.provide(emulator({ webhookRetries: [] }))))
})

describe("a webhook that is forged", () => {
  it.scopedLive.each(
    [
      ["body", 401],
      ["signature", 401],
      ["timestamp", 401],
      ["key", 401]
    ] as const
  )("in its %s is answered with %d, and nothing happens", ([what, status]) =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      yield* subscribed(handler)
      yield* ship("se-1")
      expect(yield* statuses(1)).toEqual([status])
      expect(yield* Queue.size(events)).toBe(0)
      expect((yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)).length).toBe(1)
    }).pipe(Effect.provide(emulator({
      webhookRetries: [],
      faults: [{ endpoint: "webhook", action: { _tag: "Forge", what } }]
    }))))

  it.scopedLive("or sent again after some time isn't taken", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const pair = yield* keyPair
      const url = yield* serve(handler, { keys: { url: yield* knownKeys(pair) } })
      const old = yield* signedBy(pair, { at: "2020-01-01T00:00:00Z" })
      expect(yield* post(url, old.headers, old.body)).toBe(400)
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("without headers finds nothing there", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const url = yield* serve(handler)
      expect(yield* post(url, { "content-type": "application/json" }, "{}")).toBe(404)
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(emulator())))
})

describe("a body", () => {
  it.scopedLive("of which more comes than is allowed is refused before its end", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const pair = yield* keyPair
      const keysOfOwn = yield* knownKeys(pair)
      const url = yield* serve(handler, { maxBodySize: 1000, keys: { url: keysOfOwn } })
      const { headers } = yield* signedBy(pair)
      expect(yield* post(url, headers, "x".repeat(1001))).toBe(413)
      // its length isn't told, and it has no end
      expect(yield* pour(url, headers)).toBeLessThan(16 * 1024 * 1024)
      expect(yield* post(url, headers, "x".repeat(1000))).toBe(401)
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("that is cut off isn't taken", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const pair = yield* keyPair
      const url = new URL(yield* serve(handler, { keys: { url: yield* knownKeys(pair) } }))
      const { body, headers } = yield* signedBy(pair)
      yield* Effect.async<void>((resume) => {
        const socket = Net.connect(Number(url.port), "127.0.0.1", () => {
          socket.write(headOf(headers, `content-length: ${body.length}`))
          socket.write(body.subarray(0, body.length - 1), () => socket.end())
        })
        socket.once("close", () => resume(Effect.void)).on("error", () => {}).resume()
      })
      expect(yield* post(url.href, headers, body.slice(0, -1))).toBe(401)
      expect(yield* Queue.size(events)).toBe(0)
      expect((yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)).length).toBe(0)
    }).pipe(Effect.provide(emulator())))

  it.scopedLive("isn't waited for of what names a key that nobody has", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const url = yield* serve(handler)
      const { headers } = yield* signedBy(yield* keyPair, { kid: "b" })
      expect(yield* firstAnswerTo(url, headOf(headers, "content-length: 900000"))).toMatch(/^HTTP\/1.1 401 /)
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(emulator())))
})

describe("keys that can't be read", () => {
  it.scopedLive("let webhooks be sent again", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      // nobody listens there
      yield* subscribed(handler, { keys: { url: "http://127.0.0.1:1/jwks" } })
      yield* ship("se-1")
      expect(yield* statuses(2)).toEqual([503, 503])
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(emulator({ webhookRetries: [0] }))))
})

describe("a web handler", () => {
  it.scopedLive("is what it is on runtimes without servers of their own", () =>
    Effect.gen(function*() {
      const { events, handler } = yield* keeper
      const pair = yield* keyPair
      const jwk = yield* publicJwk(pair, "a")
      const page = {
        fulfillments: [{ shipment_id: "se-412669417", fulfillment_id: "se-16731019" }],
        total: 1,
        pages: 1
      }
      const server = keyServer((asked) => json(asked === 1 ? { keys: [jwk] } : page))
      const { dispose, handler: answer } = HttpApp.toWebHandlerLayer(
        Webhooks.httpApp(handler),
        Layer.mergeAll(ShipStationClient.layer, WebhookKeys.layer()).pipe(
          Layer.provideMerge(ShipStationConfig.layer({ apiKey: Redacted.make(secret) })),
          Layer.provide(server.layer),
          Layer.merge(quiet)
        )
      )
      const deliver = ({ body, headers }: Effect.Effect.Success<ReturnType<typeof signedBy>>) =>
        Effect.promise(() =>
          answer(new Request("https://shop.example.com/hooks", { method: "POST", headers, body })).then(({ status }) =>
            status
          )
        )
      const delivery = yield* signedBy(pair)
      expect(yield* deliver(delivery)).toBe(200)
      expect(yield* Queue.take(events)).toMatchObject({
        _tag: "FulfillmentsShipped",
        shipmentIds: ["se-412669417"],
        fulfillmentIds: ["se-16731019"]
      })
      expect(server.requests.map(({ headers, url }) => [url, headers["api-key"]])).toEqual([
        ["https://api.shipengine.com/jwks", undefined],
        [
          "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-16731019&shipment_id=se-412669417&page=1",
          secret
        ]
      ])
      expect(yield* deliver({ ...delivery, body: bytes("{}") })).toBe(401)
      expect(server.requests.length).toBe(2)
      yield* Effect.promise(dispose)
    }))
})

describe("options", () => {
  it.each([
    [{ maxBodySize: 0 }, "maxBodySize"],
    [{ maxBodySize: NaN }, "maxBodySize"],
    [{ tolerance: -1 }, "tolerance"],
    [{ tolerance: NaN }, "tolerance"]
  ])("that can't be, %j, throw, and name %s", (options, name) => {
    expect(() => Webhooks.httpApp(() => Effect.void, options)).toThrow(`Webhooks: ${name} must`)
  })
})
