import { Control, Emulator } from "@effect-shipstation/emulator"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Queue, Schema, Stream } from "effect"
import { connect } from "node:net"
import { create, sockets } from "./support.js"

const layer = sockets["a socket, with node:http"]

const decode = Schema.decodeUnknownSync(Schema.parseJson(Control.Changes))

const parse = (event: string) => {
  const [, name, data = ""] = event.match(/event: (\w+)\ndata: (.*)/) ?? []
  return { name, ...decode(data) }
}

/** The events, one at a time. */
const listen = Effect.gen(function*() {
  const events = yield* Queue.unbounded<ReturnType<typeof parse>>()
  yield* HttpClient.get("/__emulator/events").pipe(
    HttpClientResponse.stream,
    Stream.decodeText(),
    Stream.splitLines,
    Stream.split((line) => line === ""),
    Stream.map((lines) => Chunk.join(lines, "\n")),
    Stream.filter((event) => event.startsWith("event: ")),
    Stream.runForEach((event) => Queue.offer(events, parse(event))),
    Effect.forkScoped
  )
  return { next: Queue.take(events) }
})

const summary = ({ name, requests, shipments }: ReturnType<typeof parse>) => ({
  name,
  requests: requests.map(({ answer, committed, created }) =>
    `${answer} ${committed} ${created.map(({ shipment_id }) => shipment_id)}`
  ),
  shipments: shipments.map(({ shipment_id, state }) => `${shipment_id} ${state}`)
})

const statuses = Effect.forEach(
  ["/", "/__emulator/events", "/__emulator/inspector/main.js"],
  (path) => Effect.map(HttpClient.get(path, { accept: "text/html" }), ({ status }) => status)
)

const post = (route: string, json?: unknown) =>
  HttpClient.execute(
    HttpClientRequest.post(`/__emulator/${route}`).pipe(HttpClientRequest.bodyText(JSON.stringify(json ?? {})))
  )

