import type { ShipStationError } from "@effect-shipstation/http-client"
import { RetryPolicy, ShipStationClient } from "@effect-shipstation/http-client"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import {
  Cause,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberId,
  identity,
  Layer,
  Option,
  Schedule,
  TestClock,
  TestContext,
  TestServices
} from "effect"
import * as Fs from "node:fs"
import { inspect } from "node:util"
import * as Deadlines from "../src/internal/deadlines.js"
import * as Transport from "../src/internal/transport.js"
import { client, httpClients, input, post, postOnce, secret } from "./support/clients.js"
import { watch } from "./support/watch.js"
import { answer, type Behaviour, closedPort, serve, success, type Wire } from "./support/wire.js"

const selfSigned = {
  key: Fs.readFileSync(new URL("./support/self-signed.key.pem", import.meta.url)),
  cert: Fs.readFileSync(new URL("./support/self-signed.cert.pem", import.meta.url))
}

const noRequestId = JSON.stringify({
  errors: [{
    error_source: "shipengine",
    error_type: "security",
    error_code: "unauthorized",
    message: "Access denied."
  }]
})

interface Case {
  readonly name: string
  readonly behaviour: Behaviour
  /** The base URL, if it isn't the server's. */
  readonly baseUrl?: (port: number) => string
  readonly tag: ShipStationError.ShipStationError["_tag"]
  readonly delivery: ShipStationError.Delivery
  readonly reason?: "timeout" | "reset" | "cut"
  readonly status?: number
  /** How many requests the server read. Anything but 1 needs a reason. */
  readonly requests: number
}

const lost = { tag: "ShipStationConnectionLostError", delivery: "unknown", requests: 1 } as const
const unsent = { tag: "ShipStationNetworkError", delivery: "unsent", requests: 0 } as const
const unexpected = { tag: "ShipStationUnexpectedResponseError", delivery: "unknown", requests: 1 } as const

const write = (text: string): Behaviour => ({ onRequest: (socket) => void socket.write(text) })

