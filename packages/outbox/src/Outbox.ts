/**
 * Fulfillments that survive crashes: they are stored first, in the caller's own transaction, and sent by an
 * `OutboxWorker`.
 *
 * @since 0.1.0
 */
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import { type FulfillmentInput, validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { defaultAccount } from "./Accounts.js"
import { duration } from "./internal/options.js"
import { type Answer, type Existing, Refused } from "./Offer.js"
import type { OutboxAccountChanged, OutboxRowNotFound, OutboxStoreError } from "./OutboxError.js"
import { operatorBecause, type OutboxRow } from "./OutboxRow.js"
import {
  type AccountEntry,
  type AccountSeen,
  type AccountState,
  type ChangeCount,
  type ChangesOptions,
  type Count,
  type DueAccount,
  type Filter,
  type Operation,
  OutboxStore,
  type Page,
  type RowWithHistory
} from "./OutboxStore.js"

/**
 * How an operator pauses or resumes an account.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountOptions {
  /** Why, for whoever looks at it. */
  readonly reason?: string | undefined
  /** Only if it wasn't paused or resumed since somebody saw it. */
  readonly ifSeen?: AccountSeen | undefined
}

/**
 * Takes fulfillments in, and shows and steers what becomes of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Stores fulfillments that are to be sent, and answers for each input, in their order (see `Offer.answers`). A refused
   * input keeps no other from being taken.
   *
   * Within `SqlClient`'s `withTransaction` it is a part of the caller's transaction, so that an order and its fulfillment
   * are stored together or not at all. It fails only with the database, and then nothing was stored.
   *
   * `account` is `"default"` if left out. It may be one that no worker works for yet.
   *
   * `voided`: those of them that are fulfilled were voided in ShipStation, so that another input, such as a corrected
   * tracking number, is `Requeued`. It is looked up first. If the fulfillment is still there, nothing is sent, and the row is
   * in `conflict`: void it, and `retry`.
   */
  readonly offer: (
    inputs: ReadonlyArray<FulfillmentInput>,
    options?: { readonly account?: string | undefined; readonly voided?: boolean | undefined }
  ) => Effect.Effect<ReadonlyArray<Answer>, OutboxStoreError>

  /** How many rows are in each state, and since when, by account. */
  readonly counts: Effect.Effect<ReadonlyArray<Count>, OutboxStoreError>
  /** The same of pending, sending and unknown rows only: quick, however many have ended. */
  readonly openCounts: Effect.Effect<ReadonlyArray<Count>, OutboxStoreError>
  /**
   * How many rows got into which state, by account, for each minute or hour since a moment in which some did, the earliest
   * first: as far as histories tell. So what was offered isn't among it, nor that rows were about to be sent, nor what was
   * pruned.
   */
  readonly changes: (options: ChangesOptions) => Effect.Effect<ReadonlyArray<ChangeCount>, OutboxStoreError>
  /** A page of rows, in the order of their ids. 100 of them unless `limit` says. */
  readonly list: (
    filter?: Filter & { readonly limit?: number | undefined }
  ) => Effect.Effect<Page, OutboxStoreError>
  /** All rows, page by page as they are pulled. */
  readonly listAll: (filter?: Filter) => Stream.Stream<OutboxRow, OutboxStoreError>
  /** What there is for some shipments of an account; pruned ones too. */
  readonly find: (
    shipmentIds: ReadonlyArray<string>,
    account?: string
  ) => Effect.Effect<ReadonlyMap<string, Existing>, OutboxStoreError>
  /** A row, with all that happened to it. */
  readonly get: (id: number) => Effect.Effect<RowWithHistory, OutboxStoreError | OutboxRowNotFound>
  /**
   * Sends a row that was rejected, or is in conflict, once more. A pending one needn't wait any longer. An unknown one is
   * read back, and if two looks don't find it, it is sent at once: a person decided. A fulfilled one is looked up, and sent
   * only if its fulfillment was voided, or isn't in the list any more 20 minutes after it was sent; else it is fulfilled as
   * before, with `NotVoided` as `lastError`.
   *
   * `ifState` and `ifTrackingNumber` are what was decided on. If the row has another by now, nothing is changed.
   */
  readonly retry: Operation
  /**
   * Gives a row up. Not one that is being sent, nor one that is fulfilled, or was and is looked up as voided. It can't be
   * undone. Both as of `retry`.
   */
  readonly discard: Operation

  /** The accounts that have rows which a worker could take now, paused ones too. Quick, however many rows there are. */
  readonly dueAccounts: Effect.Effect<ReadonlyArray<DueAccount>, OutboxStoreError>
  /** Whether the accounts are paused. */
  readonly accounts: Effect.Effect<ReadonlyArray<AccountState>, OutboxStoreError>
  /** When an account was paused and resumed, by whom and why, the newest first. 100 times unless `limit` says. */
  readonly accountHistory: (
    account?: string,
    options?: { readonly limit?: number | undefined }
  ) => Effect.Effect<ReadonlyArray<AccountEntry>, OutboxStoreError>
  /**
   * Stops sending for an account. What is being sent at that moment is finished.
   *
   * `ifSeen`: when it was paused or resumed, as somebody saw it who decided on that. If it was paused or resumed since,
   * nothing is changed, and it fails with `OutboxAccountChanged`.
   */
  readonly pause: (
    account?: string,
    options?: AccountOptions
  ) => Effect.Effect<void, OutboxStoreError | OutboxAccountChanged>
  /**
   * Goes on sending for an account, whoever paused it. Who did it, and why, is kept until it is paused again. `ifSeen` as of
   * `pause`.
   */
  readonly resume: (
    account?: string,
    options?: AccountOptions
  ) => Effect.Effect<void, OutboxStoreError | OutboxAccountChanged>
  /**
   * Ends a pause that a worker made as its key was refused; an operator's stays. For programs that have seen that the key
   * is taken now. The result: whether the account isn't paused now.
   */
  readonly resumeRefused: (account?: string) => Effect.Effect<boolean, OutboxStoreError>
  /** Sends pending rows of an account now that wait after a failure, or for a worker that may be gone. The result: how many. */
  readonly sendNow: (account?: string) => Effect.Effect<number, OutboxStoreError>
  /**
   * For a database that doesn't know all that was sent, such as one that was restored from a backup. Pauses an account,
   * and once it is resumed each of its rows is looked up in ShipStation's list before it is sent, those that are offered
   * later too, until `trust`. That costs one more request for each row.
   */
  readonly suspect: (account?: string) => Effect.Effect<void, OutboxStoreError>
  /** Ends what `suspect` began, but no pause. */
  readonly trust: (account?: string) => Effect.Effect<void, OutboxStoreError>
  /**
   * Reads unknown rows back now, of one account or of all, or only those of some shipments, such as a webhook has told of.
   * The result: how many.
   */
  readonly reconcile: (
    account?: string,
    options?: { readonly shipmentIds?: ReadonlyArray<string> | undefined }
  ) => Effect.Effect<number, OutboxStoreError>
  /**
   * Has the order sources of fulfilled rows looked for now, unless they are known to be told: those that are waited for, and
   * of the others those fulfilled `within` so long, 1 day if left out. Of one account or of all, and also where workers
   * don't `verify` by themselves. Nothing is sent. The result: how many. What is seen is each row's `orderSource`.
   */
  readonly verify: (options?: {
    readonly account?: string | undefined
    readonly within?: Duration.DurationInput | undefined
  }) => Effect.Effect<number, OutboxStoreError>
  /**
   * Removes rows that ended so long ago, with their history. Of each, account, shipment, tracking number and state are
   * kept, so that what is offered again is recognised. The result: how many. What is no duration is a defect.
   */
  readonly prune: (olderThan: Duration.DurationInput) => Effect.Effect<number, OutboxStoreError>
}

