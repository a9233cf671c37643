/** What happens to rows that are claimed, sent and looked up. */
import { expect } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as OutboxError from "../../OutboxError.js"
import * as OutboxRow from "../../OutboxRow.js"
import {
  absent,
  atOnce,
  claim,
  claimed,
  endings,
  fresh,
  ids,
  minute,
  never,
  offer,
  oneOf,
  sendFor,
  sending,
  states,
  test,
  type Tests,
  unknown
} from "./support.js"

/** The tests, by name. */
export const claims: Tests = {
  "what was offered can be claimed once": test(function*({ account }) {
    const inputs = [fresh(), fresh({ notify_customer: false, ship_date: DateTime.unsafeMake("2026-03-01") })]
    expect((yield* offer(account, ...inputs)).map(({ _tag }) => _tag)).toEqual(["Accepted", "Accepted"])
    const first = yield* claim(account)
    expect(first.rows.map(({ input }) => input)).toEqual(inputs)
    expect((yield* claim(account)).rows).toEqual([])
  }),

  "many who claim at once get different rows": test(function*({ account }) {
    const atOnce = Effect.replicateEffect(claim(account, { limit: 10 }), 10, { concurrency: "unbounded" })
    // the first claims of all wait for connections, and for the account to be written down
    yield* atOnce
    yield* offer(account, ...Array.from({ length: 50 }, () => fresh()))
    const claims = yield* atOnce
    const all = claims.flatMap(ids)
    expect(new Set(all).size).toBe(all.length)
    expect(all.length + ids(yield* claim(account)).length).toBe(50)
  }),

  "what a worker tells of a row that is another's now changes nothing": test(function*({ account, store }) {
    yield* offer(account, fresh())
    const first = yield* claim(account, { lease: Duration.millis(20) })
    yield* Effect.sleep("40 millis")
    const second = yield* claim(account)
    yield* store.intend(claimed(second), { account, ...sendFor })
    const [id = 0] = ids(first)
    for (const ended of Object.values(endings)) yield* store.settle(first.token, [{ id, ended }])
    yield* store.release(claimed(first))
    expect(yield* states(account)).toEqual(["sending"])
    expect((yield* store.get(id)).evidence.length).toBe(Object.keys(endings).length)
  }),

  "a claim that ends can be claimed by another, and the first can't send any more": test(function*({ account, store }) {
    yield* offer(account, fresh())
    const first = yield* claim(account, { lease: Duration.millis(20) })
    yield* Effect.sleep("40 millis")
    const second = yield* claim(account)
    expect(ids(second)).toEqual(ids(first))
    expect(second.token).not.toBe(first.token)
    const error = yield* Effect.flip(store.intend(claimed(first), { account, ...sendFor }))
    expect(error).toEqual(new OutboxError.OutboxClaimLost({ ids: ids(first) }))
    yield* store.intend(claimed(second), { account, ...sendFor })
    expect(yield* states(account)).toEqual(["sending"])
  }),

  "a claim that ended can't send, even if nobody else has claimed it": test(function*({ account, store }) {
    yield* offer(account, fresh())
    const mine = yield* claim(account, { lease: Duration.millis(20) })
    yield* Effect.sleep("40 millis")
    expect(yield* store.renew(claimed(mine), minute)).toEqual([])
    expect((yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor })))._tag).toBe("OutboxClaimLost")
    expect(yield* states(account)).toEqual(["pending"])
  }),

  "a claim that is renewed lasts": test(function*({ account, store }) {
    yield* offer(account, fresh())
    const mine = yield* claim(account, { lease: Duration.millis(500) })
    expect(yield* store.renew(claimed(mine), minute)).toEqual(ids(mine))
    yield* Effect.sleep("600 millis")
    expect((yield* claim(account)).rows).toEqual([])
    yield* store.intend(claimed(mine), { account, ...sendFor })
  }),

  "an intent is written for all rows of a claim or for none": test(function*({ account, store }) {
    yield* offer(account, fresh(), fresh())
    const mine = yield* claim(account)
    const [first] = ids(mine)
    yield* store.discard(first ?? 0)
    const error = yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor }))
    expect(error).toEqual(new OutboxError.OutboxClaimLost({ ids: [first ?? 0] }))
    expect(yield* states(account)).toEqual(["discarded", "pending"])
  }),

  "rows that are given back can be claimed at once": test(function*({ account, store }) {
    yield* offer(account, fresh())
    const mine = yield* claim(account)
    yield* store.release(claimed(mine))
    expect(ids(yield* claim(account))).toEqual(ids(mine))
  }),

  ...Record.fromEntries(
    Object.entries(endings).map(([state, ended]) => [
      `an attempt ends ${state}`,
      test(function*({ account, store }) {
        const mine = yield* sending(account, [fresh()])
        const results = ids(mine).map((id) => ({ id, ended }))
        expect(yield* store.settle(mine.token, results)).toEqual([])
        const row = yield* oneOf(account)
        expect(row.state).toBe(state)
        expect(row.claim).toBeUndefined()
        const { history } = yield* store.get(row.id)
        expect(history.map(({ by, from, to }) => ({ by, from, to }))).toEqual([{
          by: OutboxRow.worker("worker"),
          from: "sending",
          to: state
        }])
        // the same again is no news, as its answer may have been lost
        expect(yield* store.settle(mine.token, results)).toEqual([])
        expect((yield* store.get(row.id)).evidence).toEqual([])
        expect((yield* claim(account)).rows).toEqual([])
      })
    ])
  ),

  "a worker that dies leaves unknown rows, which nobody sends": test(function*({ account, store }) {
    const mine = yield* sending(account, [fresh(), fresh()], Duration.millis(20))
    yield* Effect.sleep("40 millis")
    expect(yield* store.expire).toBeGreaterThanOrEqual(2)
    expect(yield* states(account)).toEqual(["unknown", "unknown"])
    expect((yield* oneOf(account)).lastError?._tag).toBe("WorkerLost")
    expect((yield* claim(account)).rows).toEqual([])
    expect(ids(yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute }))).toEqual(ids(mine))
  }),

  "what such a worker tells too late is kept, and that it was fulfilled counts": test(function*({ account, store }) {
    const mine = yield* sending(account, [fresh(), fresh()], Duration.millis(20))
    const [first = 0, second = 0] = ids(mine)
    yield* Effect.sleep("40 millis")
    yield* store.expire
    const told = [
      { id: first, ended: { _tag: "Fulfilled", requestId: "r" } },
      { id: second, ended: { _tag: "NotDone", error: { _tag: "E", message: "e" }, delay: 0 } }
    ] as const
    expect(yield* store.settle(mine.token, told)).toEqual([first, second])
    expect(yield* states(account)).toEqual(["fulfilled", "unknown"])
    expect((yield* store.get(first)).evidence.map(({ ended }) => ended._tag)).toEqual(["Fulfilled"])
    expect((yield* store.get(second)).evidence.map(({ ended }) => ended._tag)).toEqual(["NotDone"])
  }),

  "what such a worker sent before the row was replaced is no success of what took its place": test(
    function*({ account, store }) {
      const input = fresh()
      const mine = yield* sending(account, [input], Duration.millis(20))
      const [id = 0] = ids(mine)
      yield* Effect.sleep("40 millis")
      yield* store.expire
      yield* store.retry(id)
      yield* absent(account, id, never)
      expect((yield* offer(account, { ...input, tracking_number: "new" })).map(({ _tag }) => _tag)).toEqual([
        "Replaced"
      ])
      const next = yield* claim(account)
      // or the old one could be there, and the customer is told twice
      expect(next.rows.map(({ readBackFirst }) => readBackFirst)).toEqual([true])
      yield* store.settle(mine.token, [{ id, ended: { _tag: "Fulfilled", sent: input.tracking_number } }])
      expect(yield* oneOf(account)).toMatchObject({
        state: "conflict",
        input: { tracking_number: "new" },
        found: { tracking_number: input.tracking_number }
      })
      expect((yield* Effect.flip(store.intend(claimed(next), { account, ...sendFor })))._tag).toBe("OutboxClaimLost")
    }
  ),

  "a row that was refused keeps when it left, until it was its own, or never left": test(function*({ account, store }) {
    const mine = yield* sending(account, [fresh(), fresh(), fresh(), fresh()])
    const [refused = 0, unsent = 0, rejected = 0, own = 0] = ids(mine)
    const error = { _tag: "ShipStationValidationError", message: "no" }
    yield* store.settle(mine.token, [
      { id: refused, ended: { _tag: "NotDone", error, delay: 0 } },
      { id: unsent, ended: { _tag: "NotDone", error, delay: 0, isUnsent: true } },
      { id: rejected, ended: { _tag: "Rejected", error } },
      { id: own, ended: endings.rejected }
    ])
    for (const id of [rejected, own]) yield* store.retry(id)
    const { rows } = yield* claim(account)
    expect(rows.map(({ attempt, id }) => [id, attempt !== undefined])).toEqual([
      [refused, true],
      [unsent, false],
      [rejected, true],
      [own, false]
    ])
  }),

  "an unknown row that is absent often and long enough is pending again, and looked up once more": test(
    function*({ account }) {
      const id = yield* unknown(account)
      for (const expected of ["unknown", "unknown", "pending"]) {
        yield* absent(account, id, atOnce)
        expect(yield* states(account)).toEqual([expected])
      }
      expect((yield* oneOf(account)).readBackFirst).toBe(true)
    }
  ),

  "an unknown row waits for ever where nothing is sent again, unless an operator decides": test(
    function*({ account, store }) {
      const id = yield* unknown(account)
      for (let look = 0; look < 5; look++) {
        yield* absent(account, id, never)
        yield* store.reconcile(account)
      }
      expect(yield* states(account)).toEqual(["unknown"])
      expect((yield* store.retry(id)).state).toBe("unknown")
      yield* absent(account, id, never)
      expect(yield* states(account)).toEqual(["pending"])
      expect((yield* oneOf(account)).readBackFirst).toBe(true)
    }
  ),

  "a row whose claim was lost is not changed by a look": test(function*({ account, store }) {
    const id = yield* unknown(account)
    const { token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
    yield* store.discard(id)
    yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], atOnce)
    expect(yield* states(account)).toEqual(["discarded"])
  })
}
