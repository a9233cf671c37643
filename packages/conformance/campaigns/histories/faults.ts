/** How the server of a history misbehaves. */
import type { Fault } from "@effect-shipstation/emulator"
import { FastCheck as fc } from "effect"
import { anyTime, just, moments, shipments } from "./draw.js"

/** Held requests are released each so many milliseconds. */
export const releaseEvery = 2_000

/** What stays below half a minute, together with `releaseEvery`. */
const mostDelayBefore = 1_500
const mostLag = 25_000
const mostLagAndLateness = 26_000

/** What is done all the same. */
const commits = fc.oneof(
  just("all", { share: 0.5 }),
  fc.nat(3),
  fc.uniqueArray(fc.nat(shipments - 1).map((n) => `se-${n}`), { minLength: 1, maxLength: 3 })
)

/** What is done of a request that is refused at the door: nothing, by what is known. But who knows. */
const commitsAtDoor = fc.oneof({ weight: 2, arbitrary: just(0) }, { weight: 1, arbitrary: commits })

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

/** Refused at the door, by an error body of the API itself. */
const refusal: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    _tag: just("ErrorBody"),
    status: just(400, 422),
    errors: oneError(ownSources, ["validation", "business_rules", "account_status", "security"]),
    commits: commitsAtDoor
  }),
  fc.record({ _tag: just("ErrorBody"), status: just(401, 403, 404, 405, 413, 415), commits: commitsAtDoor }),
  fc.record({ _tag: just("RawBody"), status: just(401, 429), body: just("", "<p>no</p>"), commits: commitsAtDoor })
)

/** A 429 of the API itself. */
const limited: fc.Arbitrary<Action> = fc.record({
  _tag: just("ErrorBody"),
  status: just(429),
  retryAfter,
  commits: commitsAtDoor
})

/** What says nothing of what was done. */
const murky: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ _tag: just("ErrorBody"), status: just(408, 409, 500, 502, 503, 504), commits }),
  fc.record({
    _tag: just("ErrorBody"),
    status: just(400, 401, 403, 404, 409, 422, 429, 500),
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
    status: just(200, 204, 302, 400, 403, 404, 405, 409, 413, 421, 422, 500, 502, 503),
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

/** Status 200, and not the usual answer. Each message is there, or nobody could tell that something failed. */
const changedResults: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    _tag: just("ChangeResults"),
    drop: fc.nat(3),
    duplicate: just(undefined, "same", "contradicting"),
    extra: fc.boolean(),
    reverse: fc.boolean(),
    contradictHasErrors: fc.boolean(),
    without: just(undefined, ["shipment_id"], ["shipment_number"], ["fulfillments"])
  }),
  fc.record({ _tag: just("PartialSuccess"), commits, told: just("message", "missing", "without id") })
)

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

/** Often all, as what is seen once only is soon seen better. */
const whichLists = fc.oneof({ weight: 2, arbitrary: just({}) }, { weight: 1, arbitrary: whichRequests })

const rule = (endpoint: "create" | "list", action: fc.Arbitrary<Action>): fc.Arbitrary<Fault.FaultRule> =>
  fc.record({ which: whichRequests, action }).map(({ action, which }) => ({ endpoint, ...which, action }))

/** Each at most once, as the waits of several add up. */
const waitsAndLag = fc.record({
  delay: fc.option(
    rule("create", fc.nat(mostDelayBefore).map((duration) => ({ _tag: "Delay", when: "before", duration })))
  ),
  hold: fc.option(rule("create", fc.constant({ _tag: "Hold", when: "before" }))),
  lag: fc.oneof(fc.constant(0), moments(500, 3_000, 8_000, 20_000, mostLag), fc.nat(mostLag)),
  whichList: whichLists,
  // often as late as may be
  late: fc.option(fc.record({
    share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    which: whichRequests,
    commits
  }))
}).map(({ delay, hold, lag, late, whichList }): ReadonlyArray<Fault.FaultRule> => [
  ...delay === null ? [] : [delay],
  ...hold === null ? [] : [hold],
  ...lag === 0 ? [] : [{ endpoint: "list" as const, ...whichList, action: { _tag: "LaggingList" as const, lag } }],
  ...late === null ? [] : [{
    endpoint: "create" as const,
    ...late.which,
    action: {
      _tag: "LandLate" as const,
      commits: late.commits,
      after: Math.round(late.share * (mostLagAndLateness - lag))
    }
  }]
])

