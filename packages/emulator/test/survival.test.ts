/** What a server on a network has to expect. Raw sockets, since no HTTP client sends such things. */
import { Emulator } from "@effect-shipstation/emulator"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { networkInterfaces } from "node:os"
import { setTimeout } from "node:timers/promises"
import { create, inProcess } from "./support.js"

const server = (options?: Emulator.Options & Emulator.ServerOptions) =>
  Layer.merge(Emulator.layerServer(options), FetchHttpClient.layer)

const connected = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const { hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname).on("error", () => {})
      await once(socket, "connect")
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** All that comes until the connection is closed, or an answer is whole. */
const answerOf = async (socket: Socket): Promise<string> => {
  let answer = ""
  socket.on("data", (data) => answer += String(data))
  while (!socket.closed && !isWhole(answer)) await setTimeout(10)
  return answer
}

/** By its length, or its last chunk. */
const isWhole = (answer: string): boolean => {
  const [head = "", ...body] = answer.split("\r\n\r\n")
  const [, length] = /^content-length: (\d+)$/im.exec(head) ?? []
  return /^transfer-encoding: chunked$/im.test(head)
    ? answer.endsWith("\r\n0\r\n\r\n")
    : length !== undefined && Buffer.byteLength(body.join("\r\n\r\n")) >= Number(length)
}

/** Sends something, and gives what is answered. */
const exchange = (data: string | Uint8Array) =>
  Effect.gen(function*() {
    const { url } = yield* Emulator.Server
    const socket = yield* connected(url)
    const answer = answerOf(socket)
    socket.write(data)
    return yield* Effect.promise(() => answer)
  })

const isFine = Effect.gen(function*() {
  const { url } = yield* Emulator.Server
  assert.deepStrictEqual(yield* Effect.flatMap(HttpClient.get(`${url}/__emulator/health`), ({ json }) => json), {
    status: "ok"
  })
})

const post = (path: string, ...more: ReadonlyArray<string>) =>
  [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    `api-key: ${Emulator.defaultApiKey}`,
    "Content-Type: application/json",
    ...more,
    "",
    ""
  ].join("\r\n")

const withBody = (path: string, body: string) => post(path, `Content-Length: ${Buffer.byteLength(body)}`) + body

const nothingCommitted = Effect.flatMap(Emulator.Emulator, ({ fulfillments }) => fulfillments).pipe(
  Effect.map((fulfillments) => assert.deepStrictEqual(fulfillments, []))
)

