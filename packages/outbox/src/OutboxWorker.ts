/**
 * Sends what the outbox holds, and finds out what became of it. Any number of workers, on any number of machines, share
 * the work of one store.
 *
 * A worker that dies leaves rows that were on their way `unknown`, and those are read back, not sent. A row is sent again
 * only after the list of fulfillments, looked at three times or more over `resendAfter`, didn't have it.
 */
import type { Service as Fulfillments } from "@effect-shipstation/fulfillments/Fulfillments"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Accounts } from "./Accounts.js"
import * as Backoff from "./internal/backoff.js"
import { beside, within } from "./internal/beside.js"
import * as Dispatch from "./internal/dispatch.js"
import type { WorkerEvent } from "./internal/events.js"
import { OutboxStoreError } from "./OutboxError.js"
import { type AccountState, type Claim, type Count, OutboxStore } from "./OutboxStore.js"

export type { Backoff, Delay } from "./internal/backoff.js"

export type { WorkerEvent } from "./internal/events.js"

/** What can be set. */
export interface Options {
  /** Who it is, in histories and logs. Default: `worker-` and a random number. */
  readonly name?: string | undefined
  /** The most rows of one request. Default 100. */
  readonly batchSize?: number | undefined
  /** How many requests of one account are under way at once. Default 4. */
  readonly concurrency?: number | undefined
  /** How long rows are a worker's that isn't heard of. Default 1 minute. */
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
  /** How long what failed waits. */
  readonly backoff?: Backoff.Backoff | undefined
  /** How long a worker that is told to stop waits for what is under way. Default 30 seconds. */
  readonly stopWithin?: Duration.DurationInput | undefined
  /** When it succeeds, a worker that is told to stop doesn't wait any longer. Default: it never does. */
  readonly stopNow?: Effect.Effect<unknown> | undefined
}

/** Sends what the outbox holds. */
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

/** Sends what the outbox holds. */
export class OutboxWorker extends Context.Tag("@effect-shipstation/outbox/OutboxWorker")<OutboxWorker, Service>() {}

/** Rows of the worker's accounts that something will happen to, by `account` and `state`. */
export const rowCount = Metric.gauge("shipstation.outbox.rows", { description: "Rows of the outbox that are not done" })

/** How long ago the oldest of them was offered, in milliseconds. */
export const oldestAge = Metric.gauge("shipstation.outbox.oldest_age", {
  description: "Age of the oldest row of the outbox that is not done, in milliseconds"
})

/** 1 for an account that is paused, such as after its key was refused, 0 for the others. By `account`. */
export const paused = Metric.gauge("shipstation.outbox.paused", { description: "Accounts of which nothing is sent" })

/**
 * Starts a worker. When the scope closes it claims nothing more, gives back what it hasn't sent yet, waits for what is
 * under way, and after `stopWithin` writes down what isn't known.
 */
