/** Servers for tests that do one thing each, on real sockets of the loopback interface. */
import { Effect } from "effect"
import * as Net from "node:net"
import * as Tls from "node:tls"

/** One request as it arrived. */
export interface Received {
  readonly line: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Wire {
  readonly port: number
  readonly url: string
  readonly requests: ReadonlyArray<Received>
  /** How many connections were opened, and how many of them are still open. */
  readonly connections: { readonly opened: number; readonly open: number }
}

/**
 * What a server does with a socket: `onConnect` before anything is read, `onHead` when it has read the head of a request,
 * with the number of the request, and `onRequest` after a whole request.
 */
export interface Behaviour {
  /** Never reads. */
  readonly deaf?: boolean
  readonly onConnect?: (socket: Net.Socket) => void
  readonly onHead?: (socket: Net.Socket, count: number) => void
  readonly onRequest?: (socket: Net.Socket, request: Received, count: number) => void
  readonly tls?: Tls.TlsOptions
}

export const serve = (behaviour: Behaviour) =>
  Effect.acquireRelease(
    Effect.async<Wire & { readonly server: Net.Server; readonly sockets: Set<Net.Socket> }>((resume) => {
      const requests: Array<Received> = []
      const sockets = new Set<Net.Socket>()
      let opened = 0
      const onSocket = (socket: Net.Socket) => {
        opened++
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
        socket.on("error", () => {})
        behaviour.onConnect?.(socket)
        if (behaviour.deaf === true) return
        let text = ""
        socket.on("data", (data) => {
          text += data.toString("latin1")
          if (text.includes("\r\n\r\n")) behaviour.onHead?.(socket, requests.length + 1)
          if (socket.destroyed) return
          for (let parsed = parse(text); parsed !== undefined; parsed = parse(text)) {
            text = parsed.rest
            requests.push(parsed.request)
            behaviour.onRequest?.(socket, parsed.request, requests.length)
          }
        })
      }
      const server = behaviour.tls === undefined
        ? Net.createServer(onSocket)
        : Tls.createServer(behaviour.tls, onSocket).on("tlsClientError", () => {})
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = address !== null && typeof address === "object" ? address.port : 0
        resume(Effect.succeed({
          server,
          sockets,
          port,
          url: `${behaviour.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
          requests,
          get connections() {
            return { opened, open: sockets.size }
          }
        }))
      })
    }),
    ({ server, sockets }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )

/** A port on which nothing listens. */
export const closedPort = Effect.scoped(Effect.map(serve({}), ({ port }) => port))

const parse = (text: string): { readonly request: Received; readonly rest: string } | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const [line = "", ...lines] = text.slice(0, end).split("\r\n")
  const headers = Object.fromEntries(lines.map((header) => {
    const colon = header.indexOf(":")
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
  }))
  const rest = text.slice(end + 4)
  const length = headers["transfer-encoding"] === undefined
    ? Number(headers["content-length"] ?? 0)
    : lengthOfChunks(rest)
  return rest.length < length
    ? undefined
    : { request: { line, headers, body: rest.slice(0, length) }, rest: rest.slice(length) }
}

/** What chunks take up, with their lengths: a body in chunks is kept as it came. */
const lengthOfChunks = (text: string): number => {
  const end = text.indexOf("\r\n")
  const size = end < 0 ? NaN : Number.parseInt(text, 16)
  if (Number.isNaN(size)) return Infinity
  const chunk = end + 2 + size + 2
  return size === 0 ? chunk : chunk + lengthOfChunks(text.slice(chunk))
}

/** The bytes of an answer. */
export const answer = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" }
): string =>
  [
    `HTTP/1.1 ${status} Whatever`,
    ...Object.entries({ "content-length": String(Buffer.byteLength(body)), ...headers }).map(([k, v]) => `${k}: ${v}`),
    "",
    body
  ].join("\r\n")

export const success = answer(
  200,
  JSON.stringify({
    has_errors: false,
    fulfillments: [{ shipment_id: "se-1", shipment_number: "A-1", error_message: null }]
  }),
  { "content-type": "application/json", "x-shipengine-requestid": "aa3d8e8e-462b-4476-9618-72db7f7b7009" }
)