describe("bytes that are no request", () => {
  it.scopedLive.each<[string, Uint8Array | string]>([
    ["garbage", randomBytes(100_000)],
    ["zeros", new Uint8Array(100_000)],
    ["a TLS handshake", Buffer.from("1603010200010001fc0303", "hex")],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["another version", "GET / HTTP/9.9\r\n\r\n"],
    ["a header without end", `GET / HTTP/1.1\r\nA: ${"a".repeat(100_000)}`],
    ["a length that is no number", post("/v2/fulfillments", "Content-Length: many")],
    ["two lengths", post("/v2/fulfillments", "Content-Length: 1", "Content-Length: 2")],
    ["a length and chunks", post("/v2/fulfillments", "Content-Length: 5", "Transfer-Encoding: chunked")],
    ["a chunk that is none", `${post("/v2/fulfillments", "Transfer-Encoding: chunked")}zz\r\n{}`]
  ])("%s: the connection ends, and the server goes on", ([, bytes]) =>
    Effect.gen(function*() {
      const answer = yield* exchange(bytes)
      if (answer !== "") assert.match(answer, /^HTTP\/1\.1 4\d\d /)
      yield* isFine
      yield* nothingCommitted
    }).pipe(Effect.provide(server())))

  it.scopedLive.each<[string, string]>([
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
    ["an absolute URL", "GET http://a/v2/fulfillments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
    ["no URL at all", "GET http:// HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
    ["an escape that is none", "GET /%E0%A4%A HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
  ])("%s is answered like any wrong address", ([, text]) =>
    Effect.gen(function*() {
      assert.match(yield* exchange(text), /^HTTP\/1\.1 40[14] /)
      yield* isFine
    }).pipe(Effect.provide(server())))

  it.scopedLive("a request to switch protocols is answered as if it weren't one", () =>
    Effect.gen(function*() {
      const upgrade = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: YQ=="
      ]
      const body = JSON.stringify({
        fulfillments: [{ shipment_id: "se-1", tracking_number: "1Z", carrier_code: "ups" }]
      })
      const answer = yield* exchange(post("/v2/fulfillments", ...upgrade, `Content-Length: ${body.length}`) + body)
      assert.match(answer, /^HTTP\/1\.1 200 /)
      assert.include(answer, "ORDER-1")
    }).pipe(Effect.provide(server())))
})

describe("a body of 100 MB", () => {
  const size = 100 * 1024 * 1024

  it.scopedLive.each(["/v2/fulfillments", "/__emulator/seed"])(
    "is refused by %s before it is sent",
    (path) =>
      Effect.gen(function*() {
        const answer = yield* exchange(post(path, `Content-Length: ${size}`))
        assert.match(answer, /^HTTP\/1\.1 413 /)
        assert.include(answer, "too large")
        yield* isFine
      }).pipe(Effect.provide(server()))
  )

  it.scopedLive.each(["/v2/fulfillments", "/__emulator/seed", "/v2/other"])(
    "whose size isn't told is answered by %s, and not kept",
    (path) =>
      Effect.gen(function*() {
        const { url } = yield* Emulator.Server
        const socket = yield* connected(url)
        const answer = answerOf(socket)
        const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(1024 * 1024, " "), Buffer.from("\r\n")])
        const before = process.memoryUsage.rss()
        let most = 0
        socket.write(post(path, "Transfer-Encoding: chunked"))
        yield* Effect.promise(async () => {
          for (let sent = 0; sent < size; sent += 1024 * 1024) {
            if (!socket.write(chunk)) await once(socket, "drain")
            most = Math.max(most, process.memoryUsage.rss() - before)
          }
          socket.write("0\r\n\r\n")
        })
        assert.match(yield* Effect.promise(() => answer), /^HTTP\/1\.1 4(13|04) /)
        assert.isBelow(most, 60 * 1024 * 1024)
        yield* isFine
        yield* nothingCommitted
      }).pipe(Effect.provide(server()))
  )

  it.live("is refused in-process too", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create([" ".repeat(size)])).status, 413)
    }).pipe(Effect.provide(inProcess())))
})

describe("JSON of 100,000 levels", () => {
  const levels = 100_000
  const deep = "[".repeat(levels) + "]".repeat(levels)
  const deepObject = "{\"a\":".repeat(levels) + "1" + "}".repeat(levels)

  it.scopedLive.each<[string, string]>([
    ["/v2/fulfillments", deep],
    ["/v2/fulfillments", `{"fulfillments":${deepObject}}`],
    ["/v2/fulfillments", `{"fulfillments":[${deep}]}`],
    ["/v2/fulfillments", `{"fulfillments":[{"shipment_id":${deep},"notify_customer":${deepObject}}]}`],
    ["/__emulator/seed", `{"shipments":[${deepObject}]}`],
    ["/__emulator/faults", `{"action":{"_tag":"ErrorBody","status":400,"errors":[{"more":${deep}}]}}`]
  ])("is refused by %s", ([path, body]) =>
    Effect.gen(function*() {
      assert.match(yield* exchange(withBody(path, body)), /^HTTP\/1\.1 400 /)
      yield* isFine
    }).pipe(Effect.provide(server())))
})

describe("clients that take their time", () => {
  it.scopedLive(
    "are cut off while they send headers or a body, and those that ask meanwhile are served",
    () =>
      Effect.gen(function*() {
        const { url } = yield* Emulator.Server
        const drip = Effect.fnUntraced(function*(start: string) {
          const socket = yield* connected(url)
          const answer = answerOf(socket)
          socket.write(start)
          const timer = setInterval(() => socket.write("a"), 500)
          socket.once("close", () => clearInterval(timer))
          return yield* Effect.promise(() => answer)
        })
        const answers = yield* Effect.all([
          drip("GET / HTTP/1.1\r\nA: "),
          drip(post("/v2/fulfillments", "Content-Length: 100000")),
          Effect.as(Effect.zipRight(Effect.sleep("5 seconds"), isFine), "")
        ], { concurrency: "unbounded" })
        for (const answer of answers.slice(0, 2)) assert.match(answer, /^HTTP\/1\.1 408 /)
        yield* nothingCommitted
      }).pipe(Effect.provide(server()))
  )

  it.scopedLive("may be thousands, and say nothing at all", () =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      const before = process.memoryUsage.rss()
      yield* Effect.forEach(Array.from({ length: 3_000 }), () => connected(url), { concurrency: 100, discard: true })
      yield* isFine
      assert.isBelow(process.memoryUsage.rss() - before, 200 * 1024 * 1024)
    }).pipe(Effect.provide(server())))
})

