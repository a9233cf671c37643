/** What a store is asked and answers. */
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Answer, Existing } from "../Offer.js"
import type {
  OutboxAccountChanged,
  OutboxClaimLost,
  OutboxRowNotFound,
  OutboxStateError,
  OutboxStoreError
} from "../OutboxError.js"
import { Actor, type HistoryEntry, type OrderSourceState, type OutboxRow, RowError, type State } from "../OutboxRow.js"
import { Ended, type Looked } from "./told.js"
import type { Seen, Verified } from "./verification.js"
import type { Policy } from "./waiting.js"

/**
 * Whether an account's rows are sent.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AccountState = Schema.Struct({
  account: Schema.String,
  /** Nothing is sent until somebody resumes it. */
  paused: Schema.optional(Schema.Struct({
    at: Schema.DateTimeUtcFromNumber,
    /** An operator, or the worker whose key was refused. */
    by: Actor,
    /** What it was refused with. */
    error: Schema.optional(RowError)
  })),
  /** An operator ended the last pause. Undefined once it is paused again. */
  resumed: Schema.optional(Schema.Struct({ at: Schema.DateTimeUtcFromNumber, by: Actor })),
  /** Nothing is sent before. */
  notBefore: Schema.optional(Schema.DateTimeUtcFromNumber),
  /** Each row is looked up before it is sent: the database doesn't know all that was sent. */
  suspectSince: Schema.optional(Schema.DateTimeUtcFromNumber).pipe(
    // as it is stored since the first version
    Schema.fromKey("distrustedSince")
  )
}).annotations({ identifier: "OutboxAccountState" })

/**
 * Whether an account's rows are sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountState extends Schema.Schema.Type<typeof AccountState> {}

/**
 * An account was paused or resumed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AccountEntry = Schema.Struct({
  account: Schema.String,
  at: Schema.DateTimeUtcFromNumber,
  /** Paused, or else resumed. */
  isPaused: Schema.Boolean,
  /** Undefined: a program resumed it, as its key is taken again. */
  by: Schema.optional(Actor),
  /** What it was refused with. */
  error: Schema.optional(RowError)
}).annotations({ identifier: "OutboxAccountEntry" })

/**
 * An account was paused or resumed.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountEntry extends Schema.Schema.Type<typeof AccountEntry> {}

/**
 * When an account was paused or resumed, as somebody saw it who decided on that. It was neither where there is neither.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountSeen {
  readonly pausedAt?: DateTime.Utc | undefined
  readonly resumedAt?: DateTime.Utc | undefined
}

/**
 * What a worker told of a row that was no longer its own.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Evidence = Schema.Struct({
  id: Schema.Int,
  token: Schema.String,
  at: Schema.DateTimeUtcFromNumber,
  ended: Ended
}).annotations({ identifier: "OutboxEvidence" })

/**
 * What a worker told of a row that was no longer its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Evidence extends Schema.Schema.Type<typeof Evidence> {}

/**
 * How many rows are in a state.
 *
 * @since 0.1.0
 * @category models
 */
export interface Count {
  readonly account: string
  readonly state: State
  readonly count: number
  /** When the oldest of them was offered. */
  readonly oldest: DateTime.Utc
}

/**
 * Which changes of state are counted.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChangesOptions {
  /** Those since this moment. */
  readonly since: DateTime.Utc
  /** For each minute, or for each hour. */
  readonly per: "minute" | "hour"
  /** Of one account, or of all. */
  readonly account?: string | undefined
}

/**
 * So many rows of an account got into a state within a minute, or an hour.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChangeCount {
  readonly account: string
  readonly state: State
  /** When the minute, or hour, began. */
  readonly from: DateTime.Utc
  readonly count: number
}

/**
 * Which rows. What is left out is met by all.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  readonly account?: string | undefined
  readonly states?: ReadonlyArray<State> | undefined
  readonly shipmentId?: string | undefined
  /** As it was offered. */
  readonly trackingNumber?: string | undefined
  /** One of these, as it was offered. */
  readonly trackingNumbers?: ReadonlyArray<string> | undefined
  /** Not fulfilled, and one of these was found in ShipStation instead of what was offered. */
  readonly foundTrackingNumbers?: ReadonlyArray<string> | undefined
  /** What the last error says, or a part of it, in any case. */
  readonly message?: string | undefined
  /** Offered before, or at, this moment. */
  readonly offeredBefore?: DateTime.Utc | undefined
  /** Fulfilled rows whose order source is waited for, was told, or wasn't. */
  readonly orderSource?: OrderSourceState | undefined
  /** Ended then or later. Rows whose order source is waited for have not ended yet. */
  readonly endedSince?: DateTime.Utc | undefined
  /** In the order in which they were offered, the last one first. */
  readonly newestFirst?: boolean | undefined
  /** Only rows after this one, in the order in which they are listed. */
  readonly after?: number | undefined
}

