import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { IncomingMessage } from "node:http"

/** An answer, byte by byte. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

/** The connection that a request came over, for what no HTTP server does on purpose. */
export interface Wire {
  /** Whether the client hung up. */
  readonly isGone: () => boolean
  /** Ends when the client hung up. */
  readonly gone: Effect.Effect<void>
  /** As if nobody listened. */
  readonly refuse: () => void
  /** Ends the connection, and what was sent before may get lost. */
  readonly reset: () => void
  /** Sends status and headers. */
  readonly open: (reply: Reply) => void
  readonly write: (bytes: Uint8Array<ArrayBuffer>) => void
  /** The body is complete. */
  readonly end: () => void
  /** Ends the connection once all was sent. */
  readonly cut: () => void
}

/** Given when there is no socket. */
export class InProcess extends Context.Tag("@effect-shipstation/emulator/internal/wire/InProcess")<InProcess, Wire>() {}

/** The connection of a request. Dies on a server that isn't one of `node:http`. */
export const wireOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Wire> =>
  Effect.flatMap(
    Effect.serviceOption(InProcess),
    Option.match({
      onSome: Effect.succeed,
      onNone: () =>
        request.source instanceof IncomingMessage
          ? Effect.succeed(overSocket(request))
          : Effect.dieMessage("The emulator's faults need layerHttpClient, layerServer or another server on node:http")
    })
  )

const overSocket = (request: HttpServerRequest.HttpServerRequest): Wire => {
  const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
  const response = NodeHttpServerRequest.toServerResponse(request)
  const reset = () => {
    socket.resetAndDestroy()
    // nothing goes out any more: the server only has to see that this answer is done
    response.end()
  }
  return {
    isGone: () => response.destroyed,
    gone: Effect.async((resume) => {
      if (response.destroyed) resume(Effect.void)
      else response.once("close", () => resume(Effect.void))
    }),
    // a request can't be told from others before it was read, so the connection exists already
    refuse: reset,
    reset,
    open: ({ body, headers, status }) => {
      response.writeHead(status, { ...headers, "content-length": body.length })
      response.flushHeaders()
    },
    write: (bytes) => response.write(bytes),
    end: () => response.end(),
    cut: () => {
      response.end()
      socket.destroySoon()
    }
  }
}
