/** What there is, looked up for all readers together. */
import type { Service as Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Overview } from "../DashboardApi.js"
import * as Idle from "./idle.js"
import type * as Limits from "./limits.js"
import * as Overdue from "./overdue.js"

/** So often is it looked at what waits, which is quick however much has ended. */
const between = Duration.seconds(2)

/** Counting all rows reads an index of all: it takes at most this part of the time, and happens this often at most. */
const countingShare = 1 / 50
const leastBetweenCountings = Duration.seconds(15)

/** So many are counted of the rows whose order source wasn't told. */
const mostNotNotified = 100

/** Of a day. */
const mostSamples = 24 * 60 * 4

type Counts = Overview["counts"]

/** What was seen, and when it was looked at last. */
export interface Look {
  readonly at: DateTime.Utc
  readonly overview: Overview
  /** Of what is seen, as long as that stays the same. */
  readonly json: string
}

const sampleOf = ({ at, counts: all, limits }: Pick<Overview, "at" | "counts" | "limits">): Overview["sample"] => {
  const counts: Record<string, number> = {}
  for (const { count, state } of all) counts[state] = (counts[state] ?? 0) + count
  const oldest = all.filter((one) => isOpen(one) && one.count > 0).map(({ oldest }) => oldest)
  const used = limits.flatMap(({ limit, used }) => limit === undefined ? [] : [used / limit])
  return {
    at,
    counts,
    oldest: Array.isNonEmptyArray(oldest) ? oldest.reduce((first, one) => DateTime.min(first, one)) : undefined,
    limitUsed: used.length === 0 ? undefined : Math.max(...used)
  }
}

const isOpen = ({ state }: Counts[number]): boolean => state === "pending" || state === "sending" || state === "unknown"

const byAccount = (rows: ReadonlyArray<OutboxRow>): Overview["notNotifiedOf"] =>
  Object.entries(Array.groupBy(rows, ({ account }) => account)).map(([account, { length }]) => ({
    account,
    count: length
  }))

const encode = Schema.encodeSync(Schema.parseJson(Overview))

/** Keeps what is the same. */
const next = (before: Look | undefined, overview: Overview): Look => {
  const { at } = overview
  const json = encode({ ...overview, at: before?.overview.at ?? at })
  return json === before?.json ? { ...before, at } : { at, overview, json: encode(overview) }
}

/** Looks for ever, while the scope is open. Fails if the first look does. */
export const make = Effect.fnUntraced(function*({ limits, outbox }: {
  readonly outbox: Outbox
  readonly limits: Effect.Effect.Success<typeof Limits.make>
}) {
  const idle = yield* Idle.make(outbox)
  const overdue = yield* Overdue.make(outbox)
  let ended: Counts = []
  let notNotified: ReadonlyArray<OutboxRow> = []
  const samples: Array<Overview["sample"]> = []
  let countAgainAt = 0

  const countAll = Effect.gen(function*() {
    const [took, all] = yield* Effect.timed(outbox.counts)
    const wait = Duration.max(Duration.times(took, 1 / countingShare), leastBetweenCountings)
    countAgainAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(wait)
    notNotified = (yield* outbox.list({ orderSource: "notNotified", limit: mostNotNotified })).rows
    ended = all.filter((count) => !isOpen(count))
  })

  const look: Effect.Effect<Overview, OutboxStoreError> = Effect.gen(function*() {
    const at = yield* DateTime.now
    const isCounted = DateTime.toEpochMillis(at) >= countAgainAt
    if (isCounted) yield* countAll
    const open = yield* outbox.openCounts
    const accounts = yield* outbox.accounts
    const counts = [...open, ...ended]
    const limited = yield* limits.all({ accounts, counts: open })
    const seen = { accounts, at, counts: open, limits: limited, due: yield* outbox.dueAccounts }
    const late = yield* overdue(seen)
    if (isCounted) samples.push(sampleOf({ at, counts, limits: limited }))
    if (samples.length > mostSamples) samples.shift()
    return {
      at,
      counts,
      accounts,
      limits: limited,
      idle: yield* idle({ ...seen, stuck: late.stuck }),
      overdue: late.overdue,
      notNotified: notNotified.length,
      notNotifiedOf: byAccount(notNotified),
      sample: samples.at(-1) ?? { at, counts: {} }
    }
  })

  const current = yield* SubscriptionRef.make(next(undefined, yield* look))
  yield* Effect.sleep(between).pipe(
    Effect.zipRight(look),
    Effect.flatMap((overview) => SubscriptionRef.update(current, (before) => next(before, overview))),
    // the page notices that it is behind
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.interrupt
        : Effect.logWarning("The dashboard can't look into the outbox", cause)
    ),
    Effect.forever,
    Effect.forkScoped
  )
  return {
    overview: Effect.map(current.get, ({ overview }) => overview),
    /** The same as text, with the moment at which it was looked at last. */
    json: Effect.map(current.get, ({ at, json }) => `{"at":${DateTime.toEpochMillis(at)},"overview":${json}}`),
    samples: Effect.sync(() => samples.slice()),
    looks: current.changes
  }
})
