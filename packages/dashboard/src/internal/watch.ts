/** What there is, looked up for all readers together. */
import { Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Overview } from "../DashboardApi.js"

/** So often is it looked at what waits, which is quick however much has ended. */
const between = Duration.seconds(2)

/** Counting all rows reads an index of all: it takes at most this part of the time, and happens this often at most. */
const countingShare = 1 / 50
const leastBetweenCountings = Duration.seconds(15)

/** Of a day. */
const mostSamples = 24 * 60 * 4

type Counts = Overview["counts"]

const sampleOf = (at: DateTime.Utc, all: Counts): Overview["samples"][number] => {
  const counts: Record<string, number> = {}
  for (const { count, state } of all) counts[state] = (counts[state] ?? 0) + count
  return { at, counts }
}

const isOpen = ({ state }: Counts[number]): boolean => state === "pending" || state === "sending" || state === "unknown"

/** Looks for ever, while the scope is open. Fails if the first look does. */
export const make = Effect.gen(function*() {
  const outbox = yield* Outbox
  let ended: Counts = []
  let samples: Overview["samples"] = []
  let countAgainAt = 0

  const countAll = Effect.fnUntraced(function*(at: DateTime.Utc) {
    const [took, all] = yield* Effect.timed(outbox.counts)
    const wait = Duration.max(Duration.times(took, 1 / countingShare), leastBetweenCountings)
    countAgainAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(wait)
    ended = all.filter((count) => !isOpen(count))
    samples = [...samples, sampleOf(at, all)].slice(-mostSamples)
  })

  const look: Effect.Effect<Overview, OutboxStoreError> = Effect.gen(function*() {
    const at = yield* DateTime.now
    if (DateTime.toEpochMillis(at) >= countAgainAt) yield* countAll(at)
    const open = yield* outbox.openCounts
    return { at, counts: [...open, ...ended], accounts: yield* outbox.accounts, samples }
  })

  const current = yield* SubscriptionRef.make<Overview>(yield* look)
  yield* Effect.sleep(between).pipe(
    Effect.zipRight(look),
    Effect.flatMap((overview) => SubscriptionRef.set(current, overview)),
    // the page notices that it is behind
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.interrupt
        : Effect.logWarning("The dashboard can't look into the outbox", cause)
    ),
    Effect.forever,
    Effect.forkScoped
  )
  return { current: current.get, changes: current.changes }
})