const cases: ReadonlyArray<Case> = [
  { name: "no such host", behaviour: {}, baseUrl: () => "http://shipstation.invalid", ...unsent },
  {
    name: "TLS to a server without TLS",
    behaviour: { onConnect: (socket) => void socket.write(answer(400, "what?")) },
    baseUrl: (port) => `https://127.0.0.1:${port}`,
    // OpenSSL says no more than of what is written into a connection later on
    ...lost,
    reason: "reset",
    requests: 0
  },
  { name: "a self-signed certificate", behaviour: { tls: selfSigned }, ...unsent },
  {
    name: "closed during the TLS handshake",
    behaviour: { onConnect: (socket) => void socket.end() },
    baseUrl: (port) => `https://127.0.0.1:${port}`,
    ...unsent
  },
  {
    name: "reset before the request was read",
    behaviour: { deaf: true, onConnect: (socket) => void setTimeout(() => socket.resetAndDestroy(), 200) },
    ...lost,
    reason: "reset",
    requests: 0
  },
  {
    name: "reset after the request was read",
    behaviour: { onRequest: (socket) => void socket.resetAndDestroy() },
    ...lost,
    reason: "reset"
  },
  {
    name: "closed after the request was read",
    behaviour: { onRequest: (socket) => void socket.end() },
    ...lost,
    reason: "reset"
  },
  { name: "an answer that isn't HTTP", behaviour: write("hello\r\n\r\n"), ...lost, reason: "reset" },
  { name: "no answer in time", behaviour: {}, ...lost, reason: "timeout" },
  {
    name: "an answer that stalls in its head",
    behaviour: write("HTTP/1.1 200 OK\r\ncontent-le"),
    ...lost,
    reason: "timeout"
  },
  { name: "an answer that stalls in its body", behaviour: write(success.slice(0, -10)), ...lost, reason: "timeout" },
  {
    name: "a body that is cut",
    behaviour: { onRequest: (socket) => void socket.end(success.slice(0, -10)) },
    ...lost,
    reason: "cut",
    status: 200
  },
  {
    name: "a body that is cut behind its JSON",
    behaviour: { onRequest: (socket) => void socket.end(answer(200, "{\"fulfillments\":[]}    ").slice(0, -2)) },
    ...lost,
    reason: "cut",
    status: 200
  },
  {
    name: "a body that is reset",
    behaviour: {
      onRequest: (socket) =>
        void socket.write(success.slice(0, -10), () => setTimeout(() => socket.resetAndDestroy(), 200))
    },
    ...lost,
    reason: "cut",
    status: 200
  },
  {
    name: "a chunked body that is cut behind its JSON",
    behaviour: {
      onRequest: (socket) =>
        void socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n13\r\n{\"fulfillments\":[]}\r\n")
    },
    ...lost,
    reason: "cut",
    status: 200
  },
  {
    name: "a chunked body that is cut",
    behaviour: {
      onRequest: (socket) => void socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"has")
    },
    ...lost,
    reason: "cut",
    status: 200
  },
  {
    name: "a chunked body that is cut behind its JSON",
    behaviour: {
      onRequest: (socket) =>
        void socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n13\r\n{\"fulfillments\":[]}\r\n")
    },
    ...lost,
    reason: "cut",
    status: 200
  },
  {
    name: "a 401 whose body is cut",
    behaviour: { onRequest: (socket) => void socket.end(answer(401, noRequestId).slice(0, -10)) },
    tag: "ShipStationSecurityError",
    delivery: "unknown",
    status: 401,
    requests: 1
  },
  { name: "an empty 200", behaviour: write(answer(200, "")), ...unexpected, status: 200 },
  { name: "a 204", behaviour: write("HTTP/1.1 204 No Content\r\n\r\n"), ...unexpected, status: 204 },
  { name: "a 200 of truncated JSON", behaviour: write(answer(200, "{\"has_errors\":fal")), ...unexpected, status: 200 },
  { name: "a 200 of HTML", behaviour: write(answer(200, "<html>", { "content-type": "text/html" })), ...unexpected },
  { name: "an empty 500", behaviour: write(answer(500, "", {})), ...unexpected, status: 500 },
  { name: "an HTML 502", behaviour: write(answer(502, "<h1>Bad gateway</h1>")), ...unexpected, status: 502 },
  {
    name: "an error body larger than the bound",
    behaviour: write(answer(500, "x".repeat(17 * 1024 * 1024))),
    ...unexpected,
    status: 500
  },
  {
    name: "a success larger than the bound",
    behaviour: write(answer(200, `{"fulfillments":[],"x":"${"x".repeat(17 * 1024 * 1024)}"}`)),
    ...unexpected,
    status: 200
  },
  {
    name: "a success in chunks larger than the bound",
    behaviour: {
      onRequest: (socket) => {
        const body = `{"fulfillments":[],"x":"${"x".repeat(17 * 1024 * 1024)}"}`
        const size = body.length.toString(16)
        socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${size}\r\n${body}\r\n0\r\n\r\n`)
      }
    },
    ...unexpected,
    status: 200
  },
  {
    name: "a 401 without a request id",
    behaviour: write(answer(401, noRequestId)),
    tag: "ShipStationSecurityError",
    delivery: "rejected",
    status: 401,
    requests: 1
  },
  {
    name: "a 401 that quotes the key",
    behaviour: write(
      answer(401, `no such key: ${secret}`, { "content-type": "text/plain", "www-authenticate": secret })
    ),
    tag: "ShipStationSecurityError",
    delivery: "rejected",
    status: 401,
    requests: 1
  }
]

/** The time of a request is over as soon as the server has read it. */
const lateFor = ({ requests }: Wire) => <A, E, R>(request: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(request)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* TestServices.provideLive(Effect.sleep("50 millis"))
      if (requests.length > 0) yield* TestClock.adjust("30 seconds")
    }
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(TestContext.TestContext))

describe.each(httpClients)("on %s", (_, httpClient) => {
  it.live.each(cases)("$name", (row) =>
    Effect.gen(function*() {
      const server = yield* serve(row.behaviour)
      const baseUrl = row.baseUrl?.(server.port) ?? server.url
      const { layer, print, printed } = watch()
      const exit = yield* postOnce.pipe(
        Effect.provide(client({ baseUrl, allowInsecureHosts: ["shipstation.invalid"] }, httpClient)),
        Effect.exit,
        Effect.provide(layer),
        row.reason === "timeout" ? lateFor(server) : identity
      )
      const error = yield* Effect.flip(exit)
      expect({ ...error, printable: error.message }).toMatchObject({
        _tag: row.tag,
        delivery: row.delivery,
        ...(row.reason === undefined ? {} : { reason: row.reason }),
        ...(row.status === undefined ? {} : { status: row.status }),
        printable: expect.stringMatching(/\S/)
      })
      expect(server.requests.length).toBe(row.requests)

      print(exit)
      print(error)
      printed.push(Cause.pretty(Cause.fail(error), { renderErrorCause: true }), error.stack ?? "")
      expect(printed.filter((text) => text.includes(secret))).toEqual([])
    }).pipe(Effect.scoped))

  it.scopedLive("a refused connection", () =>
    Effect.gen(function*() {
      const port = yield* closedPort
      const error = yield* postOnce.pipe(
        Effect.provide(client({ baseUrl: `http://127.0.0.1:${port}` }, httpClient)),
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent" })
    }))

  it.scopedLive("sends one request, with the key in its header and nowhere else", () =>
    Effect.gen(function*() {
      const server = yield* serve(write(success))
      const { layer, printed } = watch()
      const answered = yield* postOnce.pipe(
        Effect.provide(client({ baseUrl: server.url }, httpClient)),
        Effect.withSpan("caller"),
        Effect.provide(layer)
      )
      expect(answered.status).toBe(200)
      expect(answered.requestId).toBe("aa3d8e8e-462b-4476-9618-72db7f7b7009")
      const [request, ...others] = server.requests
      expect(others).toEqual([])
      expect(request?.line).toBe("POST /v2/fulfillments HTTP/1.1")
      expect(request?.headers).toMatchObject({
        "api-key": secret,
        "content-type": "application/json",
        accept: "application/json"
      })
      expect(Object.keys(request?.headers ?? {})).not.toContain("traceparent")
      expect(Object.keys(request?.headers ?? {})).not.toContain("b3")
      expect(JSON.parse(request?.body ?? "")).toEqual({ fulfillments: [input] })
      expect(printed.join("\n")).toContain("ShipStationClient.execute")
      expect(printed.filter((text) => text.includes(secret))).toEqual([])
    }))

  it.live.each(
    [[200, "without errors"], [200, "with errors besides"], [400, "with errors"]] as const
  )("a %i that repeats the key everywhere shows it nowhere, %s", ([status, how]) =>
    Effect.gen(function*() {
      const text = JSON.stringify({
        request_id: secret,
        has_errors: true,
        fulfillments: [{ shipment_id: "se-1", shipment_number: secret, error_message: `no: ${secret}` }],
        errors: how === "without errors" ? [] : [{
          error_source: "ShipStation",
          error_type: "validation",
          error_code: secret,
          message: secret,
          field_name: secret,
          field_value: { nested: secret }
        }]
      })
      const server = yield* serve(write(answer(status, text, { "x-shipengine-requestid": `r-${secret}` })))
      const { layer, print, printed } = watch()
      const exit = yield* postOnce.pipe(
        Effect.provide(client({ baseUrl: server.url }, httpClient)),
        Effect.exit,
        Effect.provide(layer)
      )
      print(exit)
      expect(Exit.isSuccess(exit)).toBe(how === "without errors")
      expect(printed.join()).toContain("<redacted>")
      expect(printed.filter((text) => text.includes(secret))).toEqual([])
    }).pipe(Effect.scoped))

  it.live.each([301, 302, 303, 307, 308])("a %i to another origin is not followed", (status) =>
    Effect.gen(function*() {
      const elsewhere = yield* serve(write(success))
      const server = yield* serve(write(answer(status, "", { location: `${elsewhere.url}/v2/fulfillments` })))
      const error = yield* postOnce.pipe(Effect.provide(client({ baseUrl: server.url }, httpClient)), Effect.flip)
      expect(error).toMatchObject({ _tag: "ShipStationUnexpectedResponseError", delivery: "unknown", status })
      expect(server.requests.length).toBe(1)
      expect(elsewhere.connections.opened).toBe(0)
    }).pipe(Effect.scoped))

  it.scopedLive("interruption closes the connection", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      const fiber = yield* postOnce.pipe(Effect.provide(client({ baseUrl: server.url }, httpClient)), Effect.fork)
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => server.requests.length === 1 })
      expect(server.connections.open).toBe(1)
      const exit = yield* Fiber.interrupt(fiber)
      expect(Exit.isInterrupted(exit)).toBe(true)
      yield* Effect.sleep("5 millis").pipe(Effect.repeat({ until: () => server.connections.open === 0 }))
      expect(server.requests.length).toBe(1)
    }))

  it.scopedLive("a POST that may have been acted on is never sent again, whatever the policy says", () =>
    Effect.gen(function*() {
      const server = yield* serve({ onRequest: (socket) => void socket.resetAndDestroy() })
      const error = yield* post.pipe(
        RetryPolicy.withRetryPolicy(Schedule.recurs(10)),
        Effect.provide(client({ baseUrl: server.url }, httpClient)),
        Effect.flip
      )
      expect(error.delivery).toBe("unknown")
      expect(server.requests.length).toBe(1)
    }))

  it.scopedLive("a refused POST is sent again as the policy says, and so is a GET that was lost", () =>
    Effect.gen(function*() {
      const busy = answer(429, "", { "retry-after": "0" })
      const server = yield* serve({
        onRequest: (socket, { line }, count) =>
          line.startsWith("GET")
            ? void socket.resetAndDestroy()
            : void socket.write(count < 3 ? busy : success)
      })
      const layer = client({ baseUrl: server.url }, httpClient)
      const answered = yield* post.pipe(RetryPolicy.withRetryPolicy(Schedule.recurs(2)), Effect.provide(layer))
      expect(answered.body.fulfillments?.length).toBe(1)
      expect(server.requests.length).toBe(3)

      const lost = yield* ShipStationClient.ShipStationClient.pipe(
        Effect.flatMap((client) => client.listFulfillments({ shipment_id: "se-1", page: 2 })),
        RetryPolicy.withRetryPolicy(Schedule.recurs(2)),
        Effect.provide(layer),
        Effect.flip
      )
      expect(lost._tag).toBe("ShipStationConnectionLostError")
      expect(server.requests.slice(3).map(({ line }) => line)).toEqual(
        Array.from({ length: 3 }, () => "GET /v2/fulfillments?shipment_id=se-1&page=2 HTTP/1.1")
      )
    }))
})

