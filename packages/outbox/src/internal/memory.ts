/** Rows in memory. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Existing, Kept, NewRow } from "../Offer.js"
import { finalStates, type HistoryEntry, isIn, type OutboxRow } from "../OutboxRow.js"
import type { Backend } from "./backend.js"
import type { AccountState, Count, DueAccount, Evidence, Filter } from "./service.js"

export const make: Effect.Effect<Backend> = Effect.gen(function*() {
  const semaphore = yield* Effect.makeSemaphore(1)
  const announcements = yield* PubSub.sliding<string | undefined>(1_000)
  const rows = new Map<number, OutboxRow>()
  /** Those that something will happen to, so that the others don't slow it down. */
  const open = new Map<number, OutboxRow>()
  const byShipment = new Map<string, number>()
  const kept = new Map<string, Kept>()
  const accounts = new Map<string, AccountState>()
  const history = new Map<number, Array<HistoryEntry>>()
  const evidence: Array<Evidence> = []
  let lastId = 0

  const key = (account: string, shipmentId: string) => JSON.stringify([account, shipmentId])
  const put = (row: OutboxRow) => {
    rows.set(row.id, row)
    if (isIn(row, ...finalStates)) open.delete(row.id)
    else open.set(row.id, row)
  }

  const existing = (account: string, shipmentIds: ReadonlyArray<string>) => {
    const found = new Map<string, Existing>()
    for (const shipmentId of shipmentIds) {
      const row = rows.get(byShipment.get(key(account, shipmentId)) ?? 0)
      const rest = kept.get(key(account, shipmentId))
      if (row !== undefined) found.set(shipmentId, { _tag: "Row", row })
      else if (rest !== undefined) found.set(shipmentId, { _tag: "Kept", kept: rest })
    }
    return found
  }

  const insert = (added: ReadonlyArray<NewRow>) => {
    for (const row of added) {
      const id = ++lastId
      put({ ...row, id })
      byShipment.set(key(row.account, row.input.shipment_id), id)
      kept.delete(key(row.account, row.input.shipment_id))
    }
    return new Set(added.map(({ input }) => input.shipment_id))
  }

  const counts = (counted: Iterable<OutboxRow>) => {
    const all = new Map<string, Count>()
    for (const { account, createdAt, state } of counted) {
      const before = all.get(key(account, state))
      all.set(key(account, state), {
        account,
        state,
        count: (before?.count ?? 0) + 1,
        oldest: DateTime.min(before?.oldest ?? createdAt, createdAt)
      })
    }
    return [...all.values()]
  }

  return {
    // its steps never wait for anything, so nothing ends it half-way; nor the wait, or the permit could get lost
    transaction: (self) => Effect.uninterruptible(semaphore.withPermits(1)(self)),
    now: DateTime.now,
    // nothing to lock
    existing: (account, shipmentIds) => Effect.sync(() => existing(account, shipmentIds)),
    insert: (added) => Effect.sync(() => insert(added)),
    update: (changed) => Effect.sync(() => changed.forEach(put)),
    addHistory: (entries) =>
      Effect.sync(() => {
        for (const { entry, id } of entries) history.set(id, [...history.get(id) ?? [], entry])
      }),
    addEvidence: (added) => Effect.sync(() => evidence.push(...added)),
    byIds: (ids) => Effect.sync(() => ids.flatMap((id) => rows.get(id) ?? [])),
    due: ({ account, limit, now, state }) =>
      Effect.sync(() =>
        [...open.values()]
          .filter((row) =>
            row.state === state && row.account === (account ?? row.account) && DateTime.lessThanOrEqualTo(row.due, now)
          )
          .toSorted((a, b) => DateTime.distance(b.due, a.due) || a.id - b.id)
          .slice(0, limit)
      ),
    waiting: (account, now, limit) =>
      Effect.sync(() =>
        [...open.values()]
          .filter((row) => isIn(row, "pending") && row.account === account && DateTime.greaterThan(row.due, now))
          .slice(0, limit)
      ),
    account: (name) => Effect.sync(() => accounts.get(name)),
    accounts: Effect.sync(() => [...accounts.values()]),
    addAccount: (account) => Effect.sync(() => accounts.set(account, accounts.get(account) ?? { account })),
    saveAccount: (state) => Effect.sync(() => accounts.set(state.account, state)),
    resumeLimiter: () => Effect.void,
    counts: (which) => Effect.sync(() => counts((which === "all" ? rows : open).values())),
    list: (filter) => Effect.sync(() => [...rows.values()].filter(matches(filter)).slice(0, filter.limit)),
    history: (id) => Effect.sync(() => history.get(id) ?? []),
    evidence: (id) => Effect.sync(() => evidence.filter((one) => one.id === id)),
    endedBefore: (moment, limit) =>
      Effect.sync(() =>
        [...rows.values()]
          .filter((row) => isIn(row, ...finalStates) && DateTime.lessThan(row.updatedAt, moment))
          .slice(0, limit)
      ),
    prune: (pruned) =>
      Effect.sync(() => {
        for (const { account, id, input: { shipment_id, tracking_number }, state } of pruned) {
          rows.delete(id)
          history.delete(id)
          byShipment.delete(key(account, shipment_id))
          kept.set(key(account, shipment_id), { shipment_id, tracking_number, state })
        }
      }),
    dueAccounts: (now) =>
      Effect.sync(() => {
        const due = new Map<string, DueAccount>()
        for (const { account, due: at, state } of open.values()) {
          if ((state === "pending" || state === "unknown") && DateTime.lessThanOrEqualTo(at, now)) {
            due.set(key(account, state), { account, state })
          }
        }
        return [...due.values()]
      }),
    announce: (account) => PubSub.publish(announcements, account),
    announcements: Stream.fromPubSub(announcements),
    poll: Duration.seconds(1)
  }
})

const matches = (
  { account, after = 0, message = "", offeredBefore, shipmentId, states, trackingNumber }: Filter
) =>
(row: OutboxRow): boolean =>
  row.id > after &&
  row.account === (account ?? row.account) &&
  (states === undefined || states.includes(row.state)) &&
  row.input.shipment_id === (shipmentId ?? row.input.shipment_id) &&
  row.input.tracking_number === (trackingNumber ?? row.input.tracking_number) &&
  (row.lastError?.message ?? "").toLowerCase().includes(message.toLowerCase()) &&
  (offeredBefore === undefined || DateTime.lessThanOrEqualTo(row.createdAt, offeredBefore))
