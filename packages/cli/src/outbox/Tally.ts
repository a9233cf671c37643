/**
 * What became of the outbox's rows in this process, without asking the database.
 */
import type * as OutboxWorker from "@effect-shipstation/outbox/OutboxWorker"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What became of the outbox's rows in this process. */
export interface Counts {
  readonly fulfilled: number
  readonly rejected: number
  /** Looks at the list that told something, if only that a row isn't in it. */
  readonly looks: number
  /** The last thing that went wrong on the way, not with a shipment. */
  readonly trouble: string | undefined
}

/** What became of the outbox's rows in this process. */
export class Tally extends Context.Tag("@effect-shipstation/cli/outbox/Tally")<Tally, {
  readonly counts: Effect.Effect<Counts>
  /** Adds what a worker did. */
  readonly add: (event: OutboxWorker.WorkerEvent) => Effect.Effect<void>
}>() {}

/** Nothing is done yet. */
export const layer: Layer.Layer<Tally> = Layer.sync(Tally, () => {
  let counts: Counts = { fulfilled: 0, rejected: 0, looks: 0, trouble: undefined }
  return {
    counts: Effect.sync(() => counts),
    add: (event) =>
      Effect.sync(() => {
        counts = after(counts, event)
      })
  }
})

const after = (counts: Counts, event: OutboxWorker.WorkerEvent): Counts => {
  const told = event._tag === "Ended" ? event.ended : event._tag === "Looked" ? event.looked : undefined
  if (told === undefined) return counts
  switch (told._tag) {
    case "Fulfilled":
      return { ...counts, fulfilled: counts.fulfilled + 1 }
    case "Rejected":
    case "Conflict":
      return { ...counts, rejected: counts.rejected + 1 }
    case "Absent":
    case "Unlisted":
      return { ...counts, looks: counts.looks + 1 }
    default:
      return { ...counts, trouble: told.error.message }
  }
}
