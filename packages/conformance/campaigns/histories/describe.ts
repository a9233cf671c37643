/** A history as text, for people: who called what, what the server saw, and what was told. */
import type { Emulator } from "@effect-shipstation/emulator"
import { Cause, Exit, Option, Predicate } from "effect"
import type { Caller } from "./History.js"
import type { Call, Played } from "./play.js"
import { start } from "./server.js"

interface Line {
  readonly at: number
  readonly text: string
}

export const describe = ({ calls, ended, fulfillments, history, queries, requests }: Played): string => {
  const lines: Array<Line> = [
    // what happens at the same moment, in a likely order
    ...calls.map(startOf),
    ...requests.map((request) => ({ at: request.at.epochMillis - start, text: describeRequest(request, queries) })),
    ...fulfillments.map(({ created_at, fulfillment_id, shipment_id, tracking_number, voided }) => ({
      at: created_at.epochMillis - start,
      text: `        ledger: ${shipment_id} fulfilled with ${tracking_number} (${fulfillment_id}), ${
        voided ? "VOIDED" : "notified"
      }`
    }))
  ]
  lines.push(...calls.flatMap(endOf))
  const { callers, faults, ...rest } = history
  return [
    JSON.stringify(rest),
    ...callers.map((caller, index) => `caller ${index}: ${describeCaller(caller)}`),
    ...faults.map((rule) => `fault ${JSON.stringify(rule)}`),
    ...lines.toSorted((self, that) => self.at - that.at).map(({ at, text }) => `${seconds(at)} ${text}`),
    `${seconds(ended.took)} the end`
  ].join("\n")
}

const seconds = (millis: number): string => `${(millis / 1_000).toFixed(3)} s`.padStart(12)

const describeCaller = ({ at, batchSize, call, concurrency, pace, readBack, takes, unordered, ways, wishes }: Caller) =>
  [
    `at ${at} ms ${call}`,
    wishes.map(({ flaw, shipment, tracking }) =>
      `se-${shipment} T${tracking}${flaw === "none" ? "" : ` (bad ${flaw})`}`
    ).join(", "),
    call === "create" ? `readBack ${readBack}` : "",
    call === "createAll" ? JSON.stringify({ batchSize, concurrency, pace, readBack, takes, unordered }) : "",
    ...ways.map((way) => JSON.stringify(way))
  ].filter((text) => text !== "").join(" · ")

const nameOf = (call: Call, index: number) => `caller ${call.caller}, call ${index + 1} (${call.call})`

const startOf = (call: Call, index: number): Line => ({
  at: call.start,
  text: `${nameOf(call, index)} starts: ${
    call.inputs.map(({ shipment_id, tracking_number }) => `${shipment_id} ${tracking_number}`).join(", ")
  }`
})

const endOf = (call: Call, index: number): ReadonlyArray<Line> => {
  const name = nameOf(call, index)
  return [
    ...call.told.map(({ at, leftover, outcome }) => ({
      at,
      text: `${name} is told${leftover ? " of what is left over" : ""}: ${outcome.index} ${outcome.input.shipment_id} ${
        describeOutcome(outcome)
      }`
    })),
    ...call.end === undefined || call.exit === undefined ? [] : [{
      at: call.end,
      text: `${name} ends: ${describeExit(call.exit)}`
    }]
  ]
}

const describeOutcome = (outcome: Call["told"][number]["outcome"]): string =>
  outcome._tag === "Unknown" || outcome._tag === "NotSent"
    ? `${outcome._tag}, ${outcome.error.message}`
    : outcome._tag

const describeExit = (exit: Exit.Exit<void, unknown>): string => {
  if (Exit.isSuccess(exit)) return "well"
  const { _tag, message } = errorOf(exit.cause)
  return `${_tag} ${message}`
}

/** Why a call failed. */
export const errorOf = (cause: Cause.Cause<unknown>): { readonly _tag: string; readonly message: string } => {
  if (Cause.isInterrupted(cause)) return { _tag: "interrupted", message: "" }
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  return Predicate.hasProperty(error, "_tag") && Predicate.hasProperty(error, "message")
    ? { _tag: String(error._tag), message: String(error.message) }
    : { _tag: "died", message: Cause.pretty(cause) }
}

const describeRequest = (request: Emulator.Request, queries: Played["queries"]): string => {
  const { answer, faults, limited, method, requestBody, requestId, status } = request
  const ids = requestBody?.match(/"shipment_id":"[^"]*"/g)?.map((text) => text.slice(15, -1)).join(", ") ?? ""
  return [
    `    server: ${requestId.slice(-4)} ${method} ${method === "GET" ? queries.get(requestId) ?? "" : ids}`,
    `${status ?? "no status"}, answer ${answer}${limited ? ", OVER ITS LIMIT" : ""}`,
    ...faults
  ].join(" · ")
}
