/** What operations share: reading with a lock, deciding, writing. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { OutboxStoreError } from "../../OutboxError.js"
import type { OutboxRow } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { AccountState } from "../service.js"
import type { Change } from "../transitions.js"

type Stored<A> = Effect.Effect<A, OutboxStoreError>

/** How many rows are read and written at once: a statement takes so many values only. */
export const chunk = 500

/** Writes changes down. */
export const save = (port: OutboxRows.Service, changes: ReadonlyArray<OutboxRows.Changed>): Stored<void> =>
  changes.length === 0 ? Effect.void : port.update({ rows: changes })

/** Tells that rows are due. */
export const announce = (port: OutboxRows.Service, changes: ReadonlyArray<Change>): Stored<void> =>
  Effect.forEach(new Set(changes.map(({ row }) => row.account)), port.announce, { discard: true })

/** The rows, and those of them that are still the token's. */
export const held = (
  port: OutboxRows.Service,
  token: string,
  ids: ReadonlyArray<number>
): Stored<{ readonly all: ReadonlyArray<OutboxRow>; readonly ours: ReadonlyArray<OutboxRow> }> =>
  Effect.map(port.byIds(ids, "lock"), (all) => ({ all, ours: all.filter(({ claim }) => claim?.token === token) }))

/** Until there are no more: no transaction holds more than a few rows. Of those that can't be read it knows nothing. */
export const inChunks = <E>(some: Effect.Effect<number, E>): Effect.Effect<number, E> =>
  Effect.flatMap(
    some,
    (count) => count === 0 ? Effect.succeed(0) : Effect.map(inChunks(some), (n) => n + count)
  )

/** Changes the rows of a filter, a page at a time. The result: how many were. */
export const changeAll = Effect.fnUntraced(function*(
  port: OutboxRows.Service,
  filter: Parameters<OutboxRows.Service["list"]>[0],
  change: (row: OutboxRow, now: DateTime.Utc) => ReadonlyArray<OutboxRows.Changed>
): Effect.fn.Return<number, OutboxStoreError> {
  let after = filter.after
  let count = 0
  do {
    const page: ReadonlyArray<OutboxRow> = yield* port.list({ ...filter, after })
    count += yield* port.transaction(Effect.gen(function*() {
      const now = yield* port.now
      const changes = Array.flatMap(yield* port.byIds(page.map(({ id }) => id), "lock"), (row) => change(row, now))
      yield* save(port, changes)
      return changes.length
    }))
    after = page.length < filter.limit ? undefined : page.at(-1)?.id
  } while (after !== undefined)
  return count
})

/** Nobody is held back for longer: what says so was written by an older version, which believed all that it was told. */
export const longestHold = Duration.hours(1)

/** Without a wait that is too long to be believed. */
export const believed = (state: AccountState, now: DateTime.Utc): AccountState => {
  const { notBefore } = state
  const isTooFar = notBefore !== undefined && DateTime.greaterThan(notBefore, DateTime.addDuration(now, longestHold))
  return isTooFar ? { ...state, notBefore: undefined } : state
}
