/**
 * The port: where rows are kept. Whoever implements it has an outbox in a place of his own, by `OutboxStore.fromRows`, and
 * `OutboxStoreTest` proves it. It knows rows, and no rules: which state follows which, who may send, and when, is decided
 * above it.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type {
  AccountEntry,
  AccountState,
  ChangeCount,
  ChangesOptions,
  Count,
  DueAccount,
  Evidence,
  Filter,
  RowHistory
} from "./internal/service.js"
import type { Existing, NewRow } from "./Offer.js"
import type { OutboxStoreError } from "./OutboxError.js"
import type { HistoryEntry, OutboxRow, State } from "./OutboxRow.js"

type Stored<A> = Effect.Effect<A, OutboxStoreError>

/**
 * A row as it is from now on, and what is added to its history.
 *
 * @since 0.1.0
 * @category models
 */
export interface Changed {
  readonly row: OutboxRow
  readonly history: ReadonlyArray<HistoryEntry>
  /** Its input is another than it was. */
  readonly isReplaced?: boolean | undefined
}

/**
 * What is written down.
 *
 * @since 0.1.0
 * @category models
 */
export interface Update {
  readonly rows?: ReadonlyArray<Changed> | undefined
  /** What was told of rows too late. */
  readonly evidence?: ReadonlyArray<Evidence> | undefined
  /** One that `account` gave. */
  readonly account?: AccountState | undefined
  /** When that one was paused or resumed, which a place without `accountHistory` needn't keep. */
  readonly accountEntry?: AccountEntry | undefined
}

/**
 * Rows, accounts and histories, in whatever keeps them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * All or nothing, and nobody else sees or changes what it has read with a lock. Inside the caller's own transaction it
   * is a part of that. What locks or changes anything runs inside of one.
   */
  readonly transaction: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E | OutboxStoreError>
  /** The time that all who use these rows share. */
  readonly now: Stored<DateTime.Utc>

  /** Adds rows, and forgets what was kept for their shipments. Who was faster keeps the row: it isn't in the result. */
  readonly insert: (rows: ReadonlyArray<NewRow>) => Stored<ReadonlySet<string>>
  /** Writes all of it down. */
  readonly update: (changes: Update) => Stored<void>
  /**
   * Removes rows that have ended, in their state since before that moment, with their histories, so many at most. Of each
   * its shipment, tracking number and state are kept. The result: how many.
   */
  readonly prune: (before: DateTime.Utc, limit: number) => Stored<number>

  /** What there is for these shipments, with a lock or not; pruned ones too. */
  readonly find: (
    account: string,
    shipmentIds: ReadonlyArray<string>,
    how: "lock" | "look"
  ) => Stored<ReadonlyMap<string, Existing>>
  /** Rows by id, with a lock or not, in the order of their ids. */
  readonly byIds: (ids: ReadonlyArray<number>, how: "lock" | "look") => Stored<ReadonlyArray<OutboxRow>>
  /** In the order of their ids, or the other way round. Here and below, those that can't be read may be left out. */
  readonly list: (filter: Filter & { readonly limit: number }) => Stored<ReadonlyArray<OutboxRow>>
  /**
   * Rows in a state that are due and haven't ended (`OutboxRow.hasEnded`), the earliest first, with a lock. Those that
   * others have locked may be left out.
   */
  readonly due: (options: {
    readonly state: State
    readonly account?: string | undefined
    readonly now: DateTime.Utc
    readonly limit: number
  }) => Stored<ReadonlyArray<OutboxRow>>
  /** The accounts that have pending, unknown, or fulfilled rows which are due and haven't ended. Quick, however many rows and accounts there are. */
  readonly dueAccounts: (now: DateTime.Utc) => Stored<ReadonlyArray<DueAccount>>
  readonly counts: (which: "all" | "open") => Stored<ReadonlyArray<Count>>
  /** How many rows changed their state, by the minute or the hour, as far as histories tell. */
  readonly changes: (options: ChangesOptions) => Stored<ReadonlyArray<ChangeCount>>
  /** What happened to a row, and what was told of it too late. */
  readonly told: (id: number) => Stored<RowHistory>

  /** With a lock, that others may share or not. It is written down if it isn't there, so that it can be locked. */
  readonly account: (name: string, lock: "shared" | "exclusive") => Stored<AccountState>
  readonly accounts: Stored<ReadonlyArray<AccountState>>
  /** All that was written down of it, the newest first, so many at most. Without it only what comes last is known. */
  readonly accountHistory?: ((name: string, limit: number) => Stored<ReadonlyArray<AccountEntry>>) | undefined

  /** Tells others that rows of an account, or of any, are due, as soon as the transaction is committed. */
  readonly announce: (account: string | undefined) => Stored<void>
  /** Emits after an announcement the account that it named, or undefined for any. May miss some. */
  readonly announcements: Stream.Stream<string | undefined>
}
