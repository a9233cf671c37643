/**
 * The only place where a row's state changes: what an event makes of a row, by `table`. Pure: time is given, nothing is
 * stored.
 */
import { type FulfillmentInput, isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as DateTime from "effect/DateTime"
import {
  type Actor,
  hasEnded,
  type HistoryEntry,
  isIn,
  offerer,
  operator,
  type OutboxRow,
  type RowError,
  type RowIn,
  type State,
  worker
} from "../OutboxRow.js"
import { type After, after, type Before, type EventTag } from "./table.js"
import { clean, type Told } from "./told.js"
import { toVerify } from "./verification.js"
import { isLate, isLongAbsent, landed, patient, type Policy, timeLeft } from "./waiting.js"

/** What becomes of a row, and what is told of it. */
export interface Change {
  readonly _tag: "Change"
  readonly row: OutboxRow
  readonly history: ReadonlyArray<HistoryEntry>
  /** Its input is another than it was. */
  readonly isReplaced?: boolean | undefined
}

/** The row's state has no place for the event. */
export interface Refused {
  readonly _tag: "Refused"
  readonly state: State
  readonly event: EventTag
}

/** What happens to a row. */
export type Event =
  | {
    readonly _tag: "Claimed"
    readonly token: string
    readonly worker: string
    readonly until: DateTime.Utc
    /** It may have been done, though the database doesn't know of it. */
    readonly isSuspect: boolean
  }
  | { readonly _tag: "Renewed"; readonly until: DateTime.Utc }
  /** `sendBefore`: it must not be sent after this moment. `until`: when the claim ends, unless it is renewed. */
  | { readonly _tag: "Intended"; readonly sendBefore: DateTime.Utc; readonly until: DateTime.Utc }
  | Told
  | { readonly _tag: "Expired" }
  | { readonly _tag: "Released" }
  | { readonly _tag: "Offered"; readonly input: FulfillmentInput }
  | { readonly _tag: "Retried" }
  | { readonly _tag: "MadeDue" }
  | { readonly _tag: "Discarded" }

type Of<E extends EventTag> = Extract<Event, { readonly _tag: E }>

/** What the event makes of the row. */
export const transition = (
  row: OutboxRow,
  event: Event,
  now: DateTime.Utc,
  policy: Policy = patient
): Change | Refused => {
  if (isIn(row, "pending") && isOutcome(event) && !mustWait(row, event, now, policy)) {
    // it is known before it was sent: as if it had been about to
    return change(enter("Intended", row, "sending", now, begun(row, now, now)), event, now, policy)
  }
  return after(event._tag, row.state).length === 0 ? refused(row, event) : change(row, event, now, policy)
}

/**
 * What came when the row was no longer the worker's: that it was fulfilled counts all the same, where it could be sent
 * again. With another number than the row has by now, that is in conflict. Of one whose fulfillment may have been voided
 * since it tells nothing new.
 */
export const late = (row: OutboxRow, told: Told, now: DateTime.Utc, policy?: Policy): Change | Refused =>
  told._tag === "Fulfilled" && isIn(row, "pending", "unknown") && row.wasFulfilled !== true
    ? transition(row, told, now, policy) :
    refused(row, told)

/** None where it is refused. */
export const changes = (result: Change | Refused): ReadonlyArray<Change> => result._tag === "Change" ? [result] : []

/** A row that is new. */
export const born = (
  { account, input, now, readBackFirst }: {
    readonly account: string
    readonly input: FulfillmentInput
    readonly now: DateTime.Utc
    readonly readBackFirst: boolean
  }
): Omit<OutboxRow, "id"> => ({
  account,
  input,
  state: "pending",
  attempts: 0,
  failures: 0,
  due: now,
  resendWhenAbsent: false,
  readBackFirst,
  createdAt: now,
  updatedAt: now
})

/** Another fulfillment was seen, and its own request may still land. */
const mustWait = (row: OutboxRow, event: Event, now: DateTime.Utc, policy: Policy): boolean =>
  event._tag === "Conflict" && !isLate(row, now, policy)

const isOutcome = (event: Event): event is Of<"Fulfilled" | "Rejected" | "Conflict" | "Unknown"> =>
  event._tag === "Fulfilled" || event._tag === "Rejected" || event._tag === "Conflict" || event._tag === "Unknown"

const refused = ({ state }: OutboxRow, { _tag }: Event): Refused => ({ _tag: "Refused", state, event: _tag })

/** What each event does, once it is known that the state has a place for it. */
const change = (row: OutboxRow, event: Event, now: DateTime.Utc, policy: Policy): Change | Refused => {
  switch (event._tag) {
    case "Claimed":
      return claimed(row, event)
    case "Renewed":
      return quietly({ ...row, due: event.until })
    case "Intended":
      return isIn(row, "pending")
        ? quietly(enter("Intended", row, "sending", now, begun(row, event.sendBefore, event.until, now)))
        : refused(row, event)
    case "Fulfilled":
      return isIn(row, "sending", "unknown") ? fulfilled(row, clean(event), now, policy) : refused(row, event)
    case "Rejected":
      return isIn(row, "sending") ? rejected(row, clean(event), now) : refused(row, event)
    case "Conflict":
      return conflict(row, clean(event), now, policy)
    case "NotDone":
      return notDone(row, clean(event), now)
    case "Unknown":
      return isIn(row, "sending") ? unknown(row, clean(event), now) : refused(row, event)
    case "Unlisted":
    case "Absent":
      return isIn(row, "unknown") ? notFound(row, clean(event), now, policy) : refused(row, event)
    case "Failed":
      return lookFailed(row, clean(event), now)
    case "Expired":
      return isIn(row, "sending") ? unknown(row, { _tag: "Unknown", error: workerLost }, now) : refused(row, event)
    case "Released":
      return isIn(row, "sending")
        ? unknown(row, { _tag: "Unknown", error: workerStopped }, now)
        : quietly({ ...row, ...unclaimed(row), due: now })
    case "Offered":
      return replaced(row, event, now)
    case "Retried":
      return retried(row, event, now)
    case "MadeDue":
      return quietly({ ...row, ...unclaimed(row), due: now })
    case "Discarded":
      // what was fulfilled may be so still, and nobody could find it among what was given up
      return isIn(row, "pending", "unknown", "rejected", "conflict") && row.wasFulfilled !== true
        ? told(enter("Discarded", row, "discarded", now, unclaimed(row)), row, now, operator)
        : refused(row, event)
  }
}

/** The one way from state to state. An edge that isn't in the table doesn't compile. What has ended is due no more. */
export const enter = <E extends EventTag, From extends Before<E>>(
  _event: E,
  row: RowIn<From>,
  to: NoInfer<After<E, From>>,
  now: DateTime.Utc,
  changes: Partial<Omit<OutboxRow, "state">> = {}
): OutboxRow => {
  const entered: OutboxRow = { ...row, ...changes, state: to, updatedAt: now }
  return hasEnded(entered) ? { ...entered, due: now } : entered
}

const quietly = (row: OutboxRow): Change => ({ _tag: "Change", row, history: [] })

const told = (
  row: OutboxRow,
  before: OutboxRow,
  at: DateTime.Utc,
  by: Actor,
  more: Partial<HistoryEntry> = {}
): Change => ({ _tag: "Change", row, history: [{ at, from: before.state, to: row.state, by, ...more }] })

/** Nobody works on it any more. */
const unclaimed = (row: OutboxRow) => ({
  claim: undefined,
  lastToken: row.claim?.token ?? row.lastToken
})

const workerOf = ({ claim }: OutboxRow): Actor => worker(claim?.worker ?? "")

const attemptOf = ({ attempt }: OutboxRow) => ({ startedAt: attempt?.startedAt })

const failed = (error: RowError, at: DateTime.Utc) => ({ lastError: { ...error, at } })

const toldOf = (error: RowError) => ({ requestId: error.requestId, error })

const claimed = (row: OutboxRow, { isSuspect, token, until, worker }: Of<"Claimed">): Change =>
  quietly({
    ...row,
    readBackFirst: row.readBackFirst || isSuspect,
    claim: { token, worker },
    lastToken: undefined,
    due: until
  })

/** An attempt begins. Should nothing be done, what was to be looked up first is looked up anew. */
const begun = (row: OutboxRow, sendBefore: DateTime.Utc, until: DateTime.Utc, startedAt = sendBefore) => ({
  attempts: row.attempts + 1,
  attempt: { startedAt, sendBefore },
  due: until
})

const fulfilled = (
  row: RowIn<"sending" | "unknown">,
  event: Of<"Fulfilled">,
  now: DateTime.Utc,
  { verifyAfter }: Policy
): Change => {
  const { found, requestId } = event
  const sent = ("sent" in event ? event.sent : undefined) ?? found?.tracking_number ?? row.input.tracking_number
  const more = { ...row.state === "sending" ? attemptOf(row) : {}, requestId }
  if (!isSameTrackingNumber(sent, row.input.tracking_number)) {
    const ended = { ...unclaimed(row), found: { ...found, tracking_number: sent }, requestId, wasFulfilled: undefined }
    return told(enter("Fulfilled", row, "conflict", now, ended), row, now, workerOf(row), more)
  }
  if (row.wasFulfilled === true) return stillFulfilled(row, event, now)
  const ended = { ...unclaimed(row), ...toVerify(row, now, verifyAfter), found, requestId, lastError: undefined }
  return told(enter("Fulfilled", row, "fulfilled", now, ended), row, now, workerOf(row), more)
}

/** An operator took its fulfillment for voided. What was known of its order source still is. */
const stillFulfilled = (row: RowIn<"sending" | "unknown">, { requestId }: Of<"Fulfilled">, now: DateTime.Utc): Change =>
  told(
    enter("Fulfilled", row, "fulfilled", now, {
      ...unclaimed(row),
      ...failed(notVoided, now),
      wasFulfilled: undefined,
      due: now
    }),
    row,
    now,
    workerOf(row),
    { requestId, error: notVoided }
  )

const rejected = (row: RowIn<"sending">, { error }: Of<"Rejected">, now: DateTime.Utc): Change =>
  told(
    enter("Rejected", row, "rejected", now, { ...unclaimed(row), ...failed(error, now), requestId: error.requestId }),
    row,
    now,
    workerOf(row),
    { ...attemptOf(row), ...toldOf(error) }
  )

const conflict = (row: OutboxRow, event: Of<"Conflict">, now: DateTime.Utc, policy: Policy): Change | Refused => {
  const { found, requestId } = event
  const ended = { ...unclaimed(row), found, requestId, wasFulfilled: undefined }
  if (isIn(row, "sending")) {
    // whoever sent it knows
    return told(enter("Conflict", row, "conflict", now, ended), row, now, workerOf(row), {
      ...attemptOf(row),
      requestId
    })
  }
  if (isIn(row, "unknown") && isLate(row, now, policy)) {
    return told(enter("Conflict", row, "conflict", now, ended), row, now, workerOf(row), { requestId })
  }
  return mayStillLand(row, event, now, policy)
}

/** Its own fulfillment wasn't found, and another's says nothing yet: as if it had been looked for in vain. */
const mayStillLand = (row: OutboxRow, { requestId }: Of<"Conflict">, now: DateTime.Utc, policy: Policy): Change => {
  const end = row.attempt === undefined ? now : landed(row.attempt, policy.resendAfter)
  const absent = { looks: (row.absent?.looks ?? 0) + 1, since: row.absent?.since ?? now }
  const next = row.state === "unknown"
    ? { absent, due: DateTime.min(end, DateTime.add(now, { millis: policy.nextLook(absent.looks) })) }
    : { due: end }
  return told(
    { ...row, ...unclaimed(row), ...failed(anotherFulfillment, now), ...next, updatedAt: now },
    row,
    now,
    workerOf(row),
    { requestId, error: anotherFulfillment }
  )
}

const notDone = (row: OutboxRow, event: Of<"NotDone">, now: DateTime.Utc): Change | Refused => {
  const { delay, error, isUnsent } = event
  const delayed = delay === "again" ? failed(error, now) : {
    ...unclaimed(row),
    ...failed(error, now),
    due: DateTime.add(now, { millis: delay }),
    failures: row.failures + 1
  }
  // it was claimed, and nothing was sent
  if (isIn(row, "pending")) return quietly({ ...row, ...delayed, updatedAt: now })
  if (!isIn(row, "sending")) return refused(row, event)
  // an earlier attempt of what is looked up each time may still land
  const attempt = isUnsent === true && !row.readBackFirst ? undefined : row.attempt
  return told(enter("NotDone", row, "pending", now, { ...delayed, attempt }), row, now, workerOf(row), {
    ...attemptOf(row),
    ...toldOf(error)
  })
}

const unknown = (row: RowIn<"sending">, { error }: Of<"Unknown">, now: DateTime.Utc): Change =>
  told(
    enter("Unknown", row, "unknown", now, { ...unclaimed(row), ...failed(error, now), due: now, absent: undefined }),
    row,
    now,
    workerOf(row),
    { ...attemptOf(row), ...toldOf(error) }
  )

const notFound = (
  row: RowIn<"unknown">,
  event: Of<"Absent" | "Unlisted">,
  now: DateTime.Utc,
  policy: Policy
): Change => {
  const requestId = event._tag === "Absent" ? event.requestId : undefined
  const absent = { looks: (row.absent?.looks ?? 0) + 1, since: row.absent?.since ?? now }
  const left = timeLeft({ ...row, absent }, now, policy.resendAfter)
  const isVoided = row.wasFulfilled === true && isLate(row, now, policy)
  const maySend = row.resendWhenAbsent || isVoided || isLongAbsent({ ...row, absent }, now, policy)
  if (event._tag === "Absent" && maySend) {
    const again = {
      ...unclaimed(row),
      absent: undefined,
      due: now,
      failures: 0,
      readBackFirst: true,
      resendWhenAbsent: false,
      wasFulfilled: undefined,
      found: undefined,
      orderSource: undefined
    }
    return told(enter("Absent", row, "pending", now, again), row, now, workerOf(row), { requestId })
  }
  const most = row.wasFulfilled === true && row.attempt !== undefined
    // from then on the list shows it, unless it was voided
    ? DateTime.distance(now, landed(row.attempt, policy.resendAfter))
    : left
  const wait = Math.min(policy.nextLook(absent.looks), most > 0 ? most : Number.POSITIVE_INFINITY)
  const next = { ...row, ...unclaimed(row), absent, due: DateTime.add(now, { millis: wait }), updatedAt: now }
  return told(next, row, now, workerOf(row), { requestId })
}

const lookFailed = (row: OutboxRow, { delay, error }: Of<"Failed">, now: DateTime.Utc): Change => {
  const due = DateTime.add(now, { millis: delay })
  const next = { ...row, ...unclaimed(row), ...failed(error, now), due, updatedAt: now }
  return told(next, row, now, workerOf(row), toldOf(error))
}

/**
 * Back to the start: its last attempt is settled, unless the whole request was refused. What another fulfillment stood in
 * the way of is looked up before it is sent.
 */
const again = (row: RowIn<"rejected" | "conflict">, now: DateTime.Utc) => ({
  due: now,
  failures: 0,
  attempt: row.state === "rejected" && row.lastError?._tag !== ownRefusal ? row.attempt : undefined,
  found: undefined,
  requestId: undefined,
  readBackFirst: row.readBackFirst || row.state === "conflict"
})

/** As whoever says so needn't be right, it is looked up. */
const maybeVoided = (now: DateTime.Utc) => ({ due: now, absent: undefined, wasFulfilled: true, lastError: undefined })

const offered = (row: OutboxRow, before: OutboxRow, now: DateTime.Utc): Change => ({
  ...told(row, before, now, offerer),
  isReplaced: true
})

const replaced = (row: OutboxRow, event: Of<"Offered">, now: DateTime.Utc): Change | Refused => {
  // whoever has claimed it can't send the old input any more
  const fresh = { ...unclaimed(row), input: event.input }
  if (isIn(row, "fulfilled")) {
    return offered(enter("Offered", row, "unknown", now, { ...maybeVoided(now), ...fresh }), row, now)
  }
  // else the old input may have been sent, and is what is looked for
  if (isIn(row, "unknown") && row.wasFulfilled !== true) return refused(row, event)
  if (isIn(row, "rejected", "conflict")) {
    return offered(enter("Offered", row, "pending", now, { ...again(row, now), ...fresh }), row, now)
  }
  return offered({ ...row, ...fresh, due: now, failures: 0, updatedAt: now }, row, now)
}

const retried = (row: OutboxRow, event: Of<"Retried">, now: DateTime.Utc): Change | Refused => {
  if (isIn(row, "rejected", "conflict")) {
    return told(enter("Retried", row, "pending", now, again(row, now)), row, now, operator)
  }
  if (isIn(row, "fulfilled")) {
    return told(enter("Retried", row, "unknown", now, maybeVoided(now)), row, now, operator)
  }
  if (isIn(row, "unknown")) {
    // what was done for certain isn't sent again because the list doesn't have it yet
    const resendWhenAbsent = row.wasFulfilled !== true
    return told({ ...row, ...unclaimed(row), due: now, resendWhenAbsent, updatedAt: now }, row, now, operator)
  }
  return isIn(row, "pending") ? quietly(row.claim === undefined ? { ...row, due: now } : row) : refused(row, event)
}

/** The `_tag` of the error of a row that an answer refused by itself: that settles it. */
export const ownRefusal = "Rejected"

const workerLost: RowError = { _tag: "WorkerLost", message: "The worker didn't tell in time what became of it" }

const workerStopped: RowError = {
  _tag: "WorkerStopped",
  message: "The worker stopped before it was known what became of it"
}

const notVoided: RowError = {
  _tag: "NotVoided",
  message: "Nothing was sent: ShipStation has the fulfillment, and it isn't voided"
}

const anotherFulfillment: RowError = {
  _tag: "AnotherFulfillment",
  message: "The shipment has another tracking number, and its own request may still arrive"
}
