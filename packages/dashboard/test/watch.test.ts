/** What the overview tells that isn't in the outbox as such: which accounts could send and don't, and which shops weren't told. */
import { Outbox, OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
import { expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, TestClock } from "effect"
import * as Limits from "../src/internal/limits.js"
import * as Watch from "../src/internal/watch.js"
import { ended, inputs, notNotified, outboxInMemory } from "./support.js"

const begin = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  const watch = yield* Watch.make({ outbox, limits: yield* Limits.make })
  return {
    idle: Effect.map(watch.overview, ({ idle }) => idle.map(({ account }) => account)),
    notTold: Effect.map(watch.overview, ({ notNotified }) => notNotified),
    overview: watch.overview
  }
})

const minute = Duration.minutes(1)

/** A worker takes one row, and this becomes of it. */
const send = (account: string, ended: Parameters<OutboxStore.Service["settle"]>[1][number]["ended"]) =>
  Effect.gen(function*() {
    const store = yield* OutboxStore.OutboxStore
    const { rows, token } = yield* store.claim({ account, worker: "worker-1", limit: 1, lease: minute })
    const ids = rows.map(({ id }) => id)
    yield* store.intend({ token, ids }, { account, sendFor: minute, lease: minute })
    yield* store.settle(token, ids.map((id) => ({ id, ended })))
  })

const offer = (count: number, from = 1) => Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(count, from)))