describe("paths that pretend", () => {
  const control = (path: string, host = "localhost") =>
    exchange(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

  it.scopedLive.each([
    "/__emulator/../v2/fulfillments",
    "/__emulator/%2e%2e/v2/fulfillments",
    "/__emulator/..%2fv2/fulfillments",
    "/__emulator/./state",
    "/__emulator/state/../state",
    "/__emulator/state%00",
    "/__emulator",
    "//__emulator/state",
    "/./__emulator/state",
    "/v2/../__emulator/state",
    "/%5f_emulator/state",
    "/__EMULATOR/state",
    "\\__emulator\\state",
    "http://localhost/__emulator/state"
  ])("%s is neither a control route nor the API", (path) =>
    Effect.gen(function*() {
      const answer = yield* control(path)
      assert.match(answer, /^HTTP\/1\.1 (400|401|404) /)
      assert.notInclude(answer, "alreadyFulfilled")
      yield* isFine
    }).pipe(Effect.provide(server())))

  it.scopedLive.each([
    "/__emulator/state",
    "/__emulator//state",
    "/__emulator/state/",
    "/__emulator/%73tate",
    "/__emulator/state?x=/../"
  ])(
    "%s is a control route, and refused to pages of other origins",
    (path) =>
      Effect.gen(function*() {
        assert.match(yield* control(path), /^HTTP\/1\.1 200 /)
        assert.match(yield* control(path, "evil.example"), /^HTTP\/1\.1 403 /)
      }).pipe(Effect.provide(server()))
  )
})

describe("a browser", () => {
  it.scopedLive("is told by no header that pages of other origins may read", () =>
    Effect.gen(function*() {
      for (const path of ["/__emulator/state", "/openapi.json", "/docs", "/v2/fulfillments"]) {
        for (const method of ["GET", "OPTIONS"]) {
          const answer = yield* exchange(
            `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n`
          )
          const [headers = ""] = answer.split("\r\n\r\n", 1)
          assert.match(headers, /^HTTP\/1\.1 /)
          assert.notMatch(headers, /access-control-/i)
        }
      }
    }).pipe(Effect.provide(server())))
})

describe("the address", () => {
  const others = Object.values(networkInterfaces()).flat().flatMap((one) =>
    one !== undefined && !one.internal && one.family === "IPv4" ? [one.address] : []
  )

  const statusAt = (address: string, port: string) =>
    HttpClient.get(`http://${address}:${port}/__emulator/health`).pipe(
      Effect.map(({ status }) => status),
      Effect.catchAll(() => Effect.succeed("refused"))
    )

  it.live.skipIf(others.length === 0)(
    "is this machine's own, unless told (needs a network)",
    () =>
      Effect.gen(function*() {
        const statuses = (options?: Emulator.ServerOptions) =>
          Effect.gen(function*() {
            const { url } = yield* Emulator.Server
            assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
            return yield* Effect.forEach(["127.0.0.1", ...others], (address) => statusAt(address, new URL(url).port))
          }).pipe(Effect.provide(server(options)))
        assert.deepStrictEqual(yield* statuses(), [200, ...others.map(() => "refused")])
        assert.deepStrictEqual(yield* statuses({ host: "0.0.0.0" }), [200, ...others.map(() => 200)])
      })
  )

  it.live("may be of IPv6", () =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Server
      assert.match(url, /^http:\/\/\[::1\]:\d+$/)
      yield* isFine
    }).pipe(Effect.provide(server({ host: "::1" }))))
})