/**
 * Some rows, in the order of their ids, or the other way round.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly rows: ReadonlyArray<OutboxRow>
  /** Give it as `after` to get the next page. Undefined on the last one. */
  readonly next: number | undefined
}

/**
 * All that happened to a row.
 *
 * @since 0.1.0
 * @category models
 */
export interface RowHistory {
  /** The oldest first. */
  readonly history: ReadonlyArray<HistoryEntry>
  /** What workers told too late. */
  readonly evidence: ReadonlyArray<Evidence>
}

/**
 * A row, with all that happened to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RowWithHistory extends RowHistory {
  readonly row: OutboxRow
}

/**
 * Rows that are somebody's until the claim ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Claim {
  readonly token: string
  /** When it was claimed, by the store's time. */
  readonly at: DateTime.Utc
  readonly rows: ReadonlyArray<OutboxRow>
  /** Why there are none: the account is paused, or held back until then. */
  readonly held?: "paused" | DateTime.Utc | undefined
}

/**
 * An account that has rows to be worked on.
 *
 * @since 0.1.0
 * @category models
 */
export interface DueAccount {
  readonly account: string
  /** Of fulfilled rows it is to be seen whether their order sources were told. */
  readonly state: "pending" | "unknown" | "fulfilled"
}

/**
 * What to claim.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClaimOptions {
  readonly account: string
  readonly worker: string
  readonly limit: number
  /** How long the claim lasts unless it is renewed. */
  readonly lease: Duration.Duration
}

/**
 * A claim's token, and some of its rows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Claimed {
  readonly token: string
  readonly ids: ReadonlyArray<number>
}

/**
 * How an operator does something with a row.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperationOptions {
  /** Only if it is in that state, as it may have changed since somebody saw it. */
  readonly ifState?: State | undefined
  /** Only if it has that tracking number: while it wasn't sent, another offer may have replaced it. */
  readonly ifTrackingNumber?: string | undefined
  /** Why, for the row's history. */
  readonly reason?: string | undefined
}

