/** The worker over the store in memory, in virtual time. */
import { Emulator } from "@effect-shipstation/emulator"
import { Accounts, Outbox, OutboxError, OutboxRow, OutboxStore, OutboxWorker } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import {
  Cause,
  Context,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  Stream,
  TestClock
} from "effect"
import {
  are,
  emulator,
  fresh,
  freshMany,
  fulfillments,
  outbox,
  slowly,
  states,
  told,
  toldTwice,
  until,
  working
} from "./support.js"

const memory = (options?: Emulator.Options) => outbox(OutboxStore.layerStoreMemory, options)

const memorySlowly = (options?: Emulator.Options) => outbox(slowly, options)

const offer = (...inputs: Parameters<Outbox.Service["offer"]>[0]) =>
  Effect.flatMap(Outbox.Outbox, (outbox) => outbox.offer(inputs))

const rows = Effect.flatMap(Outbox.Outbox, (outbox) => Effect.map(outbox.list(), ({ rows }) => rows))

const posts = Effect.flatMap(
  Emulator.Emulator,
  ({ requests }) => Effect.map(requests, (all) => all.filter(({ method }) => method === "POST"))
)

describe("a worker", () => {
  it.effect("sends what is offered, each once", () =>
    Effect.gen(function*() {
      yield* offer(...freshMany(250))
      yield* until(are({ fulfilled: 250 })).pipe(working())
      expect((yield* posts).length).toBe(3)
      expect((yield* told).size).toBe(250)
      expect(yield* toldTwice).toEqual([])
    }).pipe(Effect.provide(memory())))

  it.effect("wakes when something is offered, without waiting for its next look", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("100 millis")
      yield* offer(fresh())
      yield* until(are({ fulfilled: 1 }), { step: "1 millis", most: 20 })
    }).pipe(working(), Effect.provide(memory())))

  it.effect("tells what became of each", () =>
    Effect.gen(function*() {
      const [good, taken, gone] = [fresh(), fresh(), fresh()]
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({
        shipments: [good, taken, { ...gone, cancelled: true }],
        fulfillments: [{ shipment_id: taken.shipment_id, tracking_number: "OTHER" }]
      })
      yield* offer(good, taken, gone)
      yield* until(are({ fulfilled: 1, conflict: 1, rejected: 1 })).pipe(working())
      const [first, second, third] = yield* rows
      expect(first).toMatchObject({ state: "fulfilled", attempts: 1 })
      expect(second?.found?.tracking_number).toBe("OTHER")
      expect(third?.lastError).toMatchObject({ _tag: "Rejected" })
      expect(third?.lastError?.requestId).toBeDefined()
    }).pipe(Effect.provide(memory({ alreadyFulfilled: "item" }))))

  it.effect("sends again what was refused at the door, later", () =>
    Effect.gen(function*() {
      yield* offer(...freshMany(3))
      yield* until(are({ fulfilled: 3 })).pipe(working())
      expect((yield* posts).map(({ status }) => status)).toEqual([429, 200])
      expect((yield* rows).map(({ attempts }) => attempts)).toEqual([2, 2, 2])
    }).pipe(Effect.provide(memory({
      faults: [{ endpoint: "create", nth: 1, action: { _tag: "ErrorBody", status: 429, retryAfter: 3 } }]
    }))))

  it.effect("holds an account back as long as the API asks, for other workers too", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      yield* until(Effect.map(posts, ({ length }) => length === 1), { step: "10 millis" }).pipe(working())
      const { accounts } = yield* Outbox.Outbox
      const [account] = yield* accounts
      expect(DateTime.toEpochMillis(account?.notBefore ?? DateTime.unsafeMake(0))).toBeGreaterThanOrEqual(120_000)
    }).pipe(Effect.provide(memory({
      faults: [{ endpoint: "create", action: { _tag: "ErrorBody", status: 429, retryAfter: 120 } }]
    }))))

  it.effect("holds no account back for longer than it may, whatever is asked for, and says so", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      const logged: globalThis.Array<unknown> = []
      yield* Effect.gen(function*() {
        const { events } = yield* OutboxWorker.make({ backoff: { longestHold: "10 minutes" } })
        const held = yield* events.pipe(
          Stream.filter(({ _tag }) => _tag === "HeldBack"),
          Stream.runHead,
          Effect.fork
        )
        yield* until(Effect.map(posts, ({ length }) => length === 1), { step: "10 millis" })
        expect(yield* held).toMatchObject({
          value: { account: "default", duration: Duration.minutes(10), asked: Duration.minutes(50) }
        })
        const [account] = yield* Effect.flatMap(Outbox.Outbox, ({ accounts }) => accounts)
        expect(DateTime.toEpochMillis(account?.notBefore ?? DateTime.unsafeMake(0))).toBeLessThan(700_000)
      }).pipe(
        Effect.scoped,
        Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void logged.push(message))))
      )
      expect(logged.flat()).toContain("ShipStation asks for a longer wait than there may be: it is asked again before")
    }).pipe(Effect.provide(memory({
      faults: [{ endpoint: "create", action: { _tag: "ErrorBody", status: 429, retryAfter: 3_000 } }]
    }))))

  it.effect("doesn't believe in pauses of decades that an older version wrote", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      yield* store.holdBack("default", Duration.days(20_000))
      yield* offer(fresh())
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 70 }).pipe(working())
    }).pipe(Effect.provide(memorySlowly())))

  it.effect("keeps its claim as long as it works on it", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      yield* until(are({ fulfilled: 1 })).pipe(working({ lease: "2 seconds", sendWithin: "1 second" }))
      const [row] = yield* rows
      const { history } = yield* Effect.flatMap(Outbox.Outbox, ({ get }) => get(row?.id ?? 0))
      expect(history.map(({ to }) => to)).toEqual(["fulfilled"])
    }).pipe(Effect.provide(memory({ faults: [{ action: { _tag: "Delay", when: "after", duration: "4 seconds" } }] }))))

  it.effect("looks first where another fulfillment stood in the way, and doesn't send while it is there", () =>
    Effect.gen(function*() {
      const taken = fresh()
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({ shipments: [taken], fulfillments: [{ ...taken, tracking_number: "OTHER" }] })
      yield* offer(taken)
      yield* until(are({ conflict: 1 }))
      const [row] = yield* rows
      const { get, retry } = yield* Outbox.Outbox
      yield* retry(row?.id ?? 0)
      yield* until(Effect.map(get(row?.id ?? 0), ({ history }) => history.length === 3))
      expect((yield* rows).map(({ state }) => state)).toEqual(["conflict"])
      expect((yield* posts).length).toBe(1)
    }).pipe(working(), Effect.provide(memory({ alreadyFulfilled: "item" }))))

  it.effect("holds an account back that fails, longer and longer", () =>
    Effect.gen(function*() {
      yield* offer(...freshMany(1))
      yield* TestClock.adjust("5 minutes")
      const count = (yield* posts).length
      expect(count).toBeGreaterThan(3)
      expect(count).toBeLessThan(15)
      expect(yield* states).toEqual({ pending: 1 })
    }).pipe(
      working(),
      Effect.provide(memory({ faults: [{ endpoint: "create", action: { _tag: "ErrorBody", status: 429 } }] }))
    ))

  it.effect("pauses the account whose key is refused, says so, and goes on for the others", () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.offer(freshMany(3), { account: "good" })
      yield* outbox.offer(freshMany(3), { account: "bad" })
      yield* until(are({ fulfilled: 3, pending: 3 })).pipe(working({ name: "me" }))
      const bad = (yield* outbox.accounts).find(({ account }) => account === "bad")
      expect(bad?.paused).toMatchObject({ by: OutboxRow.worker("me"), error: { _tag: "ShipStationSecurityError" } })
      expect((yield* outbox.accounts).find(({ account }) => account === "good")?.paused).toBeUndefined()
      expect((yield* posts).length).toBe(2)
    }).pipe(Effect.provide(
      Layer.merge(
        Outbox.layer,
        Accounts.layerFrom({ good: fulfillments(undefined, "good"), bad: fulfillments("wrong", "bad") })
      ).pipe(Layer.provideMerge(Layer.merge(OutboxStore.layerStoreMemory, emulator())))
    )))

  it.effect("goes on when the account is resumed", () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.pause()
      yield* offer(fresh())
      yield* TestClock.adjust("1 minute")
      expect(yield* posts).toEqual([])
      yield* outbox.resume()
      yield* until(are({ fulfilled: 1 }))
    }).pipe(working(), Effect.provide(memory())))

  it.effect("sends of a suspect account only what the list of fulfillments doesn't have", () =>
    Effect.gen(function*() {
      const [done, lost, other, open] = [fresh(), fresh(), fresh(), fresh()]
      const emulator = yield* Emulator.Emulator
      // this was sent, and the database doesn't know of it
      yield* emulator.seed({ fulfillments: [done, lost, { ...other, tracking_number: "OTHER" }] })
      const { suspect, resume } = yield* Outbox.Outbox
      yield* offer(done, other, open)
      yield* suspect()
      yield* TestClock.adjust("1 minute")
      expect(yield* states).toEqual({ pending: 3 })
      yield* resume()
      // those who don't know either offer it again
      yield* offer(lost)
      yield* until(are({ fulfilled: 3, conflict: 1 }))
      expect((yield* posts).length).toBe(1)
      expect([...(yield* told).keys()]).toEqual([open.shipment_id])
    }).pipe(working(), Effect.provide(memory())))

  const gets = Effect.flatMap(
    Emulator.Emulator,
    ({ requests }) => Effect.map(requests, (all) => all.filter(({ method }) => method === "GET"))
  )

  /** Rows that are looked up before they are sent. */
  const offerSuspects = Effect.gen(function*() {
    const { suspect, resume } = yield* Outbox.Outbox
    yield* offer(...freshMany(5))
    yield* suspect()
    yield* resume()
  })

  const areFree = Effect.map(rows, (all) => all.every(({ claim, state }) => claim === undefined && state === "pending"))

  it.effect("looks up no further row once its key is refused", () =>
    Effect.gen(function*() {
      yield* offerSuspects
      yield* TestClock.adjust("1 minute").pipe(working())
      expect((yield* gets).map(({ status }) => status)).toEqual([401])
      expect(yield* areFree).toBe(true)
    }).pipe(Effect.provide(
      Layer.mergeAll(Outbox.layer, Accounts.layer).pipe(
        Layer.provideMerge(fulfillments("wrong")),
        Layer.provideMerge(Layer.merge(OutboxStore.layerStoreMemory, emulator()))
      )
    )))

  it.effect("looks up no further row once its claim is lost", () =>
    Effect.gen(function*() {
      yield* offerSuspects
      const store = yield* OutboxStore.OutboxStore
      const pausing: OutboxStore.Service = {
        ...store,
        intend: (...all) => Effect.zipRight(store.pause("default", OutboxRow.operator), store.intend(...all))
      }
      yield* TestClock.adjust("1 minute").pipe(
        working(),
        Effect.provideService(OutboxStore.OutboxStore, pausing)
      )
      expect((yield* gets).length).toBe(1)
      expect(yield* posts).toEqual([])
      expect(yield* areFree).toBe(true)
    }).pipe(Effect.provide(memory())))

  it.effect("lets the others wait where one that goes alone meets an outage", () =>
    Effect.gen(function*() {
      yield* offerSuspects
      yield* TestClock.adjust("500 millis").pipe(working())
      expect((yield* posts).length).toBe(1)
      expect((yield* gets).length).toBe(1)
      expect(yield* areFree).toBe(true)
    }).pipe(Effect.provide(memory({ faults: [{ endpoint: "create", action: { _tag: "RefuseConnection" } }] }))))

  it.effect("isn't blocked by a row that its batch is refused for", () => {
    const poison = fresh()
    return Effect.gen(function*() {
      yield* offer(...freshMany(7), poison, ...freshMany(12))
      yield* until(are({ fulfilled: 19, rejected: 1 })).pipe(working())
      const culprit = (yield* rows).find(({ input }) => input.shipment_id === poison.shipment_id)
      expect(culprit?.state).toBe("rejected")
      expect(culprit?.lastError?._tag).toBe("ShipStationValidationError")
      expect(yield* toldTwice).toEqual([])
    }).pipe(Effect.provide(memory({
      faults: [{ endpoint: "create", shipmentId: poison.shipment_id, action: { _tag: "ErrorBody", status: 400 } }]
    })))
  })

  it.effect("reads back what a gateway's page left open", () =>
    Effect.gen(function*() {
      yield* offer(...freshMany(20))
      yield* until(are({ fulfilled: 8, unknown: 12 })).pipe(working())
      expect((yield* posts).map(({ status }) => status)).toEqual([404])
      expect(yield* toldTwice).toEqual([])
    }).pipe(Effect.provide(memory({
      faults: [{
        endpoint: "create",
        nth: 1,
        action: { _tag: "RawBody", status: 404, body: "<h1>Not Found</h1>", commits: 8 }
      }]
    }))))

  it.effect("reads back what became of a request whose answer was lost", () =>
    Effect.gen(function*() {
      yield* offer(...freshMany(4))
      yield* until(are({ fulfilled: 2, unknown: 2 })).pipe(working())
      expect((yield* posts).length).toBe(1)
      expect((yield* rows).map(({ state }) => state)).toEqual(["fulfilled", "fulfilled", "unknown", "unknown"])
    }).pipe(
      Effect.provide(memory({ faults: [{ endpoint: "create", nth: 1, action: { _tag: "Reset", commits: 2 } }] }))
    ))

  it.effect("sends what is absent for an hour again, and not before", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      yield* until(are({ unknown: 1 }))
      yield* TestClock.adjust("59 minutes")
      expect((yield* posts).length).toBe(1)
      expect(yield* states).toEqual({ unknown: 1 })
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
      expect((yield* posts).length).toBe(2)
      const [row] = yield* rows
      const { history } = yield* Effect.flatMap(Outbox.Outbox, ({ get }) => get(row?.id ?? 0))
      expect(history.filter(({ from, to }) => from === "unknown" && to === "unknown").length).toBeGreaterThanOrEqual(2)
    }).pipe(
      working(),
      Effect.provide(memorySlowly({ faults: [{ endpoint: "create", nth: 1, action: { _tag: "Reset", commits: 0 } }] }))
    ))

  it.effect("never sends it again where told so, until an operator decides", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      yield* until(are({ unknown: 1 }))
      for (let hour = 0; hour < 5; hour++) yield* TestClock.adjust("1 hour")
      expect((yield* posts).length).toBe(1)
      const [row] = yield* rows
      yield* Effect.flatMap(Outbox.Outbox, ({ retry }) => retry(row?.id ?? 0))
      yield* until(are({ fulfilled: 1 }))
      expect((yield* posts).length).toBe(2)
    }).pipe(
      working({ resendAfter: "never", lease: "20 minutes" }),
      Effect.provide(memorySlowly({ faults: [{ endpoint: "create", nth: 1, action: { _tag: "Reset", commits: 0 } }] }))
    ))

  it.effect("finds what the list shows late, and doesn't send it again", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      yield* until(are({ unknown: 1 }))
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
      expect((yield* posts).length).toBe(1)
      expect(yield* toldTwice).toEqual([])
    }).pipe(
      working(),
      Effect.provide(memorySlowly({
        faults: [
          { endpoint: "create", nth: 1, action: { _tag: "Reset" } },
          { endpoint: "list", action: { _tag: "LaggingList", lag: "40 minutes" } }
        ]
      }))
    ))

  it.effect("measures what is left to do, and that nothing is", () =>
    Effect.gen(function*() {
      const tagged = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>) =>
        metric.pipe(Metric.tagged("account", "default"), Metric.tagged("state", "pending"))
      const { pause, resume } = yield* Outbox.Outbox
      yield* pause()
      yield* offer(...freshMany(3))
      yield* TestClock.adjust("2 minutes")
      expect((yield* Metric.value(tagged(OutboxWorker.rowCount))).value).toBe(3)
      expect((yield* Metric.value(tagged(OutboxWorker.oldestAge))).value).toBeGreaterThan(60_000)
      yield* resume()
      yield* TestClock.adjust("1 minute")
      expect((yield* Metric.value(tagged(OutboxWorker.rowCount))).value).toBe(0)
      expect((yield* Metric.value(tagged(OutboxWorker.oldestAge))).value).toBe(0)
    }).pipe(working(), Effect.provide(memorySlowly())))

  it.effect("measures from the start that nothing is left to do", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 minute")
      const labels = (yield* Metric.snapshot)
        .filter(({ metricKey: { name } }) => name === "shipstation.outbox.rows")
        .flatMap(({ metricKey: { tags } }) => tags.map(({ value }) => value))
      expect(labels).toContain("never offered to")
    }).pipe(
      working(),
      Effect.provide(
        Layer.merge(Outbox.layer, Accounts.layerFrom({ "never offered to": fulfillments() })).pipe(
          Layer.provideMerge(Layer.merge(slowly, emulator()))
        )
      )
    ))

  it.effect("measures which accounts are paused", () =>
    Effect.gen(function*() {
      const isPaused = Metric.value(Metric.tagged(OutboxWorker.paused, "account", "default"))
      const { pause, resume } = yield* Outbox.Outbox
      yield* pause()
      yield* TestClock.adjust("1 minute")
      expect((yield* isPaused).value).toBe(1)
      yield* resume()
      yield* TestClock.adjust("1 minute")
      expect((yield* isPaused).value).toBe(0)
    }).pipe(working(), Effect.provide(memorySlowly())))

  it.effect("says that it has looked, though ShipStation answers nothing", () =>
    Effect.gen(function*() {
      const { state } = yield* OutboxWorker.make({ batchSize: 1, stopWithin: 0 })
      yield* offer(...freshMany(40))
      let longest = 0
      for (let n = 0; n < 40; n++) {
        yield* TestClock.adjust("15 seconds")
        const { lastLook } = yield* state
        longest = Math.max(longest, DateTime.distance(lastLook, yield* DateTime.now))
      }
      expect((yield* posts).length).toBeGreaterThan(3)
      expect(longest).toBeLessThanOrEqual(15_000)
    }).pipe(Effect.scoped, Effect.provide(memorySlowly({ faults: [{ action: { _tag: "Hold" } }] }))))

  it.effect("tells how it is", () =>
    Effect.gen(function*() {
      const { name, state } = yield* OutboxWorker.make({ name: "me" })
      yield* TestClock.adjust("1 minute")
      yield* offer(fresh())
      yield* until(Effect.map(posts, ({ length }) => length === 1), { step: "10 millis" })
      expect(name).toBe("me")
      const { batches, lastLook } = yield* state
      expect(batches).toBe(1)
      expect(DateTime.toEpochMillis(lastLook)).toBeGreaterThanOrEqual(60_000)
      yield* until(are({ fulfilled: 1 }))
      expect((yield* state).batches).toBe(0)
    }).pipe(
      Effect.scoped,
      Effect.provide(memory({ faults: [{ action: { _tag: "Delay", when: "after", duration: "1 second" } }] }))
    ))

  it.effect("refuses to send again after less than 20 minutes", () =>
    Effect.gen(function*() {
      const short = yield* Effect.exit(Effect.scoped(OutboxWorker.make({ resendAfter: "19 minutes" })))
      expect(Exit.isFailure(short) && Cause.isDie(short.cause)).toBe(true)
      yield* Effect.scoped(OutboxWorker.make({ resendAfter: "20 minutes" }))
      yield* Effect.scoped(OutboxWorker.make({ unsafeResendAfter: "1 second" }))
    }).pipe(Effect.provide(memory())))
})

