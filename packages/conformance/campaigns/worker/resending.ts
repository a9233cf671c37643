/** The control: a store that takes what it finds on its way, after a death, for not sent. Many a queue does just that. */
import type { OutboxStore } from "@effect-shipstation/outbox"
import { Clock, DateTime, Effect } from "effect"

export const resending = (store: OutboxStore.Service): OutboxStore.Service => ({
  ...store,
  expire: Effect.gen(function*() {
    const { rows } = yield* store.list({ states: ["sending"], limit: 500 })
    const now = yield* Clock.currentTimeMillis
    const error = { _tag: "Control", message: "the safeguard is off" }
    const lost = rows.filter(({ due }) => DateTime.toEpochMillis(due) <= now)
    for (const { claim, id } of lost) {
      if (claim !== undefined) {
        yield* store.settle(claim.token, [{ id, ended: { _tag: "NotDone", error, delay: 0, isUnsent: true } }])
      }
    }
    return lost.length
  })
})
