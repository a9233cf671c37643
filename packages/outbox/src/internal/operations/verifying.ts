/** Taking fulfilled rows to see whether their order sources were told, and what was seen. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { isIn, type OutboxRow } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { Claim, Service } from "../service.js"
import { type Verified, verified, verifyNow } from "../verification.js"
import { freshToken, heldBy } from "./claiming.js"
import { believed, changeAll, chunk, save } from "./shared.js"

const isWaiting = (row: OutboxRow): boolean => isIn(row, "fulfilled") && row.orderSource?.state === "waiting"

/** Their claim is the moment until which they aren't due: two looks at once would do no harm. */
export const make = (port: OutboxRows.Service): Pick<Service, "claimFulfilled" | "verified" | "verify"> => ({
  claimFulfilled: ({ account, lease, limit }) =>
    port.transaction(Effect.gen(function*(): Effect.fn.Return<Claim, Effect.Effect.Error<typeof port.now>> {
      const now = yield* port.now
      const token = yield* freshToken(now)
      const state = yield* port.account(account, "shared")
      const held = heldBy(believed(state, now), now, "pending")
      if (held !== undefined) return { token, at: now, rows: [], held }
      const due = DateTime.addDuration(now, lease)
      const waiting = (yield* port.due({ state: "fulfilled", account, now, limit })).filter(isWaiting)
      const rows = waiting.map((row) => ({ ...row, due }))
      for (const some of Array.chunksOf(rows, chunk)) yield* save(port, some.map((row) => ({ row, history: [] })))
      return { token, at: now, rows }
    })),
  verified: (results, { after, worker }) =>
    port.transaction(Effect.gen(function*() {
      const now = yield* port.now
      const done: Array<Verified> = []
      for (const some of Array.chunksOf(results, chunk)) {
        const seen = new Map(some.map((one) => [one.row.id, one]))
        const changed = (yield* port.byIds(some.map(({ row }) => row.id), "lock")).flatMap((row) => {
          const one = seen.get(row.id)
          return one !== undefined && isWaiting(row) && DateTime.Equivalence(row.due, one.row.due)
            ? [verified(row, one.seen, now, { after, by: worker })]
            : []
        })
        yield* save(port, changed)
        done.push(...changed)
      }
      return done.map(({ row }) => row)
    })),
  verify: Effect.fnUntraced(function*({ account, within }) {
    const start = yield* port.now
    const since = DateTime.subtractDuration(start, within)
    const common = { account, states: ["fulfilled"], limit: chunk } as const
    const change = (row: OutboxRow, now: DateTime.Utc) =>
      isIn(row, "fulfilled") && row.input.notify_order_source !== false && row.orderSource?.state !== "notified"
        // or a worker was faster
        && DateTime.lessThanOrEqualTo(row.orderSource?.lookedAt ?? row.updatedAt, start)
        ? [{ row: verifyNow(row, now), history: [] }]
        : []
    const waiting = yield* changeAll(port, { ...common, orderSource: "waiting" }, change)
    const ended = yield* changeAll(port, { ...common, endedSince: since }, change)
    // what an account's workers are woken for are rows to be sent; these are found by who looks which accounts have some
    yield* port.announce(undefined)
    return waiting + ended
  })
})
