/** Rows in memory. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Existing, NewRow, Remembered } from "../Offer.js"
import { finalStates, hasEnded, type HistoryEntry, isIn, type OutboxRow } from "../OutboxRow.js"
import type * as OutboxRows from "../OutboxRows.js"
import type { AccountState, Count, DueAccount, Evidence, Filter } from "./service.js"

/** Builds an empty place. */
export const make: Effect.Effect<OutboxRows.Service> = Effect.gen(function*() {
  const semaphore = yield* Effect.makeSemaphore(1)
  const announcements = yield* PubSub.sliding<string | undefined>(1_000)
  const tables = new Tables()
  const accounts = new Map<string, AccountState>()

  return {
    ...rowsOf(tables),
    // its steps never wait for anything, so nothing ends it half-way; nor the wait, or the permit could get lost
    transaction: (self) => Effect.uninterruptible(semaphore.withPermits(1)(self)),
    now: DateTime.now,
    // nothing to lock
    account: (name) => Effect.sync(() => accounts.get(name) ?? { account: name }),
    accounts: Effect.sync(() => [...accounts.values()]),
    saveAccount: (state) => Effect.sync(() => accounts.set(state.account, state)),
    announce: (account) => PubSub.publish(announcements, account),
    announcements: Stream.fromPubSub(announcements),
    poll: Duration.seconds(1)
  }
})

/** What there is. */
class Tables {
  readonly rows = new Map<number, OutboxRow>()
  /** Those that something will happen to, so that the others don't slow it down. */
  readonly open = new Map<number, OutboxRow>()
  readonly byShipment = new Map<string, number>()
  readonly pruned = new Map<string, Remembered>()
  readonly history = new Map<number, Array<HistoryEntry>>()
  readonly evidence: Array<Evidence> = []
  lastId = 0

  put(row: OutboxRow) {
    this.rows.set(row.id, row)
    if (hasEnded(row)) this.open.delete(row.id)
    else this.open.set(row.id, row)
  }

  find(account: string, shipmentIds: ReadonlyArray<string>) {
    const found = new Map<string, Existing>()
    for (const shipmentId of shipmentIds) {
      const row = this.rows.get(this.byShipment.get(key(account, shipmentId)) ?? 0)
      const rest = this.pruned.get(key(account, shipmentId))
      if (row !== undefined) found.set(shipmentId, { _tag: "Row", row })
      else if (rest !== undefined) found.set(shipmentId, { _tag: "Pruned", remembered: rest })
    }
    return found
  }

  insert(added: ReadonlyArray<NewRow>) {
    for (const row of added) {
      const id = ++this.lastId
      this.put({ ...row, id })
      this.byShipment.set(key(row.account, row.input.shipment_id), id)
      this.pruned.delete(key(row.account, row.input.shipment_id))
    }
    return new Set(added.map(({ input }) => input.shipment_id))
  }

  prune(pruned: ReadonlyArray<OutboxRow>) {
    for (const { account, id, input: { shipment_id, tracking_number }, state } of pruned) {
      this.rows.delete(id)
      this.history.delete(id)
      this.byShipment.delete(key(account, shipment_id))
      this.pruned.set(key(account, shipment_id), { shipment_id, tracking_number, state })
    }
  }
}

const key = (account: string, name: string) => JSON.stringify([account, name])

const rowsOf = (tables: Tables) => {
  const open = (state: OutboxRow["state"], now: DateTime.Utc) =>
    [...tables.open.values()].filter((row) => row.state === state && DateTime.lessThanOrEqualTo(row.due, now))
  return {
    find: (account, shipmentIds) => Effect.sync(() => tables.find(account, shipmentIds)),
    insert: (added) => Effect.sync(() => tables.insert(added)),
    update: (changes) =>
      Effect.sync(() => {
        for (const { history, row } of changes) {
          tables.put(row)
          if (history.length > 0) tables.history.set(row.id, [...tables.history.get(row.id) ?? [], ...history])
        }
      }),
    addEvidence: (added) => Effect.sync(() => tables.evidence.push(...added)),
    prune: (pruned) => Effect.sync(() => tables.prune(pruned)),
    byIds: (ids) => Effect.sync(() => ids.flatMap((id) => tables.rows.get(id) ?? [])),
    due: ({ account, limit, now, state }) =>
      Effect.sync(() =>
        open(state, now)
          .filter((row) => row.account === (account ?? row.account))
          .toSorted((a, b) => DateTime.distance(b.due, a.due) || a.id - b.id)
          .slice(0, limit)
      ),
    dueAccounts: (now) =>
      Effect.sync(() =>
        (["pending", "unknown", "fulfilled"] as const).flatMap((state) =>
          [...new Set(open(state, now).map(({ account }) => account))].map((account): DueAccount => ({
            account,
            state
          }))
        )
      ),
    endedBefore: (moment, limit) =>
      Effect.sync(() =>
        [...tables.rows.values()]
          .filter((row) => hasEnded(row) && DateTime.lessThan(row.updatedAt, moment))
          .slice(0, limit)
      ),
    list: (filter) => Effect.sync(() => [...tables.rows.values()].filter(matches(filter)).slice(0, filter.limit)),
    counts: (which) =>
      Effect.sync(() =>
        countsOf(which === "all" ? tables.rows.values() : [...tables.open.values()].filter(isNotFinal))
      ),
    told: (id) =>
      Effect.sync(() => ({
        history: tables.history.get(id) ?? [],
        evidence: tables.evidence.filter((one) => one.id === id)
      }))
  } satisfies Partial<OutboxRows.Service>
}

const isNotFinal = (row: OutboxRow): boolean => !isIn(row, ...finalStates)

/** How many rows are in each state, by account. */
export const countsOf = (rows: Iterable<OutboxRow>): ReadonlyArray<Count> => {
  const all = new Map<string, Count>()
  for (const { account, createdAt, state } of rows) {
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

/** Is the row one of those that are meant? */
export const matches = (
  { account, after = 0, endedSince, message = "", offeredBefore, orderSource, shipmentId, states, trackingNumber }:
    Filter
) =>
(row: OutboxRow): boolean =>
  row.id > after &&
  row.account === (account ?? row.account) &&
  (states === undefined || states.includes(row.state)) &&
  row.input.shipment_id === (shipmentId ?? row.input.shipment_id) &&
  row.input.tracking_number === (trackingNumber ?? row.input.tracking_number) &&
  (row.lastError?.message ?? "").toLowerCase().includes(message.toLowerCase()) &&
  (offeredBefore === undefined || DateTime.lessThanOrEqualTo(row.createdAt, offeredBefore)) &&
  row.orderSource?.state === (orderSource ?? row.orderSource?.state) &&
  (endedSince === undefined || (hasEnded(row) && DateTime.greaterThanOrEqualTo(row.updatedAt, endedSince)))
