/** What a store needs of the place where rows are kept. What the rows mean is no business of it. */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Existing, NewRow } from "../Offer.js"
import type { OutboxStoreError } from "../OutboxError.js"
import type { HistoryEntry, OutboxRow, State } from "../OutboxRow.js"
import type { AccountState, Count, DueAccount, Evidence, Filter } from "./service.js"

type Stored<A> = Effect.Effect<A, OutboxStoreError>

export interface Backend {
  /**
   * All or nothing, and nobody else sees or changes what it has read with a lock. Inside the caller's own transaction it
   * is a part of that.
   */
  readonly transaction: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E | OutboxStoreError>
  readonly now: Stored<DateTime.Utc>

  /** What there is for these shipments, with a lock or not. */
  readonly existing: (
    account: string,
    shipmentIds: ReadonlyArray<string>,
    how: "lock" | "look"
  ) => Stored<ReadonlyMap<string, Existing>>
  /** Adds rows, and forgets what was kept for their shipments. Who was faster keeps the row: it isn't in the result. */
  readonly insert: (rows: ReadonlyArray<NewRow>) => Stored<ReadonlySet<string>>
  readonly update: (rows: ReadonlyArray<OutboxRow>) => Stored<void>
  readonly addHistory: (entries: ReadonlyArray<{ readonly id: number; readonly entry: HistoryEntry }>) => Stored<void>
  readonly addEvidence: (evidence: ReadonlyArray<Evidence>) => Stored<void>

  /** Rows by id, with a lock, in the order of their ids. */
  readonly byIds: (ids: ReadonlyArray<number>) => Stored<ReadonlyArray<OutboxRow>>
  /** Rows that are due, with a lock. Here and below, those that others have locked, and that can't be read, are left out. */
  readonly due: (options: {
    readonly state: State
    readonly account?: string | undefined
    readonly now: DateTime.Utc
    readonly limit: number
  }) => Stored<ReadonlyArray<OutboxRow>>

  /** Pending rows that aren't due yet, with a lock. */
  readonly waiting: (account: string, now: DateTime.Utc, limit: number) => Stored<ReadonlyArray<OutboxRow>>

  /** With a lock that others may share, or not. */
  readonly account: (name: string, lock: "shared" | "exclusive") => Stored<AccountState | undefined>
  readonly accounts: Stored<ReadonlyArray<AccountState>>
  /** Unless it is there. */
  readonly addAccount: (name: string) => Stored<void>
  /** One that is there. */
  readonly saveAccount: (account: AccountState) => Stored<void>

  /** Ends a pause of the rate limiter whose log is kept in the same place, if there is one. */
  readonly resumeLimiter: (account: string) => Stored<void>

  readonly counts: (which: "all" | "open") => Stored<ReadonlyArray<Count>>
  readonly list: (filter: Filter & { readonly limit: number }) => Stored<ReadonlyArray<OutboxRow>>
  readonly history: (id: number) => Stored<ReadonlyArray<HistoryEntry>>
  readonly evidence: (id: number) => Stored<ReadonlyArray<Evidence>>
  /** The oldest rows that ended before, with a lock. */
  readonly endedBefore: (moment: DateTime.Utc, limit: number) => Stored<ReadonlyArray<OutboxRow>>
  /** Removes rows with their history, and keeps what `Kept` says. */
  readonly prune: (rows: ReadonlyArray<OutboxRow>) => Stored<void>

  /** The accounts that have rows in these states which are due. Quick, however many rows and accounts there are. */
  readonly dueAccounts: (now: DateTime.Utc) => Stored<ReadonlyArray<DueAccount>>

  /** Tells others that rows of an account, or of any, are due, as soon as the transaction is committed. */
  readonly announce: (account: string | undefined) => Stored<void>
  /** Emits after an announcement the account that it named, or undefined for any. May miss some. */
  readonly announcements: Stream.Stream<string | undefined>
  /** How often to look for rows that nobody announced. */
  readonly poll: Duration.Duration
}