/** Sends a row and dies before it tells anybody. */
const dieAfterSend = Effect.gen(function*() {
  const store = yield* OutboxStore.OutboxStore
  const accounts = yield* Accounts.Accounts
  const lease = Duration.seconds(10)
  const { rows, token } = yield* store.claim({ account: "default", worker: "dead", limit: 1, lease })
  const ids = rows.map(({ id }) => id)
  yield* store.intend({ token, ids }, { account: "default", sendFor: lease, lease })
  const [input] = rows.map(({ input }) => input)
  if (input !== undefined) yield* accounts.get("default")?.create([input]) ?? Effect.void
  return { ids, token }
})

describe("a worker that can't write down that it is about to send", () => {
  it.effect("sends nothing, although it may have been written", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      const error = new OutboxError.OutboxStoreError({ message: "the commit's answer got lost", uncertain: true })
      let failures = 3
      const failing: OutboxStore.Service = {
        ...store,
        intend: (...options) =>
          Effect.tap(store.intend(...options), () => failures-- > 0 ? Effect.fail(error) : Effect.void)
      }
      yield* offer(...freshMany(2))
      yield* Effect.gen(function*() {
        yield* until(Effect.sync(() => failures === 0))
        expect(yield* posts).toEqual([])
        yield* until(are({ fulfilled: 2 }))
      }).pipe(working(), Effect.provideService(OutboxStore.OutboxStore, failing))
      expect((yield* posts).length).toBe(1)
    }).pipe(Effect.provide(memory())))

  it.effect("sends nothing of a claim that it has lost, and the rest later", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      yield* offer(...freshMany(3))
      const [first] = yield* rows
      let discards = 1
      const meanwhile: OutboxStore.Service = {
        ...store,
        intend: (...options) =>
          Effect.zipRight(
            discards-- > 0 ? Effect.orDie(store.discard(first?.id ?? 0)) : Effect.void,
            store.intend(...options)
          )
      }
      yield* until(are({ fulfilled: 2, discarded: 1 })).pipe(
        working(),
        Effect.provideService(OutboxStore.OutboxStore, meanwhile)
      )
      expect((yield* told).has(first?.input.shipment_id ?? "")).toBe(false)
    }).pipe(Effect.provide(memory())))
})

