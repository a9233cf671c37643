import type { OutboxRow } from "@effect-shipstation/outbox"
import { DateTime } from "effect"
import type { Change, Refused } from "../src/internal/transitions.js"

export const now = DateTime.unsafeMake(1_000_000)

export const later = DateTime.unsafeMake(9_000_000)

export const input = { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" }

/** A row in a state, that a worker has. */
export const row = <S extends OutboxRow.State>(state: S): OutboxRow.RowIn<S> => ({
  id: 1,
  account: "default",
  input,
  state,
  attempts: 1,
  failures: 0,
  due: now,
  claim: { token: "token", worker: "worker" },
  resendWhenAbsent: false,
  readBackFirst: false,
  createdAt: now,
  updatedAt: now
})

/** The row after the event; undefined where it was refused. */
export const changedBy = (result: Change | Refused): OutboxRow.OutboxRow | undefined =>
  result._tag === "Change" ? result.row : undefined