/**
 * Takes fulfillments in, and shows and steers what becomes of them.
 *
 * @since 0.1.0
 * @category tags
 */
export class Outbox extends Context.Tag("@effect-shipstation/outbox/Outbox")<Outbox, Service>() {}

const finite = (name: string, given: unknown) => duration(name, given, "a finite duration", Duration.isFinite)

/**
 * Builds the outbox on a store.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, OutboxStore> = Effect.map(OutboxStore, (store): Service => {
  const offer: Service["offer"] = Effect.fnUntraced(
    function*(inputs, { account = defaultAccount, voided } = {}) {
      yield* Effect.annotateCurrentSpan({ "shipstation.account": account, "shipstation.batch_size": inputs.length })
      const answers = new Map<number, Answer>()
      const valid = inputs.flatMap((input, index) => {
        const checked = validateInput(input)
        // the copy: the caller may change its own
        if (Either.isRight(checked)) return [{ index, input: checked.right }]
        const shipment_id = Predicate.isRecord(input) ? input.shipment_id : undefined
        answers.set(
          index,
          new Refused({
            index,
            shipment_id: typeof shipment_id === "string" ? shipment_id : "",
            reason: "invalid",
            issues: checked.left
          })
        )
        return []
      })
      for (const answer of valid.length === 0 ? [] : yield* store.offer(account, valid, { voided })) {
        answers.set(answer.index, answer)
      }
      return inputs.flatMap((_, index) => answers.get(index) ?? [])
    },
    Effect.withSpan("Outbox.offer", { captureStackTrace: false })
  )

  return {
    offer,
    counts: store.counts("all"),
    openCounts: store.counts("open"),
    changes: store.changes,
    list: ({ limit = 100, ...filter } = {}) => store.list({ ...filter, limit }),
    listAll: (filter = {}) =>
      Stream.paginateChunkEffect(
        filter.after,
        (after) =>
          Effect.map(store.list({ ...filter, after, limit: 500 }), ({ next, rows }) => [
            Chunk.fromIterable(rows),
            next === undefined ? Option.none() : Option.some(next)
          ])
      ),
    find: (shipmentIds, account = defaultAccount) => store.find(account, shipmentIds),
    get: store.get,
    retry: store.retry,
    discard: store.discard,
    dueAccounts: store.dueAccounts,
    accounts: store.accounts,
    accountHistory: (account = defaultAccount, { limit = 100 } = {}) => store.accountHistory(account, limit),
    pause: (account = defaultAccount, { ifSeen, reason } = {}) => {
      const by = operatorBecause(reason)
      return ifSeen === undefined ? store.pause(account, by) : store.steer(account, "pause", { by, ifSeen })
    },
    resume: (account = defaultAccount, { ifSeen, reason } = {}) => {
      const by = operatorBecause(reason)
      return ifSeen === undefined ? store.resume(account, by) : store.steer(account, "resume", { by, ifSeen })
    },
    resumeRefused: (account = defaultAccount) => store.resumeRefused(account),
    sendNow: (account = defaultAccount) => store.sendNow(account),
    suspect: (account = defaultAccount) => store.suspect(account),
    trust: (account = defaultAccount) => store.trust(account),
    reconcile: (account, { shipmentIds } = {}) => store.reconcile(account, shipmentIds),
    verify: ({ account, within = "1 day" } = {}) =>
      Effect.suspend(() => store.verify({ account, within: finite("within", within) })),
    prune: (olderThan) => Effect.suspend(() => store.prune(finite("olderThan", olderThan)))
  }
})

/**
 * Needs a store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Outbox, never, OutboxStore> = SharedLayer.make(
  Effect.all({ store: OutboxStore }),
  () => Layer.effect(Outbox, make)
)
