/** What people do beside the workers: by chance, and as long as something is left that needs somebody. */
import { Outbox, type OutboxRow } from "@effect-shipstation/outbox"
import { Clock, DateTime, Effect, Random, Schedule } from "effect"
import { settledAfter } from "./Job.js"

/** Whoever was faster: the row is in another state now. */
const unlessGone = Effect.catchTags({
  OutboxStateError: () => Effect.void,
  OutboxRowNotFound: () => Effect.void
})

/** What a request may have done shows by now. Before that nobody should decide that nothing was done. */
const isSettled = ({ attempt }: OutboxRow.OutboxRow, now: number): boolean =>
  attempt !== undefined && now > DateTime.toEpochMillis(attempt.sendBefore) + settledAfter

/** What is rejected, in conflict, or waiting: some is tried again, some given up. */
export const once = (seed: number) =>
  Effect.gen(function*() {
    const outbox = yield* Outbox.Outbox
    const random = Random.make(seed)
    // twice, as a process may be meant to die at the second time
    yield* Effect.repeatN(Effect.all([outbox.pause(), outbox.resume(), outbox.reconcile()], { discard: true }), 1)
    const { rows } = yield* outbox.list({ states: ["rejected", "conflict", "pending"], limit: 200 })
    for (const { id, state } of rows) {
      const chance = yield* random.next
      if (chance < 0.08) yield* unlessGone(outbox.discard(id))
      else if (chance < 0.4 && state !== "pending") yield* unlessGone(outbox.retry(id))
    }
  })

/** Accounts that are held back or paused go on, nothing waits for long, and what is nowhere to be found is decided. */
export const tend = (seed: number) =>
  Effect.gen(function*() {
    const outbox = yield* Outbox.Outbox
    const random = Random.make(seed)
    yield* Effect.gen(function*() {
      for (const { account, notBefore, paused } of yield* outbox.accounts) {
        if (notBefore !== undefined || paused !== undefined) yield* outbox.resume(account)
      }
      const { rows } = yield* outbox.list({ states: ["pending", "unknown"], limit: 500 })
      const now = yield* Clock.currentTimeMillis
      const idle = rows.filter(({ claim, due }) => claim === undefined && DateTime.toEpochMillis(due) > now)
      for (const row of idle) {
        if (row.state === "pending") yield* unlessGone(outbox.retry(row.id))
        else if (row.absent !== undefined && isSettled(row, now)) {
          yield* unlessGone((yield* random.next) < 0.1 ? outbox.discard(row.id) : outbox.retry(row.id))
        }
      }
      if (idle.some(({ absent, state }) => state === "unknown" && absent === undefined)) yield* outbox.reconcile()
    }).pipe(Effect.repeat(Schedule.spaced("100 millis")))
  })