describe("server-sent events", () => {
  it.scopedLive("begin with what there is, and go on with what changes", () =>
    Effect.gen(function*() {
      yield* create(["se-1"])
      const { next } = yield* listen
      assert.deepStrictEqual(summary(yield* next), {
        name: "snapshot",
        requests: ["sent 1 se-1"],
        shipments: ["se-4 cancelled", "se-3 voided", "se-2 fulfilled", "se-1 fulfilled"]
      })
      yield* create(["se-1", "se-5"])
      const second = yield* next
      assert.deepStrictEqual(summary(second), {
        name: "changes",
        requests: ["sent 2 se-1,se-5"],
        shipments: ["se-1 fulfilled twice", "se-5 fulfilled"]
      })
      assert.deepStrictEqual(
        second.notifications.map(({ kind, nth, shipment_id }) => `${shipment_id} ${kind} ${nth}`),
        [
          "se-1 customer 2",
          "se-1 order_source 2",
          "se-5 customer 1",
          "se-5 order_source 1"
        ]
      )
      assert.strictEqual(second.state.counts.notifiedAgain, 2)
      yield* post("seed", { shipments: [{ shipment_id: "se-6" }] })
      assert.include(summary(yield* next).shipments, "se-6 waiting")
      yield* post("clock", { frozen: true })
      assert.isTrue((yield* next).state.clock.frozen)
      yield* post("reset")
      assert.deepStrictEqual(summary(yield* next), {
        name: "snapshot",
        requests: [],
        shipments: ["se-4 cancelled", "se-1 waiting", "se-3 voided", "se-2 fulfilled"]
      })
    }).pipe(Effect.provide(layer({
      alreadyFulfilled: "accept",
      acceptAnyShipment: true,
      shipments: [{ shipment_id: "se-1" }, { shipment_id: "se-4", cancelled: true }],
      fulfillments: [
        { shipment_id: "se-3", tracking_number: "1", voided: true },
        { shipment_id: "se-2", tracking_number: "1" }
      ]
    }))))

  it.scopedLive("tell of a request again when it lands, long after it was over", () =>
    Effect.gen(function*() {
      yield* post("clock", { frozen: true })
      const { next } = yield* listen
      yield* next
      yield* Effect.exit(create(["se-1"]))
      assert.deepStrictEqual(summary(yield* next).requests, ["lost 0 "])
      yield* create(["se-2"])
      assert.deepStrictEqual(summary(yield* next).requests, ["sent 1 se-2"])
      yield* post("clock", { advance: "20 seconds" })
      const events = [yield* next]
      while (events.at(-1)?.requests.length === 0) events.push(yield* next)
      assert.deepStrictEqual(events.flatMap((event) => summary(event).requests), ["lost 1 se-1"])
    }).pipe(Effect.provide(layer({ faults: [{ times: 1, action: { _tag: "LandLate", after: "20 seconds" } }] }))))

  it.scopedLive("tell of a request again when it goes on, and of the faults that it met", () =>
    Effect.gen(function*() {
      const { next } = yield* listen
      yield* next
      yield* post("faults", { times: 1, action: { _tag: "Hold", when: "after" } })
      assert.strictEqual((yield* next).faults[0]?.applied, 0)
      const held = yield* Effect.fork(create(["se-1"]))
      const met = yield* next
      assert.deepStrictEqual(summary(met).requests, ["pending 1 se-1"])
      assert.strictEqual(met.faults[0]?.applied, 1)
      yield* post("release")
      yield* Fiber.join(held)
      const done = yield* next
      assert.deepStrictEqual(summary(done).requests, ["sent 1 se-1"])
      assert.deepStrictEqual(done.requests[0]?.faults, ["Hold"])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("put many changes into few events, the last of which holds the end of it", () =>
    Effect.gen(function*() {
      const { next } = yield* listen
      yield* next
      const start = Date.now()
      yield* Effect.forEach(Array.from({ length: 1_000 }, (_, n) => `se-${n}`), (id) => create([id]), {
        concurrency: 20
      })
      let events = 1
      let last = yield* next
      while (last.state.counts.requests < 1_000 || last.requests.at(-1)?.answer === "pending") {
        events++
        assert.isAtMost(last.requests.length, 300)
        last = yield* next
      }
      assert.isAtMost(events, Math.ceil((Date.now() - start) / 100) + 1)
      assert.strictEqual(last.shipments.at(-1)?.state, "fulfilled")
    }).pipe(Effect.provide(layer({ rateLimit: "off" }))))

  it.scopedLive("don't pile up for a reader that doesn't read", () =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      const emulator = yield* Emulator.Emulator
      const socket = yield* Effect.acquireRelease(
        Effect.sync(() => connect(Number(new URL(url).port), "127.0.0.1")),
        (socket) => Effect.sync(() => socket.destroy())
      )
      // an event of 18 MB is more than a kernel takes for a connection
      const seed = (name: string) =>
        emulator.seed({
          shipments: Array.from({ length: 300 }, (_, n) => ({
            shipment_id: `se-${n}`,
            shipment_number: name.padEnd(60_000, ".")
          }))
        })
      socket.pause().write("GET /__emulator/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
      for (let n = 1; n <= 10; n++) {
        yield* seed(`number ${n}.`)
        yield* Effect.sleep("150 millis")
      }
      const seen = new Set<string>()
      socket.on("data", (data) => {
        for (const [name] of data.toString("latin1").matchAll(/number \d+/g)) seen.add(name)
      })
      socket.resume()
      yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => seen.has("number 10") }))
      assert.isAtMost(seen.size, 3)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("have so many readers at most, and a place again when one goes", () =>
    Effect.gen(function*() {
      const open = Effect.map(HttpClient.get("/__emulator/events"), ({ status }) => status)
      const readers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.fork(Effect.scoped(listen.pipe(
          Effect.flatMap(({ next }) => next),
          Effect.zipRight(Effect.never)
        ))))
      yield* Effect.repeat(Effect.delay(open, "20 millis"), { until: (status) => status === 503 })
      yield* Fiber.interruptAll(readers)
      yield* Effect.repeat(Effect.delay(open, "20 millis"), { until: (status) => status === 200 })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("and the page are off where the control routes are", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses, [401, 401, 401])
    }).pipe(Effect.provide(layer({ control: false }))))

  it.scopedLive("and the page are on where the control routes are, and / is the API's for its clients", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses, [200, 200, 200])
      assert.strictEqual((yield* HttpClient.get("/")).status, 401)
    }).pipe(Effect.provide(layer())))
})
