/**
 * One exchange over the platform's `HttpClient`: a request goes out, and what happened comes back as plain data.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Deadlines } from "./deadlines.js"
import { type Once, onlyOnce, repetition } from "./once.js"
import type { Answer, Happened } from "./toError.js"

/** The largest answer that is read, in bytes. A page of 500 fulfillments takes less than one million. */
const maxBodyBytes = 16 * 1024 * 1024

/** What the exchange of one request needs to know. */
export interface Options {
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
  (client: HttpClient.HttpClient, deadlines: Deadlines) =>
  (request: HttpClientRequest.HttpClientRequest, { leaves, redact }: Options): Effect.Effect<Happened> =>
    Effect.suspend(() => {
      const once = onlyOnce()
      return HttpClient.mapRequestEffect(client, (request) => once.enter(request, leaves)).execute(request).pipe(
        // a client made to fail on some statuses holds the answer in its error; one that asks others too holds theirs
        Effect.catchTag(
          "ResponseError",
          (error) => once.isAnother(error.request) ? Effect.fail(error) : Effect.succeed(error.response)
        ),
        Effect.flatMap((response) => readAnswer(response, redact)),
        (exchange) => inFiberOfItsOwn(Effect.zipRight(quietly(once), exchange), deadlines, once.giveUp),
        Effect.flatMap(({ exit, isLate }) => {
          if (exit === undefined) return Effect.as(warnOfHanging, timedOut(deadlines))
          return Exit.match(exit, {
            onSuccess: Effect.succeed<Happened>,
            onFailure: (cause) =>
              Effect.as(
                once.wasBroken() ? warnOfRepetition : logDefects(cause, redact),
                isLate ? timedOut(deadlines) : noAnswer(cause, once)
              )
          })
        })
      )
    })

const timedOut = ({ timeout }: Deadlines): Happened => ({ _tag: "TimedOut", after: timeout })

/** What a client does besides, in `HttpClient.tap` say, fails with errors of other requests. They tell nothing of this one. */
const noAnswer = (cause: Cause.Cause<HttpClientError.HttpClientError>, once: Once): Happened => ({
  _tag: "NoAnswer",
  isOfRequest: !once.wasRead() && Chunk.isEmpty(Cause.defects(cause)) &&
    !Chunk.some(Cause.failures(cause), ({ request }) => once.isAnother(request)),
  cause: once.wasBroken() ? repetition : causeOf(Cause.squash(cause))
})

/**
 * So its deadline can end it, and what is set for the HTTP client ends with it. A client that can't be interrupted is left
 * to itself: then there is no exit.
 */
const inFiberOfItsOwn = <A, E>(exchange: Effect.Effect<A, E>, deadlines: Deadlines, giveUp: () => void) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.clockWith((clock) =>
      Effect.flatMap(Effect.forkDaemon(Effect.interruptible(exchange)), (fiber) => {
        const ending = makeEnding(fiber, giveUp, (isOver) => deadlines.afterGrace(clock, isOver))
        const deadline = deadlines.watch(clock, ending.begin)
        return Effect.flatMap(Effect.exit(restore(ending.ended)), (waited) => {
          deadline.end = undefined
          return Exit.isFailure(waited)
            ? Effect.suspend(() => {
              ending.begin()
              return Effect.zipRight(ending.ended, Effect.failCause(waited.cause))
            })
            : Effect.succeed({ exit: waited.value, isLate: deadline.hasCome })
        })
      })
    )
  )

/** Waits for a fiber, and once it is told to end for a moment at most. `startGrace` gives what takes that moment back. */
const makeEnding = <A, E>(
  fiber: Fiber.RuntimeFiber<A, E>,
  giveUp: () => void,
  startGrace: (isOver: () => void) => () => void
) => {
  let stopGrace: (() => void) | undefined
  let notify: ((exit: Exit.Exit<A, E> | undefined) => void) | undefined
  return {
    begin: () => {
      giveUp()
      fiber.unsafeInterruptAsFork(fiber.id())
      stopGrace ??= startGrace(() => notify?.(undefined))
    },
    ended: Effect.async<Exit.Exit<A, E> | undefined>((resume) => {
      const observer = (exit: Exit.Exit<A, E>) => notify?.(exit)
      notify = (exit) => {
        stopGrace?.()
        resume(Effect.succeed(exit))
      }
      fiber.addObserver(observer)
      return Effect.sync(() => fiber.removeObserver(observer))
    })
  }
}

