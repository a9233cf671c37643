/** Rows in memory. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Existing, NewRow, Remembered } from "../Offer.js"
import { finalStates, hasEnded, type HistoryEntry, isIn, type OutboxRow } from "../OutboxRow.js"
import type * as OutboxRows from "../OutboxRows.js"
import type {
  AccountEntry,
  AccountState,
  ChangeCount,
  ChangesOptions,
  Count,
  DueAccount,
  Evidence,
  Filter
} from "./service.js"

/** Builds an empty place. */
export const make: Effect.Effect<OutboxRows.Service> = Effect.gen(function*() {
  const semaphore = yield* Effect.makeSemaphore(1)
  const announcements = yield* PubSub.sliding<string | undefined>(1_000)
  const tables = new Tables()
  const accounts = new Map<string, AccountState>()
  const entries: Array<AccountEntry> = []

  return {
    ...readingOf(tables),
    // its steps never wait for anything, so nothing ends it half-way; nor the wait, or the permit could get lost
    transaction: (self) => Effect.uninterruptible(semaphore.withPermits(1)(self)),
    now: DateTime.now,
    // nothing to lock
    account: (name) => Effect.sync(() => accounts.get(name) ?? { account: name }),
    accounts: Effect.sync(() => [...accounts.values()]),
    accountHistory: (name, limit) =>
      Effect.sync(() => entries.filter(({ account }) => account === name).toReversed().slice(0, limit)),
    update: ({ account, accountEntry, evidence = [], rows = [] }) =>
      Effect.sync(() => {
        tables.update(rows)
        tables.evidence.push(...evidence)
        if (account !== undefined) accounts.set(account.account, account)
        if (accountEntry !== undefined) entries.push(accountEntry)
      }),
    announce: (account) => PubSub.publish(announcements, account),
    announcements: Stream.fromPubSub(announcements)
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

  update(changes: ReadonlyArray<OutboxRows.Changed>) {
    for (const { history, row } of changes) {
      this.put(row)
      if (history.length > 0) this.history.set(row.id, [...this.history.get(row.id) ?? [], ...history])
    }
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

const readingOf = (tables: Tables) => {
  const open = (state: OutboxRow["state"], now: DateTime.Utc) =>
    [...tables.open.values()].filter((row) => row.state === state && DateTime.lessThanOrEqualTo(row.due, now))
  return {
    find: (account, shipmentIds) => Effect.sync(() => tables.find(account, shipmentIds)),
    insert: (added) => Effect.sync(() => tables.insert(added)),
    prune: (before, limit) =>
      Effect.sync(() => {
        const ended = [...tables.rows.values()]
          .filter((row) => hasEnded(row) && DateTime.lessThan(row.updatedAt, before))
          .slice(0, limit)
        tables.prune(ended)
        return ended.length
      }),
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
    list: (filter) => Effect.sync(() => rowsOf([...tables.rows.values()], filter)),
    counts: (which) =>
      Effect.sync(() =>
        countsOf(which === "all" ? tables.rows.values() : [...tables.open.values()].filter(isNotFinal))
      ),
    changes: (options) =>
      Effect.sync(() =>
        changesOf(
          [...tables.history].flatMap(([id, entries]) => {
            const account = tables.rows.get(id)?.account
            return account === undefined ? [] : entries.map((entry) => ({ account, entry }))
          }),
          options
        )
      ),
    told: (id) =>
      Effect.sync(() => ({
        history: tables.history.get(id) ?? [],
        evidence: tables.evidence.filter((one) => one.id === id)
      }))
  } satisfies Partial<OutboxRows.Service>
}

const isNotFinal = (row: OutboxRow): boolean => !isIn(row, ...finalStates)

/**
 * How many rows are in each state, by account.
 *
 * @since 0.1.0
 * @category getters
 */
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

/**
 * How many rows got into which state, by account, and minute or hour.
 *
 * @since 0.1.0
 * @category getters
 */
export const changesOf = (
  told: Iterable<{ readonly account: string; readonly entry: HistoryEntry }>,
  { account: only, per, since }: ChangesOptions
): ReadonlyArray<ChangeCount> => {
  const all = new Map<string, ChangeCount>()
  for (const { account, entry: { at, from: before, to: state } } of told) {
    if (before === state || account !== (only ?? account) || DateTime.lessThan(at, since)) continue
    const from = DateTime.startOf(at, per)
    const name = JSON.stringify([account, state, DateTime.toEpochMillis(from)])
    all.set(name, { account, state, from, count: (all.get(name)?.count ?? 0) + 1 })
  }
  return [...all.values()].toSorted((a, b) => DateTime.distance(b.from, a.from))
}

/**
 * Is the row one of those that are meant?
 *
 * @since 0.1.0
 * @category predicates
 */
export const matches = (
  {
    account,
    after,
    endedSince,
    foundTrackingNumbers,
    message = "",
    newestFirst = false,
    offeredBefore,
    orderSource,
    shipmentId,
    states,
    trackingNumber,
    trackingNumbers
  }: Filter
) =>
(row: OutboxRow): boolean =>
  (after === undefined || (newestFirst ? row.id < after : row.id > after)) &&
  row.account === (account ?? row.account) &&
  (states === undefined || states.includes(row.state)) &&
  row.input.shipment_id === (shipmentId ?? row.input.shipment_id) &&
  row.input.tracking_number === (trackingNumber ?? row.input.tracking_number) &&
  (trackingNumbers === undefined || trackingNumbers.includes(row.input.tracking_number)) &&
  (foundTrackingNumbers === undefined ||
    (row.state !== "fulfilled" && row.found?.tracking_number !== undefined &&
      foundTrackingNumbers.includes(row.found.tracking_number))) &&
  (row.lastError?.message ?? "").toLowerCase().includes(message.toLowerCase()) &&
  (offeredBefore === undefined || DateTime.lessThanOrEqualTo(row.createdAt, offeredBefore)) &&
  row.orderSource?.state === (orderSource ?? row.orderSource?.state) &&
  (endedSince === undefined || (hasEnded(row) && DateTime.greaterThanOrEqualTo(row.updatedAt, endedSince)))

/**
 * The rows of a list, in its order.
 *
 * @since 0.1.0
 * @category getters
 */
export const rowsOf = (
  rows: ReadonlyArray<OutboxRow>,
  { limit, ...filter }: Filter & { readonly limit: number }
): ReadonlyArray<OutboxRow> => {
  const meant = rows.filter(matches(filter))
  return (filter.newestFirst === true ? meant.toReversed() : meant).slice(0, limit)
}
