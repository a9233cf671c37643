/**
 * A server that accepts everything: each item of each POST that it reads is a fulfillment, and an e-mail to a customer,
 * however often it is asked for. A script says how it answers, which needn't have to do with what it did. It shares no
 * code with the packages under test, so that what it counted is the truth about what was done twice.
 *
 * Time is that of the `Clock` of whoever builds it: in an `it.effect` of `@effect/vitest` the `TestClock`, on sockets too.
 *
 * @example
 * ```ts
 * it.effect("a carrier's 400 after two were done: nobody is mailed twice", () =>
 *   Effect.gen(function*() {
 *     const server = yield* AcceptEverything.inProcess({
 *       post: ({ number }) => number > 1 ? {} : { does: 2, status: 400, body: AcceptEverything.error({ source: "carrier" }) },
 *       list: () => ({ lag: "10 seconds" })
 *     })
 *     const service = yield* Effect.provide(Fulfillments.Fulfillments, layer.pipe(Layer.provide(server.layer)))
 *     yield* inTime(Effect.retry(service.create([a, b, c, d]), { times: 3 }).pipe(Effect.exit))
 *     expect(server.twice()).toEqual([])
 *   }))
 * ```
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { make, type Reply } from "./internal/books.js"
import type { Books, Script } from "./Script.js"

export type * from "./Script.js"

export interface Server extends Books {
  readonly url: string
}

export interface InProcess extends Books {
  readonly layer: Layer.Layer<HttpClient.HttpClient>
}

/** On a socket, until the scope is closed. */
export const server = (script: Script = {}): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { books, handle } = yield* make(script)
    const run = Runtime.runFork(yield* Effect.runtime())
    const node = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("error", () => {})
      request.on("end", () => {
        const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, v?.toString()]))
        const { method = "", url = "" } = request
        const sent = { method, url, headers, body: Buffer.concat(chunks).toString() }
        run(Effect.map(handle(sent), (reply) => write(response, reply)))
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void node.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          node.close(() => resume(Effect.void))
          node.closeAllConnections()
        })
    )
    const address = node.address()
    return { ...books, url: `http://127.0.0.1:${Predicate.isRecord(address) ? address["port"] : ""}` }
  })

/** Without sockets: an `HttpClient` that needs no other time than that of its clock. */
export const inProcess = (script: Script = {}): Effect.Effect<InProcess, never, Scope.Scope> =>
  Effect.map(make(script), ({ books, handle }) => ({
    ...books,
    layer: Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, url) =>
        Effect.flatMap(textOf(request), (body) =>
          Effect.flatMap(
            handle({ method: request.method, url: `${url.pathname}${url.search}`, headers: request.headers, body }),
            (reply) => respond(request, reply)
          ))
      )
    )
  }))

/** An error body of the contract, by default ShipStation's own. */
export const error = (
  { code = "unspecified", message = "No.", source = "ShipStation", type = "validation" }: {
    readonly source?: string
    readonly type?: string
    readonly code?: string
    readonly message?: string
  } = {}
) => ({
  request_id: "aa3d8e8e-462b-4476-9618-72db7f7b7009",
  errors: [{ error_source: source, error_type: type, error_code: code, message }]
})

const write = (response: Http.ServerResponse, { body, headers, how, status }: Reply): void => {
  if (how === "silence") return
  if (how === "reset") return void response.socket?.resetAndDestroy()
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    ...headers,
    ...(status === 204 ? {} : { "content-length": Math.max(bytes.length, how === "whole" ? 0 : 1) })
  })
  if (how === "whole") return void response.end(bytes)
  response.flushHeaders()
  response.write(bytes.subarray(0, bytes.length / 2), () => {
    if (how === "half") response.socket?.destroySoon()
  })
}

const textOf = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<string, HttpClientError.RequestError> => {
  const { body } = request
  switch (body._tag) {
    case "Uint8Array":
      return Effect.succeed(new TextDecoder().decode(body.body))
    case "Stream":
      return Stream.mkString(Stream.decodeText(body.stream)).pipe(
        Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Encode", cause }))
      )
    case "Empty":
      return Effect.succeed("")
    default:
      return Effect.promise(() => new Response(body._tag === "FormData" ? body.formData : String(body.body)).text())
  }
}

const respond = (request: HttpClientRequest.HttpClientRequest, { body, headers, how, status }: Reply) => {
  if (how === "silence") return Effect.never
  if (how === "reset") {
    const cause = new TypeError("fetch failed", {
      cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
    })
    return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
  }
  const bytes = new TextEncoder().encode(body)
  const part = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length / 2)),
    // read on only once the half was taken
    pull: (controller) => {
      if (how === "half") controller.error(new TypeError("terminated"))
    }
  }, { highWaterMark: 0 })
  const web = new Response(bodiless.has(status) ? null : how === "whole" ? body : part, { status, headers })
  return Effect.succeed(HttpClientResponse.fromWeb(request, web))
}

/** A `Response` with one of these must not have a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])
