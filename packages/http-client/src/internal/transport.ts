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
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Answer, Happened } from "./toError.js"

/** The largest answer that is read, in bytes. A page of 500 fulfillments takes less than one million. */
export const maxBodyBytes = 16 * 1024 * 1024

/** Sends requests, never fails, and ends in a defect never. Interruption ends the connection. */
export const make = (client: HttpClient.HttpClient) => {
  const hardened = client.pipe(
    // the platform's own span records the key, and it would send `traceparent` to the vendor
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.mapRequestEffect((request) => Effect.as(forbidRedirects, request))
  )
  return (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Happened> =>
    hardened.execute(request).pipe(
      // a client made to fail on some statuses holds the answer in its error
      Effect.catchTag("ResponseError", (error) => Effect.succeed(error.response)),
      Effect.flatMap(readAnswer),
      Effect.catchAllCause((cause) =>
        // with failures beside it, the interruption is that of a fiber inside the client
        Cause.isInterruptedOnly(cause)
          ? Effect.failCause(Cause.stripFailures(cause))
          : Effect.succeed<Happened>({ _tag: "NoAnswer", cause: causeOf(Cause.squash(cause)) })
      ),
      // `forbidRedirects` changes the context: this gives it back
      Effect.mapInputContext<never, never>(identity),
      // fibers that the platform starts would log their failures, and these hold the request
      Effect.withUnhandledErrorLogLevel(Option.none()),
      Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, "api-key"])
    )
}

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
    Effect.matchCauseEffect({
      onSuccess: () => Effect.succeed<Answer["end"]>(size > maxBodyBytes ? "oversized" : "whole"),
      onFailure: (cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.failCause(Cause.stripFailures(cause))
          : Effect.succeed<Answer["end"]>(isEmptyBody(cause) ? "whole" : "cut")
    })
  )
  const answer: Happened = {
    _tag: "Answer",
    status: response.status,
    headers: response.headers,
    body: new TextDecoder().decode(concat(chunks, size)),
    end,
    receivedAt: yield* DateTime.now
  }
  return answer
})

/** fetch has no stream for an answer without a body. */
const isEmptyBody = (cause: Cause.Cause<HttpClientError.ResponseError>): boolean =>
  Option.exists(Cause.failureOption(cause), (error) => error.reason === "EmptyBody")

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const all = new Uint8Array(size > maxBodyBytes ? maxBodyBytes : size)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

/** The cause of a platform error. The error itself holds the request. */
const causeOf = (error: unknown): unknown => HttpClientError.isHttpClientError(error) ? error.cause : error
