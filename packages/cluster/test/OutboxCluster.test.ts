/** Accounts of an outbox as entities of a cluster, in virtual time. */
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { Sharding } from "@effect/cluster"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, TestClock } from "effect"
import { allFulfilled, emulator, fulfillments, outbox, runner, states, until } from "./support.js"

const names = (count: number) => Array.from({ length: count }, (_, n) => `account-${n}`)

const inputs = (account: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    shipment_id: `se-${1 + n + 1000 * Number(account.slice("account-".length))}`,
    tracking_number: `1Z${account}${n}`.replaceAll("-", ""),
    carrier_code: "ups"
  }))

const offerTo = (account: string, count: number) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(account, count), { account }))

const activeCount = Effect.flatMap(Sharding.Sharding, ({ activeEntityCount }) => activeEntityCount)

/** Counts what the database is asked. */
const counting = (questions: Map<string, number>) => (store: OutboxStore.Service): OutboxStore.Service => {
  const counted = <A, E>(name: string, effect: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      questions.set(name, (questions.get(name) ?? 0) + 1)
      return effect
    })
  return {
    ...store,
    dueAccounts: counted("dueAccounts", store.dueAccounts),
    expire: counted("expire", store.expire),
    counts: (which) => counted("counts", store.counts(which)),
    accounts: counted("accounts", store.accounts),
    claim: (options) => counted("claim", store.claim(options)),
    claimUnknown: (options) => counted("claimUnknown", store.claimUnknown(options))
  }
}

const counted = (questions: Map<string, number>) =>
  Layer.effect(OutboxStore.OutboxStore, Effect.map(OutboxStore.OutboxStore, counting(questions))).pipe(
    Layer.provideMerge(outbox)
  )

/** Answers after five minutes, as one does that waits for the limit. */
const slowly = (account: string) =>
  Layer.map(fulfillments(account), (context) =>
    Context.add(context, Fulfillments.Fulfillments, {
      ...Context.get(context, Fulfillments.Fulfillments),
      create: (inputs, options) =>
        Effect.zipLeft(
          Context.get(context, Fulfillments.Fulfillments).create(inputs, options),
          Effect.sleep("5 minutes")
        )
    }))

describe("accounts on a cluster", () => {
  const accounts = names(20)

  it.scoped("are each sent with their own key, once", () =>
    Effect.gen(function*() {
      for (const account of accounts) yield* offerTo(account, 3)
      yield* until(allFulfilled)
      const emulator = yield* Emulator.Emulator
      const done = (yield* emulator.fulfillments).map(({ account, shipment_id }) => `${account} ${shipment_id}`)
      const meant = accounts.flatMap((account) =>
        inputs(account, 3).map(({ shipment_id }) => `${account} ${shipment_id}`)
      )
      expect(done.toSorted()).toStrictEqual(meant.toSorted())
      expect(yield* emulator.notifiedAgain).toStrictEqual([])
    }).pipe(
      Effect.provide(
        runner({ fulfillments }).pipe(Layer.provideMerge(Layer.merge(outbox, emulator(accounts))))
      )
    ))

  it.scoped("cost nothing while nothing is due: neither an entity nor a question of their own", () => {
    const questions = new Map<string, number>()
    return Effect.gen(function*() {
      for (const account of accounts) yield* offerTo(account, 1)
      yield* until(allFulfilled)
      expect(yield* activeCount).toBe(accounts.length)
      yield* until(Effect.map(activeCount, (count) => count === 0))
      questions.clear()
      for (let second = 0; second < 60; second++) yield* TestClock.adjust("1 second")
      expect([...questions.keys()].toSorted()).toStrictEqual(["accounts", "counts", "dueAccounts", "expire"])
      expect(questions.get("dueAccounts")).toBeLessThanOrEqual(61)
      expect(questions.get("expire")).toBeLessThanOrEqual(5)

      yield* offerTo("account-7", 2)
      yield* until(allFulfilled)
      expect(yield* activeCount).toBe(1)
      expect(questions.get("claim")).toBeLessThanOrEqual(4)
    }).pipe(
      Effect.provide(
        runner({ fulfillments, idleWithin: "10 seconds" }).pipe(
          Layer.provideMerge(Layer.merge(counted(questions), emulator(accounts)))
        )
      )
    )
  })

  it.scoped("are kept while a request is under way, however long it takes", () =>
    Effect.gen(function*() {
      yield* offerTo("account-1", 1)
      yield* until(Effect.map(states, ({ sending }) => sending === 1))
      for (let n = 0; n < 24; n++) yield* TestClock.adjust("5 seconds")
      expect(yield* activeCount).toBe(1)
      yield* until(allFulfilled, "10 seconds")
      yield* until(Effect.map(activeCount, (count) => count === 0), "5 seconds")
    }).pipe(
      Effect.provide(
        runner({ fulfillments: slowly, idleWithin: "10 seconds" }).pipe(
          Layer.provideMerge(Layer.merge(outbox, emulator(accounts)))
        )
      )
    ))

  it.scoped("go on with what a runner left that died", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      yield* offerTo("account-1", 1)
      const lease = Duration.seconds(5)
      const account = "account-1"
      const { rows, token } = yield* store.claim({ account, worker: "it died", limit: 1, lease })
      yield* store.intend({ token, ids: rows.map(({ id }) => id) }, { account, sendFor: lease, lease })
      yield* Effect.gen(function*() {
        // it is looked for, as it may have been sent
        yield* until(Effect.map(states, ({ unknown }) => unknown === 1), "2 seconds")
        const { requests } = yield* Emulator.Emulator
        yield* until(Effect.map(requests, (all) => all.some(({ method }) => method === "GET")), "2 seconds")
        expect((yield* requests).filter(({ method }) => method === "POST")).toStrictEqual([])
      }).pipe(Effect.provide(runner({ fulfillments })))
    }).pipe(Effect.provide(Layer.merge(outbox, emulator(accounts)))))

  it.scoped("are looked at for order sources that are told late", () =>
    Effect.gen(function*() {
      const { list, offer } = yield* Outbox.Outbox
      yield* offer(inputs("account-1", 2).map((input) => ({ ...input, notify_order_source: true })), {
        account: "account-1"
      })
      yield* until(allFulfilled)
      const told = Effect.map(list({ orderSource: "notified" }), ({ rows }) => rows.length === 2)
      expect(yield* told).toBe(false)
      yield* until(told, "10 seconds")
    }).pipe(
      Effect.provide(
        runner({ fulfillments, worker: { verify: true }, idleWithin: "10 seconds" }).pipe(
          Layer.provideMerge(Layer.merge(outbox, emulator(accounts)))
        )
      )
    ))

  it.scoped("of which the key can't be had delay no other, and go on when it can", () => {
    let isDown = true
    const vault = (account: string) =>
      account === "account-2"
        ? Layer.suspend(() => isDown ? Layer.fail("vault") : fulfillments(account))
        : fulfillments(account)
    return Effect.gen(function*() {
      yield* offerTo("account-2", 1)
      yield* offerTo("account-3", 1)
      yield* until(Effect.map(states, ({ fulfilled }) => fulfilled === 1))
      yield* TestClock.adjust("1 minute")
      expect(yield* states).toStrictEqual({ pending: 1, fulfilled: 1 })
      isDown = false
      yield* until(allFulfilled)
    }).pipe(
      Effect.provide(
        runner({ fulfillments: vault }).pipe(Layer.provideMerge(Layer.merge(outbox, emulator(accounts))))
      )
    )
  })
})
