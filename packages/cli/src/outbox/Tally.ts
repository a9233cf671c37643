/**
 * What happened to the outbox's rows in this process, without asking the database.
 */
import { OutboxStore } from "@effect-shipstation/outbox/OutboxStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What happened to the outbox's rows in this process. */
export interface Counts {
  readonly fulfilled: number
  readonly rejected: number
  /** Looks at the list that told something, if only that a row isn't in it. */
  readonly looks: number
  /** The last thing that went wrong on the way, not with a shipment. */
  readonly trouble: string | undefined
}

/** What happened to the outbox's rows in this process. */
export class Tally extends Context.Tag("@effect-shipstation/cli/outbox/Tally")<Tally, {
  readonly counts: Effect.Effect<Counts>
}>() {}

/** Listens to what a store is told. */
export const layer: Layer.Layer<Tally | OutboxStore, never, OutboxStore> = Layer.effectContext(
  Effect.map(OutboxStore, (store) => {
    const counts = { fulfilled: 0, rejected: 0, looks: 0 }
    let trouble: string | undefined
    const tell = (
      results: ReadonlyArray<{ readonly _tag: string; readonly error?: { readonly message: string } }>
    ) =>
      Effect.sync(() => {
        for (const { _tag, error } of results) {
          if (_tag === "Fulfilled") counts.fulfilled++
          else if (_tag === "Rejected" || _tag === "Conflict") counts.rejected++
          else if (_tag === "Absent") counts.looks++
          else if (error !== undefined) trouble = error.message
        }
      })
    return Context.make(Tally, { counts: Effect.sync(() => ({ ...counts, trouble })) }).pipe(
      Context.add(OutboxStore, {
        ...store,
        settle: (token, results) =>
          Effect.tap(store.settle(token, results), () => tell(results.map(({ ended }) => ended))),
        looked: (token, results, patience) =>
          Effect.tap(store.looked(token, results, patience), () => tell(results.map(({ looked }) => looked)))
      })
    )
  })
)
