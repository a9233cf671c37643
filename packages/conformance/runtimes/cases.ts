/** What a server may do to a POST, and how it must end. Wherever it runs. */
import * as Http2 from "node:http2"
import type * as Net from "node:net"
import { gzipSync } from "node:zlib"
import { secret } from "./job.js"

/** Something that happens to one POST, or to several. */
export interface Case {
  readonly name: string
  /** Does it, after the POST was read. `count` is the number of the case's POSTs so far. */
  readonly does: (exchange: Exchange, count: number) => void
  /** How it may end. The first is how it should. */
  readonly ends: ReadonlyArray<string>
  /** GETs before it, so that its connection was used. */
  readonly gets?: number
  /** What the server does with the connection behind the answer to a GET. */
  readonly afterGet?: (socket: Net.Socket) => void
  /** How often it is done, one after another. */
  readonly times?: number
  /** How often it is done at the same time. */
  readonly atOnce?: number
  /** In milliseconds. Default 10 seconds. */
  readonly timeout?: number
  /** It is interrupted once the POST was read. */
  readonly isInterrupted?: boolean
  /** Where it goes. Default a server over plain HTTP. */
  readonly to?: "relayed TLS" | "untrusted TLS" | "HTTP/2" | "nobody"
  /** What the server does instead, if it gets it by HTTP/2. */
  readonly overHttp2?: (stream: Http2.ServerHttp2Stream) => void
  /** How many POSTs the server reads, for each time. Default 1. */
  readonly posts?: number
  /** The connection may end before the POST is read. If so, it isn't a success. */
  readonly isReadAtMost?: boolean
  /** It has a part in a quick run. */
  readonly isQuick?: boolean
}

/** A POST that was read, and what can be answered. */
export interface Exchange {
  readonly socket: Net.Socket
  readonly answer: (status: number, body: string | Uint8Array, headers?: Readonly<Record<string, string>>) => void
  /** Writes to the client beneath TLS. */
  readonly intrude: (bytes: string) => void
  /** A server of another origin, to which nobody should go. */
  readonly elsewhere: string
  /** The body as it was sent. */
  readonly body: string
}

/** What the contract says of each shipment that was asked for. */
const results = (body: string, error: string | null = null): string => {
  const { fulfillments }: { readonly fulfillments: ReadonlyArray<{ readonly shipment_id: string }> } = JSON.parse(body)
  return JSON.stringify({
    has_errors: error !== null,
    fulfillments: fulfillments.map(({ shipment_id }) => ({ shipment_id, shipment_number: "A-1", error_message: error }))
  })
}

const success = ({ answer, body }: Exchange) => answer(200, results(body))

