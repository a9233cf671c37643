import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import { type Change, changeContext, harden, isHard, type Reading, soften, toOneShot } from "./fetch.js"

/**
 * Lets a request out once. A client may have been made to repeat (`HttpClient.retryTransient`, `followRedirects`, an
 * `Effect.retry` of its own), and what it sends again nobody looked up, and no place of the limit was taken for it.
 *
 * There are four places to see a repetition in, and each sees one that the others don't: where a request enters a client
 * as a whole, where a client of the platform begins with it, inside of all combinators, where it takes the body (a client
 * with a rule of its own about tracing doesn't ask ours as it begins), and where fetch is called.
 *
 * On a client of `node:http`, which takes the body later, one that sends twice at the same moment isn't noticed.
 */
export interface Once {
  readonly enter: (
    request: HttpClientRequest.HttpClientRequest,
    leaves: Effect.Effect<void>
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest>
  /** Is asked by each client of the platform whether to trace a request, right before it sends it. */
  readonly begin: Predicate.Predicate<HttpClientRequest.HttpClientRequest>
  /** Is it another request than the one that was let out? A client around another may have changed something of it. */
  readonly isAnother: (request: HttpClientRequest.HttpClientRequest) => boolean
  /** Was anything kept from going out again? */
  readonly wasBroken: () => boolean
  /** fetch read it to its end: whatever failed then, it may have been sent. */
  readonly wasRead: () => boolean
  /** Nobody waits for it any more: it isn't let out, and what isn't read yet can't be. */
  readonly giveUp: () => void
}

export const onlyOnce = (): Once => {
  let ours: HttpClientRequest.HttpClientRequest | undefined
  let hasBegun = false
  let isTaken = false
  let isFetched = false
  let isBroken = false
  const reading: Reading = { isGivenUp: false, wasRead: false }
  const stop = () => {
    isBroken = true
    return repetition
  }
  /** Whether the client that runs has a rule of its own, and so doesn't ask `begin`. */
  const hasOwnRule = () =>
    Option.exists(Fiber.getCurrentFiber(), (fiber) => fiber.getFiberRef(HttpClient.currentTracerDisabledWhen) !== begin)
  const hardenOnce = () => changeContext((context) => isHard(context) ? context : harden(context, fetchOnce))

  /** Both are read by the client that sends it, and by those around it. */
  const watch = (request: HttpClientRequest.HttpClientRequest) => {
    let before: string | symbol = ""
    // what kind it is, and right after it its bytes
    const body = seeing(request.body, (name) => {
      if (!hasOwnRule()) isTaken ||= name === "_tag" && hasBegun
      else if (name === "body" && before === "_tag") {
        if (isTaken) throw stop()
        isTaken = true
      }
      before = name
    })
    // before it looks for its fetch
    const value = seeing(request.urlParams, (name) => {
      if (name === "length" && hasOwnRule()) hardenOnce()
    })
    return Object.defineProperty(HttpClientRequest.setBody(request, body), "urlParams", { value, enumerable: true })
  }
  /** A client around another may have changed something of it, and may ask for something else before. */
  const isOurs = (request: HttpClientRequest.HttpClientRequest) =>
    ours !== undefined && (request.body === ours.body || (request.method === ours.method && request.url === ours.url))
  const fetchOnce: Change = (fetch, isOwn) => (input, init) => {
    if (isFetched) return Promise.reject(stop())
    isFetched = true
    return fetch(input, toOneShot(init, isOwn, reading))
  }
  const begin: Once["begin"] = (request) => {
    if (!isOurs(request)) {
      changeContext(soften)
      return true
    }
    if (isTaken) throw stop()
    hasBegun = true
    hardenOnce()
    return true
  }
  return {
    enter: (request, leaves) =>
      Effect.suspend(() => {
        // a defect, as it isn't retried
        if (ours !== undefined || isTaken) return Effect.die(stop())
        ours = watch(request)
        return leaves.pipe(
          Effect.zipRight(FiberRef.update(FiberRef.currentContext, (context) => harden(context, fetchOnce))),
          Effect.as(ours)
        )
      }),
    begin,
    // one without a place to go to was never sent
    isAnother: (request) => !isOurs(request) && URL.canParse(request.url),
    wasBroken: () => isBroken,
    wasRead: () => reading.wasRead,
    giveUp: () => {
      isTaken = true
      reading.isGivenUp = true
    }
  }
}

/** The same, and whoever reads of it is seen. */
const seeing = <A extends object>(target: A, see: (name: string | symbol) => void): A =>
  new Proxy(target, {
    get: (of, name) => {
      see(name)
      return Reflect.get(of, name)
    }
  })

/** One for all, so that nothing of a request is in it. */
export const repetition = new Error("the HttpClient tried to send the request again, and was stopped")
