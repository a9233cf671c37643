import { OutboxError, OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
import type { Fulfillment } from "@effect-shipstation/schema"
import { expect, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, type Layer, Stream } from "effect"

let last = 0

/** A shipment that no other test has. */
export const fresh = (more: Partial<Fulfillment.FulfillmentInput> = {}): Fulfillment.FulfillmentInput => {
  last++
  return { shipment_id: `se-${last}`, tracking_number: `1Z${last}`, carrier_code: "ups", ...more }
}

/** An account that no other test has. */
const freshAccount = () => `account-${++last}`

const minute = Duration.minutes(1)

const offer = (account: string, ...inputs: ReadonlyArray<Fulfillment.FulfillmentInput>) =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => store.offer(account, inputs.map((input, index) => ({ index, input })))
  )

const claim = (account: string, more: Partial<OutboxStore.ClaimOptions> = {}) =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => store.claim({ account, worker: "worker", limit: 100, lease: minute, ...more })
  )

const ids = ({ rows }: OutboxStore.Claim) => rows.map(({ id }) => id)

const claimed = (claim: OutboxStore.Claim): OutboxStore.Claimed => ({ token: claim.token, ids: ids(claim) })

const sendFor = { sendFor: Duration.seconds(30), lease: minute }

/** Rows on their way to be sent. */
const sending = Effect.fnUntraced(
  function*(account: string, inputs: ReadonlyArray<Fulfillment.FulfillmentInput>, lease = minute) {
    const store = yield* OutboxStore.OutboxStore
    yield* offer(account, ...inputs)
    const mine = yield* claim(account)
    yield* store.intend(claimed(mine), { account, sendFor: Duration.min(lease, "30 seconds"), lease })
    return mine
  }
)

const states = (account: string) =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => Effect.map(store.list({ account, limit: 1000 }), ({ rows }) => rows.map(({ state }) => state))
  )

const oneOf = Effect.fnUntraced(function*(account: string) {
  const store = yield* OutboxStore.OutboxStore
  const { rows: [row] } = yield* store.list({ account, limit: 1 })
  if (row === undefined) return yield* Effect.dieMessage("no row")
  return row
})

const endings: Record<string, OutboxStore.Ended> = {
  fulfilled: { _tag: "Fulfilled", requestId: "request-1" },
  rejected: { _tag: "Rejected", error: { _tag: "Rejected", message: "no", requestId: "request-1" } },
  conflict: { _tag: "Conflict", found: { tracking_number: "other" } },
  pending: { _tag: "NotDone", error: { _tag: "ShipStationNetworkError", message: "refused" }, delay: 60_000 },
  unknown: { _tag: "Unknown", error: { _tag: "ShipStationConnectionLostError", message: "cut" } }
}

const never: OutboxStore.Policy = { resendAfter: Infinity, nextLook: () => 60_000 }
const atOnce: OutboxStore.Policy = { resendAfter: 0, nextLook: () => 0 }

