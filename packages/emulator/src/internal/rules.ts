import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { FaultAction, FaultRule } from "../Fault.js"
import type { Call } from "./call.js"
import type { State } from "./state.js"

/** What happens to a request, in the order of the rules. Counts it for them. */
export const faultsOf = (state: State, call: Call): ReadonlyArray<FaultAction> =>
  apply(state, call.at, (rule) => meets(state, rule, call))

/** What happens to a webhook that is to be sent. Counts it for the rules. */
export const webhookFaultsOf = (state: State, { account, at, shipmentId }: {
  readonly account: string | undefined
  readonly shipmentId: string | undefined
  readonly at: DateTime.Utc
}): ReadonlyArray<FaultAction> =>
  apply(
    state,
    at,
    (rule) => rule.endpoint === "webhook" && is(rule.account, account) && is(rule.shipmentId, shipmentId)
  )

const apply = (
  state: State,
  at: DateTime.Utc,
  meets: (rule: FaultRule) => boolean
): ReadonlyArray<FaultAction> => {
  const faults: Array<FaultAction> = []
  if (state.rules.length === 0) return faults
  const age = DateTime.distanceDuration(state.startedAt, at)
  for (const armed of state.rules) {
    const { action, nth, probability, times } = armed.rule
    if (!isTime(armed.rule, age) || !meets(armed.rule)) continue
    armed.seen++
    if (nth !== undefined && armed.seen !== nth) continue
    if (times !== undefined && armed.applied >= times) continue
    if (probability !== undefined && state.random.number() >= probability) continue
    if (faults.some((fault) => areRivals(fault, action))) continue
    armed.applied++
    faults.push(action)
  }
  return faults
}

const isTime = ({ from, until }: FaultRule, age: Duration.Duration): boolean =>
  (from === undefined || Duration.greaterThanOrEqualTo(age, from)) &&
  (until === undefined || Duration.lessThan(age, until))

const meets = (state: State, rule: FaultRule, call: Call): boolean =>
  is(rule.endpoint, call.place.endpoint) &&
  canMeet(rule.action, call.place.endpoint) &&
  is(rule.account, call.account) &&
  (rule.key === undefined || rule.key === keyNumberOf(state, call)) &&
  (rule.shipmentId === undefined || shipmentIdsOf(call).includes(rule.shipmentId))

const is = <A>(wanted: A | undefined, value: A | undefined): boolean => wanted === undefined || wanted === value

/** Counted within the account, as a rule that held the key's text would show it to whoever asks for the rules. */
const keyNumberOf = ({ accountOfKey }: State, { account, request }: Call): number =>
  [...accountOfKey]
    .filter(([, name]) => name === account)
    .findIndex(([key]) => key === request.headers["api-key"]) + 1

/** Whether the endpoint has what this changes. */
const canMeet = ({ _tag }: FaultAction, endpoint: FaultRule["endpoint"]): boolean => {
  switch (_tag) {
    case "PartialSuccess":
    case "ChangeResults":
    case "LandLate":
      return endpoint === "create"
    case "LaggingList":
      return endpoint === "list" || endpoint === "shipments"
    case "ChangeList":
      return endpoint === "list" || endpoint === "shipments" || endpoint === "carriers"
    case "Repeat":
    case "Forge":
      return false
    default:
      return true
  }
}

const shipmentIdsOf = ({ place, query, text }: Call): ReadonlyArray<string | null> =>
  place.endpoint === "list"
    ? [new URLSearchParams(query).get("shipment_id")]
    : place.endpoint === "shipment"
    ? [place.by === "shipment_id" ? place.id : null]
    : Option.match(Option.flatMap(Either.getRight(text), decodeItems), {
      // the API refuses such a body too
      onNone: () => [],
      onSome: ({ fulfillments }) => fulfillments.map(({ shipment_id }) => shipment_id)
    })

const decodeItems = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ fulfillments: Schema.Array(Schema.Struct({ shipment_id: Schema.String })) }))
)

/** There is only one answer, and it is sent in one way. */
const areRivals = (first: FaultAction, second: FaultAction): boolean =>
  (isInstead(first) && isInstead(second)) || (isSending(first) && isSending(second))

/** What is answered instead. */
export const isInstead = (action: FaultAction) => action._tag === "ErrorBody" || action._tag === "RawBody"

/** How the answer is sent. */
export const isSending = (action: FaultAction) =>
  action._tag === "RefuseConnection" || action._tag === "Reset" || action._tag === "Stall" ||
  action._tag === "CutBody" || action._tag === "SlowBody" || action._tag === "LandLate"
