/** The pure part: what an event makes of a row. Time is given, nothing is stored. */
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import {
  Found,
  type HistoryEntry,
  isIn,
  type Next,
  type OutboxRow,
  RowError,
  type RowIn,
  type State
} from "../OutboxRow.js"

/** What becomes of a row, and what is told of it. */
export interface Change {
  readonly row: OutboxRow
  readonly history: ReadonlyArray<HistoryEntry>
}

/** The one way from state to state. An edge that isn't in the table doesn't compile. */
export const move = <S extends State>(
  row: RowIn<S>,
  to: NoInfer<Next<S>>,
  now: DateTime.Utc,
  changes: Partial<Omit<OutboxRow, "state">> = {}
): OutboxRow => ({ ...row, ...changes, state: to, updatedAt: now })

/** Nobody works on it any more. */
export const unclaimed = (row: OutboxRow) => ({
  claim: undefined,
  lastToken: row.claim?.token ?? row.lastToken
})

export const entry = (
  row: OutboxRow,
  to: State,
  at: DateTime.Utc,
  by: string,
  more: Partial<HistoryEntry> = {}
): HistoryEntry => ({ at, from: row.state, to, by, ...more })

/** The moments of an attempt. */
export interface Times {
  readonly now: DateTime.Utc
  readonly sendBefore: DateTime.Utc
  /** When the claim ends, unless it is renewed. */
  readonly until: DateTime.Utc
}

/** A worker is about to send it. Should nothing be done, what was to be looked up first is looked up anew. */
export const intend = (row: RowIn<"pending">, { now, sendBefore, until }: Times): OutboxRow =>
  move(row, "sending", now, {
    attempts: row.attempts + 1,
    attempt: { startedAt: now, sendBefore },
    due: until
  })

const requestId = Schema.optional(Schema.String)

/** What became of an attempt. */
export const Ended = Schema.Union(
  Schema.TaggedStruct("Fulfilled", {
    requestId,
    found: Schema.optional(Found),
    /** The tracking number that was sent: the row may have another by now. */
    sent: Schema.optional(Schema.String)
  }),
  Schema.TaggedStruct("Rejected", { error: RowError }),
  Schema.TaggedStruct("Conflict", { requestId, found: Found }),
  /** Nothing was done. `again` keeps the claim, else it is due after `delay` milliseconds. */
  Schema.TaggedStruct("NotDone", { error: RowError, delay: Schema.Union(Schema.Number, Schema.Literal("again")) }),
  Schema.TaggedStruct("Unknown", { error: RowError })
)

/** What became of an attempt. */
export type Ended = typeof Ended.Type

/** An attempt ended. */
export const end = (row: RowIn<"sending">, ended: Ended, now: DateTime.Utc): Change => {
  const by = row.claim?.worker ?? ""
  const attempt = { startedAt: row.attempt?.startedAt }
  switch (ended._tag) {
    case "Fulfilled":
      return {
        row: move(row, "fulfilled", now, {
          ...unclaimed(row),
          found: ended.found,
          requestId: ended.requestId,
          lastError: undefined
        }),
        history: [entry(row, "fulfilled", now, by, { ...attempt, requestId: ended.requestId })]
      }
    case "Rejected":
      return {
        row: move(row, "rejected", now, {
          ...unclaimed(row),
          ...failed(ended.error, now),
          requestId: ended.error.requestId
        }),
        history: [entry(row, "rejected", now, by, { ...attempt, ...toldOf(ended.error) })]
      }
    case "Conflict":
      return {
        row: move(row, "conflict", now, { ...unclaimed(row), found: ended.found, requestId: ended.requestId }),
        history: [entry(row, "conflict", now, by, { ...attempt, requestId: ended.requestId })]
      }
    case "NotDone":
      return {
        row: move(row, "pending", now, delayed(row, ended, now)),
        history: [entry(row, "pending", now, by, { ...attempt, ...toldOf(ended.error) })]
      }
    case "Unknown":
      return {
        row: move(row, "unknown", now, { ...unclaimed(row), ...failed(ended.error, now), due: now, absent: undefined }),
        history: [entry(row, "unknown", now, by, { ...attempt, ...toldOf(ended.error) })]
      }
  }
}

/** What changes when nothing was done. */
const delayed = (
  row: OutboxRow,
  { delay, error }: Extract<Ended, { readonly _tag: "NotDone" }>,
  now: DateTime.Utc
) =>
  delay === "again"
    ? failed(error, now)
    : {
      ...unclaimed(row),
      ...failed(error, now),
      due: DateTime.add(now, { millis: delay }),
      failures: row.failures + 1
    }

/** It was claimed, and nothing was sent: no change of state. */
export const postpone = (
  row: RowIn<"pending">,
  ended: Extract<Ended, { readonly _tag: "NotDone" }>,
  now: DateTime.Utc
): OutboxRow => ({ ...row, ...delayed(row, ended, now), updatedAt: now })

/** What one look at the list of fulfillments told of an unknown row. */
export type Looked =
  | { readonly _tag: "Fulfilled"; readonly requestId?: string | undefined; readonly found: Found }
  | { readonly _tag: "Conflict"; readonly requestId?: string | undefined; readonly found: Found }
  | { readonly _tag: "Absent"; readonly requestId?: string | undefined }
  | { readonly _tag: "Failed"; readonly error: RowError; readonly delay: number }

