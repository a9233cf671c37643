/**
 * One exchange over the platform's `HttpClient`: a request goes out, and what happened comes back as plain data.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Answer, Happened } from "./toError.js"

/** The largest answer that is read, in bytes. A page of 500 fulfillments takes less than one million. */
export const maxBodyBytes = 16 * 1024 * 1024

/** What the exchange of one request needs to know. */
export interface Options {
  /** How long the whole exchange may take. */
  readonly timeout: Duration.Duration
  /** Is run once, right before the `HttpClient` gets the request for the first time. */
  readonly leaves: Effect.Effect<void>
  /** Removes the key from a text. */
  readonly redact: (text: string) => string
}

/** Sends requests, never fails, and ends in a defect never. Interruption and the end of the time end the connection. */
export const make = (client: HttpClient.HttpClient) => {
  const hardened = HttpClient.mapRequestEffect(client, (request) => Effect.as(forbidRedirects, request))
  return (request: HttpClientRequest.HttpClientRequest, { leaves, timeout }: Options): Effect.Effect<Happened> =>
    hardened.execute(request).pipe(
      // a client made to fail on some statuses holds the answer in its error
      Effect.catchTag("ResponseError", (error) => Effect.succeed(error.response)),
      Effect.flatMap(readAnswer),
      (exchange) => inFiberOfItsOwn(Effect.zipRight(Effect.zipRight(quietly, leaves), exchange), timeout)
    )
}

/**
 * So the time-out can end it (`Effect.timeout` costs as much as all the rest here), and what is set for the HTTP client
 * ends with it.
 */
const inFiberOfItsOwn = (
  exchange: Effect.Effect<Happened, HttpClientError.HttpClientError>,
  timeout: Duration.Duration
): Effect.Effect<Happened> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      let isLate = false
      const fiber = yield* Effect.fork(Effect.interruptible(exchange))
      const timer = yield* Effect.fork(Effect.interruptible(Effect.flatMap(Effect.sleep(timeout), () => {
        isLate = true
        return Fiber.interrupt(fiber)
      })))
      const waited = yield* Effect.exit(restore(Fiber.await(fiber)))
      timer.unsafeInterruptAsFork(fiber.id())
      if (Exit.isFailure(waited)) return yield* Effect.zipRight(Fiber.interrupt(fiber), Effect.failCause(waited.cause))
      return Exit.match(waited.value, {
        onSuccess: (happened): Happened => happened,
        onFailure: (cause) =>
          isLate ? { _tag: "TimedOut", after: timeout } : { _tag: "NoAnswer", cause: causeOf(Cause.squash(cause)) }
      })
    })
  )

const quietly = Effect.all([
  // the platform's own span records the key, and it would send `traceparent` to the vendor
  FiberRef.set(HttpClient.currentTracerDisabledWhen, constTrue),
  // fibers that the platform starts would log their failures, and these hold the request
  FiberRef.set(FiberRef.unhandledErrorLogLevel, Option.none()),
  FiberRef.update(Headers.currentRedactedNames, (names) => [...names, "api-key"])
], { discard: true })

/**
 * fetch follows redirects, to any origin and with all headers. The option that stops it belongs to the user as well
 * (a proxy, say), so it is added to theirs. It has to be done from inside the client: that is where a `RequestInit` which
 * was provided to `FetchHttpClient.layer` can be seen.
 */
const forbidRedirects = FiberRef.update(
  FiberRef.currentContext,
  (context) =>
    Context.add(context, FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
      redirect: "manual"
    })
)

/** Reads the bytes before anything looks at them, since a cut body and bad JSON are the same error to the platform. */
const readAnswer = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
  const { headers, status } = response
  const read = isSuccessOfKnownLength(status, headers) ? readAtOnce(response) : readInPieces(response)
  const { body, end } = yield* read
  const answer: Happened = {
    _tag: "Answer",
    status,
    headers,
    body: new TextDecoder().decode(body),
    end,
    receivedAt: yield* DateTime.now
  }
  return answer
})

interface Read {
  readonly body: ArrayBuffer | Uint8Array
  readonly end: Answer["end"]
}

/**
 * HTTP ends a body at its declared length, so it needn't be watched, and without a stream a request costs half as much.
 * (A compressed one may grow. Of a failure, what did arrive is of interest even when the rest is missing.)
 */
const isSuccessOfKnownLength = (status: number, headers: Headers.Headers): boolean =>
  status >= 200 && status < 300 && headers["content-encoding"] === undefined &&
  Number(headers["content-length"] ?? "NaN") <= maxBodyBytes

const readAtOnce = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Read> =>
  Effect.matchCause(response.arrayBuffer, {
    onSuccess: (body): Read => ({ body, end: "whole" }),
    onFailure: (cause): Read => ({ body: new Uint8Array(), end: endOf(cause) })
  })

const readInPieces = Effect.fnUntraced(
  function*(response: HttpClientResponse.HttpClientResponse): Effect.fn.Return<Read> {
    let size = 0
    const chunks: Array<Uint8Array> = []
    const end = yield* response.stream.pipe(
      Stream.takeWhile((chunk) => {
        size += chunk.length
        if (size > maxBodyBytes) return false
        chunks.push(chunk)
        return true
      }),
      Stream.runDrain,
      Effect.matchCause({
        onSuccess: (): Answer["end"] => size > maxBodyBytes ? "oversized" : "whole",
        onFailure: endOf
      })
    )
    return { body: concat(chunks, Math.min(size, maxBodyBytes)), end }
  }
)

/** fetch has no stream for an answer without a body. */
const endOf = (cause: Cause.Cause<HttpClientError.ResponseError>): Answer["end"] =>
  Option.exists(Cause.failureOption(cause), ({ reason }) => reason === "EmptyBody") ? "whole" : "cut"

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const all = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

/** The cause of a platform error. The error itself holds the request. */
const causeOf = (error: unknown): unknown => HttpClientError.isHttpClientError(error) ? error.cause : error
