/**
 * A store of one's own: rows in plain JSON files, in a directory. It knows rows, and no rules: `OutboxStore.fromRows` makes
 * an outbox of it. One process uses a directory at a time.
 */
import { type Offer, OutboxError, OutboxRow, type OutboxRows, OutboxStore } from "@effect-shipstation/outbox"
import { DateTime, Effect, Layer, PubSub, Schema, Stream } from "effect"
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** All that the file holds. */
const Contents = Schema.parseJson(Schema.Struct({
  lastId: Schema.Int,
  rows: Schema.Array(OutboxRow.OutboxRow),
  kept: Schema.Array(Schema.Struct({
    account: Schema.String,
    shipment_id: Schema.String,
    tracking_number: Schema.String,
    state: OutboxRow.State
  })),
  history: Schema.Array(Schema.Struct({ id: Schema.Int, entry: OutboxRow.HistoryEntry })),
  evidence: Schema.Array(OutboxStore.Evidence),
  accounts: Schema.Array(OutboxStore.AccountState)
}))

type Contents = typeof Contents.Type

const empty: Contents = { lastId: 0, rows: [], kept: [], history: [], evidence: [], accounts: [] }

const failed = (what: string) => (error: unknown) =>
  new OutboxError.OutboxStoreError({ message: `${what}: ${String(error)}`, uncertain: false })

const encode = Schema.encodeSync(Contents)

const load = (file: string): Contents =>
  existsSync(file) ? Schema.decodeSync(Contents)(readFileSync(file, "utf8")) : empty

/** The old file is there until the new one is on the disk. */
const save = (file: string, contents: Contents) => {
  writeFileSync(`${file}.new`, encode(contents))
  const written = openSync(`${file}.new`, "r+")
  fsyncSync(written)
  closeSync(written)
  renameSync(`${file}.new`, file)
}

const isFinal = (row: OutboxRow.OutboxRow) => OutboxRow.isIn(row, ...OutboxRow.finalStates)

const states = ["pending", "unknown", "fulfilled"] as const