it.scoped("an account whose rows could be sent, and aren't for two minutes, is idle until something is sent", () =>
  Effect.gen(function*() {
    const { idle } = yield* begin
    yield* offer(3)
    yield* TestClock.adjust("118 seconds")
    expect(yield* idle).toStrictEqual([])
    yield* TestClock.adjust("6 seconds")
    expect(yield* idle).toStrictEqual(["default"])
    yield* send("default", { _tag: "Fulfilled" })
    yield* TestClock.adjust("2 seconds")
    expect(yield* idle).toStrictEqual([])
    yield* TestClock.adjust("4 minutes")
    expect(yield* idle).toStrictEqual(["default"])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("an account isn't idle while it is paused or held back, and for two minutes after", () =>
  Effect.gen(function*() {
    const store = yield* OutboxStore.OutboxStore
    yield* offer(1)
    yield* store.pause("default", OutboxRow.operator)
    const { idle } = yield* begin
    yield* TestClock.adjust("3 minutes")
    expect(yield* idle).toStrictEqual([])
    yield* store.resume("default")
    yield* TestClock.adjust("118 seconds")
    expect(yield* idle).toStrictEqual([])
    yield* TestClock.adjust("6 seconds")
    expect(yield* idle).toStrictEqual(["default"])
    yield* store.holdBack("default", Duration.minutes(30))
    yield* TestClock.adjust("3 minutes")
    expect(yield* idle).toStrictEqual([])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("an account isn't idle while its rows wait for another try", () =>
  Effect.gen(function*() {
    yield* offer(1)
    yield* send("default", { _tag: "NotDone", error: { _tag: "E", message: "busy" }, delay: 30 * 60_000 })
    const { idle } = yield* begin
    yield* TestClock.adjust("3 minutes")
    expect(yield* idle).toStrictEqual([])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("an account isn't idle though as many rows come as are sent", () =>
  Effect.gen(function*() {
    const { idle } = yield* begin
    yield* offer(5)
    for (let from = 6; from < 206; from++) {
      yield* TestClock.adjust("1 second")
      yield* offer(1, from)
      yield* send("default", { _tag: "Fulfilled" })
      yield* TestClock.adjust("1 second")
      expect(yield* idle).toStrictEqual([])
    }
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("a dashboard that begins later knows what was idle before", () =>
  Effect.gen(function*() {
    yield* offer(2)
    yield* TestClock.adjust("7 minutes")
    expect(yield* (yield* begin).idle).toStrictEqual(["default"])
    yield* send("default", { _tag: "Fulfilled" })
    expect(yield* (yield* begin).idle).toStrictEqual([])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("a dashboard that begins after somebody resumed an account gives the worker its time", () =>
  Effect.gen(function*() {
    const { pause, resume } = yield* Outbox.Outbox
    yield* offer(2)
    yield* pause()
    yield* TestClock.adjust("7 minutes")
    yield* resume()
    expect(yield* (yield* begin).idle).toStrictEqual([])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("shipments of which the shop wasn't told are counted", () =>
  Effect.gen(function*() {
    yield* ended({ _tag: "Fulfilled" }, 3)
    const { notTold, overview } = yield* begin
    expect(yield* notTold).toBe(0)
    yield* notNotified("no")
    yield* TestClock.adjust("1 minute")
    expect(yield* notTold).toBe(3)
    expect((yield* overview).notNotifiedOf).toStrictEqual([{ account: "default", count: 3 }])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("since when nothing is sent, and when something was done last, aren't the same", () =>
  Effect.gen(function*() {
    yield* TestClock.adjust("10 hours")
    yield* offer(1)
    yield* send("default", { _tag: "Rejected", error: { _tag: "Rejected", message: "no" } })
    const { list, retry } = yield* Outbox.Outbox
    yield* TestClock.adjust("40 minutes")
    const { overview } = yield* begin
    const { rows: [row] } = yield* list()
    yield* retry(row?.id ?? 0)
    const retried = yield* DateTime.now
    yield* TestClock.adjust("3 minutes")
    const { idle: [idle] } = yield* overview
    expect(DateTime.distance(retried, idle?.since ?? retried)).toBeLessThan(3_000)
    expect(idle?.lastDone).toEqual(DateTime.subtract(retried, { minutes: 40 }))
    // it is still known when that is long ago
    yield* TestClock.adjust("1 hour")
    expect((yield* overview).idle[0]?.lastDone).toEqual(idle?.lastDone)
  }).pipe(Effect.provide(outboxInMemory)))

const unknown = { _tag: "Unknown", error: { _tag: "E", message: "no answer" } } as const

/** A worker looks for what is unknown, and doesn't find it. */
const look = Effect.gen(function*() {
  const store = yield* OutboxStore.OutboxStore
  const { rows, token } = yield* store.claimUnknown({ account: "default", worker: "w", limit: 100, lease: minute })
  const policy = { resendAfter: Number.POSITIVE_INFINITY, nextLook: () => 60_000 }
  yield* store.looked(token, rows.map(({ id }) => ({ id, looked: { _tag: "Absent" } as const })), policy)
})

it.scoped("an account whose unknown rows were to be looked for, and weren't for two minutes, is overdue", () =>
  Effect.gen(function*() {
    yield* ended(unknown, 2)
    const begun = yield* DateTime.now
    const { overview } = yield* begin
    expect((yield* overview).overdue).toStrictEqual([])
    yield* TestClock.adjust("3 minutes")
    expect((yield* overview).overdue).toEqual([{ account: "default", count: 2, since: begun }])
    // nothing could be sent
    expect((yield* overview).idle).toStrictEqual([])
    yield* look
    yield* TestClock.adjust("14 seconds")
    expect((yield* overview).overdue).toStrictEqual([])
    yield* TestClock.adjust("3 minutes")
    expect((yield* overview).overdue?.length).toBe(1)
    yield* Effect.flatMap(Outbox.Outbox, ({ pause }) => pause())
    yield* TestClock.adjust("2 seconds")
    expect((yield* overview).overdue).toStrictEqual([])
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("an account isn't overdue while a worker looks for one after the other", () =>
  Effect.gen(function*() {
    yield* ended(unknown, 20)
    const { overview } = yield* begin
    const store = yield* OutboxStore.OutboxStore
    for (let n = 0; n < 10; n++) {
      yield* TestClock.adjust("1 minute")
      yield* store.claimUnknown({ account: "default", worker: "w", limit: 1, lease: Duration.minutes(2) })
      expect((yield* overview).overdue).toStrictEqual([])
    }
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("an account whose worker died while it looked is overdue", () =>
  Effect.gen(function*() {
    yield* ended(unknown)
    const { overview } = yield* begin
    const store = yield* OutboxStore.OutboxStore
    yield* store.claimUnknown({ account: "default", worker: "w", limit: 1, lease: minute })
    yield* TestClock.adjust("2 minutes")
    expect((yield* overview).overdue).toStrictEqual([])
    yield* TestClock.adjust("2 minutes")
    expect((yield* overview).overdue?.length).toBe(1)
  }).pipe(Effect.provide(outboxInMemory)))

it.scoped("what was about to be sent when its worker died holds nothing up silently", () =>
  Effect.gen(function*() {
    yield* offer(3)
    const store = yield* OutboxStore.OutboxStore
    const { rows, token } = yield* store.claim({ account: "default", worker: "w", limit: 1, lease: minute })
    yield* store.intend({ token, ids: rows.map(({ id }) => id) }, {
      account: "default",
      sendFor: minute,
      lease: minute
    })
    const { idle, overview } = yield* begin
    yield* TestClock.adjust("2 minutes")
    expect(yield* idle).toStrictEqual([])
    yield* TestClock.adjust("4 minutes")
    expect(yield* idle).toStrictEqual(["default"])
    expect((yield* overview).overdue).toMatchObject([{ account: "default", count: 1 }])
  }).pipe(Effect.provide(outboxInMemory)))