describe("on fetch", () => {
  it.scopedLive("the user's own RequestInit and Fetch stay in force beside ours", () =>
    Effect.gen(function*() {
      const seen: Array<RequestInit | undefined> = []
      const server = yield* serve(write(success))
      const httpClient = FetchHttpClient.layer.pipe(
        Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { keepalive: true })),
        Layer.provide(Layer.succeed(FetchHttpClient.Fetch, (url, init) => {
          seen.push(init)
          return fetch(url, init)
        }))
      )
      yield* postOnce.pipe(Effect.provide(client({ baseUrl: server.url }, httpClient)))
      expect(seen).toMatchObject([{ keepalive: true, redirect: "manual" }])
    }))

  it.scopedLive("our RequestInit doesn't reach requests of others", () =>
    Effect.gen(function*() {
      const seen: Array<RequestInit | undefined> = []
      const server = yield* serve(write(success))
      const httpClient = Layer.provide(
        FetchHttpClient.layer,
        Layer.succeed(FetchHttpClient.Fetch, (url, init) => {
          seen.push(init)
          return fetch(url, init)
        })
      )
      yield* Effect.zipRight(postOnce, HttpClient.get(server.url)).pipe(
        Effect.provide(Layer.merge(client({ baseUrl: server.url }, httpClient), httpClient))
      )
      expect(seen.map((init) => init?.redirect)).toEqual(["manual", undefined])
    }))
})

