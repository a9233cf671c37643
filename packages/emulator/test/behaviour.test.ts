import { Emulator } from "@effect-shipstation/emulator"
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { create, inProcess, list } from "./support.js"

const statusOf = <E, R>(request: Effect.Effect<{ readonly status: number }, E, R>) =>
  Effect.map(request, ({ status }) => status)

/** How many of so many requests are let in. */
const letIn = (count: number, apiKey?: string) =>
  Effect.map(
    Effect.replicateEffect(statusOf(create(["se-1"], apiKey)), count),
    (statuses) => statuses.filter((status) => status === 200).length
  )

describe("the request limit", () => {
  it.effect("is 200 in a minute of the clock, and counts all requests of an account, but not those that it refused", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("59500 millis")
      assert.strictEqual(yield* letIn(199), 199)
      assert.strictEqual((yield* list()).status, 200)
      const refused = yield* list()
      assert.strictEqual(refused.status, 429)
      assert.strictEqual(refused.headers["retry-after"], "1")
      assert.nestedPropertyVal(yield* refused.json, "errors[0].error_code", "rate_limit_exceeded")
      assert.strictEqual(yield* letIn(10), 0)
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(yield* letIn(1), 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* letIn(201), 200)
      assert.strictEqual((yield* list()).headers["retry-after"], "60")
    }).pipe(Effect.provide(inProcess())))

  it.effect("is that of the last 60 seconds, if wanted", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* letIn(1), 1)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* letIn(2), 1)
      assert.strictEqual((yield* list()).headers["retry-after"], "40")
      yield* TestClock.adjust("39999 millis")
      assert.strictEqual(yield* letIn(1), 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* letIn(2), 1)
    }).pipe(Effect.provide(inProcess({ rateLimit: { limit: 2, window: "sliding" } }))))

  it.effect("is an account's own, and 20 for a test key", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* letIn(21, "TEST_a"), 20)
      assert.strictEqual(yield* letIn(201, "b"), 200)
      assert.strictEqual(yield* letIn(1, "c"), 0)
      assert.strictEqual((yield* create(["se-1"], "wrong")).status, 401)
    }).pipe(Effect.provide(inProcess({
      accounts: [{ name: "a", apiKey: "TEST_a" }, { name: "b", apiKey: "b" }, { name: "b", apiKey: "c" }]
    }))))

  it.effect("can be switched off", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* letIn(201), 201)
    }).pipe(Effect.provide(inProcess({ rateLimit: "off" }))))

  it.effect("is in the journal, creates nothing, and starts again after a reset", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      assert.strictEqual(yield* letIn(2), 1)
      assert.deepStrictEqual(
        (yield* emulator.requests).map(({ committed, limited, status }) => ({ committed, limited, status })),
        [{ committed: 1, limited: false, status: 200 }, { committed: 0, limited: true, status: 429 }]
      )
      yield* emulator.reset
      assert.strictEqual(yield* letIn(2), 1)
    }).pipe(Effect.provide(inProcess({ alreadyFulfilled: "accept", rateLimit: { limit: 1 } }))))

  it.effect("counts a request when it arrives, however long its answer takes, and none that nobody received", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* Effect.flip(list())
      yield* Effect.fork(list())
      yield* TestClock.adjust(1)
      yield* emulator.setFaults([])
      assert.strictEqual((yield* list()).status, 429)
    }).pipe(Effect.provide(inProcess({
      rateLimit: { limit: 1 },
      faults: [{ nth: 1, action: { _tag: "RefuseConnection" } }, { nth: 2, action: { _tag: "Hold" } }]
    }))))
})

describe("an account whose e-mail isn't verified", () => {
  it.effect("lists, and can't create until it is verified", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const refused = yield* create(["se-1"], "key")
      assert.strictEqual(refused.status, 400)
      assert.nestedPropertyVal(yield* refused.json, "errors[0].error_type", "account_status")
      assert.nestedPropertyVal(yield* refused.json, "errors[0].error_code", "verification_failure")
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
      assert.strictEqual((yield* create(["se-1"], "other")).status, 200)
      yield* emulator.seed({ accounts: [{ name: "a", apiKey: "second" }] })
      assert.strictEqual((yield* create(["se-2"], "key")).status, 400)
      yield* emulator.seed({ accounts: [{ name: "a", apiKey: "key", verified: true }] })
      assert.strictEqual((yield* create(["se-2"], "key")).status, 200)
    }).pipe(Effect.provide(inProcess({
      accounts: [{ name: "a", apiKey: "key", verified: false }, { name: "b", apiKey: "other" }]
    }))))
})

