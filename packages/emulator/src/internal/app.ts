import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { toReply } from "./answer.js"
import { type Announce, answer, keysOf, receive, unlimited } from "./call.js"
import * as excerpt from "./excerpt.js"
import { misbehave, type Run } from "./misbehave.js"
import { retryAfter } from "./rateLimit.js"
import { faultsOf } from "./rules.js"
import { recordRequest, type State } from "./state.js"
import { wireOf } from "./wire.js"

/** The API. `current` is read at each request, as a reset replaces the state. */
export const make = (current: () => State, run: Run, announce: Announce): HttpApp.Default =>
  Effect.gen(function*() {
    const state = current()
    const request = yield* HttpServerRequest.HttpServerRequest
    const call = yield* receive(state, request, announce)
    const { account, at, path, requestId, text } = call
    const keys = keysOf(state, call)
    const faults = faultsOf(state, call)
    // what nobody received isn't counted
    const isRefused = faults.some(({ _tag }) => _tag === "RefuseConnection")
    const wait = isRefused ? undefined : retryAfter(state, call)
    const entry = recordRequest(state, {
      requestId,
      at,
      method: request.method,
      path: excerpt.ofText(keys, path),
      account,
      requestBody: Either.getOrUndefined(Either.map(text, (text) => excerpt.ofText(keys, text))),
      limited: wait !== undefined
    })
    if (faults.length > 0) {
      const wire = yield* wireOf(request)
      const exit = yield* Fiber.await(run(misbehave({ state, call, entry, faults, wire, run, retryAfter: wait })))
      if (Exit.isInterrupted(exit)) {
        entry.answer = "lost"
        wire.reset()
      } else {
        yield* exit
      }
      // for the server's eyes only: what had to be sent was sent
      return HttpServerResponse.empty()
    }
    const now = yield* DateTime.now
    const usual = answer(state, call, entry, now, { ...unlimited, retryAfter: wait })
    const { headers, status, text: body } = toReply(usual, { requestId, now })
    entry.status = status
    entry.responseBody = excerpt.ofText(keys, body)
    entry.answer = "sent"
    // as a text, which Node.js sends together with the headers
    return HttpServerResponse.raw(body, { status, headers, contentLength: Buffer.byteLength(body) })
  })