const warnOfHanging = Effect.logWarning(
  "The HttpClient can't be interrupted, and was left to itself after the time-out of a request to ShipStation."
)

const warnOfRepetition = Effect.logWarning(
  "The HttpClient tried to send a request to ShipStation again, and was stopped. It needs one that doesn't repeat."
)

/** What a client died of is nowhere else to be seen. */
const logDefects = (cause: Cause.Cause<unknown>, redact: (text: string) => string): Effect.Effect<void> =>
  Effect.forEach(Cause.defects(cause), (defect) =>
    Effect.annotateLogs(
      Effect.logError("A defect in an exchange with ShipStation"),
      "shipstation.defect",
      describeDefect(defect, redact)
    ), { discard: true })

/** Its kind, its message, and where it came from. What else it holds may be a request. */
const describeDefect = (defect: unknown, redact: (text: string) => string): string => {
  if (!(defect instanceof Error)) return `not an Error, but of type ${typeof defect}`
  const places = (defect.stack ?? "").split("\n").filter((line) => /^ +at /.test(line))
  // redacted first: of a key that is cut the rest isn't found
  return redact([`${defect.name}: ${redact(defect.message).slice(0, 200)}`, ...places].join("\n"))
}

/** All at once: each change copies all that is set in a fiber. */
const quietly = (once: Once) =>
  Effect.updateFiberRefs((fiberId, refs) =>
    FiberRefs.updateManyAs(refs, {
      forkAs: fiberId,
      entries: [
        // the platform's own span records the key, and it would send `traceparent` to the vendor
        [HttpClient.currentTracerDisabledWhen, [[fiberId, once.begin]]],
        // or it isn't asked
        [FiberRef.currentTracerEnabled, [[fiberId, true]]],
        // fibers that the platform starts would log their failures, and these hold the request
        [FiberRef.unhandledErrorLogLevel, [[fiberId, Option.none()]]],
        [Headers.currentRedactedNames, [[
          fiberId,
          [...FiberRefs.getOrDefault(refs, Headers.currentRedactedNames), "api-key"]
        ]]]
      ]
    })
  )

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
    body,
    end,
    receivedAt: yield* DateTime.now
  }
  return answer
})

interface Read {
  readonly body: string
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
    onSuccess: (body): Read => ({ body: new TextDecoder().decode(body), end: "whole", defects: Cause.empty }),
    onFailure: (defects): Read => ({ body: "", end: endOf(defects), defects })
  })

const readInPieces: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<Read> = Effect.fnUntraced(
  function*(response: HttpClientResponse.HttpClientResponse) {
    let size = 0
    let text = ""
    const decoder = new TextDecoder()
    const exit = yield* response.stream.pipe(
      Stream.takeWhile((chunk) => {
        size += chunk.length
        if (size > maxBodyBytes) return false
        text += decoder.decode(chunk, { stream: true })
        return true
      }),
      Stream.runDrain,
      Effect.exit
    )
    const body = text + decoder.decode()
    return Exit.match(exit, {
      onSuccess: (): Read => ({ body, end: size > maxBodyBytes ? "oversized" : "whole", defects: Cause.empty }),
      onFailure: (defects): Read => ({ body, end: endOf(defects), defects })
    })
  }
)

/** fetch has no stream for an answer without a body. */
const endOf = (cause: Cause.Cause<HttpClientError.ResponseError>): Answer["end"] =>
  Option.exists(Cause.failureOption(cause), ({ reason }) => reason === "EmptyBody") ? "whole" : "cut"

/** The cause of a platform error. The error itself holds the request. */
const causeOf = (error: unknown): unknown => HttpClientError.isHttpClientError(error) ? error.cause : error
