/** What must hold after each history. The emulator's ledger is the truth. Pure. */
import type { Emulator } from "@effect-shipstation/emulator"
import type { Fulfillment } from "@effect-shipstation/schema"
import { Array, Cause, DateTime, Exit, Option, Predicate } from "effect"
import { type Call, dateOf, type Played, sharedDate } from "./play.js"
import { keys, start } from "./server.js"
import { isRefusedAtDoor, requestOf, twice, unlooked } from "./twice.js"

type Input = Fulfillment.FulfillmentInput

/** What was broken, in words; nothing when all is well. */
export const check = (played: Played): ReadonlyArray<string> => [
  ...twice(played),
  ...unlooked(played),
  ...played.calls.flatMap((call, index) =>
    [...counts(call), ...lies(played, call, index + 1)].map((problem) => `call ${index + 1}, ${call.call}: ${problem}`)
  ),
  ...hangs(played),
  ...overLimit(played),
  ...played.printed.filter((text) => text.includes(keyOf(played))).map((text) => `the key was printed: ${text}`)
]

const repeated = <A>(all: ReadonlyArray<A>, key: (one: A) => string): ReadonlyArray<string> =>
  Object.entries(Array.groupBy(all, key)).flatMap(([text, { length }]) => length > 1 ? [text] : [])

/** What must not be printed. An old key that the server repeats isn't known to be one. */
const keyOf = ({ history: { rotation } }: Played): string => rotation === null ? keys[0] : keys[1]

/** As many outcomes as inputs, each for its own, in their order. */
const counts = ({ call, end, exit, inputs, isOrdered, read, told }: Call): ReadonlyArray<string> => {
  if (end === undefined || exit === undefined) return ["never ended"]
  const problems = told.flatMap(({ outcome: { index, input } }) =>
    inputs[index]?.shipment_id === input.shipment_id && inputs[index]?.tracking_number === input.tracking_number
      ? []
      : [`outcome ${index} is not that of input ${index}`]
  )
  const expected = Exit.isFailure(exit) && call !== "createAll" ? 0 : read
  if (told.length !== expected) problems.push(`${told.length} outcomes of ${expected} inputs`)
  const order = told.flatMap(({ leftover, outcome }) => leftover ? [] : [outcome.index])
  if (isOrdered && order.some((index, n) => index < (order[n - 1] ?? 0))) problems.push("outcomes in another order")
  return [...problems, ...repeated(told, ({ outcome: { index } }) => `two outcomes of input ${index}`)]
}

/**
 * Nothing that is said contradicts the ledger. What a request did that was refused at the door doesn't count: by all that is
 * known it did nothing, so a call may fail with that, and say that nothing was done.
 */
