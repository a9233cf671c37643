import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { type Answer, methodNotAllowed, notFound, refusal, unauthorized } from "./answer.js"
import { create } from "./create.js"
import { list } from "./list.js"
import { nextRequestId, recordRequest, type State } from "./state.js"

/** The API. `current` is read at each request, as a reset replaces the state. */
export const make = (current: () => State): HttpApp.Default =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const at = yield* DateTime.now
    const requestId = nextRequestId(current())
    const account = current().accountOfKey.get(request.headers["api-key"] ?? "")
    const queryStart = request.url.indexOf("?")
    const path = queryStart === -1 ? request.url : request.url.slice(0, queryStart)
    const answer = account === undefined
      ? unauthorized
      : path !== "/v2/fulfillments"
      ? notFound(requestId)
      : request.method === "POST"
      ? yield* post(current, request, requestId, account)
      : request.method === "GET"
      ? list(current(), {
        requestId,
        account,
        query: new URLSearchParams(request.url.slice(path.length)),
        url: origin(request) + path
      })
      : methodNotAllowed(requestId, "GET, POST")
    recordRequest(current(), {
      requestId,
      at,
      method: request.method,
      path,
      account,
      status: answer.status
    })
    return HttpServerResponse.unsafeJson(answer.body, {
      status: answer.status,
      headers: {
        ...answer.headers,
        // the emulator's clock may not be the machine's
        date: DateTime.toDate(at).toUTCString(),
        "x-shipengine-requestid": requestId
      }
    })
  })

const post = (
  current: () => State,
  request: HttpServerRequest.HttpServerRequest,
  requestId: string,
  account: string
): Effect.Effect<Answer> =>
  Effect.matchEffect(request.text, {
    onFailure: () =>
      Effect.succeed(refusal(400, requestId, [{
        error_type: "validation",
        error_code: "unspecified",
        message: "Body of request could not be read."
      }])),
    onSuccess: (text) =>
      Effect.map(DateTime.now, (now) =>
        create(current(), { requestId, account, contentType: request.headers["content-type"], text, now }))
  })

/** In-process requests carry their whole URL, those from a socket only the host. */
const origin = (request: HttpServerRequest.HttpServerRequest): string =>
  request.originalUrl.startsWith("/")
    ? `http://${request.headers["host"] ?? "localhost"}`
    : new URL(request.originalUrl).origin