/** When a row that is nowhere to be found may be sent again, and when to look next. */
export interface Patience {
  /** In milliseconds; `Infinity` for never. */
  readonly resendAfter: number
  /** In milliseconds, after so many looks. */
  readonly nextLook: (looks: number) => number
}

/** It must be absent so often, however long the time is. */
const leastLooks = 3

/** An unknown row was looked for. */
export const look = (row: RowIn<"unknown">, looked: Looked, now: DateTime.Utc, patience: Patience): Change => {
  const by = row.claim?.worker ?? ""
  switch (looked._tag) {
    case "Fulfilled":
    case "Conflict": {
      const to = looked._tag === "Fulfilled" ? "fulfilled" : "conflict"
      return {
        row: move(row, to, now, {
          ...unclaimed(row),
          found: looked.found,
          requestId: looked.requestId,
          ...(looked._tag === "Fulfilled" ? { lastError: undefined } : {})
        }),
        history: [entry(row, to, now, by, { requestId: looked.requestId })]
      }
    }
    case "Failed":
      return {
        row: {
          ...row,
          ...unclaimed(row),
          ...failed(looked.error, now),
          due: DateTime.add(now, { millis: looked.delay }),
          updatedAt: now
        },
        history: [entry(row, "unknown", now, by, toldOf(looked.error))]
      }
    case "Absent": {
      const absent = { looks: (row.absent?.looks ?? 0) + 1, since: row.absent?.since ?? now }
      const left = DateTime.distance(now, absent.since) + patience.resendAfter
      if (row.resendWhenAbsent || (left <= 0 && absent.looks >= leastLooks)) {
        return {
          row: move(row, "pending", now, {
            ...unclaimed(row),
            absent: undefined,
            due: now,
            failures: 0,
            readBackFirst: true,
            resendWhenAbsent: false
          }),
          history: [entry(row, "pending", now, by, { requestId: looked.requestId })]
        }
      }
      const wait = Math.min(patience.nextLook(absent.looks), left > 0 ? left : Number.POSITIVE_INFINITY)
      return {
        row: { ...row, ...unclaimed(row), absent, due: DateTime.add(now, { millis: wait }), updatedAt: now },
        history: [entry(row, "unknown", now, by, { requestId: looked.requestId })]
      }
    }
  }
}

/** The claim of a row ended while it was being sent: whoever had it may have died before or after the send. */
export const expire = (row: RowIn<"sending">, now: DateTime.Utc): Change =>
  end(row, { _tag: "Unknown", error: workerLost }, now)

const workerLost: RowError = { _tag: "WorkerLost", message: "The worker didn't tell in time what became of it" }

/**
 * An outcome came when the row was no longer the worker's. That it was fulfilled counts all the same, and with another
 * number than the row has by now, that is in conflict: it must not be sent.
 */
export const late = (row: OutboxRow, told: Ended, now: DateTime.Utc): Change | undefined => {
  if (told._tag !== "Fulfilled") return undefined
  const { found = {}, requestId, sent = found.tracking_number ?? row.input.tracking_number } = told
  const ended = isSameTrackingNumber(sent, row.input.tracking_number)
    ? { _tag: "Fulfilled", requestId, found } as const
    : { _tag: "Conflict", requestId, found: { ...found, tracking_number: sent } } as const
  if (isIn(row, "unknown")) {
    return look(row, ended, now, { resendAfter: Number.POSITIVE_INFINITY, nextLook: () => 0 })
  }
  // it was believed to be absent, and is about to be sent again
  if (isIn(row, "pending")) {
    const sending = intend(row, { now, sendBefore: now, until: now })
    return isIn(sending, "sending") ? end(sending, ended, now) : undefined
  }
  return undefined
}

/** An operator wants it to be sent. Undefined where the state doesn't allow it. */
export const retry = (row: OutboxRow, now: DateTime.Utc): Change | undefined => {
  if (isIn(row, "rejected", "conflict")) {
    return {
      row: again(row, now),
      history: [entry(row, "pending", now, "operator")]
    }
  }
  if (isIn(row, "unknown")) {
    return {
      row: { ...row, ...unclaimed(row), due: now, resendWhenAbsent: true, updatedAt: now },
      history: [entry(row, "unknown", now, "operator")]
    }
  }
  if (isIn(row, "pending")) return { row: row.claim === undefined ? { ...row, due: now } : row, history: [] }
  return undefined
}

/** Back to the start. What another fulfillment stood in the way of is looked up before it is sent. */
export const again = (row: RowIn<"rejected" | "conflict">, now: DateTime.Utc): OutboxRow =>
  move(row, "pending", now, {
    due: now,
    failures: 0,
    found: undefined,
    requestId: undefined,
    readBackFirst: row.readBackFirst || row.state === "conflict"
  })

/** An operator gives it up. Undefined where the state doesn't allow it. */
export const discard = (row: OutboxRow, now: DateTime.Utc): Change | undefined =>
  isIn(row, "pending", "unknown", "rejected", "conflict")
    ? {
      row: move(row, "discarded", now, unclaimed(row)),
      history: [entry(row, "discarded", now, "operator")]
    }
    : undefined

const failed = (error: RowError, at: DateTime.Utc) => ({ lastError: { ...error, at } })

const toldOf = (error: RowError) => ({ requestId: error.requestId, error })
