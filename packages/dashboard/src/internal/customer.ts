/** What is known of whether a row's customer was told. */
import type { HistoryEntry, OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import type { Evidence } from "@effect-shipstation/outbox/OutboxStore"
import * as DateTime from "effect/DateTime"

/** What happened to the row. */
export interface Past {
  readonly history?: ReadonlyArray<HistoryEntry> | undefined
  readonly evidence?: ReadonlyArray<Evidence> | undefined
}

/** What was looked up first has an attempt that is over as it begins. */
export const mayHaveLeft = ({ attempt, attempts }: OutboxRow): boolean =>
  attempts > 1 || (attempt !== undefined && DateTime.lessThan(attempt.startedAt, attempt.sendBefore))

/** The state in which a row was given up. */
const givenUpIn = ({ history = [] }: Past) => history.findLast(({ to }) => to === "discarded")?.from

/** What ShipStation had of the shipment as it was given up, or as a worker told afterwards. */
export const inShipStation = (
  { found, input }: OutboxRow,
  past: Past
): { readonly number: string | undefined } | undefined => {
  const late = (past.evidence ?? []).map(({ ended }) => ended)
    .findLast(({ _tag }) => _tag === "Fulfilled" || _tag === "Conflict")
  if (late?._tag === "Fulfilled") return { number: late.found?.tracking_number ?? input.tracking_number }
  if (late?._tag === "Conflict") return { number: late.found.tracking_number }
  return givenUpIn(past) === "conflict" ? { number: found?.tracking_number } : undefined
}

/** It was sent at least once, and what became of that wasn't told. */
export const isUnsettled = (row: OutboxRow, past: Past): boolean => {
  const from = givenUpIn(past) ?? row.state
  return from === "unknown" || from === "sending" ||
    (from === "pending" && row.attempt !== undefined && !isOfAccount(past)) ||
    (past.history ?? []).some(({ from, to }) => from === "sending" && to === "unknown")
}

const ofAccount = ["ShipStationSecurityError", "ShipStationAccountStatusError"]

/** Was it refused for its key or its account only? Then nothing of it was done. */
const isOfAccount = ({ history = [] }: Past): boolean => {
  const refused = history.filter(({ from, to }) => from === "sending" && to === "pending")
  return refused.length > 0 && refused.every(({ error }) => error !== undefined && ofAccount.includes(error._tag))
}

/** Whether the customer was told. */
export const customerOf = (row: OutboxRow, past: Past): string => {
  const { input: { tracking_number: number }, state } = row
  if (state === "conflict") return ofOther(row, row.found?.tracking_number)
  const there = state === "discarded" ? inShipStation(row, past) : undefined
  if (there !== undefined) return ofOther(row, there.number)
  if ((past.history ?? []).some(({ to }) => to === "conflict")) {
    return `They may have been told of another number, which ShipStation had. Of ${number}: ${ofThis(row, past)}`
  }
  return ofThis(row, past)
}

/** ShipStation has a number, and that may be another one. */
const ofOther = (row: OutboxRow, other: string | undefined): string => {
  const { tracking_number: own } = row.input
  if (other === own) return `They may have been told of ${own}: ShipStation has it.`
  return `They may have been told of ${other ?? "another number"}, which ShipStation has. Of ${own} they ${
    mayHaveLeft(row) ? "may have been told too, or not: that isn't known." : "weren't told from here."
  }`
}

const ofThis = (row: OutboxRow, past: Past): string => {
  const { attempts, input: { notify_customer: isWanted }, state, wasFulfilled } = row
  // by somebody else, who may have had them told
  const isOthers = state === "fulfilled" && !mayHaveLeft(row)
  if (isOthers) return "Not known here: it was marked as shipped in ShipStation already."
  if (isWanted === false) return "No: it was asked that they aren't told."
  if (state === "fulfilled") {
    return isWanted === true
      ? "Yes, by ShipStation, which was asked to. Whether the message arrived isn't known here."
      : "Not known here: that is as the program that sends, or ShipStation, is set."
  }
  if (wasFulfilled === true) return "They may have been told when it was marked as shipped."
  if (isUnsettled(row, past)) {
    return state === "sending" ? "Not known yet." : "They may have been told, or not: that isn't known."
  }
  if (state === "pending") return attempts === 0 ? "No, not yet." : "Not yet, as far as is known."
  return attempts <= 1 ? "No." : "No, as far as is known."
}
