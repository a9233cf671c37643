import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constFalse, constTrue } from "effect/Function"
import { type Answer, limitExceeded, methodNotAllowed, notFound, refusal, unauthorized } from "./answer.js"
import { type NoText, textOf } from "./body.js"
import { listCarriers } from "./carriers.js"
import type { Allows } from "./commits.js"
import { create, type PartialSuccess } from "./create.js"
import { list, type ListRequest } from "./list.js"
import type { Fulfillment } from "./model.js"
import type { ListChange } from "./paging.js"
import { type Place, placeOf } from "./route.js"
import { getShipment, listShipments } from "./shipments.js"
import { type Entry, nextRequestId, type State } from "./state.js"

/** A request that was received, as far as its answer needs it. */
export interface Call {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly requestId: string
  readonly at: DateTime.Utc
  readonly path: string
  readonly query: string
  readonly account: string | undefined
  readonly place: Place
  /** The body of a create with a right key, or why there is none. */
  readonly text: Either.Either<string, NoText | "not wanted">
  /** Tells of what it created. */
  readonly announce: (fulfillment: Fulfillment, origin: string) => void
}

/** Is told of each fulfillment that is created. */
export type Announce = (state: State, fulfillment: Fulfillment, origin: string) => void

/** Receives a request in full. */
export const receive = Effect.fnUntraced(
  function*(
    state: State,
    request: HttpServerRequest.HttpServerRequest,
    announce: Announce
  ): Effect.fn.Return<Call> {
    const at = yield* DateTime.now
    const requestId = nextRequestId(state)
    const account = state.accountOfKey.get(request.headers["api-key"] ?? "")
    const queryStart = request.url.indexOf("?")
    const path = queryStart === -1 ? request.url : request.url.slice(0, queryStart)
    const place = placeOf(request.method, path)
    const text = account !== undefined && place.endpoint === "create"
      ? yield* Effect.either(textOf(request))
      : Either.left("not wanted" as const)
    return {
      request,
      requestId,
      at,
      path,
      query: request.url.slice(path.length),
      account,
      place,
      text,
      announce: (fulfillment, origin) => announce(state, fulfillment, origin)
    }
  }
)

/** What may change how a request is answered. */
export interface Limits {
  /** Seconds after which the request limit lets the account in again; `undefined` when it does now. */
  readonly retryAfter: number | undefined
  readonly allows: Allows
  readonly partial: PartialSuccess | undefined
  readonly list: ListChange
}

/** Nothing is changed. */
export const unlimited: Omit<Limits, "retryAfter"> = { allows: constTrue, partial: undefined, list: {} }

/** Answers a request, does what it asks for, and notes down what that was. */
export const answer = (state: State, call: Call, entry: Entry, now: DateTime.Utc, limits: Limits): Answer => {
  const before = state.fulfillments.length
  const usual = usualAnswer(state, call, now, limits)
  const created = state.fulfillments.slice(before)
  for (const fulfillment of created) call.announce(fulfillment, origin(call.request))
  entry.fulfillmentIds = created.map(({ fulfillment_id }) => fulfillment_id)
  entry.committed = entry.fulfillmentIds.length
  return usual
}

/** What would be answered; nothing is done. */
export const preview = (state: State, call: Call, now: DateTime.Utc, limits: Limits): Answer =>
  usualAnswer(state, call, now, { ...limits, allows: constFalse })

/** The keys that must not be remembered: those of all accounts, and the one that came. */
export const keysOf = (state: State, { request }: Call): ReadonlyArray<string> => [
  ...state.accountOfKey.keys(),
  request.headers["api-key"] ?? ""
]

const usualAnswer = (state: State, call: Call, now: DateTime.Utc, limits: Limits): Answer => {
  const { account, path, place, request, requestId } = call
  const { allows, list: change, partial, retryAfter } = limits
  if (account === undefined) return unauthorized
  if (retryAfter !== undefined) return limitExceeded(requestId, retryAfter)
  const listRequest = (): ListRequest => ({
    requestId,
    account,
    query: new URLSearchParams(call.query),
    url: origin(request) + path,
    now,
    change
  })
  switch (place.endpoint) {
    case "create":
      return Either.match(call.text, {
        onLeft: (reason) =>
          refusal(reason === "too large" ? 413 : 400, requestId, [{
            error_type: "validation",
            error_code: "unspecified",
            message: `Body of request is ${reason}.`
          }]),
        onRight: (text) =>
          create(state, {
            requestId,
            account,
            contentType: request.headers["content-type"],
            text,
            now,
            allows,
            partial
          })
      })
    case "list":
      return list(state, listRequest())
    case "shipments":
      return listShipments(state, listRequest())
    case "shipment":
      return getShipment(state, { ...place, account, requestId })
    case "carriers":
      return listCarriers(state, new URLSearchParams(call.query))
    case undefined:
      return place.allow === undefined ? notFound(requestId) : methodNotAllowed(requestId, place.allow)
  }
}

/** In-process requests carry their whole URL, those from a socket only the host. */
const origin = (request: HttpServerRequest.HttpServerRequest): string =>
  request.originalUrl.startsWith("/")
    ? `http://${request.headers["host"] ?? "localhost"}`
    : new URL(request.originalUrl).origin