const lies = (played: Played, call: Call, number: number): ReadonlyArray<string> => {
  const { requests } = played
  const fulfillments = played.fulfillments.filter(({ voided }) => !voided)
  const isOf = ({ shipment_id, tracking_number }: Input, fulfillment: Emulator.Fulfillment) =>
    fulfillment.shipment_id === shipment_id && fulfillment.tracking_number === tracking_number
  const isBefore = (fulfillment: Emulator.Fulfillment, at: number) => fulfillment.created_at.epochMillis - start <= at
  /** What this call did for an input; of `createOne`, what it or those that share its item did meanwhile. */
  const done = (input: Input) =>
    fulfillments.some((fulfillment) => {
      const request = requestOf(played, fulfillment)
      if (request === undefined || isRefusedAtDoor(request) || !isOf(input, fulfillment)) return false
      const sentAt = request.at.epochMillis - start
      return call.call === "createOne"
        ? isFrom(sharedDate, fulfillment) && sentAt >= call.start && sentAt <= (call.end ?? Infinity)
        : isFrom(dateOf(number), fulfillment)
    })
  const didFor = ({ shipment_id }: Input, requestId: string | undefined) =>
    requests.find((request) => request.requestId === requestId)?.fulfillmentIds.some((id) =>
      fulfillments.some((fulfillment) => fulfillment.fulfillment_id === id && fulfillment.shipment_id === shipment_id)
    ) === true

  /** Of an input that is there once. (Of two that are equal, one may be done and the other not sent.) */
  const isDone = (input: Input) =>
    call.inputs.filter(({ shipment_id, tracking_number }) =>
        shipment_id === input.shipment_id && tracking_number === input.tracking_number
      ).length === 1 && done(input)

  const liesOf = ({ at, outcome }: Call["told"][number]): boolean => {
    const { input } = outcome
    switch (outcome._tag) {
      case "Created":
        return !fulfillments.some((fulfillment) => isOf(input, fulfillment) && isBefore(fulfillment, at)) ||
          !didFor(input, outcome.requestId)
      case "AlreadyFulfilled":
        return !isInLedger(outcome.fulfillment, at, (fulfillment) => isOf(input, fulfillment))
      case "Conflict":
        return !isInLedger(
          outcome.fulfillment,
          at,
          (fulfillment) => !isOf(input, fulfillment) && fulfillment.shipment_id === input.shipment_id
        )
      case "Rejected":
        return isDone(input) || didFor(input, outcome.requestId)
      case "NotSent":
        return isDone(input)
      case "Unknown":
        // where nothing goes wrong there is always an answer
        return goesWell(played)
    }
  }
  /** Rows of the list may lack the id, and what is answered from memory has none. */
  const isInLedger = (
    { fulfillment_id }: Fulfillment.Fulfillment,
    at: number,
    is: (fulfillment: Emulator.Fulfillment) => boolean
  ) =>
    fulfillments.some((fulfillment) =>
      (fulfillment_id ?? fulfillment.fulfillment_id) === fulfillment.fulfillment_id && isBefore(fulfillment, at) &&
      is(fulfillment)
    )

  const problems = call.told.flatMap((told) =>
    liesOf(told) ? [`${told.outcome._tag} of ${told.outcome.input.shipment_id} is a lie`] : []
  )
  if (call.exit === undefined || Exit.isSuccess(call.exit) || Cause.isInterrupted(call.exit.cause)) return problems
  const error = Option.getOrUndefined(Cause.failureOption(call.exit.cause))
  if (!Predicate.hasProperty(error, "_tag")) return [...problems, `it died: ${Cause.pretty(call.exit.cause)}`]
  if (Predicate.hasProperty(error, "delivery") && error.delivery === "unknown") {
    problems.push(`${String(error._tag)} doesn't say that nothing was done`)
  }
  if (call.call !== "createAll" && call.inputs.some(done)) problems.push(`${String(error._tag)} is a lie`)
  return problems
}

const goesWell = ({ history: { faults, keyTrouble, rotation, transport } }: Played): boolean =>
  faults.length === 0 && keyTrouble.length === 0 && rotation === null && transport !== "repeats"

const isFrom = (date: DateTime.Utc, { ship_date }: Emulator.Fulfillment): boolean =>
  DateTime.toEpochMillis(ship_date) === date.epochMillis

/** Everything ends, and nothing is left. */
const hangs = ({ ended: { exit, leftover }, requests }: Played): ReadonlyArray<string> => [
  ...exit === undefined ? ["it hangs"] : Exit.isFailure(exit) ? [`it failed: ${Cause.pretty(exit.cause)}`] : [],
  ...leftover > 0 ? [`${leftover} fibers still sleep in the end`] : [],
  ...requests.flatMap(({ answer, requestId }) => answer === "pending" ? [`${requestId} was never answered`] : [])
]

const minute = 60_000

/** Never more requests than the limit, in any minute. */
const overLimit = ({ history: { limit }, requests }: Played): ReadonlyArray<string> => {
  const times = requests.map(({ at }) => at.epochMillis)
  return [
    ...requests.flatMap(({ limited, requestId }) => limited ? [`${requestId} was over the server's limit`] : []),
    ...times.some((at, n) => (times[n + limit] ?? Infinity) - at < minute)
      ? [`more than ${limit} requests within a minute`]
      : []
  ]
}
