import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { InProcess, type Wire } from "./wire.js"

/** A `fetch` that is answered without a network, and fails as the one of Node.js does. */
export const fetch = (
  httpApp: HttpApp.Default,
  run: (effect: Effect.Effect<void>) => unknown
): typeof globalThis.fetch =>
(input, init) =>
  new Promise((resolve, reject) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const request = new Request(input, { ...withoutEnd(init), signal: null })
    run(
      httpApp.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
        Effect.provideService(InProcess, makeWire(signal, resolve, reject)),
        Effect.matchCause({
          onFailure: (cause) => reject(Cause.squash(cause)),
          onSuccess: (response) =>
            resolve(HttpServerResponse.toWeb(response, { withoutBody: request.method === "HEAD" }))
        })
      )
    )
  })

/** A body that is read as far as its length says: who asks for its end too has sent it, and a connection may be refused. */
const withoutEnd = (init: RequestInit | undefined): RequestInit | undefined => {
  if (!(init?.body instanceof ReadableStream)) return init
  const reader: ReadableStreamDefaultReader<Uint8Array> = init.body.getReader()
  let left = Number(new Headers(init.headers).get("content-length") ?? Number.NaN)
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reader.read()
      if (!done) controller.enqueue(value)
      left -= value?.length ?? 0
      if (done || left <= 0) controller.close()
    }
  }, { highWaterMark: 0 })
  return { ...init, body }
}

const makeWire = (
  signal: AbortSignal | undefined,
  resolve: (response: Response) => void,
  reject: (error: unknown) => void
): Wire => {
  const gone = Deferred.unsafeMake<void>(FiberId.none)
  let isGone = false
  let isCut = false
  let body: ReadableStreamDefaultController<Uint8Array> | undefined
  const hangUp = () => {
    isGone = true
    Deferred.unsafeDone(gone, Exit.void)
  }
  const fail = (error: unknown) => {
    reject(error)
    body?.error(error)
  }
  signal?.addEventListener("abort", () => {
    hangUp()
    fail(signal.reason)
  }, { once: true })
  return {
    isGone: () => isGone,
    gone: Deferred.await(gone),
    refuse: () => fail(fetchFailed("connect ECONNREFUSED", { code: "ECONNREFUSED", syscall: "connect" })),
    reset: () =>
      fail(body === undefined ? fetchFailed("read ECONNRESET", { code: "ECONNRESET", syscall: "read" }) : terminated()),
    open: ({ body: { length }, headers, status }) => {
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          body = controller
        },
        pull: () => {
          if (isCut) fail(terminated())
        },
        cancel: hangUp
        // without read-ahead, so that `pull` means that all was read
      }, { highWaterMark: 0 })
      resolve(
        new Response(bodiless.has(status) ? null : stream, {
          status,
          headers: { ...headers, "content-length": String(length) }
        })
      )
    },
    write: (bytes) => body?.enqueue(bytes),
    end: () => body?.close(),
    cut: () => {
      // an error would take away what wasn't read yet
      if (body?.desiredSize === 0) fail(terminated())
      else isCut = true
    }
  }
}

/** A `Response` with one of these must not have a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

const fetchFailed = (message: string, properties: { readonly code: string; readonly syscall: string }) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(message), properties) })

const terminated = () =>
  new TypeError("terminated", { cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }) })
