/**
 * Sends what the outbox holds, and finds out what became of it. Any number of workers, on any number of machines, share
 * the work of one store.
 *
 * A worker that dies leaves rows that were on their way `unknown`, and those are read back, not sent. A row is sent again
 * only after the list of fulfillments, looked at three times or more over `resendAfter`, didn't have it.
 *
 * @since 0.1.0
 */
import * as SharedLayer from "@effect-shipstation/http-client/SharedLayer"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Accounts, type Service as AccountsService } from "./Accounts.js"
import { alongside } from "./internal/alongside.js"
import * as Backoff from "./internal/backoff.js"
import * as Dispatch from "./internal/dispatch.js"
import type { WorkerEvent } from "./internal/events.js"
import * as Lanes from "./internal/lanes.js"
import { complain, inTime, quietly } from "./internal/lanes.js"
import { count, duration, flag } from "./internal/options.js"
import { currentConnection } from "./internal/sql/transaction.js"
import { makeWatch } from "./internal/watch.js"
import type { OutboxStoreError } from "./OutboxError.js"
import { type DueAccount, OutboxStore } from "./OutboxStore.js"

export type { Backoff, Delay } from "./internal/backoff.js"

export type { WorkerEvent } from "./internal/events.js"

/**
 * What can be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Who it is, in histories and logs. Default: `worker-` and a random number. */
  readonly name?: string | undefined
  /** The most rows of one request. Default 100. */
  readonly batchSize?: number | undefined
  /** How many requests of one account are under way at once. Default 4. */
  readonly concurrency?: number | undefined
  /** How long rows are a worker's that isn't heard of; those it is about to send at least for `sendWithin`. Default 1 minute. */
  readonly lease?: Duration.DurationInput | undefined
  /** How long after its intent was written a request may be sent. Default 30 seconds. */
  readonly sendWithin?: Duration.DurationInput | undefined
  /**
   * How long an unknown row must be absent from the list of fulfillments before it is sent again; `"never"`: it waits for
   * an operator. Default 60 minutes. Less than 20 minutes is a defect, as a request that got stuck may arrive that late.
   */
  readonly resendAfter?: Duration.DurationInput | "never" | undefined
  /** The same, however short. A customer may be mailed twice: for tests. */
  readonly unsafeResendAfter?: Duration.DurationInput | undefined
  /**
   * Whether to look, after a row was fulfilled, if its order source (a shop or marketplace) was told. When: `backoff`'s
   * `verify`. Not for inputs whose `notify_order_source` is false. Default false.
   */
  readonly verify?: boolean | undefined
  /** How long what failed waits. */
  readonly backoff?: Backoff.Backoff | undefined
  /** How long a worker that is told to stop waits for what is under way. Default 30 seconds. */
  readonly stopWithin?: Duration.DurationInput | undefined
  /** When it succeeds, a worker that is told to stop doesn't wait any longer. Default: it never does. */
  readonly stopNow?: Effect.Effect<unknown> | undefined
}

/**
 * Sends what the outbox holds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly name: string
  /** For health checks. */
  readonly state: Effect.Effect<{
    /** Batches that are under way. */
    readonly batches: number
    /** When it last looked for rows, at least four times a `lease`. An old moment: it hangs, or the database does. */
    readonly lastLook: DateTime.Utc
  }>
  /** Emits what the worker does, from the subscription on. What nobody listens to is lost. */
  readonly events: Stream.Stream<WorkerEvent>
}

/**
 * Sends what the outbox holds.
 *
 * @since 0.1.0
 * @category tags
 */
export class OutboxWorker extends Context.Tag("@effect-shipstation/outbox/OutboxWorker")<OutboxWorker, Service>() {}

export { notNotified } from "./internal/verify.js"

export { oldestAge, paused, rowCount } from "./internal/watch.js"