describe("on undici", () => {
  it.scopedLive("a connection that isn't made in time was never used", () =>
    Effect.gen(function*() {
      // it accepts, and never answers the TLS handshake
      const server = yield* serve({})
      const httpClient = Layer.provide(
        NodeHttpClient.layerUndiciWithoutDispatcher,
        Layer.scoped(
          NodeHttpClient.Dispatcher,
          Effect.acquireRelease(
            Effect.sync(() => new Undici.Agent({ connect: { timeout: 100 } })),
            (agent) => Effect.promise(() => agent.destroy())
          )
        )
      )
      const error = yield* postOnce.pipe(
        Effect.provide(client({ baseUrl: `https://127.0.0.1:${server.port}` }, httpClient)),
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent" })
    }))
})

describe("on any HttpClient", () => {
  it.effect("a client that dies is a lost connection", () =>
    Effect.gen(function*() {
      const dying = HttpClient.make(() => Effect.die(new Error(`key ${secret}`)))
      const error = yield* Effect.flip(
        Effect.provide(postOnce, client({}, Layer.succeed(HttpClient.HttpClient, dying)))
      )
      expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", delivery: "unknown", reason: "reset" })
      expect(inspect(error)).not.toContain(secret)
    }))

  it.effect.each([true, false])(
    "a client that interrupts itself is a lost connection, beside a failure: %s",
    (fails) =>
      Effect.gen(function*() {
        const failing = HttpClient.make((request) =>
          Effect.failCause(Cause.parallel(
            fails ? Cause.fail(new HttpClientError.RequestError({ request, reason: "Transport" })) : Cause.empty,
            Cause.interrupt(FiberId.none)
          ))
        )
        const error = yield* Effect.flip(
          Effect.provide(postOnce, client({}, Layer.succeed(HttpClient.HttpClient, failing)))
        )
        expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", delivery: "unknown" })
      })
  )

  it.effect("what is set for our requests is taken back behind them", () =>
    Effect.gen(function*() {
      const seen: Array<RequestInit> = []
      const plain = HttpClient.make((request) =>
        Effect.gen(function*() {
          seen.push(Option.getOrThrow(yield* Effect.serviceOption(FetchHttpClient.RequestInit)))
          return HttpClientResponse.fromWeb(request, new Response(""))
        })
      )
      const deadlines = yield* Deadlines.make(Duration.seconds(1))
      yield* Transport.make(plain, deadlines)(HttpClientRequest.get("http://127.0.0.1"), {
        leaves: Effect.void,
        redact: identity
      })
      expect(seen).toEqual([{ redirect: "manual" }])
      expect(yield* Effect.serviceOption(FetchHttpClient.RequestInit)).toEqual(Option.none())
    }))

  it.scopedLive("a client that fails on statuses by itself makes no difference", () =>
    Effect.gen(function*() {
      const server = yield* serve(write(answer(401, noRequestId)))
      const filtered = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, HttpClient.filterStatusOk)
      ).pipe(Layer.provide(NodeHttpClient.layerUndici))
      const error = yield* postOnce.pipe(Effect.provide(client({ baseUrl: server.url }, filtered)), Effect.flip)
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "rejected" })
    }))
})