/** Rows in a file of the directory. */
const make = (directory: string): Effect.Effect<OutboxRows.Service, OutboxError.OutboxStoreError> =>
  Effect.gen(function*() {
    const file = join(directory, "outbox.json")
    let now = yield* Effect.try({ try: () => load(file), catch: failed("can't read") })
    const turns = yield* Effect.makeSemaphore(1)
    const announcements = yield* PubSub.sliding<string | undefined>(1_000)

    const look = <A>(f: (contents: Contents) => A) => Effect.sync(() => f(now))
    const change = (f: (contents: Contents) => Partial<Contents>) =>
      Effect.sync(() => {
        now = { ...now, ...f(now) }
      })
    const open = (state: OutboxRow.State, moment: DateTime.Utc) =>
      now.rows.filter((row) =>
        row.state === state && !OutboxRow.hasEnded(row) && DateTime.lessThanOrEqualTo(row.due, moment)
      )

    const find = (account: string, shipmentIds: ReadonlyArray<string>) => {
      const found = new Map<string, Offer.Existing>()
      for (const remembered of now.kept) {
        if (remembered.account === account && shipmentIds.includes(remembered.shipment_id)) {
          found.set(remembered.shipment_id, { _tag: "Pruned", remembered })
        }
      }
      for (const row of now.rows) {
        if (row.account === account && shipmentIds.includes(row.input.shipment_id)) {
          found.set(row.input.shipment_id, { _tag: "Row", row })
        }
      }
      return found
    }

    const insert = (added: ReadonlyArray<Offer.NewRow>) => {
      const ids = new Set(added.map(({ input }) => input.shipment_id))
      const isAdded = (account: string, id: string) => ids.has(id) && added.some((row) => row.account === account)
      now = {
        ...now,
        lastId: now.lastId + added.length,
        rows: [...now.rows, ...added.map((row, index) => ({ ...row, id: now.lastId + index + 1 }))],
        kept: now.kept.filter(({ account, shipment_id }) => !isAdded(account, shipment_id))
      }
      return ids
    }

    return {
      transaction: (self) =>
        turns.withPermits(1)(Effect.suspend(() => {
          const before = now
          return self.pipe(
            Effect.zipLeft(Effect.suspend(() =>
              now === before
                ? Effect.void
                : Effect.try({ try: () => save(file, now), catch: failed("can't write") })
            )),
            Effect.onError(() =>
              Effect.sync(() => {
                now = before
              })
            ),
            Effect.uninterruptible
          )
        })),
      now: DateTime.now,

      find: (account, shipmentIds) => Effect.sync(() => find(account, shipmentIds)),
      insert: (added) => Effect.sync(() => insert(added)),
      update: ({ account, evidence = [], rows: changes = [] }) => {
        const rows = new Map(changes.map(({ row }) => [row.id, row]))
        return change((before) => ({
          rows: before.rows.map((row) => rows.get(row.id) ?? row),
          history: [
            ...before.history,
            ...changes.flatMap(({ history, row }) => history.map((entry) => ({ id: row.id, entry })))
          ],
          evidence: [...before.evidence, ...evidence],
          accounts: account === undefined
            ? before.accounts
            : [...before.accounts.filter((one) => one.account !== account.account), account]
        }))
      },
      prune: (moment, limit) =>
        Effect.sync(() => {
          const ended = now.rows
            .filter((row) => OutboxRow.hasEnded(row) && DateTime.lessThan(row.updatedAt, moment))
            .slice(0, limit)
          const ids = new Set(ended.map(({ id }) => id))
          now = {
            ...now,
            rows: now.rows.filter(({ id }) => !ids.has(id)),
            history: now.history.filter(({ id }) => !ids.has(id)),
            evidence: now.evidence.filter(({ id }) => !ids.has(id)),
            kept: [
              ...now.kept,
              ...ended.map(({ account, input: { shipment_id, tracking_number }, state }) => ({
                account,
                shipment_id,
                tracking_number,
                state
              }))
            ]
          }
          return ended.length
        }),

      byIds: (ids) => look(({ rows }) => rows.filter(({ id }) => ids.includes(id))),
      due: ({ account, limit, now, state }) =>
        look(() =>
          open(state, now)
            .filter((row) => row.account === (account ?? row.account))
            .toSorted((a, b) => DateTime.distance(b.due, a.due) || a.id - b.id)
            .slice(0, limit)
        ),
      dueAccounts: (now) =>
        look(() =>
          states.flatMap((state) =>
            [...new Set(open(state, now).map(({ account }) => account))].map((account) => ({ account, state }))
          )
        ),
      list: (filter) => look(({ rows }) => OutboxStore.rowsOf(rows, filter)),
      counts: (which) =>
        look(({ rows }) => OutboxStore.countsOf(rows.filter((row) => which === "all" || !isFinal(row)))),
      changes: (options) =>
        look(({ history, rows }) => {
          const accounts = new Map(rows.map(({ account, id }) => [id, account]))
          return OutboxStore.changesOf(
            history.map(({ entry, id }) => ({ account: accounts.get(id) ?? "", entry })),
            options
          )
        }),
      told: (id) =>
        look(({ evidence, history }) => ({
          history: history.flatMap((one) => one.id === id ? [one.entry] : []),
          evidence: evidence.filter((one) => one.id === id)
        })),

      account: (account) => look(({ accounts }) => accounts.find((one) => one.account === account) ?? { account }),
      accounts: look(({ accounts }) => accounts),

      announce: (account) => PubSub.publish(announcements, account),
      announcements: Stream.fromPubSub(announcements)
    }
  })

/** An outbox in a directory. */
export const layer = (directory: string): Layer.Layer<OutboxStore.OutboxStore, OutboxError.OutboxStoreError> =>
  Layer.effect(OutboxStore.OutboxStore, Effect.map(make(directory), (rows) => OutboxStore.fromRows(rows)))
