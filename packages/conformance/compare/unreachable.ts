/** Servers that no connection can be made to: where they are, and as an error in virtual time. */
import { HttpClient, HttpClientError } from "@effect/platform"
import { type Duration, Effect, Layer, type Scope } from "effect"
import { connect, type Socket } from "node:net"
import { Worker } from "node:worker_threads"

export type Unreachable = "refused" | "unresolvable" | "unresponsive"

/** Its system never answers: the queue of connections that the program doesn't accept is full. */
const unresponsive = Effect.gen(function*() {
  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => new Worker(stopsAfterListening, { eval: true })),
    (worker) => Effect.promise(() => worker.terminate())
  )
  const port = yield* Effect.async<number>((resume) => {
    worker.once("message", (port) => resume(Effect.succeed(port)))
  })
  yield* Effect.acquireRelease(
    Effect.sync(() => Array.from({ length: 8 }, (): Socket => connect(port, "127.0.0.1").on("error", () => {}))),
    (sockets) => Effect.sync(() => sockets.forEach((socket) => socket.destroy()))
  )
  return `http://127.0.0.1:${port}`
})

const stopsAfterListening = `
const { parentPort } = require("node:worker_threads")
const server = require("node:net").createServer()
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
`

/** URLs for real sockets. */
export const urls: Readonly<Record<Unreachable, Effect.Effect<string, never, Scope.Scope>>> = {
  // below 1024 no server of this test can be given it by chance
  refused: Effect.succeed("http://127.0.0.1:2"),
  unresolvable: Effect.succeed("https://shipstation.invalid"),
  unresponsive
}

/** Clients whose `fetch` fails as that of Node.js does. */
export const httpClient = (unreachable: Unreachable): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => {
      const { after, ...properties } = failures[unreachable]
      const cause = new TypeError("fetch failed", { cause: Object.assign(new Error(unreachable), properties) })
      return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })).pipe(
        Effect.delay(after)
      )
    })
  )

interface Failure {
  readonly code: string
  readonly syscall?: string
  /** How long it takes by default. */
  readonly after: Duration.DurationInput
}

const failures: Readonly<Record<Unreachable, Failure>> = {
  refused: { code: "ECONNREFUSED", syscall: "connect", after: 0 },
  unresolvable: { code: "ENOTFOUND", syscall: "getaddrinfo", after: 0 },
  unresponsive: { code: "UND_ERR_CONNECT_TIMEOUT", after: "10 seconds" }
}
