/** What holds however `createOne` is used, and doesn't when calls are merged naively. */
import type { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import type { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { Array, Deferred, Effect, Exit, FastCheck, Layer, Logger, Schedule, TestClock, TestContext } from "effect"
import { type Answer, refusal } from "./createAllSupport.js"
import { endings, other, serve } from "./createOneSupport.js"
import { input } from "./support.js"

type Fate = readonly [name: string, isDone: boolean, answer: () => Answer | undefined]

/** What may become of a request. */
const fates: ReadonlyArray<Fate> = [
  ["ok", true, () => undefined],
  ["400", false, () => refusal(400, "validation")],
  ["409", false, () => refusal(409, "business_rules")],
  ["429", false, () => refusal(429, "system")],
  ["500", false, () => new Response("", { status: 500 })],
  ["reset", false, () => "reset"],
  ["done, 500", true, () => new Response("", { status: 500 })],
  ["done, reset", true, () => "reset"]
]

/** In milliseconds, from well within the window to beyond the limiter's. */
const time = FastCheck.oneof(FastCheck.integer({ min: 0, max: 60 }), FastCheck.integer({ min: 0, max: 90_000 }))

const History = FastCheck.record({
  callers: FastCheck.array(
    FastCheck.record({
      id: FastCheck.integer({ min: 0, max: 4 }),
      isOther: FastCheck.boolean(),
      comesAt: time,
      /** How long it waits before it calls again. */
      patience: FastCheck.oneof(FastCheck.constant(Number.POSITIVE_INFINITY), time),
      repeats: FastCheck.integer({ min: 0, max: 4 })
    }),
    { minLength: 1, maxLength: 20 }
  ),
  fates: FastCheck.array(FastCheck.constantFrom(...fates), { maxLength: 10 }),
  rejected: FastCheck.integer({ min: 0, max: 9 }),
  slowness: FastCheck.constantFrom(0, 300, 5000),
  limit: FastCheck.constantFrom(1, 3, Number.POSITIVE_INFINITY),
  readBack: FastCheck.constantFrom<Fulfillments.ReadBack>("all", "none"),
  maxBatchSize: FastCheck.constantFrom(1, 2, 100),
  closesAt: FastCheck.option(time)
})

type History = typeof History extends FastCheck.Arbitrary<infer A> ? A : never

type Call = (
  input: Fulfillment.FulfillmentInput
) => Effect.Effect<FulfillmentOutcome.FulfillmentOutcome, { readonly _tag: string }>

/** What the server did, and what callers were told. */
const live = (makeCall: (service: Fulfillments.Service) => Call) =>
  Effect.fnUntraced(function*(
    { callers, closesAt, fates, limit, maxBatchSize, readBack, rejected, slowness }: History
  ) {
    const answer = (count: number, isDone: boolean) => {
      const fate = fates[count - 1]
      return fate?.[1] === isDone ? fate[2]() : undefined
    }
    const server = yield* serve({
      limit,
      options: { readBack, maxBatchSize },
      policy: Schedule.recurs(1),
      delay: (_, count) => slowness * (count % 4),
      reject: (id) => id === `se-${rejected}`,
      refuse: (_, count) => answer(count, false),
      spoil: (_, count) => answer(count, true)
    })
    const call = makeCall(server)
    const fibers = yield* Effect.forEach(callers, ({ comesAt, id, isOther, patience, repeats }) => {
      const once = Effect.flatten(Effect.timeoutOption(call(isOther ? other(id) : input(id)), patience))
      // `times: 0` means: without end
      const all = repeats === 0 ? once : once.pipe(
        Effect.repeat({ times: repeats, until: ({ _tag }) => _tag !== "Unknown" }),
        Effect.retry({ times: repeats })
      )
      return Effect.fork(Effect.delay(all, comesAt))
    })
    if (closesAt !== null) yield* Effect.fork(Effect.delay(server.close, closesAt))
    yield* TestClock.adjust("3 hours")

    const { posts } = server
    const done = server.timesFulfilled()
    const doubles = Object.values(done).filter(({ length }) => length > 1)
    return { done, doubles, posts, told: yield* endings(fibers) }
  })

const quiet = Layer.merge(TestContext.TestContext, Logger.remove(Logger.defaultLogger))

/** Gathers calls as one would at first: by time alone. */
const naively = ({ create }: Fulfillments.Service): Call => {
  interface Asked {
    readonly input: Fulfillment.FulfillmentInput
    readonly settled: Deferred.Deferred<FulfillmentOutcome.FulfillmentOutcome, Fulfillments.CreateError>
  }
  let batch: Array<Asked> = []
  const send = Effect.suspend(() => {
    const asked = batch
    batch = []
    const inputs = asked.map(({ input }) => input)
    if (!Array.isNonEmptyArray(inputs)) return Effect.void
    return Effect.map(
      Effect.exit(create(inputs)),
      (exit) =>
        asked.forEach(({ settled }, n) =>
          Deferred.unsafeDone(settled, Exit.map(exit, (outcomes) => outcomes[n] ?? outcomes[0]))
        )
    )
  })
  return Effect.fnUntraced(function*(input) {
    const settled = yield* Deferred.make<FulfillmentOutcome.FulfillmentOutcome, Fulfillments.CreateError>()
    if (batch.push({ input, settled }) === 1) yield* Effect.forkDaemon(Effect.delay(send, "20 millis"))
    return yield* Deferred.await(settled)
  })
}

describe("createOne, however it is used", () => {
  it.effect.prop(
    "every call ends, with what is true, and nothing is done twice, though the server would",
    { history: History },
    ({ history }) =>
      Effect.gen(function*() {
        const { done, doubles, posts, told } = yield* live(({ createOne }) => createOne)(history)
        expect(doubles).toEqual([])
        const calls = history.callers.map((caller, n) => ({ ...caller, told: told[n] ?? "" }))
        for (const ofShipment of Object.values(Array.groupBy(calls, ({ id }) => `se-${id}`))) {
          const areAllRefused = ofShipment.every(({ patience, repeats, told }) =>
            repeats === 0 && patience === Number.POSITIVE_INFINITY && /^ShipStation|Rejected$/.test(told)
          )
          if (areAllRefused) expect(done[`se-${ofShipment[0].id}`]).toBeUndefined()
        }
        expect(posts.every((ids) => new Set(ids).size === ids.length)).toBe(true)
        calls.forEach(({ id, isOther, told }) => {
          const isMine = done[`se-${id}`]?.some(({ tracking_number }) => (tracking_number === "other") === isOther)
          switch (told) {
            case "Created":
            case "AlreadyFulfilled":
              return expect(isMine).toBe(true)
            case "FulfillmentConflict":
              return expect(isMine).toBe(false)
            case "FulfillmentRejected":
              return expect(id).toBe(history.rejected)
            default:
              return expect(told).toMatch(/^Unknown$|^NoSuchElementException$|^ShipStation/)
          }
        })
      }),
    { fastCheck: { numRuns: 60 } }
  )

  it("which doesn't hold when calls are merged naively: two with the same shipment fail all of their batch", async () => {
    const isNobodyHarmed = async (history: History) => {
      const { told } = await Effect.runPromise(Effect.provide(live(naively)(history), quiet))
      return !told.includes("InvalidFulfillmentError")
    }
    const { failed } = await FastCheck.check(FastCheck.asyncProperty(History, isNobodyHarmed), { endOnFailure: true })
    expect(failed).toBe(true)
  })
})
