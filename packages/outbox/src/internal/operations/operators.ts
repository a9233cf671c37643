/** What operators look at, and what they do. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Number from "effect/Number"
import { OutboxRowNotFound, OutboxStateError } from "../../OutboxError.js"
import { isIn, operatorBecause } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { OperationOptions, Service } from "../service.js"
import { type Change, changes as changesOf, type Event, transition } from "../transitions.js"
import { changeAll, chunk, inChunks, save } from "./shared.js"

const operate = (
  port: OutboxRows.Service,
  id: number,
  operation: OutboxStateError["operation"],
  event: Event,
  { ifState, ifTrackingNumber, reason }: OperationOptions = {}
) =>
  port.transaction(Effect.gen(function*() {
    const [row] = yield* port.byIds([id], "lock")
    if (row === undefined) {
      // fails for one that can't be read
      yield* port.byIds([id], "look")
      return yield* new OutboxRowNotFound({ id })
    }
    const { input, state } = row
    const isMeant = state === (ifState ?? state) &&
      (ifTrackingNumber ?? input.tracking_number) === input.tracking_number
    const [change] = isMeant ? changesOf(transition(row, event, yield* port.now)) : []
    if (change === undefined) {
      return yield* new OutboxStateError({
        id,
        state,
        operation,
        ...isMeant && row.wasFulfilled ? { wasFulfilled: true } : {}
      })
    }
    yield* save(port, [because(change, reason)])
    yield* port.announce(row.account)
    return change.row
  }))

const because = (change: Change, reason: string | undefined): Change => ({
  ...change,
  history: change.history.map((entry) =>
    entry.by._tag === "Operator" ? { ...entry, by: operatorBecause(reason) } : entry
  )
})

/** Shows rows. */
export const makeLists = (port: OutboxRows.Service): Pick<Service, "counts" | "changes" | "list" | "get"> => ({
  counts: port.counts,
  changes: port.changes,
  list: (filter) =>
    Effect.map(port.list({ ...filter, limit: filter.limit + 1 }), (rows) => ({
      rows: rows.slice(0, filter.limit),
      next: rows.length > filter.limit ? rows[filter.limit - 1]?.id : undefined
    })),
  // no transaction: it would need to be allowed to write. The history may have what happened since the row was read
  get: Effect.fnUntraced(function*(id) {
    const [row] = yield* port.byIds([id], "look")
    if (row === undefined) return yield* new OutboxRowNotFound({ id })
    return { row, ...yield* port.told(id) }
  })
})

/** Steers rows. */
export const make = (
  port: OutboxRows.Service
): Pick<Service, "retry" | "discard" | "sendNow" | "reconcile" | "prune"> => ({
  retry: (id, options) => operate(port, id, "retry", { _tag: "Retried" }, options),
  discard: (id, options) => operate(port, id, "discard", { _tag: "Discarded" }, options),
  sendNow: (account) =>
    Effect.zipLeft(
      // whoever has claimed one can't write the intent any more
      changeAll(port, { account, states: ["pending"], limit: chunk }, (row, now) =>
        isIn(row, "pending") && DateTime.greaterThan(row.due, now)
          ? changesOf(transition(row, { _tag: "MadeDue" }, now))
          : []),
      port.announce(account)
    ),
  reconcile: (account, shipmentIds) => {
    const looked = Effect.forEach(
      shipmentIds ?? [undefined],
      (shipmentId) =>
        changeAll(
          port,
          { account, shipmentId, states: ["unknown"], limit: chunk },
          (row, now) =>
            isIn(row, "unknown") && row.claim === undefined
              ? changesOf(transition(row, { _tag: "MadeDue" }, now))
              : []
        )
    )
    return Effect.zipLeft(Effect.map(looked, Number.sumAll), port.announce(account))
  },
  prune: (olderThan) =>
    inChunks(port.transaction(
      Effect.flatMap(port.now, (now) => port.prune(DateTime.subtractDuration(now, olderThan), chunk))
    ))
})