export const make = (
  options: Options = {}
): Effect.Effect<Service, never, Accounts | OutboxStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* OutboxStore
    const accounts = yield* Accounts
    const resendAfter = yield* checkResendAfter(options)
    const delays = yield* Backoff.check(options.backoff)
    const events = yield* PubSub.unbounded<WorkerEvent>()
    const publish = (event: WorkerEvent) => PubSub.publish(events, event)
    const name = options.name ?? `worker-${yield* Random.nextIntBetween(0, 2 ** 31)}`
    const { batchSize = 100, concurrency = 4 } = options
    const lease = Duration.decode(options.lease ?? "1 minute")
    const stopWithin = Duration.decode(options.stopWithin ?? "30 seconds")
    let lastLook = yield* DateTime.now

    const batches = yield* FiberSet.make<void>()
    const loops = yield* FiberSet.make<void>()
    const stopping = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() =>
      FiberSet.clear(loops).pipe(
        Effect.zipRight(Deferred.succeed(stopping, undefined)),
        Effect.zipRight(FiberSet.awaitEmpty(batches)),
        Effect.raceFirst(options.stopNow ?? Effect.never),
        Effect.disconnect,
        Effect.interruptible,
        Effect.timeoutOption(stopWithin)
      )
    )

    /** Runs for ever, whatever happens. */
    const keepOn = (what: string, round: Effect.Effect<unknown, OutboxStoreError>) =>
      round.pipe(
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.interrupt
            : Effect.logError(`The outbox's worker failed to ${what}`, cause).pipe(
              Effect.annotateLogs("shipstation.worker", name),
              Effect.zipRight(Effect.flatMap(Backoff.jittered(1_000), Effect.sleep))
            )
        ),
        Effect.forever,
        FiberSet.run(loops)
      )

    const alarms: globalThis.Array<Queue.Queue<void>> = []

    /** Claims rows as long as there are any, and works on some batches at once. */
    const workOn = Effect.fnUntraced(function*(
      what: string,
      claim: Effect.Effect<Claim, OutboxStoreError>,
      work: (claim: Claim) => Effect.Effect<void>,
      atOnce: number
    ) {
      const alarm = yield* Queue.sliding<void>(1)
      alarms.push(alarm)
      const slots = yield* Effect.makeSemaphore(atOnce)
      const safely = (claim: Claim) =>
        Effect.catchAllCause(work(claim), (cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.void
            : Effect.annotateLogs(Effect.logError("A batch broke", cause), "shipstation.worker", name))
      const start = (claim: Claim) =>
        Effect.uninterruptible(
          FiberSet.run(batches, Effect.ensuring(Effect.interruptible(safely(claim)), slots.release(1)))
        )
      yield* keepOn(
        what,
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            yield* restore(slots.take(1))
            // interrupted half-way, rows would be claimed in vain
            const claimed = yield* Effect.tapErrorCause(inTime(quietly(claim)), () => slots.release(1))
            lastLook = yield* DateTime.now
            if (claimed.rows.length > 0) yield* start(claimed)
            else {
              yield* slots.release(1)
              yield* restore(beside(Effect.delay(Queue.offer(alarm, undefined), store.poll))(Queue.take(alarm)))
            }
          })
        )
      )
    })

    const workFor = Effect.fnUntraced(function*(account: string, fulfillments: Fulfillments) {
      const { reconcile, send } = Dispatch.make({
        account,
        fulfillments,
        operations: store,
        worker: name,
        stopping: Deferred.await(stopping),
        delays,
        publish,
        lease,
        sendWithin: Duration.decode(options.sendWithin ?? "30 seconds"),
        policy: { resendAfter, nextLook: (looks) => Backoff.after(delays.look, looks - 1) }
      })
      const what = { account, worker: name, lease }
      yield* workOn("claim rows", store.claim({ ...what, limit: batchSize }), send, concurrency)
      yield* workOn(
        "claim unknown rows",
        store.claimUnknown({ ...what, limit: mostUnknown }),
        reconcile,
        1
      )
    })

    let measuredAt = DateTime.unsafeMake(0)
    const watch = Effect.gen(function*() {
      const lost = yield* quietly(store.expire)
      if (lost > 0) {
        yield* publish({ _tag: "Expired", count: lost })
        yield* Effect.logWarning("A worker was lost: what it was sending is unknown, and will be read back").pipe(
          Effect.annotateLogs({ "shipstation.worker": name, "shipstation.rows": lost })
        )
      }
      // also while all of its requests wait for an answer
      lastLook = yield* DateTime.now
      // counting a million rows takes a while
      if (DateTime.distance(measuredAt, lastLook) >= 15_000) {
        measuredAt = lastLook
        yield* measure(accounts.keys(), yield* quietly(store.counts("open")), lastLook)
        yield* measurePauses(accounts.keys(), yield* quietly(store.accounts))
      }
      yield* Effect.sleep(Duration.times(lease, 1 / 4))
    })

    for (const [account, fulfillments] of accounts) yield* workFor(account, fulfillments)
    yield* keepOn("look after the rows of others", watch)
    yield* FiberSet.run(
      loops,
      Stream.runForEach(store.announcements, () =>
        Effect.forEach(alarms, (alarm) => Queue.offer(alarm, undefined), { discard: true }))
    )
    return {
      name,
      state: Effect.map(FiberSet.size(batches), (batches) => ({ batches, lastLook })),
      events: Stream.fromPubSub(events)
    }
  })

/** A worker as long as the layer lives. Needs the store and the accounts that it works for. */
export const layer = (options?: Options): Layer.Layer<OutboxWorker, never, Accounts | OutboxStore> =>
  Layer.scoped(OutboxWorker, make(options))

/** One page of the list tells of so many. */
const mostUnknown = 500

const leastResendAfter = Duration.minutes(20)

const checkResendAfter = ({ resendAfter = "60 minutes", unsafeResendAfter }: Options): Effect.Effect<number> => {
  if (unsafeResendAfter !== undefined) return Effect.succeed(Duration.toMillis(unsafeResendAfter))
  if (resendAfter === "never") return Effect.succeed(Number.POSITIVE_INFINITY)
  return Duration.lessThan(resendAfter, leastResendAfter)
    ? Effect.dieMessage("resendAfter must be at least 20 minutes: a request that got stuck may arrive that late")
    : Effect.succeed(Duration.toMillis(resendAfter))
}

/** Of a database that hangs a worker must not wait for ever, or it couldn't be stopped. */
const inTime: <A>(self: Effect.Effect<A, OutboxStoreError>) => Effect.Effect<A, OutboxStoreError> = within(
  "10 seconds",
  () => new OutboxStoreError({ message: "no answer in 10 seconds", uncertain: true })
)

/** What is asked every second isn't worth a trace each time. */
const quietly = Effect.withTracerEnabled(false)

const openStates = ["pending", "sending", "unknown"] as const

const measure = (accounts: Iterable<string>, counts: ReadonlyArray<Count>, now: DateTime.Utc) =>
  Effect.forEach(
    Array.cartesian(Array.fromIterable(accounts), openStates),
    ([account, state]) => {
      const labels = [MetricLabel.make("account", account), MetricLabel.make("state", state)]
      const found = counts.find((one) => one.account === account && one.state === state)
      return Effect.zipRight(
        Metric.set(Metric.taggedWithLabels(rowCount, labels), found?.count ?? 0),
        Metric.set(
          Metric.taggedWithLabels(oldestAge, labels),
          found === undefined ? 0 : DateTime.distance(found.oldest, now)
        )
      )
    },
    { discard: true }
  )

const measurePauses = (accounts: Iterable<string>, states: ReadonlyArray<AccountState>) =>
  Effect.forEach(accounts, (account) => {
    const isPaused = states.some((state) => state.account === account && state.paused !== undefined)
    return Metric.set(Metric.tagged(paused, "account", account), isPaused ? 1 : 0)
  }, { discard: true })