/**
 * Starts a worker, outside of any transaction: inside of one it is a defect. When the scope closes it claims nothing more,
 * gives back what it hasn't sent yet, waits for what is under way, and after `stopWithin` writes down what isn't known.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Service, never, Accounts | OutboxStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* OutboxStore
    const accounts = yield* Accounts
    if (Option.isSome(yield* currentConnection)) {
      // which takes back what it writes down, and not what it sends
      return yield* Effect.dieMessage("A worker can't start in a transaction")
    }
    const checked = yield* Effect.sync(() => check(options))
    const name = options.name ?? `worker-${yield* Random.nextIntBetween(0, 2 ** 31)}`
    const events = yield* PubSub.unbounded<WorkerEvent>()
    const publish = (event: WorkerEvent) => PubSub.publish(events, event)
    const stopping = yield* Deferred.make<void>()
    const { batches, loops } = yield* makeFibers(options.stopNow, checked.stopWithin, stopping)
    let lastLook = yield* DateTime.now
    const looked = Effect.map(DateTime.now, (now) => {
      lastLook = now
      return now
    })

    const shared = {
      worker: name,
      batches,
      loops,
      turns: Effect.unsafeMakeSemaphore(claimsAtOnce),
      starts: Effect.unsafeMakeSemaphore(startsAtOnce),
      claimed: Effect.asVoid(looked)
    }
    const lanesOf = makeLanes(accounts, shared, checked, {
      operations: store,
      worker: name,
      stopping: Deferred.await(stopping),
      delays: checked.delays,
      publish
    })

    /** Runs for ever, whatever happens. */
    const keepOn = (what: string, round: Effect.Effect<unknown, OutboxStoreError>) =>
      FiberSet.run(loops, Effect.forever(Effect.catchAllCause(round, complain(name, what))))

    const alarm = yield* Queue.sliding<"announced" | "time">(1)
    let isAnnounced = true
    yield* keepOn(
      "look for rows",
      Effect.gen(function*() {
        const due = yield* inTime(quietly(store.dueAccounts))
        yield* looked
        for (const { account, state } of due) yield* lanesOf(account)?.[state].look(isAnnounced) ?? Effect.void
        const why = yield* Queue.take(alarm).pipe(alongside(Effect.delay(Queue.offer(alarm, "time"), store.poll)))
        isAnnounced = why === "announced"
      })
    )
    yield* FiberSet.run(
      loops,
      Stream.runForEach(store.announcements, (account) => {
        if (account === undefined) return Queue.offer(alarm, "announced")
        const lanes = lanesOf(account)
        return lanes === undefined ? Effect.void : Effect.zipRight(lanes.pending.look(true), lanes.unknown.look(true))
      })
    )

    yield* keepOn(
      "look after the rows of others",
      makeWatch({ operations: store, worker: name, publish, looked, ours: accounts }).pipe(
        Effect.zipRight(Effect.sleep(Duration.times(checked.lease, 1 / 4)))
      )
    )
    return {
      name,
      state: Effect.map(FiberSet.size(batches), (batches) => ({ batches, lastLook })),
      events: Stream.fromPubSub(events)
    }
  })

/**
 * Looks after all accounts for ever, as each worker does after its own: rows of workers that weren't heard of become
 * unknown, and what waits is measured. For those who spread accounts over workers themselves, and let one look after all.
 *
 * @since 0.1.0
 * @category execution
 */
export const lookAfterAll: Effect.Effect<never, never, OutboxStore> = Effect.gen(function*() {
  const operations = yield* OutboxStore
  const worker = "looks after all"
  const watch = makeWatch({
    operations,
    worker,
    publish: () => Effect.void,
    looked: DateTime.now,
    ours: { has: () => true, keys: () => [] }
  })
  const round = Effect.zipRight(watch, Effect.sleep("15 seconds"))
  return yield* Effect.forever(Effect.catchAllCause(round, complain(worker, "look after the rows of others")))
})

/**
 * A worker as long as the layer lives. Needs the store and the accounts that it works for, and is one for each two of them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<OutboxWorker, never, Accounts | OutboxStore> =>
  SharedLayer.make(
    Effect.all({ accounts: Accounts, store: OutboxStore }),
    () => Layer.scoped(OutboxWorker, make(options))
  )

/** So many questions of one worker to the database, to claim rows. */
const claimsAtOnce = 8

/** So many batches of one worker begin at once, which is 320 requests a second. */
const startsAtOnce = 32