describe("results", () => {
  const messages = (...shipmentIds: ReadonlyArray<string>) =>
    Effect.map(Effect.flatMap(create(shipmentIds), ({ json }) => json), JSON.stringify)

  it.effect("of a cancelled shipment have a message, until it is seeded without", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      assert.include(yield* messages("se-1", "se-2"), "Shipment se-1 is cancelled.")
      yield* emulator.seed({ shipments: [{ shipment_id: "se-1" }] })
      assert.notInclude(yield* messages("se-1"), "cancelled")
      assert.deepStrictEqual((yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id), ["se-2", "se-1"])
      assert.notProperty((yield* emulator.fulfillments)[0], "cancelled")
    }).pipe(Effect.provide(inProcess({
      shipments: [{ shipment_id: "se-1", cancelled: true }, { shipment_id: "se-2" }]
    }))))

  const order = (count: number) =>
    Effect.map(messages(...Array.from({ length: count }, (_, n) => `se-${n}`)), (body) => body.match(/se-\d+/g))

  it.effect("come in the order of the items, or in reverse", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.provide(order(3), inProcess()), ["se-0", "se-1", "se-2"])
      assert.deepStrictEqual(yield* Effect.provide(order(3), inProcess({ resultOrder: "reverse" })), [
        "se-2",
        "se-1",
        "se-0"
      ])
    }))

  it.effect("come in an order that the seed decides", () =>
    Effect.gen(function*() {
      const shuffled = (seed?: number) => Effect.provide(order(50), inProcess({ resultOrder: "shuffled", seed }))
      const first = yield* shuffled(1)
      assert.deepStrictEqual(yield* shuffled(1), first)
      assert.notDeepEqual(yield* shuffled(2), first)
      assert.sameMembers([...first ?? []], [...(yield* Effect.provide(order(50), inProcess())) ?? []])
      assert.deepStrictEqual(yield* shuffled(), yield* shuffled(0))
    }))
})

describe("order_source_notified", () => {
  const told = Effect.map(Effect.flatMap(list(), ({ text }) => text), (body) => body.includes("notified\":true"))

  it.effect.each<[Emulator.Options, number]>([
    [{}, 60_000],
    [{ orderSourceNotifiedAfter: "1 hour" }, 3_600_000]
  ])("becomes true after a while, with %j", ([options, after]) =>
    Effect.gen(function*() {
      yield* create(["se-1"])
      yield* TestClock.adjust(after - 1)
      assert.isFalse(yield* told)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* told)
    }).pipe(Effect.provide(inProcess(options))))

  it.effect("stays false where the store refuses, which the list and the notifications tell", () =>
    Effect.gen(function*() {
      yield* create(["se-1", "se-2"])
      yield* TestClock.adjust("1 day")
      const { fulfillments } = JSON.parse(yield* Effect.flatMap(list(), ({ text }) => text))
      assert.deepStrictEqual(
        fulfillments.map((
          { notification_error_message, order_source_notified, shipment_id }: Record<string, unknown>
        ) => [shipment_id, order_source_notified, notification_error_message]),
        [["se-1", false, "Token has expired."], ["se-2", true, null]]
      )
      const { notifications } = yield* Emulator.Emulator
      assert.deepStrictEqual((yield* notifications).map(({ kind, shipment_id }) => `${kind} ${shipment_id}`), [
        "customer se-1",
        "customer se-2",
        "order_source se-2"
      ])
    }).pipe(Effect.provide(inProcess({
      acceptAnyShipment: true,
      shipments: [{ shipment_id: "se-1", notification_error_message: "Token has expired." }]
    }))))

  it.effect("stays false where the store isn't to be told", () =>
    Effect.gen(function*() {
      yield* create(["se-1"])
      yield* TestClock.adjust("1 day")
      assert.isFalse(yield* told)
    }).pipe(Effect.provide(inProcess({ accountDefaultNotify: { customer: true, orderSource: false } }))))
})

describe("a create without items", () => {
  const post = (body: object) =>
    HttpClientRequest.post("/v2/fulfillments").pipe(
      HttpClientRequest.setHeader("api-key", Emulator.defaultApiKey),
      HttpClientRequest.setBody(HttpBody.unsafeJson(body)),
      HttpClient.execute
    )

  it.effect("is refused unless the option says otherwise", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.provide(post({ fulfillments: [] }), inProcess())).status, 400)
      yield* Effect.gen(function*() {
        const accepted = yield* post({ fulfillments: [] })
        assert.strictEqual(accepted.status, 200)
        assert.deepStrictEqual(yield* accepted.json, { has_errors: false, fulfillments: [] })
        assert.strictEqual((yield* post({})).status, 400)
      }).pipe(Effect.provide(inProcess({ emptyBatch: "accept" })))
    }))
})