/**
 * What an operator does with a row.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation = (
  id: number,
  options?: OperationOptions
) => Effect.Effect<OutboxRow, OutboxStoreError | OutboxRowNotFound | OutboxStateError>

/**
 * Where the outbox keeps its rows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Takes inputs in, which must be valid. Within the caller's own transaction it is a part of that. */
  readonly offer: (
    account: string,
    inputs: ReadonlyArray<{ readonly index: number; readonly input: FulfillmentInput }>,
    options?: { readonly voided?: boolean | undefined }
  ) => Effect.Effect<ReadonlyArray<Answer>, OutboxStoreError>

  /** Claims rows that may be sent now, with a fresh token. None while the account is paused or holds back. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<Claim, OutboxStoreError>
  /** Claims unknown rows that are to be read back. Also while the account holds back, not while it is paused. */
  readonly claimUnknown: (options: ClaimOptions) => Effect.Effect<Claim, OutboxStoreError>
  /** Lengthens a claim. The result: which of the rows are still held. */
  readonly renew: (claimed: Claimed, lease: Duration.Duration) => Effect.Effect<ReadonlyArray<number>, OutboxStoreError>
  /** Gives rows back. Those that were on their way become unknown. */
  readonly release: (claimed: Claimed) => Effect.Effect<void, OutboxStoreError>
  /**
   * Writes down that rows are about to be sent: they are `sending` from here on. All of them or none. Where it fails,
   * nothing may be sent.
   */
  readonly intend: (
    claimed: Claimed,
    options: { readonly account: string; readonly sendFor: Duration.Duration; readonly lease: Duration.Duration }
  ) => Effect.Effect<void, OutboxStoreError | OutboxClaimLost>
  /**
   * Writes down what became of rows, where they are still the claim's. For the others it is kept as evidence, and the
   * result has their ids.
   */
  readonly settle: (
    token: string,
    results: ReadonlyArray<{ readonly id: number; readonly ended: Ended }>,
    policy?: Policy
  ) => Effect.Effect<ReadonlyArray<number>, OutboxStoreError>
  /** Writes down what reading back told, where rows are still the claim's. */
  readonly looked: (
    token: string,
    results: ReadonlyArray<{ readonly id: number; readonly looked: Looked }>,
    policy: Policy
  ) => Effect.Effect<void, OutboxStoreError>
  /**
   * Takes fulfilled rows whose order sources are to be looked for, so that nobody else does until the lease ends. None while
   * the account is paused or holds back.
   */
  readonly claimFulfilled: (options: ClaimOptions) => Effect.Effect<Claim, OutboxStoreError>
  /** Writes down what a look showed, where nobody has looked since. The result: the rows as they are now. */
  readonly verified: (
    results: ReadonlyArray<{ readonly row: OutboxRow; readonly seen: Seen }>,
    options: { readonly worker: string; readonly after: ReadonlyArray<number> }
  ) => Effect.Effect<ReadonlyArray<Verified["row"]>, OutboxStoreError>
  /** Rows whose claim ended while they were being sent become unknown. The result: how many. */
  readonly expire: Effect.Effect<number, OutboxStoreError>

  /** The accounts that were ever worked for, paused or held back. */
  readonly accounts: Effect.Effect<ReadonlyArray<AccountState>, OutboxStoreError>
  /** Once it is done, no further row of the account gets `sending`. An operator's takes the place of a worker's. */
  readonly pause: (account: string, by: Actor, error?: RowError) => Effect.Effect<void, OutboxStoreError>
  /** Ends a pause, and holding back too. `by` is an operator who doesn't say why, if left out. */
  readonly resume: (account: string, by?: Actor) => Effect.Effect<void, OutboxStoreError>
  /** When it was paused and resumed, by whom and why, the newest first, so many at most. */
  readonly accountHistory: (
    account: string,
    limit: number
  ) => Effect.Effect<ReadonlyArray<AccountEntry>, OutboxStoreError>
  /** Pauses or resumes an account as an operator does, unless it was paused or resumed since somebody saw it. */
  readonly steer: (
    account: string,
    operation: "pause" | "resume",
    options: { readonly by: Actor; readonly ifSeen: AccountSeen }
  ) => Effect.Effect<void, OutboxStoreError | OutboxAccountChanged>
  /** `resume`, unless an operator paused it. The result: whether it isn't paused now. */
  readonly resumeRefused: (account: string) => Effect.Effect<boolean, OutboxStoreError>
  /** Pauses an account, and from then on rows that are claimed are to be looked up before they are sent. */
  readonly suspect: (account: string) => Effect.Effect<void, OutboxStoreError>
  /** Ends that, but no pause. */
  readonly trust: (account: string) => Effect.Effect<void, OutboxStoreError>
  /** Sends nothing of an account for so long. */
  readonly holdBack: (account: string, duration: Duration.Duration) => Effect.Effect<void, OutboxStoreError>

  /** Of all rows, or only of those that something will happen to, which is quick however many there are of the others. */
  readonly counts: (which: "all" | "open") => Effect.Effect<ReadonlyArray<Count>, OutboxStoreError>
  /**
   * How many rows got into which state, by account, for each minute or hour in which some did, the earliest first: as far
   * as histories tell. So what was offered isn't among it, nor that rows were about to be sent, nor what was pruned.
   */
  readonly changes: (options: ChangesOptions) => Effect.Effect<ReadonlyArray<ChangeCount>, OutboxStoreError>
  readonly list: (filter: Filter & { readonly limit: number }) => Effect.Effect<Page, OutboxStoreError>
  /** What there is for these shipments, pruned ones too. */
  readonly find: (
    account: string,
    shipmentIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, Existing>, OutboxStoreError>
  readonly get: (id: number) => Effect.Effect<RowWithHistory, OutboxStoreError | OutboxRowNotFound>
  readonly retry: Operation
  readonly discard: Operation
  /** Makes pending rows due that wait after a failure, or that a worker claimed and doesn't send yet. The result: how many. */
  readonly sendNow: (account: string) => Effect.Effect<number, OutboxStoreError>
  /** Makes unknown rows due, those that nobody reads back at the moment. The result: how many. */
  readonly reconcile: (
    account: string | undefined,
    shipmentIds?: ReadonlyArray<string>
  ) => Effect.Effect<number, OutboxStoreError>
  /** Makes fulfilled rows due that ended since, and whose order sources aren't known to be told. The result: how many. */
  readonly verify: (options: {
    readonly account: string | undefined
    readonly within: Duration.Duration
  }) => Effect.Effect<number, OutboxStoreError>
  /** Removes rows that ended so long ago. Of each, account, shipment, tracking number and state are kept. */
  readonly prune: (olderThan: Duration.Duration) => Effect.Effect<number, OutboxStoreError>

  /** The accounts that have rows which are due, paused ones too. */
  readonly dueAccounts: Effect.Effect<ReadonlyArray<DueAccount>, OutboxStoreError>
  /** Emits when rows may have become due: of which account, or undefined for any. May miss some. */
  readonly announcements: Stream.Stream<string | undefined>
  /** How often to look for rows that nobody announced. */
  readonly poll: Duration.Duration
}