const headOf = (length: number): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`

/** As long as that of each success, since all ids are of one length. */
const head = headOf(results("{\"fulfillments\":[{\"shipment_id\":\"se-1000\"}]}").length)

const chunkedHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

const large = `{"fulfillments":[],"x":"${"x".repeat(17 * 1024 * 1024)}"}`

const basic = { "www-authenticate": "Basic realm=\"x\"" }

const lost = ["Unknown, ConnectionLost reset"]

const cut = ["Unknown, ConnectionLost cut", ...lost]

const late = ["Unknown, ConnectionLost timeout"]

const unsent = ["fails, Network unsent", ...lost]

const unexpected = (status: number) => [`Unknown, UnexpectedResponse ${status}`]

const close = ({ socket }: Exchange) => void socket.end()

const reset = ({ socket }: Exchange) => void socket.resetAndDestroy()

/** Once it has arrived: a reset would overtake it. */
const resetBehind = (bytes: string) => ({ socket }: Exchange) =>
  void socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 20))

const closeBehind = (bytes: string) => ({ socket }: Exchange) => void socket.end(bytes)

/** An answer that isn't whole. */
const part = ({ body }: Exchange): string => head + results(body).slice(0, -10)

const answers: ReadonlyArray<Case> = [
  { name: "a success", does: success, ends: ["Created"], isQuick: true },
  { name: "a success for 20 at once", does: success, ends: ["Created"], atOnce: 20 },
  {
    name: "a success whose item failed",
    does: ({ answer, body }) => answer(200, results(body, "It is fulfilled already.")),
    ends: ["Rejected"]
  },
  {
    name: "a success behind a 103",
    does: (exchange) => {
      exchange.socket.write("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
      success(exchange)
    },
    ends: ["Created", ...lost]
  },
  { name: "an empty 200", does: ({ answer }) => answer(200, ""), ends: unexpected(200) },
  { name: "a 200 of HTML", does: ({ answer }) => answer(200, "<html>"), ends: unexpected(200) },
  { name: "a success of 17 MiB", does: ({ answer }) => answer(200, large), ends: unexpected(200) },
  {
    name: "a success of 17 MiB, compressed",
    does: ({ answer }) => answer(200, gzipSync(large), { "content-encoding": "gzip" }),
    ends: unexpected(200),
    isQuick: true
  },
  { name: "401", does: ({ answer }) => answer(401, "", basic), ends: ["fails, Security rejected 401"], isQuick: true },
  { name: "408", does: ({ answer }) => answer(408, ""), ends: unexpected(408) },
  { name: "411", does: ({ answer }) => answer(411, ""), ends: unexpected(411) },
  { name: "421", does: ({ answer }) => answer(421, ""), ends: unexpected(421), isQuick: true },
  {
    name: "429 with Retry-After",
    does: ({ answer }) => answer(429, "", { "retry-after": "7" }),
    ends: ["fails, RateLimit rejected 429 after 7s"],
    isQuick: true
  },
  {
    name: "503 with Retry-After",
    does: ({ answer }) => answer(503, "", { "retry-after": "0" }),
    ends: unexpected(503),
    isQuick: true
  },
  ...[302, 307, 308].map((status): Case => ({
    name: `${status} to another origin`,
    does: ({ answer, elsewhere }) => answer(status, "", { location: elsewhere }),
    ends: unexpected(status),
    isQuick: status === 307
  })),
  {
    name: "an answer that repeats the key",
    does: ({ answer }) => answer(400, JSON.stringify({ errors: [{ message: secret, error_code: secret }] })),
    ends: unexpected(400)
  }
]

const brokenConnections: ReadonlyArray<Case> = [
  { name: "closed before an answer", does: close, ends: lost, isQuick: true },
  { name: "reset before an answer", does: reset, ends: lost, isQuick: true },
  { name: "closed within the head", does: closeBehind(head.slice(0, 12)), ends: lost },
  { name: "reset within the head", does: resetBehind(head.slice(0, 12)), ends: lost },
  { name: "closed behind a 103", does: closeBehind("HTTP/1.1 103 Early Hints\r\n\r\n"), ends: lost },
  { name: "an answer that isn't HTTP", does: closeBehind("hello\r\n\r\n"), ends: lost },
  { name: "closed within the body", does: (exchange) => closeBehind(part(exchange))(exchange), ends: cut },
  {
    name: "reset within the body",
    does: (exchange) => resetBehind(part(exchange))(exchange),
    ends: cut,
    isQuick: true
  },
  {
    name: "closed within the body, behind its JSON",
    does: (exchange) => {
      const body = results(exchange.body)
      closeBehind(headOf(body.length + 5) + body)(exchange)
    },
    ends: cut,
    isQuick: true
  },
  {
    name: "closed within a body in chunks, behind its JSON",
    does: (exchange) => {
      const body = results(exchange.body)
      closeBehind(`${chunkedHead}${body.length.toString(16)}\r\n${body}\r\n`)(exchange)
    },
    ends: cut,
    isQuick: true
  },
  {
    name: "closed behind each byte of the head",
    does: (exchange, count) => closeBehind(head.slice(0, count - 1))(exchange),
    ends: lost,
    times: head.length
  },
  {
    name: "reset behind each byte of the head",
    does: ({ socket }, count) => void socket.write(head.slice(0, count - 1), () => socket.resetAndDestroy()),
    ends: lost,
    times: head.length
  },
  ...[1, 3].flatMap((gets): ReadonlyArray<Case> => [
    {
      name: `closed before an answer, after ${gets} GET${gets === 1 ? "" : "s"}`,
      does: close,
      ends: lost,
      gets,
      isQuick: gets === 3
    },
    {
      name: `reset before an answer, after ${gets} GET${gets === 1 ? "" : "s"}`,
      does: reset,
      ends: lost,
      gets,
      isQuick: gets === 3
    },
    {
      name: `closed within the head, after ${gets} GET${gets === 1 ? "" : "s"}`,
      does: closeBehind(head.slice(0, 12)),
      ends: lost,
      gets
    }
  ]),
  {
    name: "a connection that is closed while it is idle",
    does: success,
    gets: 3,
    afterGet: (socket) => void socket.end(),
    ends: ["Created", ...lost],
    isReadAtMost: true,
    isQuick: true
  },
  {
    name: "a connection that is reset while it is idle",
    does: success,
    gets: 3,
    afterGet: (socket) => void setTimeout(() => socket.resetAndDestroy(), 1),
    ends: ["Created", ...lost],
    isReadAtMost: true
  },
  {
    name: "plain text within TLS",
    does: ({ intrude }) => intrude("HTTP/1.1 400 Bad Request\r\n\r\n"),
    to: "relayed TLS",
    ends: lost,
    isQuick: true
  },
  { name: "a success over TLS", does: success, to: "relayed TLS", ends: ["Created"] }
]

const overHttp2: ReadonlyArray<Case> = [
  {
    name: "by HTTP/2, if the client has it: a success",
    does: success,
    to: "HTTP/2",
    ends: ["Created"]
  },
  ...([
    ["a stream that is refused", Http2.constants.NGHTTP2_REFUSED_STREAM],
    ["a stream that is reset", Http2.constants.NGHTTP2_INTERNAL_ERROR],
    ["HTTP/1.1 is asked for", Http2.constants.NGHTTP2_HTTP_1_1_REQUIRED]
  ] as const).map(([name, code]): Case => ({
    name: `by HTTP/2, if the client has it: ${name}`,
    does: success,
    overHttp2: (stream) => stream.close(code),
    to: "HTTP/2",
    ends: ["Created", ...lost],
    isQuick: code === Http2.constants.NGHTTP2_REFUSED_STREAM
  })),
  {
    name: "by HTTP/2, if the client has it: all is refused, and the connection ends",
    does: success,
    overHttp2: ({ session }) => {
      session?.goaway(0, 0)
      setTimeout(() => session?.destroy(), 20)
    },
    to: "HTTP/2",
    ends: ["Created", ...lost]
  }
]

const silence = (): void => {}

const patience: ReadonlyArray<Case> = [
  { name: "no answer in time", does: silence, timeout: 300, ends: late, isQuick: true },
  {
    name: "a body that stalls",
    does: (exchange) => void exchange.socket.write(part(exchange)),
    timeout: 300,
    ends: late
  },
  {
    name: "an interruption",
    does: silence,
    isInterrupted: true,
    ends: ["interrupted, and the connection closed"],
    isQuick: true
  }
]

const unreachable: ReadonlyArray<Case> = [
  { name: "a refused connection", does: silence, to: "nobody", posts: 0, ends: unsent, isQuick: true },
  { name: "a certificate that isn't trusted", does: silence, to: "untrusted TLS", posts: 0, ends: unsent }
]

export const cases: ReadonlyArray<Case> = [...answers, ...brokenConnections, ...overHttp2, ...patience, ...unreachable]
