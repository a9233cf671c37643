/** Kinds of failure, and what ours must make of each. The command, the document and the test all go by this. */
import type { Fault } from "@effect-shipstation/emulator"
import type { ShipStationError } from "@effect-shipstation/http-client"
import type { Unreachable } from "./unreachable.js"

/** What one call of ours led to. */
export interface Ours {
  readonly posts: number
  readonly gets: number
  /** Outcomes in the order of the inputs, or an error and its `delivery`. */
  readonly gives: string
  /** How often the customer of each shipment was told. */
  readonly notified: ReadonlyArray<number>
  /** How long it took, in virtual time. */
  readonly seconds: number
}

export interface Case {
  readonly name: string
  /** What the emulator does, or why it is never reached. */
  readonly happens: ReadonlyArray<Fault.FaultRule> | Unreachable
  /** What can be known about the first request from what came back. */
  readonly delivery: ShipStationError.Delivery
  readonly ours: Ours
}

/** Happens to the first POST only: whoever sends again succeeds. */
const once = (action: Fault.FaultAction): ReadonlyArray<Fault.FaultRule> => [{ endpoint: "create", nth: 1, action }]

/** Happens to each POST. */
const always = (action: Fault.FaultAction): ReadonlyArray<Fault.FaultRule> => [{ endpoint: "create", action }]

const refusal = (error_source: string, error_code: string) => [{
  error_source,
  error_type: "business_rules",
  error_code,
  message: "It was refused."
}]

const everybody = [1, 1, 1]
const nobody = [0, 0, 0]

/** All was done, and one look into the list tells so. */
const found: Ours = { posts: 1, gets: 1, gives: "3 AlreadyFulfilled", notified: everybody, seconds: 0.5 }

/** Nothing can be found, after looking four times. */
const notFound: Ours = { posts: 1, gets: 4, gives: "3 Unknown", notified: nobody, seconds: 7.5 }

export const cases: ReadonlyArray<Case> = [
  {
    name: "connection refused",
    happens: "refused",
    delivery: "unsent",
    ours: { posts: 0, gets: 0, gives: "ShipStationNetworkError, unsent", notified: nobody, seconds: 7.5 }
  },
  {
    name: "no such host",
    happens: "unresolvable",
    delivery: "unsent",
    ours: { posts: 0, gets: 0, gives: "ShipStationNetworkError, unsent", notified: nobody, seconds: 7.5 }
  },
  {
    name: "connect time-out",
    happens: "unresponsive",
    delivery: "unsent",
    ours: { posts: 0, gets: 0, gives: "ShipStationNetworkError, unsent", notified: nobody, seconds: 57.5 }
  },
  {
    name: "429 with `Retry-After: 2`",
    happens: once({ _tag: "ErrorBody", status: 429, retryAfter: 2 }),
    delivery: "rejected",
    // after a pause requests go at a distance: the look that comes first takes a place
    ours: { posts: 2, gets: 1, gives: "3 Created", notified: everybody, seconds: 2.3 }
  },
  {
    name: "429 with `Retry-After: 2`, 1 of 3 done",
    happens: once({ _tag: "ErrorBody", status: 429, retryAfter: 2, commits: 1 }),
    delivery: "rejected",
    ours: { posts: 2, gets: 1, gives: "1 AlreadyFulfilled, 2 Created", notified: everybody, seconds: 2.3 }
  },
  {
    name: "400",
    happens: always({ _tag: "ErrorBody", status: 400 }),
    delivery: "rejected",
    ours: { posts: 1, gets: 0, gives: "ShipStationValidationError, rejected", notified: nobody, seconds: 0 }
  },
  {
    name: "401",
    happens: always({ _tag: "ErrorBody", status: 401 }),
    delivery: "rejected",
    ours: { posts: 1, gets: 0, gives: "ShipStationSecurityError, rejected", notified: nobody, seconds: 0 }
  },
  {
    name: "409",
    happens: always({ _tag: "ErrorBody", status: 409, errors: refusal("ShipStation", "invalid_status") }),
    delivery: "unknown",
    ours: notFound
  },
  {
    name: "a carrier's 429",
    happens: once({ _tag: "ErrorBody", status: 429, retryAfter: 2, errors: refusal("carrier", "rate_limit_exceeded") }),
    delivery: "unknown",
    ours: notFound
  },
  {
    name: "a carrier's 400, 1 of 3 done",
    happens: always({ _tag: "ErrorBody", status: 400, errors: refusal("carrier", "carrier_disconnected"), commits: 1 }),
    delivery: "unknown",
    ours: { posts: 1, gets: 4, gives: "1 AlreadyFulfilled, 2 Unknown", notified: [1, 0, 0], seconds: 7.5 }
  },
  {
    name: "503 with `Retry-After: 2`, nothing done",
    happens: once({ _tag: "ErrorBody", status: 503, retryAfter: 2 }),
    delivery: "unknown",
    ours: notFound
  },
  {
    name: "reset before anything was done",
    happens: once({ _tag: "Reset", commits: 0 }),
    delivery: "unknown",
    ours: notFound
  },
  {
    name: "reset, all done",
    happens: once({ _tag: "Reset" }),
    delivery: "unknown",
    ours: found
  },
  {
    name: "time-out, all done",
    happens: once({ _tag: "Hold", when: "after" }),
    delivery: "unknown",
    ours: { ...found, seconds: 30.5 }
  },
  {
    name: "body cut off, all done",
    happens: once({ _tag: "CutBody" }),
    delivery: "unknown",
    ours: found
  },
  {
    name: "empty 500, all done",
    happens: once({ _tag: "RawBody", status: 500 }),
    delivery: "unknown",
    ours: found
  },
  {
    name: "502 in HTML, all done",
    happens: once({
      _tag: "RawBody",
      status: 502,
      body: "<html><h1>502 Bad Gateway</h1></html>",
      headers: { "content-type": "text/html" }
    }),
    delivery: "unknown",
    ours: found
  },
  {
    name: "404 in HTML, all done",
    happens: once({
      _tag: "RawBody",
      status: 404,
      body: "<html><h1>404 Not Found</h1></html>",
      headers: { "content-type": "text/html" }
    }),
    delivery: "unknown",
    ours: found
  },
  {
    name: "200 without a body, 2 of 3 done",
    happens: once({ _tag: "RawBody", status: 200, commits: 2 }),
    delivery: "unknown",
    ours: { posts: 1, gets: 4, gives: "2 AlreadyFulfilled, 1 Unknown", notified: [1, 1, 0], seconds: 7.5 }
  },
  {
    name: "200 that tells of 1, 2 of 3 done",
    happens: once({
      _tag: "RawBody",
      status: 200,
      body: JSON.stringify({ has_errors: false, fulfillments: [{ shipment_id: "se-1", error_message: null }] }),
      commits: 2
    }),
    delivery: "unknown",
    ours: { posts: 1, gets: 4, gives: "1 Created, 1 AlreadyFulfilled, 1 Unknown", notified: [1, 1, 0], seconds: 7.5 }
  }
]