describe("a worker that dies", () => {
  it.effect("leaves what it has sent to be read back", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      yield* dieAfterSend
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes" }).pipe(working())
      expect((yield* posts).length).toBe(1)
      expect(yield* toldTwice).toEqual([])
    }).pipe(Effect.provide(memorySlowly())))

  it.effect("would have it done twice, if what is found on its way were sent", () =>
    Effect.gen(function*() {
      yield* offer(fresh())
      const { ids, token } = yield* dieAfterSend
      const store = yield* OutboxStore.OutboxStore
      const error = { _tag: "Control", message: "the safeguard is off" }
      yield* store.settle(token, ids.map((id) => ({ id, ended: { _tag: "NotDone", error, delay: 0, isUnsent: true } })))
      // a new process remembers nothing
      const context = yield* Layer.build(Layer.fresh(Layer.provide(Accounts.layer, fulfillments())))
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes" }).pipe(
        working(),
        Effect.provideService(Accounts.Accounts, Context.get(context, Accounts.Accounts))
      )
      expect((yield* toldTwice).length).toBe(1)
    }).pipe(Effect.scoped, Effect.provide(memorySlowly())))

  it.effect("stands still before the send, and sends nothing when it wakes", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      let stops = 1
      const slow: OutboxStore.Service = {
        ...store,
        intend: (...options) =>
          Effect.tap(store.intend(...options), () => stops-- > 0 ? Effect.sleep("31 seconds") : Effect.void)
      }
      yield* offer(fresh())
      yield* Effect.gen(function*() {
        yield* TestClock.adjust("30 seconds")
        expect(yield* posts).toEqual([])
        yield* TestClock.adjust("2 seconds")
        expect(yield* posts).toEqual([])
        expect((yield* rows).map(({ lastError }) => lastError?._tag)).toEqual(["SendTooLate"])
        yield* until(are({ fulfilled: 1 }))
      }).pipe(working(), Effect.provideService(OutboxStore.OutboxStore, slow))
    }).pipe(Effect.provide(memory())))
})

