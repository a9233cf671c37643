/**
 * One exchange over the platform's `HttpClient`: a request goes out, and what happened comes back as plain data.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Answer, Happened } from "./toError.js"

/** The largest answer that is read, in bytes. A page of 500 fulfillments takes less than one million. */
export const maxBodyBytes = 16 * 1024 * 1024

/** What the exchange of one request needs to know. */
export interface Options {
  /** How long the whole exchange may take. */
  readonly timeout: Duration.Duration
  /** Is run once, right before the `HttpClient` gets the request. */
  readonly leaves: Effect.Effect<void>
  /** Removes the key from a text. */
  readonly redact: (text: string) => string
}

/**
 * Sends a request once, whatever the `HttpClient` is made of. Never fails, and ends in a defect never. Interruption and
 * the end of the time end the connection.
 */
export const make =
  (client: HttpClient.HttpClient) =>
  (request: HttpClientRequest.HttpClientRequest, { leaves, redact, timeout }: Options): Effect.Effect<Happened> =>
    Effect.suspend(() => {
      const once = onlyOnce()
      const hardened = HttpClient.mapRequestEffect(
        client,
        (request) => once.enter(Effect.as(Effect.zipRight(hardenFetch(once), leaves), request))
      )
      return hardened.execute(once.watch(request)).pipe(
        // a client made to fail on some statuses holds the answer in its error
        Effect.catchTag("ResponseError", (error) => Effect.succeed(error.response)),
        Effect.flatMap((response) => readAnswer(response, redact)),
        (exchange) => inFiberOfItsOwn(Effect.zipRight(quietly(once), exchange), timeout),
        Effect.flatMap(({ exit, isLate }) =>
          Exit.match(exit, {
            onSuccess: Effect.succeed<Happened>,
            onFailure: (cause) =>
              Effect.as(
                once.wasBroken() ? warnOfRepetition : logDefects(cause, redact),
                isLate
                  ? { _tag: "TimedOut", after: timeout } as const
                  : { _tag: "NoAnswer", cause: once.wasBroken() ? repetition : causeOf(Cause.squash(cause)) } as const
              )
          })
        )
      )
    })

/**
 * So the time-out can end it (`Effect.timeout` costs as much as all the rest here), and what is set for the HTTP client
 * ends with it.
 */
const inFiberOfItsOwn = <A, E>(exchange: Effect.Effect<A, E>, timeout: Duration.Duration) =>
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
      return { exit: waited.value, isLate }
    })
  )

/**
 * Lets a request out once. A client may have been made to repeat (`HttpClient.retryTransient`, `followRedirects`, an
 * `Effect.retry` of its own), and what it sends again nobody looked up, and no place of the limit was taken for it.
 *
 * There are three places to see a repetition in, and each sees one that the others don't: where a request enters a client
 * as a whole, where a client of the platform begins with it, inside of all combinators, and where fetch is called.
 */
interface Once {
  readonly enter: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>
  /** Is asked by each client of the platform whether to trace a request, right before it sends it. */
  readonly begin: Predicate.Predicate<HttpClientRequest.HttpClientRequest>
  /** So it is seen when a client, not one around it, takes the body to send it. */
  readonly watch: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest
  readonly fetch: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  /** Was anything kept from going out again? */
  readonly wasBroken: () => boolean
}

const onlyOnce = (): Once => {
  let hasEntered = false
  let hasBegun = false
  let isTaken = false
  let isFetched = false
  let isBroken = false
  const stop = () => {
    isBroken = true
    return repetition
  }
  return {
    enter: (effect) =>
      Effect.suspend(() => {
        // a defect, as it isn't retried
        if (hasEntered) return Effect.die(stop())
        hasEntered = true
        return effect
      }),
    begin: () => {
      if (isTaken) throw stop()
      hasBegun = true
      return true
    },
    watch: (request) =>
      HttpClientRequest.setBody(
        request,
        new Proxy(request.body, {
          get: (body, name) => {
            if (name === "_tag" && hasBegun) isTaken = true
            return Reflect.get(body, name)
          }
        })
      ),
    fetch: (fetch) => (input, init) => {
      if (isFetched) return Promise.reject(stop())
      isFetched = true
      return fetch(input, init)
    },
    wasBroken: () => isBroken
  }
}

/** One for all, so that nothing of a request is in it. */
const repetition = new Error("the HttpClient tried to send the request again, and was stopped")

const warnOfRepetition = Effect.logWarning(
  "The HttpClient tried to send a request to ShipStation again, and was stopped. It needs one that doesn't repeat."
)

/** What a client died of is nowhere else to be seen. */
const logDefects = (cause: Cause.Cause<unknown>, redact: (text: string) => string): Effect.Effect<void> =>
  Effect.forEach(Cause.defects(cause), (defect) =>
    Effect.annotateLogs(
      Effect.logError("A defect in an exchange with ShipStation"),
      "shipstation.defect",
      redact(describeDefect(defect))
    ), { discard: true })