type ListChange = Omit<Extract<Action, { _tag: "ChangeList" }>, "_tag">

/** How fulfillments are found and cut into pages. */
const search: fc.Arbitrary<ListChange> = fc.oneof(
  just(-8, 8, -0.25, 24).map((hoursOff) => ({ hoursOff })),
  just(["shipment_id"], ["create_date_start"]).map((ignores) => ({ ignores })),
  fc.record({
    mostRows: fc.integer({ min: 1, max: 3 }),
    without: just([], ["pages"], ["total"], ["links"], ["pages", "total"], ["pages", "links"])
  })
)

/** What is wrong with the rows of a page. */
const rows: fc.Arbitrary<ListChange> = fc.oneof(
  just(
    "shipment_id",
    "shipment_number",
    "tracking_number",
    "created_at",
    "fulfillment_id",
    "voided",
    "voided_at"
  ).map((name) => ({ without: [name] })),
  just(["created_at", "fulfillment_id"], ["shipment_id", "created_at", "voided"]).map((without) => ({ without })),
  just({ voided_at: "15.01.2024" }, { created_at: "yesterday" }, { tracking_number: null }, { shipment_id: 7 }).map((
    values
  ) => ({ values })),
  fc.constant({ values: { voided_at: "15.01.2024" }, without: ["voided"] }),
  fc.nat(1).map((nullRow) => ({ nullRow }))
)

/** Of others' rows without an id nobody could tell that they are others'. */
const canBeTold = (rules: ReadonlyArray<Fault.FaultRule | null>): boolean =>
  !/"ignores":\["shipment_id"\].*"shipment_id"/.test(JSON.stringify(rules))

const listRule = (change: fc.Arbitrary<ListChange>): fc.Arbitrary<Fault.FaultRule> =>
  fc.record({ which: whichLists, change }).map(({ change, which }) => ({
    endpoint: "list",
    ...which,
    action: { _tag: "ChangeList", ...change }
  }))

const changedLists = fc.tuple(
  fc.option(listRule(search), { freq: 1 }),
  fc.option(listRule(rows), { freq: 1 })
).filter(canBeTold).map((rules) => rules.filter((rule) => rule !== null))

/** What a look says may be old when it arrives. */
const slowLists: fc.Arbitrary<Fault.FaultRule> = fc.record({
  which: fc.oneof(whichLists, whichRequests),
  duration: moments(1_000, 4_000, 12_000, 25_000)
}).map(({ duration, which }) => ({ endpoint: "list", ...which, action: { _tag: "Delay", when: "after", duration } }))

/** The key isn't accepted for a while. */
const unauthorized: fc.Arbitrary<Fault.FaultRule> = fc.record({
  from: anyTime,
  lasts: moments(500, 3_000, 20_000),
  commits: commitsAtDoor
}).map(({ commits, from, lasts }) => ({
  from,
  until: from + lasts,
  action: { _tag: "ErrorBody", status: 401, errors: [error("shipengine", "security", "unauthorized")], commits }
}))

/** All rules of a history. */
export const faults: fc.Arbitrary<ReadonlyArray<Fault.FaultRule>> = fc.tuple(
  waitsAndLag,
  fc.array(rule("create", fc.oneof(loss, loss, murky, murky, refusal, limited, changedResults, slowAnswer)), {
    minLength: 1,
    maxLength: 6
  }),
  fc.array(rule("list", fc.oneof(loss, murky, refusal, limited, slowAnswer)), { maxLength: 3 }),
  changedLists,
  fc.option(slowLists, { freq: 1 }).map((rule) => rule === null ? [] : [rule]),
  fc.option(unauthorized, { freq: 1 }).map((rule) => rule === null ? [] : [rule])
).map((rules) => rules.flat())