describe("a worker that is told to stop", () => {
  const stopping = (stopWithin: Duration.DurationInput) =>
    Effect.gen(function*() {
      yield* offer(fresh())
      const worker = yield* Effect.fork(working({ stopWithin })(Effect.never))
      yield* until(Effect.map(posts, ({ length }) => length === 1))
      const stopped = yield* Effect.fork(Fiber.interrupt(worker))
      yield* until(Effect.map(Fiber.poll(stopped), ({ _tag }) => _tag === "Some"), { most: 40 })
    })

  it.effect("doesn't wait for a database that hangs", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      const worker = yield* working()(Effect.never).pipe(
        Effect.provideService(OutboxStore.OutboxStore, { ...store, claim: () => Effect.uninterruptible(Effect.never) }),
        Effect.fork
      )
      yield* TestClock.adjust("5 seconds")
      const stopped = yield* Effect.fork(Fiber.interrupt(worker))
      yield* until(Effect.map(Fiber.poll(stopped), ({ _tag }) => _tag === "Some"), { most: 80 })
    }).pipe(Effect.provide(memory())))

  it.effect("finishes what is under way", () =>
    Effect.gen(function*() {
      yield* stopping("10 seconds")
      expect(yield* states).toEqual({ fulfilled: 1 })
    }).pipe(Effect.provide(memory({ faults: [{ action: { _tag: "Delay", when: "after", duration: "2 seconds" } }] }))))

  it.effect("writes down what isn't known when its time is over", () =>
    Effect.gen(function*() {
      yield* stopping("1 second")
      expect(yield* states).toEqual({ unknown: 1 })
      expect((yield* rows).map(({ lastError }) => lastError?._tag)).toEqual(["WorkerStopped"])
    }).pipe(Effect.provide(memory({ faults: [{ action: { _tag: "Delay", when: "after", duration: "4 seconds" } }] }))))
})
