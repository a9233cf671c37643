/**
 * A history: who calls what and when, and how the server misbehaves. Plain data, drawn from a seed.
 *
 * A history stays within what is documented, as beyond it nobody can know:
 *
 * - What a request does shows in the list at the latest 7 seconds after the answer was due: by then reading back has
 *   looked for the last time. So `LaggingList` lags less than that, and nothing waits longer *before* the commit.
 * - A refusal at the door has done nothing, and a list doesn't lie: faults that say so are not drawn.
 * - All callers share one layer, as the memory is the layer's, and no shipment was fulfilled before.
 */
import type { Fault } from "@effect-shipstation/emulator"
import { FastCheck as fc } from "effect"

/** What somebody asks for. */
export interface Wish {
  /** Which shipment. */
  readonly shipment: number
  /** Which of some tracking numbers. */
  readonly tracking: number
  /** What is wrong with it. A carrier that isn't set up is seen by the server only. */
  readonly flaw: "none" | "carrier" | "blank"
}

/** What somebody does around a call. Times are milliseconds. */
export type Way =
  | { readonly _tag: "Retry"; readonly times: number; readonly delay: number }
  /** Calls again as long as it doesn't know of each shipment what became of it. */
  | { readonly _tag: "UntilKnown"; readonly times: number; readonly delay: number }
  | { readonly _tag: "Timeout"; readonly after: number }
  | { readonly _tag: "Interrupt"; readonly after: number }
  /** Does it twice at once, and interrupts the slower. */
  | { readonly _tag: "Race" }

/** A fiber that calls. */
export interface Caller {
  /** When it starts, in milliseconds. */
  readonly at: number
  readonly call: "create" | "createOne" | "createAll"
  readonly wishes: ReadonlyArray<Wish>
  readonly readBack: "none" | "unknown" | "all"
  /** What it does around the call, from the inside out. */
  readonly ways: ReadonlyArray<Way>
  /** Of `createAll`. */
  readonly batchSize: number
  readonly concurrency: number
  readonly unordered: boolean
  /** Between two inputs of `createAll`, in milliseconds. */
  readonly pace: number
  /** After so many outcomes of `createAll` the consumer stops. */
  readonly takes: number | null
}

/** Everything that happens is derived from it. */
export interface History {
  /** Of the emulator's randomness and of the program's jitter. */
  readonly seed: number
  /** Requests a minute. */
  readonly limit: number
  /** Of the client, in milliseconds. */
  readonly timeout: number
  /** Each fiber makes way for the others after so many steps. */
  readonly yieldAfter: number
  /** How much the client's wall clock is ahead of the server's, in milliseconds. */
  readonly clockAhead: number
  /** Which shipments are cancelled. */
  readonly cancelled: ReadonlyArray<number>
  readonly callers: ReadonlyArray<Caller>
  readonly faults: ReadonlyArray<Fault.FaultRule>
}

/** How many shipments there are at most. */
export const shipments = 6

/** Held requests are released each so many milliseconds. */
export const releaseEvery = 2_000

/** What stays below 7 seconds together with `releaseEvery` and the other of the two. */
const mostLag = 3_000
const mostDelayBefore = 1_500

/** One of these. */
const just = <const A extends ReadonlyArray<unknown>>(...values: A): fc.Arbitrary<A[number]> =>
  fc.constantFrom(...values)

// few values, so that things happen at the same moment
const moments = (...millis: ReadonlyArray<number>) => just(...millis)

const anyTime = fc.oneof(
  moments(0, 20, 100, 500, 1_000, 1_500, 2_000, 3_500, 7_500, 10_000, 30_000, 37_500, 60_000),
  fc.nat(100),
  fc.nat(40_000)
)

const way: fc.Arbitrary<Way> = fc.oneof(
  fc.record({ _tag: just("Retry"), times: fc.integer({ min: 1, max: 4 }), delay: anyTime }),
  fc.record({ _tag: just("UntilKnown"), times: fc.integer({ min: 1, max: 4 }), delay: anyTime }),
  fc.record({ _tag: just("Timeout"), after: anyTime }),
  fc.record({ _tag: just("Interrupt"), after: anyTime }),
  fc.record({ _tag: just("Race") })
)

const wish: fc.Arbitrary<Wish> = fc.record({
  shipment: fc.nat(shipments - 1),
  tracking: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  flaw: fc.oneof(
    { weight: 20, arbitrary: just("none") },
    { weight: 1, arbitrary: just("carrier", "blank") }
  )
})

const caller: fc.Arbitrary<Caller> = fc.record({
  at: anyTime,
  call: just("create", "createOne", "createAll"),
  wishes: fc.array(wish, { minLength: 1, maxLength: 6 }),
  readBack: fc.oneof({ weight: 3, arbitrary: just("all") }, {
    weight: 1,
    arbitrary: just("unknown", "none")
  }),
  ways: fc.array(way, { maxLength: 3 }),
  batchSize: fc.integer({ min: 1, max: 6 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  unordered: fc.boolean(),
  pace: fc.oneof(fc.constant(0), moments(20, 500, 1_000, 5_000)),
  takes: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) })
})

const commits = fc.oneof(just("all"), fc.nat(3))

const ownSources = ["ShipStation", "shipengine"]

const error = (error_source: string, error_type: string, error_code: string) => ({
  error_source,
  error_type,
  error_code,
  message: "The emulator was told to say so, also of a key: emulator-api-key."
})

