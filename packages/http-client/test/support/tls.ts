/** TLS on the loopback interface, with somebody on the way who can write into a connection. */
import type { HttpClient } from "@effect/platform"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { Deferred, Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Net from "node:net"
import type * as Tls from "node:tls"
import { type Behaviour, serve } from "./wire.js"

const selfSigned = {
  key: Fs.readFileSync(new URL("./self-signed.key.pem", import.meta.url)),
  cert: Fs.readFileSync(new URL("./self-signed.cert.pem", import.meta.url))
}

/** The certificate is for `localhost`, and Node asks for an address to be in it. */
const trusting = { ca: selfSigned.cert, checkServerIdentity: () => undefined }

/** Node's two clients, which trust the certificate. */
export const trustingClients: ReadonlyArray<readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]> = [
  [
    "undici",
    Layer.provide(
      NodeHttpClient.layerUndiciWithoutDispatcher,
      Layer.scoped(
        NodeHttpClient.Dispatcher,
        Effect.acquireRelease(
          Effect.sync(() => new Undici.Agent({ connect: trusting })),
          (agent) => Effect.promise(() => agent.destroy())
        )
      )
    )
  ],
  [
    "node:http",
    Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer(trusting))
  ]
]

/**
 * A server behind a relay: what `intrude` is given is written to the client, beneath TLS. It counts the bytes that the
 * server could decrypt, also those that aren't a whole request.
 */
export const serveRelayed = (version: Tls.SecureVersion, behaviour: (intrude: (bytes: Buffer) => void) => Behaviour) =>
  Effect.gen(function*() {
    let client: Net.Socket | undefined
    let bytes = 0
    const { onConnect, ...rest } = behaviour((bytes) => void client?.write(bytes))
    const closed = yield* Deferred.make<void>()
    const close = () => Deferred.unsafeDone(closed, Effect.void)
    const server = yield* serve({
      ...rest,
      onConnect: (socket) => {
        socket.on("close", close)
        socket.on("data", (data) => {
          bytes += data.length
        })
        onConnect?.(socket)
      },
      tls: { ...selfSigned, minVersion: version, maxVersion: version }
    })
    server.server.on("tlsClientError", close)
    const relay = yield* serve({
      deaf: true,
      onConnect: (socket) => {
        client = socket
        const upstream = Net.connect(server.port, "127.0.0.1")
        upstream.on("error", () => socket.destroy())
        socket.on("close", () => upstream.end())
        socket.pipe(upstream).pipe(socket)
      }
    })
    return {
      url: `https://127.0.0.1:${relay.port}`,
      requests: server.requests,
      bytes: () => bytes,
      /** Until the server has seen the end of the connection. */
      closed: Deferred.await(closed)
    }
  })
