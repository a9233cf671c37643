/** What is found, listed and counted. */
import { expect } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as OutboxStore from "../../OutboxStore.js"
import {
  absent,
  claim,
  claimed,
  endings,
  fresh,
  freshAccount,
  ids,
  minute,
  never,
  offer,
  oneOf,
  sendFor,
  sending,
  test,
  type Tests,
  unknown
} from "./support.js"

/** The tests, by name. */
export const lists: Tests = {
  "rows are found by what their last error says, in any case, and by when they were offered": test(
    function*({ account, store }) {
      const mine = yield* sending(account, [fresh(), fresh()])
      const error = (message: string) => ({ _tag: "Rejected", error: { _tag: "Rejected", message } }) as const
      yield* store.settle(mine.token, [
        { id: ids(mine)[0] ?? 0, ended: error("50% of Carrier\\x") },
        { id: ids(mine)[1] ?? 0, ended: error("another") }
      ])
      const found = (filter: Omit<OutboxStore.Filter, "account">) =>
        Effect.map(store.list({ ...filter, account, limit: 10 }), ({ rows }) => rows.map(({ id }) => id))
      expect(yield* found({ message: "50% OF carrier\\" })).toStrictEqual(ids(mine).slice(0, 1))
      expect(yield* found({ message: "_nother" })).toStrictEqual([])
      const { createdAt } = yield* oneOf(account)
      expect((yield* found({ offeredBefore: createdAt })).length).toBe(2)
      expect(yield* found({ offeredBefore: DateTime.subtract(createdAt, { millis: 1 }) })).toStrictEqual([])
    }
  ),

  "what there is for shipments is found, pruned or not": test(function*({ account, store }) {
    const [ended, waiting] = [fresh(), fresh()]
    const mine = yield* sending(account, [ended])
    yield* store.settle(mine.token, [{ id: ids(mine)[0] ?? 0, ended: { _tag: "Fulfilled", requestId: "r-1" } }])
    expect((yield* oneOf(account)).requestId).toBe("r-1")
    yield* offer(account, waiting)
    yield* Effect.sleep("5 millis")
    yield* store.prune(Duration.zero)
    const found = yield* store.find(account, [ended.shipment_id, waiting.shipment_id, "se-none"])
    expect(found.get(ended.shipment_id)).toMatchObject({ _tag: "Pruned", remembered: { state: "fulfilled" } })
    expect(found.get(waiting.shipment_id)).toMatchObject({ _tag: "Row", row: { state: "pending" } })
    expect(found.size).toBe(2)
  }),

  "more shipments are found at once than a statement takes values": test(function*({ account, store }) {
    const inputs = [fresh(), fresh()] as const
    yield* offer(account, ...inputs)
    const others = Array.from({ length: 70_000 }, (_, index) => `se-none-${index}`)
    const found = yield* store.find(account, [inputs[0].shipment_id, ...others, inputs[1].shipment_id])
    expect([...found.keys()].toSorted()).toEqual(inputs.map(({ shipment_id }) => shipment_id).toSorted())
  }),

  "counts, and lists with filters and pages": test(function*({ account, store }) {
    const inputs = [fresh(), fresh(), fresh(), fresh({ tracking_number: "zero\0 and half \ud800" })]
    yield* offer(account, ...inputs)
    const mine = yield* claim(account, { limit: 1 })
    yield* store.intend(claimed(mine), { account, ...sendFor })
    yield* store.settle(mine.token, [{ id: ids(mine)[0] ?? 0, ended: { _tag: "Fulfilled" } }])
    const counts = (yield* store.counts("all")).filter((count) => count.account === account)
    expect(counts.map(({ count, state }) => ({ count, state })).toSorted((a, b) => a.count - b.count)).toEqual([
      { count: 1, state: "fulfilled" },
      { count: 3, state: "pending" }
    ])
    const open = (yield* store.counts("open")).filter((count) => count.account === account)
    expect(open.map(({ count, state }) => ({ count, state }))).toEqual([{ count: 3, state: "pending" }])
    const pending = yield* store.list({ account, states: ["pending"], limit: 2 })
    expect(pending.rows.length).toBe(2)
    const rest = yield* store.list({ account, states: ["pending"], limit: 2, after: pending.next })
    expect(rest.rows.length).toBe(1)
    expect(rest.next).toBeUndefined()
    for (const { shipment_id, tracking_number } of inputs) {
      const byTracking = yield* store.list({ account, trackingNumber: tracking_number, limit: 10 })
      expect(byTracking.rows.map(({ input }) => input.tracking_number)).toEqual([tracking_number])
      expect((yield* store.list({ account, shipmentId: shipment_id, limit: 10 })).rows.length).toBe(1)
    }
    const trackingNumbers = ["none of all", ...inputs.slice(0, 2).map(({ tracking_number }) => tracking_number)]
    expect((yield* store.list({ account, trackingNumbers, limit: 10 })).rows.map(({ input }) => input)).toStrictEqual(
      inputs.slice(0, 2)
    )
  }),

  "lists with the newest first": test(function*({ account, store }) {
    yield* offer(account, fresh(), fresh(), fresh(), fresh(), fresh())
    const oldest = (yield* store.list({ account, limit: 10 })).rows.map(({ id }) => id)
    const seen: Array<number> = []
    let after: number | undefined
    do {
      const page: OutboxStore.Page = yield* store.list({ account, newestFirst: true, limit: 2, after })
      seen.push(...page.rows.map(({ id }) => id))
      after = page.next
    } while (after !== undefined)
    expect(seen).toEqual(oldest.toReversed())
    const some = yield* store.list({ account, states: ["pending"], newestFirst: true, limit: 1 })
    expect(some.rows.map(({ id }) => id)).toEqual(oldest.slice(-1))
  }),

  "rows are found by what ShipStation had instead, also when they were given up": test(function*({ account, store }) {
    const [first, second, third, fulfilled] = [fresh(), fresh(), fresh(), fresh()]
    const mine = yield* sending(account, [first, second, third, fulfilled])
    const found = (tracking_number: string) => ({ fulfillment_id: "ful-1", tracking_number })
    const [one = 0, two = 0, three = 0, four = 0] = ids(mine)
    const [other, another] = [`JD-${one}`, `JD-${two}`]
    yield* store.settle(mine.token, [
      { id: one, ended: { _tag: "Conflict", found: found(other) } },
      { id: two, ended: { _tag: "Conflict", found: found(another) } },
      { id: three, ended: { _tag: "Conflict", found: {} } },
      { id: four, ended: { _tag: "Fulfilled", found: found(fulfilled.tracking_number) } }
    ])
    yield* store.discard(two)
    const by = (...foundTrackingNumbers: ReadonlyArray<string>) =>
      Effect.map(store.list({ account, foundTrackingNumbers, limit: 10 }), ({ rows }) => rows.map(({ id }) => id))
    expect(yield* by(other)).toEqual([one])
    expect(yield* by("none", another, other)).toEqual([one, two])
    expect(yield* by(fulfilled.tracking_number, first.tracking_number, "")).toEqual([])
    yield* store.retry(one)
    expect(yield* by(other)).toEqual([])
  }),

  "how many rows got into which state is counted by minute and hour, of one account or of all": test(
    function*({ account, store }) {
      const start = yield* store.claim({ account, worker: "w", limit: 1, lease: minute })
      const mine = yield* sending(account, [fresh(), fresh(), fresh()])
      const [first = 0, second = 0, third = 0] = ids(mine)
      yield* store.settle(mine.token, [
        { id: first, ended: { _tag: "Fulfilled" } },
        { id: second, ended: { _tag: "Fulfilled" } },
        { id: third, ended: endings.unknown }
      ])
      // a look changes no state
      yield* absent(account, third, never)
      const other = freshAccount()
      yield* unknown(other)
      for (const per of ["minute", "hour"] as const) {
        const all = yield* store.changes({ since: start.at, per })
        const ours = all.filter((one) => one.account === account)
        // another minute may begin meanwhile
        const sums = new Map<string, number>()
        for (const { count, state } of ours) sums.set(state, (sums.get(state) ?? 0) + count)
        expect(Object.fromEntries(sums)).toEqual({ fulfilled: 2, unknown: 1 })
        expect(all.some((one) => one.account === other)).toBe(true)
        expect(yield* store.changes({ since: start.at, per, account })).toEqual(ours)
        expect(ours.map(({ from }) => from)).toEqual(ours.map(({ from }) => DateTime.startOf(from, per)))
        expect(ours.map(({ from }) => DateTime.toEpochMillis(from))).toEqual(
          ours.map(({ from }) => DateTime.toEpochMillis(from)).toSorted((a, b) => a - b)
        )
      }
      expect(yield* store.changes({ since: DateTime.add(start.at, { hours: 1 }), per: "minute", account })).toEqual([])
    }
  )
}