const oneError = (
  sources: ReadonlyArray<string>,
  types: ReadonlyArray<string>
) =>
  fc.record({
    source: just(...sources),
    type: just(...types),
    code: just("unspecified", "invalid_status", "invalid_field_value", "identifier_conflict", "new_code")
  }).map(({ code, source, type }) => [error(source, type, code)])

const retryAfter = just(undefined, 0, 1, 5, 30, 70, 400, { dateIn: "20 seconds" }, "soon", "-5")

type Action = Fault.FaultAction

/** Refused at the door, as the vendor's pages have it: nothing is done. */
const refusal: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    _tag: just("ErrorBody"),
    status: just(400, 422),
    errors: oneError(ownSources, ["validation", "business_rules"])
  }),
  fc.record({
    _tag: just("ErrorBody"),
    status: just(400, 422),
    errors: oneError(ownSources, ["account_status", "security"])
  }),
  fc.record({ _tag: just("ErrorBody"), status: just(401, 403, 404, 405, 413, 415) }),
  fc.record({
    _tag: just("RawBody"),
    status: just(401, 404, 413, 429),
    body: just("", "<p>emulator-api-key</p>"),
    commits: fc.constant(0)
  })
)

/** A 429 of the API itself. */
const limited: fc.Arbitrary<Action> = fc.record({ _tag: just("ErrorBody"), status: just(429), retryAfter })

/** What says nothing of what was done. */
const murky: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ _tag: just("ErrorBody"), status: just(408, 409, 500, 502, 503, 504), commits }),
  fc.record({
    _tag: just("ErrorBody"),
    status: just(400, 409, 422, 429, 500),
    errors: oneError(["carrier", "order_source", "somebody new"], ["integrations", "system", "business_rules", "new"]),
    commits
  }),
  fc.record({
    _tag: just("ErrorBody"),
    status: just(400, 422),
    errors: oneError(ownSources, ["integrations", "system", "new"]),
    commits
  }),
  fc.record({
    _tag: just("RawBody"),
    status: just(200, 204, 302, 400, 409, 500, 502, 503),
    body: just("", "<html>emulator-api-key</html>", "{}", "{\"fulfillments\":", "null"),
    commits
  })
)

/** The answer gets lost. */
const loss: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ _tag: just("Reset"), commits }),
  fc.record({ _tag: just("Stall"), commits, afterBytes: fc.nat(300) }),
  fc.record({ _tag: just("CutBody"), commits, afterBytes: fc.nat(300) }),
  fc.record({
    _tag: just("SlowBody"),
    bytesPerChunk: fc.integer({ min: 1, max: 100 }),
    interval: moments(10, 500, 5_000)
  }),
  fc.record({ _tag: just("RefuseConnection") })
)

const changedResults: fc.Arbitrary<Action> = fc.record({
  _tag: just("ChangeResults"),
  drop: fc.nat(3),
  duplicate: just(undefined, "same", "contradicting"),
  extra: fc.boolean(),
  reverse: fc.boolean(),
  contradictHasErrors: fc.boolean()
})

const slowAnswer: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ _tag: just("Delay"), when: just("after"), duration: anyTime }),
  fc.record({ _tag: just("Hold"), when: just("after") })
)

const whichRequests = fc.oneof(
  fc.record({ nth: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ probability: just(0.1, 0.3, 0.6), times: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ shipmentId: fc.nat(shipments - 1).map((n) => `se-${n}`), times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ from: anyTime, times: fc.integer({ min: 1, max: 5 }) })
)

const rule = (endpoint: "create" | "list", action: fc.Arbitrary<Action>): fc.Arbitrary<Fault.FaultRule> =>
  fc.record({ which: whichRequests, action }).map(({ action, which }) => ({ endpoint, ...which, action }))

/** Each at most once, as the waits of several add up. */
const waitsBeforeCommit = fc.tuple(
  fc.option(rule("create", fc.nat(mostDelayBefore).map((duration) => ({ _tag: "Delay", when: "before", duration })))),
  fc.option(rule("create", fc.constant({ _tag: "Hold", when: "before" }))),
  fc.option(rule("list", fc.nat(mostLag).map((lag) => ({ _tag: "LaggingList", lag }))))
).map((rules) => rules.filter((rule) => rule !== null))

const faults = fc.tuple(
  waitsBeforeCommit,
  fc.array(rule("create", fc.oneof(loss, loss, murky, murky, refusal, limited, changedResults, slowAnswer)), {
    minLength: 1,
    maxLength: 6
  }),
  fc.array(rule("list", fc.oneof(loss, murky, refusal, limited, slowAnswer)), { maxLength: 3 })
).map((rules) => rules.flat())

/** Any history. */
export const history: fc.Arbitrary<History> = fc.noBias(fc.record({
  seed: fc.nat(1_000_000),
  limit: just(3, 10, 20, 200),
  timeout: just(1_000, 5_000, 30_000),
  yieldAfter: just(20, 100, 2_048),
  clockAhead: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, {
    weight: 1,
    arbitrary: moments(-7_200_000, 7_200_000)
  }),
  cancelled: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, {
    weight: 1,
    arbitrary: fc.array(fc.nat(shipments - 1), { maxLength: 2 })
  }),
  callers: fc.array(caller, { minLength: 1, maxLength: 8 }),
  faults: fc.oneof({ weight: 9, arbitrary: faults }, { weight: 1, arbitrary: fc.constant([]) })
}))