/** Its kind, its message, and where it came from. What else it holds may be a request. */
const describeDefect = (defect: unknown): string => {
  if (!(defect instanceof Error)) return `not an Error, but of type ${typeof defect}`
  const places = (defect.stack ?? "").split("\n").filter((line) => /^ +at /.test(line))
  return [`${defect.name}: ${defect.message.slice(0, 200)}`, ...places].join("\n")
}

const quietly = (once: Once) =>
  Effect.all([
    // the platform's own span records the key, and it would send `traceparent` to the vendor
    FiberRef.set(HttpClient.currentTracerDisabledWhen, once.begin),
    // or it isn't asked
    FiberRef.set(FiberRef.currentTracerEnabled, true),
    // fibers that the platform starts would log their failures, and these hold the request
    FiberRef.set(FiberRef.unhandledErrorLogLevel, Option.none()),
    FiberRef.update(Headers.currentRedactedNames, (names) => [...names, "api-key"])
  ], { discard: true })

/**
 * fetch follows redirects, to any origin and with all headers, and it repeats requests. What stops it belongs to the user
 * as well (a proxy, say), so it is added to theirs. It has to be done from inside the client: that is where a
 * `RequestInit` or a `Fetch` which was provided to `FetchHttpClient.layer` can be seen. Other clients don't look at it.
 */
const hardenFetch = (once: Once) =>
  FiberRef.update(FiberRef.currentContext, (context) => {
    const own = Context.getOption(context, FetchHttpClient.Fetch)
    const fetch = once.fetch(Option.getOrElse(own, () => globalThis.fetch))
    return context.pipe(
      Context.add(FetchHttpClient.RequestInit, {
        ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
        redirect: "manual"
      }),
      Context.add(FetchHttpClient.Fetch, (input, init) => fetch(input, toOneShot(init, Option.isSome(own))))
    )
  })

/**
 * A body that can be read once, since fetch sends again what it can read again: undici's after a 421, Deno's when a
 * connection ends before the head of an answer. With its length beside it, it goes as one piece from Node and Bun (Deno
 * and workerd send it in chunks).
 *
 * `keepalive`, which is for pages that are left, allows no stream. So it is left out, but for a `Fetch` of the user's own.
 */
const toOneShot = (init: RequestInit | undefined, isOwnFetch: boolean): RequestInit | undefined => {
  if (!(init?.body instanceof Uint8Array) || (init.keepalive === true && isOwnFetch)) return init
  const { body, headers, keepalive, ...rest } = init
  const stream = new ReadableStream({
    start: (controller) => {
      controller.enqueue(body)
      controller.close()
    }
  })
  const oneShot = {
    ...rest,
    ...(keepalive === false ? { keepalive } : {}),
    headers: Headers.set(Headers.fromInput(headers), "content-length", String(body.byteLength)),
    body: stream,
    duplex: "half"
  }
  return oneShot
}

/** Reads the bytes before anything looks at them, since a cut body and bad JSON are the same error to the platform. */
const readAnswer = Effect.fnUntraced(function*(
  response: HttpClientResponse.HttpClientResponse,
  redact: (text: string) => string
) {
  const { headers, status } = response
  const { body, defects, end } = yield* isSuccessOfKnownLength(status, headers)
    ? readAtOnce(response)
    : readInPieces(response)
  yield* logDefects(defects, redact)
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
  /** What the client died of while it was read. */
  readonly defects: Cause.Cause<unknown>
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
    onSuccess: (body): Read => ({ body, end: "whole", defects: Cause.empty }),
    onFailure: (defects): Read => ({ body: new Uint8Array(), end: endOf(defects), defects })
  })

const readInPieces = Effect.fnUntraced(
  function*(response: HttpClientResponse.HttpClientResponse): Effect.fn.Return<Read> {
    let size = 0
    const chunks: Array<Uint8Array> = []
    const exit = yield* response.stream.pipe(
      Stream.takeWhile((chunk) => {
        size += chunk.length
        if (size > maxBodyBytes) return false
        chunks.push(chunk)
        return true
      }),
      Stream.runDrain,
      Effect.exit
    )
    const body = concat(chunks)
    return Exit.match(exit, {
      onSuccess: (): Read => ({ body, end: size > maxBodyBytes ? "oversized" : "whole", defects: Cause.empty }),
      onFailure: (defects): Read => ({ body, end: endOf(defects), defects })
    })
  }
)

/** fetch has no stream for an answer without a body. */
const endOf = (cause: Cause.Cause<HttpClientError.ResponseError>): Answer["end"] =>
  Option.exists(Cause.failureOption(cause), ({ reason }) => reason === "EmptyBody") ? "whole" : "cut"

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

/** The cause of a platform error. The error itself holds the request. */
const causeOf = (error: unknown): unknown => HttpClientError.isHttpClientError(error) ? error.cause : error
