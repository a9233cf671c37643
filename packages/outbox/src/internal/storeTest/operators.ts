/** What is offered, and what operators do. */
import { expect } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as OutboxError from "../../OutboxError.js"
import * as OutboxRow from "../../OutboxRow.js"
import type * as OutboxStore from "../../OutboxStore.js"
import {
  claim,
  claimed,
  fresh,
  freshAccount,
  ids,
  minute,
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
export const operators: Tests = {
  "a paused account sends nothing, not even what is claimed": test(function*({ account, store }) {
    yield* offer(account, fresh(), fresh())
    const mine = yield* claim(account, { limit: 1 })
    yield* store.pause(account, OutboxRow.operator, { _tag: "E", message: "why" })
    expect((yield* claim(account)).rows).toEqual([])
    expect((yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor })))._tag).toBe("OutboxClaimLost")
    const paused = (yield* store.accounts).find((state) => state.account === account)?.paused
    expect(paused).toMatchObject({ by: OutboxRow.operator, error: { message: "why" } })
    yield* store.resume(account)
    yield* store.intend(claimed(mine), { account, ...sendFor })
    expect((yield* claim(account)).rows.length).toBe(1)
  }),

  "who ended a pause, and why, is kept until it is paused again": test(function*({ account, store }) {
    const state = Effect.map(store.accounts, (all) => all.find((state) => state.account === account))
    yield* store.pause(account, OutboxRow.operator)
    yield* store.resume(account, OutboxRow.operatorBecause("stock was counted"))
    expect((yield* state)?.resumed).toMatchObject({ by: OutboxRow.operatorBecause("stock was counted") })
    expect((yield* state)?.paused).toBeUndefined()
    yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "refused" })
    expect((yield* state)?.resumed).toBeUndefined()
  }),

  "each pause and resume of an account is told, with who did it and why, or the last one only": test(
    function*({ account, store }) {
      const [counting, counted] = [OutboxRow.operatorBecause("stock is counted"), OutboxRow.operatorBecause("done")]
      const told = (limit: number) =>
        Effect.map(
          store.accountHistory(account, limit),
          (all) => all.map(({ account: name, at: _, ...entry }) => ({ ...entry, isOurs: name === account }))
        )
      expect(yield* told(10)).toEqual([])
      yield* store.pause(account, counting)
      yield* store.pause(account, OutboxRow.operatorBecause("again, which changes nothing"))
      yield* Effect.sleep("5 millis")
      yield* store.resume(account, counted)
      yield* Effect.sleep("5 millis")
      yield* store.pause(account, OutboxRow.worker("w"), { _tag: "E", message: "refused" })
      yield* store.holdBack(account, minute)
      yield* store.pause(freshAccount(), counting)
      const last = {
        isPaused: true,
        by: OutboxRow.worker("w"),
        error: { _tag: "E", message: "refused" },
        isOurs: true
      }
      const all = [last, { isPaused: false, by: counted, isOurs: true }, { isPaused: true, by: counting, isOurs: true }]
      // a place may keep no more than the state of its accounts
      const isWhole = (yield* told(10)).length > 1
      expect(yield* told(10)).toEqual(isWhole ? all : [last])
      expect(yield* told(2)).toEqual(isWhole ? all.slice(0, 2) : [last])
      yield* store.resumeRefused(account)
      expect(yield* told(1)).toEqual(isWhole ? [{ isPaused: false, isOurs: true }] : [])
    }
  ),

  "an account that was paused or resumed since somebody saw it is left as it is": test(function*({ account, store }) {
    const state = Effect.map(store.accounts, (all) => all.find((state) => state.account === account))
    const seen = Effect.map(state, (state) => ({ pausedAt: state?.paused?.at, resumedAt: state?.resumed?.at }))
    const steer = (operation: "pause" | "resume", ifSeen: OutboxStore.AccountSeen, reason: string) =>
      Effect.either(store.steer(account, operation, { by: OutboxRow.operatorBecause(reason), ifSeen }))
    const never = yield* seen
    expect((yield* steer("pause", never, "stock is counted"))._tag).toBe("Right")
    const paused = yield* seen
    expect(paused.pausedAt).toBeDefined()
    expect(yield* steer("pause", never, "again")).toMatchObject({
      left: { _tag: "OutboxAccountChanged", account, isPaused: true, by: { reason: "stock is counted" } }
    })
    yield* Effect.sleep("5 millis")
    expect((yield* steer("resume", paused, "it was counted"))._tag).toBe("Right")
    expect(yield* steer("resume", paused, "another tab")).toMatchObject({
      left: { _tag: "OutboxAccountChanged", account, isPaused: false, by: { reason: "it was counted" } }
    })
    expect((yield* state)?.resumed?.by).toEqual(OutboxRow.operatorBecause("it was counted"))
    expect((yield* steer("pause", paused, "late"))._tag).toBe("Left")
    expect((yield* steer("resume", yield* seen, "once more"))._tag).toBe("Right")
    expect((yield* state)?.paused).toBeUndefined()
  }),

  "an operator's pause takes the place of a worker's, and no worker's takes its place": test(
    function*({ account, store }) {
      const paused = Effect.map(store.accounts, (all) => all.find((state) => state.account === account)?.paused)
      yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "refused" })
      yield* store.pause(account, OutboxRow.operator)
      const first = yield* paused
      expect(first).toMatchObject({ by: OutboxRow.operator, error: { message: "refused" } })
      yield* Effect.sleep("5 millis")
      yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "again" })
      yield* store.pause(account, OutboxRow.operator)
      expect(yield* paused).toEqual(first)
    }
  ),

  "a pause of a worker can be ended without ending an operator's": test(function*({ account, store }) {
    yield* offer(account, fresh(), fresh())
    expect(yield* store.resumeRefused(account)).toBe(true)
    yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "refused" })
    yield* store.holdBack(account, minute)
    expect(yield* store.resumeRefused(account)).toBe(true)
    expect((yield* claim(account, { limit: 1 })).rows.length).toBe(1)
    yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "refused" })
    yield* store.pause(account, OutboxRow.operator)
    expect(yield* store.resumeRefused(account)).toBe(false)
    expect((yield* claim(account)).rows).toEqual([])
    yield* store.resume(account)
    yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "refused" })
    yield* store.suspect(account)
    expect(yield* store.resumeRefused(account)).toBe(false)
  }),

  "a suspect account sends nothing until it is resumed, and then what is looked up first": test(
    function*({ account, store }) {
      yield* offer(account, fresh(), fresh())
      const before = yield* claim(account, { limit: 1 })
      yield* store.suspect(account)
      expect((yield* claim(account)).rows).toEqual([])
      expect((yield* Effect.flip(store.intend(claimed(before), { account, ...sendFor })))._tag).toBe(
        "OutboxClaimLost"
      )

      yield* store.resume(account)
      yield* offer(account, fresh())
      const after = yield* claim(account)
      expect(after.rows.map(({ readBackFirst }) => readBackFirst)).toEqual([true, true])
      yield* store.intend(claimed(after), { account, ...sendFor })
      // nobody has looked this one up
      expect((yield* Effect.flip(store.intend(claimed(before), { account, ...sendFor })))._tag).toBe(
        "OutboxClaimLost"
      )
      yield* store.release(claimed(before))
      expect((yield* claim(account)).rows.map(({ readBackFirst }) => readBackFirst)).toEqual([true])

      yield* offer(account, fresh())
      yield* store.trust(account)
      expect((yield* claim(account)).rows.map(({ readBackFirst }) => readBackFirst)).toEqual([false])
    }
  ),

  "a paused account stays paused when it is suspect, or trusted again": test(function*({ account, store }) {
    const stateOf = Effect.map(store.accounts, (all) => all.find((state) => state.account === account))
    yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "why" })
    yield* store.suspect(account)
    const first = yield* stateOf
    yield* store.suspect(account)
    expect(yield* stateOf).toEqual(first)
    expect(first).toMatchObject({ paused: { by: OutboxRow.operator, error: { message: "why" } } })
    expect(first?.suspectSince).toBeDefined()
    yield* store.trust(account)
    expect((yield* stateOf)?.paused).toEqual(first?.paused)
    expect((yield* stateOf)?.suspectSince).toBeUndefined()
  }),

  "an account that holds back is sent nothing for so long": test(function*({ account, store }) {
    yield* offer(account, fresh())
    yield* store.holdBack(account, Duration.millis(300))
    yield* store.holdBack(account, Duration.millis(1))
    expect((yield* claim(account)).rows).toEqual([])
    yield* Effect.sleep("400 millis")
    expect((yield* claim(account)).rows.length).toBe(1)
  }),

  "one shipment has one row, whoever offers it at the same time": test(function*({ account }) {
    const inputs = [fresh(), fresh(), fresh()]
    const all = yield* Effect.all(
      [offer(account, ...inputs), offer(account, ...inputs.toReversed()), offer(account, ...inputs)],
      { concurrency: "unbounded" }
    )
    const tags = all.flat().map(({ _tag }) => _tag).toSorted()
    expect(tags).toEqual([
      ...inputs.map(() => "Accepted"),
      ...inputs.flatMap(() => ["Duplicate", "Duplicate"])
    ])
    expect(yield* states(account)).toEqual(["pending", "pending", "pending"])
  }),

  "the same shipment twice in one offer is one row": test(function*({ account }) {
    const input = fresh()
    const answers = yield* offer(account, input, input, { ...input, tracking_number: "2Z" })
    expect(answers.map(({ _tag }) => _tag)).toEqual(["Accepted", "Duplicate", "Replaced"])
    expect((yield* claim(account)).rows.map(({ input }) => input.tracking_number)).toEqual(["2Z"])
  }),

  "a claimed row that is replaced isn't sent as it was": test(function*({ account, store }) {
    const input = fresh()
    yield* offer(account, input)
    const mine = yield* claim(account)
    expect((yield* offer(account, { ...input, carrier_code: "dhl" })).map(({ _tag }) => _tag)).toEqual(["Replaced"])
    expect((yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor })))._tag).toBe("OutboxClaimLost")
    expect((yield* claim(account)).rows.map(({ input }) => input.carrier_code)).toEqual(["dhl"])
  }),

  "what waits is made due, and who had claimed it can't send it; what is being sent is left alone": test(
    function*({ account, store }) {
      const under = yield* sending(account, [fresh()])
      yield* offer(account, fresh(), fresh())
      const dead = yield* claim(account)
      expect(yield* store.sendNow(account)).toBe(2)
      const lost = yield* Effect.flip(store.intend(claimed(dead), { account, ...sendFor }))
      expect(lost).toBeInstanceOf(OutboxError.OutboxClaimLost)
      expect(ids(yield* claim(account))).toStrictEqual(ids(dead))
      expect(yield* store.renew(claimed(under), minute)).toStrictEqual(ids(under))
    }
  ),

  "order sources are looked for by one worker at a time, found by what was seen, and not before it is time": test(
    function*({ account, store }) {
      const mine = yield* sending(account, [fresh(), fresh(), fresh({ notify_order_source: false })])
      const after = [minute, Duration.hours(1)].map(Duration.toMillis)
      const policy = { resendAfter: Infinity, nextLook: () => 60_000, verifyAfter: after }
      yield* store.settle(mine.token, ids(mine).map((id) => ({ id, ended: { _tag: "Fulfilled" } })), policy)
      const isDue = Effect.map(store.dueAccounts, (all) => all.some((due) => due.account === account))
      const found = (orderSource: OutboxRow.OrderSourceState) =>
        Effect.map(store.list({ account, orderSource, limit: 10 }), (page) => page.rows.map(({ id }) => id))
      const take = store.claimFulfilled({ account, worker: "w", limit: 10, lease: minute })
      expect(yield* found("waiting")).toStrictEqual(ids(mine).slice(0, 2))
      expect(yield* isDue).toBe(false)
      expect((yield* take).rows).toEqual([])
      const open = (yield* store.counts("open")).filter((count) => count.account === account)
      expect(open).toEqual([])
      yield* Effect.sleep("20 millis")
      // they have not ended yet
      yield* store.prune(Duration.millis(5))
      expect(yield* found("waiting")).toStrictEqual(ids(mine).slice(0, 2))

      expect(yield* store.verify({ account, within: minute })).toBe(2)
      expect(yield* store.dueAccounts).toContainEqual({ account, state: "fulfilled" })
      const [one, other] = yield* Effect.all([take, take], { concurrency: "unbounded" })
      expect([...ids(one), ...ids(other)].toSorted()).toStrictEqual(ids(mine).slice(0, 2))
      expect(yield* isDue).toBe(false)
      const [first, second] = [...one.rows, ...other.rows].toSorted((a, b) => a.id - b.id)
      if (first === undefined || second === undefined) return yield* Effect.dieMessage("no rows")
      const by = { worker: "w", after: [] }
      yield* store.verified([{ row: first, seen: { _tag: "Notified" } }], by)
      // it was looked at by another since
      const late = { ...second, due: DateTime.subtract(second.due, { minutes: 1 }) }
      expect(yield* store.verified([{ row: late, seen: { _tag: "Notified" } }], by)).toEqual([])
      const bad = "zero \0"
      const [seen] = yield* store.verified([{ row: second, seen: { _tag: "NotNotified", message: bad } }], by)
      expect(seen?.orderSource).toMatchObject({ state: "notNotified", message: "zero \uFFFD" })
      expect(yield* found("notified")).toStrictEqual([first.id])
      expect(yield* found("notNotified")).toStrictEqual([second.id])
      expect(yield* found("waiting")).toStrictEqual([])
      const told = yield* store.get(second.id)
      expect(told.row).toEqual(seen)
      expect(told.history.at(-1)?.by).toEqual(OutboxRow.worker("w"))
      expect(yield* store.verify({ account, within: minute })).toBe(1)
      yield* store.pause(account, OutboxRow.operator)
      expect(yield* take).toMatchObject({ rows: [], held: "paused" })
    }
  ),

  "operators' mistakes are typed": test(function*({ account, store }) {
    const mine = yield* sending(account, [fresh()])
    const [id = 0] = ids(mine)
    for (const id of [-1, 0, 0.5, NaN, Infinity, 2 ** 31, 2 ** 53, 2 ** 64, 1e300]) {
      const notFound = new OutboxError.OutboxRowNotFound({ id })
      const asked = [Effect.asVoid(store.get(id)), store.retry(id), store.discard(id)].map(Effect.flip)
      expect(yield* Effect.all(asked)).toEqual([notFound, notFound, notFound])
    }
    const error = yield* Effect.flip(store.retry(id))
    expect(error).toEqual(new OutboxError.OutboxStateError({ id, state: "sending", operation: "retry" }))
    expect((yield* Effect.flip(store.discard(id)))._tag).toBe("OutboxStateError")
  }),

  "a row that is in another state by now is neither sent again nor given up": test(function*({ account, store }) {
    const id = yield* unknown(account)
    const before = yield* oneOf(account)
    for (const operation of ["retry", "discard"] as const) {
      const error = yield* Effect.flip(store[operation](id, { ifState: "pending" }))
      expect(error).toEqual(new OutboxError.OutboxStateError({ id, state: "unknown", operation }))
    }
    expect(yield* oneOf(account)).toEqual(before)
    expect((yield* store.retry(id, { ifState: "unknown" })).resendWhenAbsent).toBe(true)
    expect((yield* store.discard(id, { ifState: "unknown" })).state).toBe("discarded")
  }),

  "a row that has another number by now is neither sent again nor given up": test(function*({ account, store }) {
    const seen = fresh()
    yield* offer(account, seen)
    yield* offer(account, { ...seen, tracking_number: "the right one" })
    const before = yield* oneOf(account)
    const { id } = before
    const ifState = "pending"
    for (const operation of ["retry", "discard"] as const) {
      const error = yield* Effect.flip(store[operation](id, { ifState, ifTrackingNumber: seen.tracking_number }))
      expect(error).toEqual(new OutboxError.OutboxStateError({ id, state: "pending", operation }))
    }
    expect(yield* oneOf(account)).toEqual(before)
    expect((yield* store.discard(id, { ifState, ifTrackingNumber: "the right one" })).state).toBe("discarded")
  }),

  "what was pruned is gone, and still known when it is offered again": test(function*({ account, store }) {
    const [kept, done, refused] = [fresh(), fresh(), fresh()]
    const mine = yield* sending(account, [done, refused])
    const [first = 0, second = 0] = ids(mine)
    yield* store.settle(mine.token, [
      { id: first, ended: { _tag: "Fulfilled" } },
      { id: second, ended: { _tag: "Rejected", error: { _tag: "Rejected", message: "no" } } }
    ])
    yield* offer(account, kept)
    expect(yield* store.prune(minute)).toBe(0)
    yield* Effect.sleep("20 millis")
    expect(yield* store.prune(Duration.millis(5))).toBeGreaterThanOrEqual(2)
    expect(yield* states(account)).toEqual(["pending"])
    expect((yield* Effect.flip(store.get(first)))._tag).toBe("OutboxRowNotFound")
    const answers = yield* offer(account, done, { ...done, tracking_number: "other" }, refused, kept)
    expect(answers.map(({ _tag }) => _tag)).toEqual(["Duplicate", "Refused", "Requeued", "Duplicate"])
    const [replaced] = yield* offer(account, { ...refused, tracking_number: "other" })
    expect(replaced?._tag).toBe("Replaced")
    expect(yield* states(account)).toEqual(["pending", "pending"])
    const again = yield* store.list({ account, shipmentId: refused.shipment_id, limit: 1 })
    yield* store.discard(again.rows[0]?.id ?? 0)
    yield* Effect.sleep("20 millis")
    expect(yield* store.prune(Duration.millis(5))).toBeGreaterThanOrEqual(1)
    const [last] = yield* offer(account, refused)
    expect(last).toMatchObject({ _tag: "Refused", reason: "discarded" })
  }),

  "announces what becomes due": test(function*({ store }) {
    const heard = yield* Effect.fork(Stream.runHead(store.announcements))
    yield* Effect.sleep("200 millis")
    yield* offer(freshAccount(), fresh())
    yield* heard.await.pipe(Effect.timeout("2 seconds"))
  })
}
