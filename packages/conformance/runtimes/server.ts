/** A server that does to each POST what its case says, and counts what it read. Whose POST it is, its path says. */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import * as Https from "node:https"
import * as Net from "node:net"
import type { Case } from "./cases.js"
import type { Seen } from "./job.js"

/** A case, as one program plays it. */
export interface Run {
  readonly id: string
  readonly case: Case
}

export interface Server {
  /** Where a run's requests go, without `/v2`. */
  readonly baseUrl: (run: Run) => string
  /** Where the program can ask. */
  readonly seenUrl: (run: Run) => string
  readonly seen: (run: Run) => Seen
}

const emptyPage = JSON.stringify({ fulfillments: [], page: 1, pages: 0, total: 0 })

const read = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))

const listen = (server: Net.Server) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        if (server instanceof Http.Server || server instanceof Https.Server) server.closeAllConnections()
      })
  )

/** What the server has seen of a run. */
class Ledger {
  posts = 0
  framing = ""
  strays = 0
  readonly sockets = new Set<Net.Socket>()
  readonly played: Case

  constructor(played: Case) {
    this.played = played
  }

  get seen(): Seen {
    const { framing, posts, sockets, strays } = this
    return { posts, framing, strays, open: [...sockets].filter(({ destroyed }) => !destroyed).length }
  }
}

/** By the id of the run, with which each path begins. */
type Ledgers = ReadonlyMap<string, Ledger>

/** What the cases need beside a connection. */
interface Surroundings {
  readonly ledgers: Ledgers
  readonly elsewhere: number
  /** The client's ends of relayed connections, by the port that the server sees. */
  readonly relayed: Map<number, Net.Socket>
}

/** Answers requests as their cases have it. */
const listener = ({ elsewhere, ledgers, relayed }: Surroundings): Http.RequestListener => (request, response) => {
  const { headers, socket } = request
  if (socket.listenerCount("error") < 2) socket.on("error", () => {})
  const [, first = "", second = ""] = (request.url ?? "").split("/")
  if (first === "seen") return void response.end(JSON.stringify(ledgers.get(second)?.seen))
  const ledger = ledgers.get(first)
  if (ledger === undefined) return void response.writeHead(404).end()
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    if (request.method !== "POST") return void response.end(emptyPage, () => ledger.played.afterGet?.(socket))
    ledger.posts++
    ledger.framing = headers["transfer-encoding"] ?? (headers["content-length"] === undefined ? "" : "content-length")
    ledger.sockets.add(socket)
    ledger.played.does({
      socket,
      body: Buffer.concat(chunks).toString(),
      answer: (status, answer, headers = { "content-type": "application/json" }) => {
        response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(answer) })
        response.end(answer)
      },
      intrude: (bytes) => void relayed.get(socket.remotePort ?? 0)?.write(bytes),
      elsewhere: `http://127.0.0.1:${elsewhere}/${first}`
    }, ledger.posts)
  })
}

/** The same for a stream of HTTP/2, which has no connection of its own to do something to. */
const streamListener = (ledgers: Ledgers) => (stream: Http2.ServerHttp2Stream, headers: Http2.IncomingHttpHeaders) => {
  const ledger = ledgers.get(headers[":path"]?.split("/")[1] ?? "")
  stream.on("error", () => {})
  const chunks: Array<Buffer> = []
  stream.on("data", (chunk: Buffer) => chunks.push(chunk))
  stream.on("end", () => {
    if (ledger === undefined) return stream.close()
    ledger.posts++
    if (ledger.played.overHttp2 !== undefined) return ledger.played.overHttp2(stream)
    ledger.played.does({
      answer: (status, answer) => {
        stream.respond({ ":status": status, "content-type": "application/json" })
        stream.end(answer)
      },
      body: Buffer.concat(chunks).toString(),
      intrude: () => {},
      elsewhere: "",
      socket: new Net.Socket()
    }, ledger.posts)
  })
}

const trusted = { key: read("server.key.pem"), cert: read("server.cert.pem") }

const untrusted = { key: read("untrusted.key.pem"), cert: read("untrusted.cert.pem") }

/** Who doesn't speak HTTP/2 gets HTTP/1.1. */
const createHttp2 = (onRequest: Http.RequestListener, ledgers: Ledgers) =>
  Http2.createSecureServer({ ...trusted, allowHTTP1: true })
    .on("stream", streamListener(ledgers))
    .on("request", (request, response) => {
      if (request instanceof Http.IncomingMessage && response instanceof Http.ServerResponse) {
        onRequest(request, response)
      }
    })
    .on("sessionError", () => {})

/** Passes on what goes to a server with TLS, and lets others write to the client in between. */
const createRelay = (port: number, relayed: Surroundings["relayed"]) =>
  Net.createServer((socket) => {
    const upstream = Net.connect(port, "127.0.0.1", () => relayed.set(upstream.localPort ?? 0, socket))
    upstream.on("error", () => socket.destroy())
    socket.on("error", () => {})
    socket.on("close", () => upstream.end())
    socket.pipe(upstream).pipe(socket)
  })

export const serve = (runs: ReadonlyArray<Run>) =>
  Effect.gen(function*() {
    const ledgers = new Map(runs.map((run): [string, Ledger] => [run.id, new Ledger(run.case)]))
    const relayed = new Map<number, Net.Socket>()
    const elsewhere = yield* listen(Http.createServer((request, response) => {
      const ledger = ledgers.get((request.url ?? "").slice(1))
      if (ledger !== undefined) ledger.strays++
      response.end()
    }))
    const onRequest = listener({ ledgers, elsewhere, relayed })
    const secure = (certificate: typeof trusted) =>
      listen(Https.createServer(certificate, onRequest).on("tlsClientError", () => {}))
    const plain = yield* listen(Http.createServer({ keepAliveTimeout: 60_000 }, onRequest))
    const ports = {
      "relayed TLS": yield* listen(createRelay(yield* secure(trusted), relayed)),
      "untrusted TLS": yield* secure(untrusted),
      "HTTP/2": yield* listen(createHttp2(onRequest, ledgers))
    }
    const nobody = yield* Effect.scoped(listen(Net.createServer()))

    const origin = ({ to }: Case): string => {
      if (to === undefined) return `http://127.0.0.1:${plain}`
      return to === "nobody" ? `http://127.0.0.1:${nobody}` : `https://127.0.0.1:${ports[to]}`
    }
    const server: Server = {
      baseUrl: (run) => `${origin(run.case)}/${run.id}`,
      seenUrl: ({ id }) => `http://127.0.0.1:${plain}/seen/${id}`,
      seen: ({ id }) => ledgers.get(id)?.seen ?? new Ledger(nothing).seen
    }
    return server
  })

const nothing: Case = { name: "nothing", does: () => {}, ends: [] }
