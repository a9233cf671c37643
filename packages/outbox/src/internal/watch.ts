/** What a worker looks after beside its own rows: those of workers that died, and what is measured. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import type { Service as Accounts } from "../Accounts.js"
import type { OutboxStoreError } from "../OutboxError.js"
import type { WorkerEvent } from "./events.js"
import { quietly } from "./lanes.js"
import type { AccountState, Count, Service as Operations } from "./service.js"

// each has a unit, in the tag from which Effect's exporters take it: Prometheus takes a gauge without one for a ratio, and
// says so in its name

/**
 * Rows of the worker's accounts that something will happen to, by `account` and `state`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const rowCount: Metric.Metric.Gauge<number> = Metric.gauge("shipstation.outbox.rows", {
  description: "Rows that are not done"
}).pipe(Metric.tagged("unit", "{row}"))

/**
 * How long ago the oldest of them was offered, in milliseconds.
 *
 * @since 0.1.0
 * @category metrics
 */
export const oldestAge: Metric.Metric.Gauge<number> = Metric.gauge("shipstation.outbox.oldest_age", {
  description: "Age of the oldest row that is not done"
}).pipe(Metric.tagged("time_unit", "milliseconds"))

/**
 * 1 for an account that is paused, such as after its key was refused, 0 for the others. By `account`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const paused: Metric.Metric.Gauge<number> = Metric.gauge("shipstation.outbox.paused", {
  description: "Accounts that are paused"
}).pipe(Metric.tagged("unit", "{account}"))

/** Makes rows of workers that weren't heard of in time unknown, and says so. */
const expire = Effect.fnUntraced(function*(
  operations: Operations,
  worker: string,
  publish: (event: WorkerEvent) => Effect.Effect<void>
): Effect.fn.Return<void, OutboxStoreError> {
  const count = yield* quietly(operations.expire)
  if (count === 0) return
  yield* publish({ _tag: "Expired", count })
  yield* Effect.logWarning("A worker was lost: what it was sending is unknown, and will be read back").pipe(
    Effect.annotateLogs({ "shipstation.worker": worker, "shipstation.rows": count })
  )
})

const openStates = ["pending", "sending", "unknown"] as const

/** So few are measured from the start. */
const few = 100

/** The accounts that are looked after. */
export type Ours = Pick<Accounts, "has" | "keys">

/** Measures accounts; of very many only those where something was to be measured, so that idle ones cost nothing. */
const makeMeasure = (operations: Operations, ours: Ours) => {
  const known = [...ours.keys()]
  const counted = new Set(known.length > few ? [] : known)
  const wasPaused = new Set(counted)

  const measureCounts = (counts: ReadonlyArray<Count>, now: DateTime.Utc) =>
    Effect.forEach(counted, (account) =>
      Effect.forEach(openStates, (state) => {
        const labels = [MetricLabel.make("account", account), MetricLabel.make("state", state)]
        const found = counts.find((one) => one.account === account && one.state === state)
        const age = found === undefined ? 0 : DateTime.distance(found.oldest, now)
        return Effect.zipRight(
          Metric.set(Metric.taggedWithLabels(rowCount, labels), found?.count ?? 0),
          Metric.set(Metric.taggedWithLabels(oldestAge, labels), age)
        )
      }, { discard: true }), { discard: true })

  const measurePauses = (states: ReadonlyArray<AccountState>) =>
    Effect.forEach(wasPaused, (account) => {
      const isPaused = states.some((state) => state.account === account && state.paused !== undefined)
      return Metric.set(Metric.tagged(paused, "account", account), isPaused ? 1 : 0)
    }, { discard: true })

  return Effect.fnUntraced(function*(now: DateTime.Utc): Effect.fn.Return<void, OutboxStoreError> {
    const counts = yield* quietly(operations.counts("open"))
    for (const { account } of counts) if (ours.has(account)) counted.add(account)
    yield* measureCounts(counts, now)
    const states = yield* quietly(operations.accounts)
    for (const { account, paused } of states) if (paused !== undefined && ours.has(account)) wasPaused.add(account)
    yield* measurePauses(states)
  })
}

/** One round of looking after what isn't its own, each time that it runs. */
export const makeWatch = ({ looked, operations, ours, publish, worker }: {
  readonly operations: Operations
  readonly worker: string
  readonly publish: (event: WorkerEvent) => Effect.Effect<void>
  /** Notes that the worker has looked, and when. */
  readonly looked: Effect.Effect<DateTime.Utc>
  readonly ours: Ours
}): Effect.Effect<void, OutboxStoreError> => {
  const measure = makeMeasure(operations, ours)
  let measuredAt = DateTime.unsafeMake(0)
  return Effect.gen(function*() {
    yield* expire(operations, worker, publish)
    // also while all of its requests wait for an answer
    const now = yield* looked
    // counting a million rows takes a while
    if (DateTime.distance(measuredAt, now) < 15_000) return
    measuredAt = now
    yield* measure(now)
  })
}