export const suite = <E>(name: string, store: Layer.Layer<OutboxStore.OutboxStore, E>) =>
  layer(store, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
    it.effect("what was offered can be claimed once", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const inputs = [fresh(), fresh({ notify_customer: false, ship_date: DateTime.unsafeMake("2026-03-01") })]
        expect((yield* offer(account, ...inputs)).map(({ _tag }) => _tag)).toEqual(["Accepted", "Accepted"])
        const first = yield* claim(account)
        expect(first.rows.map(({ input }) => input)).toEqual(inputs)
        expect((yield* claim(account)).rows).toEqual([])
      }))

    it.effect("many who claim at once get different rows", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const atOnce = Effect.replicateEffect(claim(account, { limit: 10 }), 10, { concurrency: "unbounded" })
        // the first claims of all wait for connections, and for the account to be written down
        yield* atOnce
        yield* offer(account, ...Array.from({ length: 50 }, () => fresh()))
        const claims = yield* atOnce
        const all = claims.flatMap(ids)
        expect(new Set(all).size).toBe(all.length)
        expect(all.length + ids(yield* claim(account)).length).toBe(50)
      }))

    it.effect("what a worker tells of a row that is another's now changes nothing", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("a claim that ends can be claimed by another, and the first can't send any more", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("a claim that ended can't send, even if nobody else has claimed it", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        yield* offer(account, fresh())
        const mine = yield* claim(account, { lease: Duration.millis(20) })
        yield* Effect.sleep("40 millis")
        expect(yield* store.renew(claimed(mine), minute)).toEqual([])
        expect((yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor })))._tag).toBe("OutboxClaimLost")
        expect(yield* states(account)).toEqual(["pending"])
      }))

    it.effect("a claim that is renewed lasts", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        yield* offer(account, fresh())
        const mine = yield* claim(account, { lease: Duration.millis(500) })
        expect(yield* store.renew(claimed(mine), minute)).toEqual(ids(mine))
        yield* Effect.sleep("600 millis")
        expect((yield* claim(account)).rows).toEqual([])
        yield* store.intend(claimed(mine), { account, ...sendFor })
      }))

    it.effect("an intent is written for all rows of a claim or for none", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        yield* offer(account, fresh(), fresh())
        const mine = yield* claim(account)
        const [first] = ids(mine)
        yield* store.discard(first ?? 0)
        const error = yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor }))
        expect(error).toEqual(new OutboxError.OutboxClaimLost({ ids: [first ?? 0] }))
        expect(yield* states(account)).toEqual(["discarded", "pending"])
      }))

    it.effect("rows that are given back can be claimed at once", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        yield* offer(account, fresh())
        const mine = yield* claim(account)
        yield* store.release(claimed(mine))
        expect(ids(yield* claim(account))).toEqual(ids(mine))
      }))

    it.effect.each(Object.entries(endings))("an attempt ends %s", ([state, ended]) =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("a worker that dies leaves unknown rows, which nobody sends", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const mine = yield* sending(account, [fresh(), fresh()], Duration.millis(20))
        yield* Effect.sleep("40 millis")
        expect(yield* store.expire).toBeGreaterThanOrEqual(2)
        expect(yield* states(account)).toEqual(["unknown", "unknown"])
        expect((yield* oneOf(account)).lastError?._tag).toBe("WorkerLost")
        expect((yield* claim(account)).rows).toEqual([])
        expect(ids(yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute }))).toEqual(ids(mine))
      }))

    it.effect("what such a worker tells too late is kept, and that it was fulfilled counts", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("what such a worker sent before the row was replaced is no success of what took its place", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const input = fresh()
        const mine = yield* sending(account, [input], Duration.millis(20))
        const [id = 0] = ids(mine)
        yield* Effect.sleep("40 millis")
        yield* store.expire
        yield* store.retry(id)
        const { token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
        yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], never)
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
      }))

    it.effect("an unknown row that is absent often and long enough is pending again, and looked up once more", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const mine = yield* sending(account, [fresh()])
        const [id = 0] = ids(mine)
        yield* store.settle(mine.token, [{ id, ended: endings["unknown"] ?? { _tag: "Fulfilled" } }])
        for (const expected of ["unknown", "unknown", "pending"]) {
          const { token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
          yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], atOnce)
          expect(yield* states(account)).toEqual([expected])
        }
        expect((yield* oneOf(account)).readBackFirst).toBe(true)
      }))

    it.effect("an unknown row waits for ever where nothing is sent again, unless an operator decides", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const mine = yield* sending(account, [fresh()])
        const [id = 0] = ids(mine)
        yield* store.settle(mine.token, [{ id, ended: endings["unknown"] ?? { _tag: "Fulfilled" } }])
        for (let look = 0; look < 5; look++) {
          const { rows, token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
          expect(rows.length).toBe(1)
          yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], never)
          yield* store.reconcile(account)
        }
        expect(yield* states(account)).toEqual(["unknown"])
        expect((yield* store.retry(id)).state).toBe("unknown")
        const { token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
        yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], never)
        expect(yield* states(account)).toEqual(["pending"])
        expect((yield* oneOf(account)).readBackFirst).toBe(true)
      }))

    it.effect("a row whose claim was lost is not changed by a look", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const mine = yield* sending(account, [fresh()])
        const [id = 0] = ids(mine)
        yield* store.settle(mine.token, [{ id, ended: endings["unknown"] ?? { _tag: "Fulfilled" } }])
        const { token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
        yield* store.discard(id)
        yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], atOnce)
        expect(yield* states(account)).toEqual(["discarded"])
      }))

    it.effect("a paused account sends nothing, not even what is claimed", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("an operator's pause takes the place of a worker's, and no worker's takes its place", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const paused = Effect.map(store.accounts, (all) => all.find((state) => state.account === account)?.paused)
        yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "refused" })
        yield* store.pause(account, OutboxRow.operator)
        const first = yield* paused
        expect(first).toMatchObject({ by: OutboxRow.operator, error: { message: "refused" } })
        yield* Effect.sleep("5 millis")
        yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "again" })
        yield* store.pause(account, OutboxRow.operator)
        expect(yield* paused).toEqual(first)
      }))

    it.effect("a pause of a worker can be ended without ending an operator's", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
        yield* store.distrust(account)
        expect(yield* store.resumeRefused(account)).toBe(false)
      }))

    it.effect("a distrusted account sends nothing until it is resumed, and then what is looked up first", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        yield* offer(account, fresh(), fresh())
        const before = yield* claim(account, { limit: 1 })
        yield* store.distrust(account)
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
      }))

    it.effect("a paused account stays paused when it is distrusted, or trusted again", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const stateOf = Effect.map(store.accounts, (all) => all.find((state) => state.account === account))
        yield* store.pause(account, OutboxRow.worker("worker"), { _tag: "E", message: "why" })
        yield* store.distrust(account)
        const first = yield* stateOf
        yield* store.distrust(account)
        expect(yield* stateOf).toEqual(first)
        expect(first).toMatchObject({ paused: { by: OutboxRow.operator, error: { message: "why" } } })
        expect(first?.distrustedSince).toBeDefined()
        yield* store.trust(account)
        expect((yield* stateOf)?.paused).toEqual(first?.paused)
        expect((yield* stateOf)?.distrustedSince).toBeUndefined()
      }))

    it.effect("an account that holds back is sent nothing for so long", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        yield* offer(account, fresh())
        yield* store.holdBack(account, Duration.millis(300))
        yield* store.holdBack(account, Duration.millis(1))
        expect((yield* claim(account)).rows).toEqual([])
        yield* Effect.sleep("400 millis")
        expect((yield* claim(account)).rows.length).toBe(1)
      }))

    it.effect("one shipment has one row, whoever offers it at the same time", () =>
      Effect.gen(function*() {
        const account = freshAccount()
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
      }))

    it.effect("the same shipment twice in one offer is one row", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const input = fresh()
        const answers = yield* offer(account, input, input, { ...input, tracking_number: "2Z" })
        expect(answers.map(({ _tag }) => _tag)).toEqual(["Accepted", "Duplicate", "Replaced"])
        expect((yield* claim(account)).rows.map(({ input }) => input.tracking_number)).toEqual(["2Z"])
      }))

    it.effect("a claimed row that is replaced isn't sent as it was", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const input = fresh()
        yield* offer(account, input)
        const mine = yield* claim(account)
        expect((yield* offer(account, { ...input, carrier_code: "dhl" })).map(({ _tag }) => _tag)).toEqual(["Replaced"])
        expect((yield* Effect.flip(store.intend(claimed(mine), { account, ...sendFor })))._tag).toBe("OutboxClaimLost")
        expect((yield* claim(account)).rows.map(({ input }) => input.carrier_code)).toEqual(["dhl"])
      }))

    it.effect("rows are found by what their last error says, in any case, and by when they were offered", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const account = freshAccount()
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
      }))

    it.effect("what waits is hastened, and who had claimed it can't send it; what is being sent is left alone", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const account = freshAccount()
        const under = yield* sending(account, [fresh()])
        yield* offer(account, fresh(), fresh())
        const dead = yield* claim(account)
        expect(yield* store.hasten(account)).toBe(2)
        const lost = yield* Effect.flip(store.intend(claimed(dead), { account, ...sendFor }))
        expect(lost).toBeInstanceOf(OutboxError.OutboxClaimLost)
        expect(ids(yield* claim(account))).toStrictEqual(ids(dead))
        expect(yield* store.renew(claimed(under), minute)).toStrictEqual(ids(under))
      }))

    it.effect("what there is for shipments is found, pruned or not", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const account = freshAccount()
        const [ended, waiting] = [fresh(), fresh()]
        const mine = yield* sending(account, [ended])
        yield* store.settle(mine.token, [{ id: ids(mine)[0] ?? 0, ended: { _tag: "Fulfilled", requestId: "r-1" } }])
        expect((yield* oneOf(account)).requestId).toBe("r-1")
        yield* offer(account, waiting)
        yield* Effect.sleep("5 millis")
        yield* store.prune(Duration.zero)
        const found = yield* store.find(account, [ended.shipment_id, waiting.shipment_id, "se-none"])
        expect(found.get(ended.shipment_id)).toMatchObject({ _tag: "Kept", kept: { state: "fulfilled" } })
        expect(found.get(waiting.shipment_id)).toMatchObject({ _tag: "Row", row: { state: "pending" } })
        expect(found.size).toBe(2)
      }))

    it.effect("more shipments are found at once than a statement takes values", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const account = freshAccount()
        const inputs = [fresh(), fresh()] as const
        yield* offer(account, ...inputs)
        const others = Array.from({ length: 70_000 }, (_, index) => `se-none-${index}`)
        const found = yield* store.find(account, [inputs[0].shipment_id, ...others, inputs[1].shipment_id])
        expect([...found.keys()].toSorted()).toEqual(inputs.map(({ shipment_id }) => shipment_id).toSorted())
      }))

    it.effect("counts, and lists with filters and pages", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("operators' mistakes are typed", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const mine = yield* sending(account, [fresh()])
        const [id = 0] = ids(mine)
        expect(yield* Effect.flip(store.get(-1))).toEqual(new OutboxError.OutboxRowNotFound({ id: -1 }))
        const error = yield* Effect.flip(store.retry(id))
        expect(error).toEqual(new OutboxError.OutboxStateError({ id, state: "sending", operation: "retry" }))
        expect((yield* Effect.flip(store.discard(id)))._tag).toBe("OutboxStateError")
      }))

    it.effect("a row that is in another state by now is neither sent again nor given up", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
        const mine = yield* sending(account, [fresh()])
        const [id = 0] = ids(mine)
        yield* store.settle(mine.token, [{ id, ended: endings["unknown"] ?? { _tag: "Fulfilled" } }])
        const before = yield* oneOf(account)
        for (const operation of ["retry", "discard"] as const) {
          const error = yield* Effect.flip(store[operation](id, { ifState: "pending" }))
          expect(error).toEqual(new OutboxError.OutboxStateError({ id, state: "unknown", operation }))
        }
        expect(yield* oneOf(account)).toEqual(before)
        expect((yield* store.retry(id, { ifState: "unknown" })).resendWhenAbsent).toBe(true)
        expect((yield* store.discard(id, { ifState: "unknown" })).state).toBe("discarded")
      }))

    it.effect("what was pruned is gone, and still known when it is offered again", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* OutboxStore.OutboxStore
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
      }))

    it.effect("announces what becomes due", () =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        const heard = yield* Effect.fork(Stream.runHead(store.announcements))
        yield* Effect.sleep("200 millis")
        yield* offer(freshAccount(), fresh())
        yield* heard.await.pipe(Effect.timeout("2 seconds"))
      }))
  })