/** One page of the list tells of so many. */
const mostUnknown = 500

/** So many that were fulfilled together are on the same few pages. */
const mostFulfilled = 5_000

const anyDuration = (name: string, given: unknown) => duration(name, given, "a duration", () => true)

const checkResendAfter = ({ resendAfter = "60 minutes", unsafeResendAfter }: Options): Duration.Duration =>
  unsafeResendAfter === undefined
    ? duration(
      "resendAfter",
      resendAfter === "never" ? Infinity : resendAfter,
      "\"never\" or at least 20 minutes: a request that got stuck may arrive that late",
      Duration.greaterThanOrEqualTo("20 minutes")
    )
    : anyDuration("unsafeResendAfter", unsafeResendAfter)

/** The options, with their defaults. Throws at one that can't be. */
const check = (options: Options) => ({
  batchSize: count("batchSize", options.batchSize ?? 100),
  concurrency: count("concurrency", options.concurrency ?? 4),
  lease: duration("lease", options.lease ?? "1 minute"),
  sendWithin: duration("sendWithin", options.sendWithin ?? "30 seconds"),
  resendAfter: checkResendAfter(options),
  stopWithin: anyDuration("stopWithin", options.stopWithin ?? "30 seconds"),
  verify: flag("verify", options.verify ?? false),
  delays: Backoff.check(options.backoff)
})

/** What a worker runs. When the scope closes, batches are waited for, as long as the options say. */
const makeFibers = Effect.fnUntraced(function*(
  stopNow: Effect.Effect<unknown> = Effect.never,
  stopWithin: Duration.Duration,
  stopping: Deferred.Deferred<void>
) {
  const batches = yield* FiberSet.make<void>()
  const loops = yield* FiberSet.make<void>()
  yield* Effect.addFinalizer(() =>
    FiberSet.clear(loops).pipe(
      Effect.zipRight(Deferred.succeed(stopping, undefined)),
      Effect.zipRight(FiberSet.awaitEmpty(batches)),
      Effect.raceFirst(stopNow),
      Effect.disconnect,
      Effect.interruptible,
      Effect.timeoutOption(stopWithin)
    )
  )
  return { batches, loops }
})

/** The lanes of an account, made when they are needed. Undefined for accounts that aren't the worker's. */
const makeLanes = (
  accounts: AccountsService,
  shared: Lanes.Shared,
  { batchSize, concurrency, delays, lease, resendAfter, sendWithin, verify: isVerifying }: ReturnType<typeof check>,
  needs: Omit<Dispatch.Options, "account" | "fulfillments" | "lease" | "sendWithin" | "policy">
) => {
  const all = new Map<string, { readonly [S in DueAccount["state"]]: Lanes.Lane }>()
  const policy = {
    resendAfter: Duration.toMillis(resendAfter),
    nextLook: (looks: number) => Backoff.after(delays.look, looks - 1),
    verifyAfter: isVerifying ? delays.verify : undefined
  }
  return (account: string) => {
    const made = all.get(account)
    const fulfillments = accounts.get(account)
    if (made !== undefined || fulfillments === undefined) return made
    const { reconcile, send, verify } = Dispatch.make({ ...needs, account, fulfillments, lease, sendWithin, policy })
    const what = { account, worker: needs.worker, lease }
    const { operations } = needs
    const lanes = {
      pending: Lanes.make(shared, {
        what: "claim rows",
        claim: operations.claim({ ...what, limit: batchSize }),
        limit: batchSize,
        work: send,
        atOnce: concurrency
      }),
      unknown: Lanes.make(shared, {
        what: "claim unknown rows",
        claim: operations.claimUnknown({ ...what, limit: mostUnknown }),
        limit: mostUnknown,
        work: reconcile,
        atOnce: 1
      }),
      fulfilled: Lanes.make(shared, {
        what: "claim fulfilled rows",
        claim: operations.claimFulfilled({ ...what, limit: mostFulfilled }),
        limit: mostFulfilled,
        work: verify,
        atOnce: 1
      })
    }
    all.set(account, lanes)
    return lanes
  }
}
