/** Nothing is done twice, and nothing is sent twice unless it was looked up in between. */
import type { Emulator } from "@effect-shipstation/emulator"
import { Array, Option, Schema } from "effect"
import type { Played } from "./play.js"
import { start } from "./server.js"

type Request = Emulator.Request

/**
 * Nobody is mailed twice, whatever was answered.
 *
 * There is one excuse. A request that the API itself refused at the door has done nothing, by all that is known, so what it
 * held may be sent again after one look. If it did a part all the same, and that part wasn't listed yet when it was looked
 * for, or the list was not in order, then it was done twice and nobody could have known.
 */
export const twice = (played: Played): ReadonlyArray<string> => {
  const { fulfillments, requests } = played
  const done = requests.flatMap((request) =>
    fulfillments.flatMap((fulfillment) =>
      request.fulfillmentIds.includes(fulfillment.fulfillment_id) ? [{ fulfillment, request }] : []
    )
  )
  return Object.entries(Array.groupBy(done, ({ fulfillment }) => fulfillment.shipment_id)).flatMap(([id, all]) =>
    all.slice(1).flatMap((again, index) => {
      const first = all[index]
      return first === undefined || isExcused(played, first, again.request) ? [] : [`${id}: fulfilled twice`]
    })
  )
}

interface Done {
  readonly request: Request
  readonly fulfillment: Emulator.Fulfillment
}

const isExcused = (played: Played, { fulfillment, request }: Done, again: Request): boolean =>
  isRefusedAtDoor(request) &&
  !looks(played, fulfillment.shipment_id, request, again).some((look) => shows(played, look, fulfillment))

/** Could the fulfillment be seen? */
const shows = ({ history }: Played, { at, faults }: Request, { created_at }: Emulator.Fulfillment): boolean => {
  const lags = history.faults.flatMap(({ action }) => action._tag === "LaggingList" ? [Number(action.lag)] : [])
  const lag = faults.includes("LaggingList") ? Math.max(0, ...lags) : 0
  return !faults.includes("ChangeList") && created_at.epochMillis <= at.epochMillis - lag
}

/** Whatever was sent, and not settled by its answer, is looked up before it is sent again. */
export const unlooked = (played: Played): ReadonlyArray<string> => {
  const posts = played.requests.flatMap((request) =>
    request.method === "POST" && !request.faults.includes("RefuseConnection") ? [{ request, ids: idsOf(request) }] : []
  )
  const ids = Array.dedupe(posts.flatMap(({ ids }) => ids))
  return ids.flatMap((id) => {
    const all = posts.filter(({ ids }) => ids.includes(id))
    return all.slice(1).flatMap(({ request }, index) => {
      const first = all[index]?.request
      return first === undefined || isRejected(first, id) || looks(played, id, first, request).length > 0
        ? []
        : [`${id}: sent again without a look`]
    })
  })
}

/** The looks at a shipment between two requests that gave a page. */
const looks = ({ queries, requests }: Played, id: string, from: Request, to: Request): ReadonlyArray<Request> =>
  requests.slice(requests.indexOf(from) + 1, requests.indexOf(to)).filter((request) => {
    const query = queries.get(request.requestId)
    return request.method === "GET" && request.status === 200 && request.answer !== "lost" &&
      !request.faults.some((fault) => fault === "RawBody" || fault === "ErrorBody") &&
      query !== undefined && (query.get("shipment_id") ?? id) === id
  })

const idsOf = ({ requestBody = "" }: Request): ReadonlyArray<string> =>
  Option.match(decodeBody(requestBody), {
    onNone: () => [],
    onSome: ({ fulfillments }) => fulfillments.flatMap(({ shipment_id }) => shipment_id ?? [])
  })

/** Does the answer say of a shipment that it failed? */
const isRejected = ({ answer, responseBody = "", status }: Request, id: string): boolean => {
  const results = Option.match(decodeBody(responseBody), {
    onNone: () => [],
    onSome: ({ fulfillments }) => fulfillments.filter(({ shipment_id }) => shipment_id === id)
  })
  return status === 200 && answer !== "lost" && results.length > 0 &&
    results.every(({ error_message }) => typeof error_message === "string")
}

const Body = Schema.Struct({
  fulfillments: Schema.Array(Schema.Struct({
    shipment_id: Schema.optional(Schema.String),
    error_message: Schema.optional(Schema.NullOr(Schema.String))
  }))
})

const decodeBody = Schema.decodeOption(Schema.parseJson(Body))

const ErrorBody = Schema.Struct({
  errors: Schema.Array(Schema.Struct({
    error_source: Schema.optional(Schema.String),
    error_type: Schema.optional(Schema.String)
  }))
})

const decodeErrors = Schema.decodeOption(Schema.parseJson(ErrorBody))

/**
 * Did the API itself refuse it at the door, by all that is known? By its own error body, with a status or a type that says
 * so; a key and a limit also without one.
 */
export const isRefusedAtDoor = ({ answer, responseBody = "", status = 0 }: Request): boolean => {
  if (answer === "lost" || answer === "pending") return false
  const errors = Option.match(decodeErrors(responseBody), { onNone: () => [], onSome: ({ errors }) => errors })
  if (errors.length === 0) return status === 401 || status === 429
  if (!errors.every(({ error_source = "" }) => /^(ShipStation|shipengine)$/i.test(error_source))) return false
  return [401, 403, 404, 405, 413, 415, 429].includes(status) ||
    ([400, 422].includes(status) &&
      errors.every(({ error_type = "" }) => /^(validation|security|account_status|business_rules)$/.test(error_type)))
}

/** The request that did it; none did what was there from the start. */
export const requestOf = ({ requests }: Played, { created_at, fulfillment_id }: Emulator.Fulfillment) =>
  created_at.epochMillis < start
    ? undefined
    : requests.find(({ fulfillmentIds }) => fulfillmentIds.includes(fulfillment_id))
