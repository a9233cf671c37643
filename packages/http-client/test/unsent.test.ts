import { RetryPolicy } from "@effect-shipstation/http-client"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, TestClock, TestServices } from "effect"
import { isUnsent } from "../src/internal/unsent.js"
import { client, post } from "./support/clients.js"
import { serveRelayed, trustingClients } from "./support/tls.js"
import { answer, serve, success } from "./support/wire.js"

const error = (properties: object, message = "x", cause?: unknown) =>
  Object.assign(new Error(message, { cause }), properties)

const refused = error({ code: "ECONNREFUSED", syscall: "connect" })
const reset = error({ code: "ECONNRESET", syscall: "read" })
const openSsl = (text: string) => `80DC5B67:error:0A00010B:SSL routines:ssl3_get_record:${text}:../ssl/record.c:355:`

it.each([
  ["refused", refused],
  ["refused, as fetch tells it", error({}, "fetch failed", refused)],
  ["refused on all addresses", Object.assign(new AggregateError([refused, refused]), { code: "ECONNREFUSED" })],
  ["no such host", error({ code: "ENOTFOUND", syscall: "getaddrinfo" })],
  ["no name server", error({ code: "EAI_AGAIN", syscall: "getaddrinfo" })],
  ["no route", error({ code: "EHOSTUNREACH", syscall: "connect" })],
  ["connect time-out of the system", error({ code: "ETIMEDOUT", syscall: "connect" })],
  ["connect time-out of undici", error({ code: "UND_ERR_CONNECT_TIMEOUT" })],
  ["an expired certificate", error({ code: "CERT_HAS_EXPIRED" })],
  ["a certificate of another name", error({ code: "ERR_TLS_CERT_ALTNAME_INVALID" })],
  ["a self-signed certificate", error({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })],
  ["a port that fetch never uses", error({}, "fetch failed", error({}, "bad port"))],
  ["an unknown issuer", error({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" })],
  [
    "closed during the handshake",
    error({ code: "ECONNRESET" }, "Client network socket disconnected before secure TLS connection was established")
  ]
])("nothing was sent: %s", (_, cause) => {
  expect(isUnsent(cause)).toBe(true)
})

it.each<readonly [name: string, cause: unknown]>([
  ["reset", reset],
  ["reset, as fetch tells it", error({}, "fetch failed", reset)],
  ["a broken pipe", error({ code: "EPIPE", syscall: "write" })],
  ["a time-out while reading", error({ code: "ETIMEDOUT", syscall: "read" })],
  ["closed by the other side", error({ code: "UND_ERR_SOCKET" }, "other side closed")],
  ["headers that don't come", error({ code: "UND_ERR_HEADERS_TIMEOUT" })],
  ["some addresses refused, one reset", new AggregateError([refused, reset])],
  ["no addresses at all", new AggregateError([])],
  ["reset, because another was refused", error({ code: "ECONNRESET", syscall: "read" }, "x", refused)],
  ["lost by a call, because another was refused", error({ syscall: "read" }, "x", refused)],
  ["lost with a code, because another was refused", error({ code: "UND_ERR_SOCKET" }, "x", refused)],
  ["a browser, which tells nothing", new TypeError("Failed to fetch")],
  ["no error", undefined],
  ["a text", "connect ECONNREFUSED"],
  // TLS that fails in the middle fails like a handshake
  ...[
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_SSL_UNSUPPORTED_PROTOCOL",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
    // and these are no failures to connect
    "ERR_TLS_RENEGOTIATION_DISABLED",
    "ERR_TLS_SESSION_ATTACK",
    "ERR_TLS_HANDSHAKE_TIMEOUT",
    "ERR_TLS_SOMETHING_OF_TOMORROW",
    "CERT_SOMETHING_OF_TOMORROW",
    "OUT_OF_MEM"
  ].map((code) => [code, error({ code })] as const),
  ...[
    "wrong version number",
    "unsupported protocol",
    "sslv3 alert handshake failure",
    "tlsv1 alert protocol version"
  ].map((text) => [`${text}, in words only`, error({}, openSsl(text))] as const),
  ["a message around the words", error({}, "the client says bad port")]
])("it may have been acted on: %s", (_, cause) => {
  expect(isUnsent(cause)).toBe(false)
})

/** Three attempts, if an error lets them. */
const stubborn = RetryPolicy.withRetryPolicy(post, Schedule.recurs(2))

const alert = (description: number) => Buffer.from([21, 3, 3, 0, 2, 2, description])

describe.each(trustingClients)("on %s", (name, httpClient) => {
  describe.each(["TLSv1.2", "TLSv1.3"] as const)("over %s", (version) => {
    it.scopedLive("a request goes through", () =>
      Effect.gen(function*() {
        const server = yield* serveRelayed(version, () => ({ onRequest: (socket) => void socket.write(success) }))
        expect(yield* Effect.provide(stubborn, client({ baseUrl: server.url }, httpClient))).toMatchObject({
          status: 200
        })
      }))

    it.effect.each<readonly [name: string, bytes: Buffer]>([
      ["plain text", Buffer.from("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")],
      ["a page", Buffer.from("<html><body>This connection is watched.</body></html>")],
      ["an alert of a failed handshake", alert(40)],
      ["an alert of another version", alert(70)],
      ["an alert of an expired certificate", alert(45)],
      ["a handshake", Buffer.from([22, 3, 3, 0, 4, 0, 0, 0, 0])]
    ])("written into the connection after the request was read: %s", ([_, bytes]) =>
      Effect.gen(function*() {
        const server = yield* serveRelayed(version, (intrude) => ({ onRequest: () => intrude(bytes) }))
        const error = yield* Effect.fork(
          Effect.flip(Effect.provide(stubborn, client({ baseUrl: server.url }, httpClient)))
        )
        const wait = TestServices.provideLive(Effect.sleep("5 millis"))
        yield* Effect.repeat(wait, { until: () => server.requests.length > 0 })
        // undici doesn't look at errors of TLS while it waits for an answer
        if (name === "undici") {
          yield* Effect.forkScoped(Effect.forever(Effect.zipRight(wait, TestClock.adjust("1 minute"))))
        }
        const { _tag, delivery } = yield* Fiber.join(error)
        expect([_tag, delivery]).toEqual(["ShipStationConnectionLostError", "unknown"])
        expect(server.requests.length).toBe(1)
      }).pipe(Effect.scoped))
  })
})

describe.each([["undici", NodeHttpClient.layerUndici], ["node:http", NodeHttpClient.layer]])(
  "on %s, which doesn't trust the certificate",
  (_, httpClient) => {
    it.scopedLive.each(["TLSv1.2", "TLSv1.3"] as const)(
      "not a byte is sent over %s",
      (version) =>
        Effect.gen(function*() {
          const server = yield* serveRelayed(version, () => ({}))
          const once = RetryPolicy.withRetryPolicy(post, RetryPolicy.none)
          const error = yield* Effect.flip(Effect.provide(once, client({ baseUrl: server.url }, httpClient)))
          expect(error).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent", concerns: "transport" })
          yield* server.closed
          expect(server.bytes()).toBe(0)
        })
    )

    it.scopedLive("a server without TLS can't be told from a connection that was broken into", () =>
      Effect.gen(function*() {
        const server = yield* serve({ onConnect: (socket) => void socket.write(answer(400, "what?")) })
        const error = yield* Effect.flip(
          Effect.provide(stubborn, client({ baseUrl: `https://127.0.0.1:${server.port}` }, httpClient))
        )
        expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", delivery: "unknown", reason: "reset" })
        expect(server.connections.opened).toBe(1)
      }))
  }
)
