/** Looking whether the order sources of fulfilled rows were told: in pages of the list, and by its own id what decides. */
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import type { OutboxRow } from "../OutboxRow.js"
import { someAtOnce } from "./alongside.js"
import * as Backoff from "./backoff.js"
import { surely } from "./claims.js"
import { atOnce, makeAsking } from "./lookups.js"
import { search } from "./search.js"
import type { Claim } from "./service.js"
import { isLastVerification, type Seen } from "./verification.js"
import type { Needs, Trouble } from "./work.js"

/**
 * Counts rows whose order sources weren't told by the last look, by `account`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const notNotified = Metric.counter("shipstation.outbox.not_notified", {
  description: "Fulfilled rows of the outbox whose order source was not notified",
  incremental: true
})

/** Looks for the rows of claims. */
export const make = (needs: Needs, trouble: Trouble) => {
  const { account, delays, fulfillments, operations, publish, worker } = needs
  const { answered, readBack } = makeAsking(needs, trouble)
  const counter = Metric.tagged(notNotified, "account", account)
  let failures = 0

  const save = Effect.fnUntraced(function*(results: ReadonlyArray<{ readonly row: OutboxRow; readonly seen: Seen }>) {
    const looked = results.filter(({ seen }) => seen._tag !== "Failed")
    if (looked.length > 0) failures = 0
    const ids = new Set(looked.map(({ row }) => row.id))
    for (const { id, orderSource } of yield* surely(operations.verified(results, { worker, after: delays.verify }))) {
      if (!ids.has(id)) continue
      if (orderSource.state === "notNotified") yield* Metric.increment(counter)
      yield* publish({ _tag: "Verified", account, id, orderSource })
    }
  })

  /** What keeps one from being looked at would keep the others too. */
  const failed = (rows: ReadonlyArray<OutboxRow>) =>
    Effect.flatMap(
      Backoff.jittered(Backoff.after(delays.failedLook, failures++)),
      (delay) => save(rows.map((row) => ({ row, seen: { _tag: "Failed", delay } })))
    )

  const lookEach = Effect.fnUntraced(function*(rows: ReadonlyArray<OutboxRow>) {
    for (const some of Array.chunksOf(rows, atOnce)) {
      const answers = yield* someAtOnce(4, some, (row) => Effect.map(once(readBack(row)), (found) => ({ row, found })))
      const [broken, good] = Array.partitionMap(answers, ({ found, row }) =>
        Either.mapBoth(found, {
          onLeft: () => row,
          onRight: (found) => ({
            row,
            seen: found._tag === "AlreadyFulfilled" ? seenOf(found.fulfillment) : gone
          })
        }))
      yield* save(good)
      if (broken.length === 0) continue
      // the rest is due once the claim ends
      return yield* failed(broken)
    }
  })

  return Effect.fnUntraced(function*({ at, rows }: Claim) {
    // one alone costs no more by its own id
    if (rows.length === 1) return yield* lookEach(rows)
    const answer = yield* answered(once(search(fulfillments, rows)))
    if (Either.isLeft(answer)) return yield* failed(rows)
    const { found } = answer.right
    const isOpen = (row: OutboxRow) => !found.has(row.id) && isLastVerification(row, at, delays.verify)
    const [done, open] = Array.partition(rows, isOpen)
    yield* save(done.map((row) => ({ row, seen: seenOf(found.get(row.id)) })))
    yield* lookEach(open)
  })
}

/** What fails is looked at later: rows wait better in the database. */
const once = RetryPolicy.withRetryPolicy(RetryPolicy.none)

const gone: Seen = {
  _tag: "NotNotified",
  message: "The shipment doesn't have this fulfillment any more: it may have been voided"
}

const seenOf = (fulfillment: Fulfillment | undefined): Seen => {
  if (fulfillment === undefined) return { _tag: "Unlisted" }
  return fulfillment.order_source_notified === true
    ? { _tag: "Notified" }
    : { _tag: "NotNotified", message: fulfillment.notification_error_message ?? undefined }
}
