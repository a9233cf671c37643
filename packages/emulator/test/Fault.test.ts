import { Emulator, Fault } from "@effect-shipstation/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, type Duration, Effect, Fiber, Option, Predicate, Schema, Stream, TestClock } from "effect"
import { readFileSync } from "node:fs"
import { fetch } from "../src/internal/inProcess.js"
import { create, inProcess, list, results } from "./support.js"

const provide = (faults: ReadonlyArray<Fault.FaultRule>, options?: Emulator.Options) =>
  Effect.provide(inProcess({ ...options, faults }))

const unavailable: Fault.FaultAction = { _tag: "ErrorBody", status: 503 }

/** Statuses of so many creates of se-1, one after the other. */
const statuses = (count: number) => Effect.replicateEffect(Effect.map(create(["se-1"]), ({ status }) => status), count)

const lastRequest = Effect.map(Effect.flatMap(Emulator.Emulator, ({ requests }) => requests), (all) => all.at(-1))

/** Of some JSON, as much as the other one has. */
const part = (json: unknown, like: unknown): unknown => {
  if (Array.isArray(json) && Array.isArray(like)) return json.map((item, index) => part(item, like[index]))
  if (!Predicate.isRecord(json) || !Predicate.isRecord(like)) return json
  return Object.fromEntries(Object.keys(like).map((name) => [name, part(json[name], like[name])]))
}

/** Whether it is answered by then. */
const isDone = <A, E>(fiber: Fiber.RuntimeFiber<A, E>, after: Duration.DurationInput) =>
  Effect.map(Effect.zipRight(TestClock.adjust(after), Fiber.poll(fiber)), Option.isSome)

describe("which requests", () => {
  it.effect.each<[Omit<Fault.FaultRule, "action">, ReadonlyArray<number>]>([
    [{}, [503, 503, 503, 503, 503]],
    [{ endpoint: "create" }, [503, 503, 503, 200, 200]],
    [{ endpoint: "list" }, [200, 200, 200, 503, 503]],
    [{ account: "b" }, [200, 503, 200, 200, 200]],
    [{ shipmentId: "se-2" }, [200, 200, 503, 200, 503]],
    [{ endpoint: "create", shipmentId: "se-2" }, [200, 200, 503, 200, 200]],
    [{ nth: 2 }, [200, 503, 200, 200, 200]],
    [{ endpoint: "list", nth: 2 }, [200, 200, 200, 200, 503]],
    [{ times: 0 }, [200, 200, 200, 200, 200]],
    [{ times: 2 }, [503, 503, 200, 200, 200]],
    [{ shipmentId: "se-2", times: 1 }, [200, 200, 503, 200, 200]],
    [{ probability: 0 }, [200, 200, 200, 200, 200]],
    [{ probability: 1 }, [503, 503, 503, 503, 503]],
    // each request takes a second
    [{ from: "2 seconds" }, [200, 200, 503, 503, 503]],
    [{ until: 2_000 }, [503, 503, 200, 200, 200]],
    [{ from: "1 second", until: "3 seconds", nth: 2 }, [200, 200, 503, 200, 200]]
  ])("%j", ([conditions, expected]) =>
    Effect.gen(function*() {
      const requests = [
        create(["se-1"]),
        create(["se-1"], "key-b"),
        create(["se-1", "se-2"]),
        list(),
        list({ shipment_id: "se-2" })
      ]
      const answers = yield* Effect.forEach(requests, Effect.zipLeft(TestClock.adjust("1 second")))
      assert.deepStrictEqual(answers.map(({ status }) => status), expected)
    }).pipe(provide([{ ...conditions, action: unavailable }], {
      accounts: [{ name: "a", apiKey: Emulator.defaultApiKey }, { name: "b", apiKey: "key-b" }]
    })))

  it.effect("those of one key of an account, as when it was rotated", () =>
    Effect.gen(function*() {
      const keys = ["a-1", "b-1", "a-2", "unknown"]
      const answers = yield* Effect.forEach([...keys, ...keys], (key, index) =>
        Effect.zipLeft(create([`se-${index}`], key), TestClock.adjust("15 seconds")))
      assert.deepStrictEqual(
        answers.map(({ status }) =>
          status
        ),
        [200, 200, 200, 401, 503, 200, 200, 401]
      )
    }).pipe(provide([{ account: "a", key: 1, from: "1 minute", action: unavailable }], {
      accounts: [{ name: "a", apiKey: "a-1" }, { name: "b", apiKey: "b-1" }, { name: "a", apiKey: "a-2" }]
    })))

  it.effect("those of an unknown key, path or body too, when nothing else is said", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create(["se-1"], "wrong")).status, 503)
      assert.strictEqual((yield* create(["no id"])).status, 503)
    }).pipe(provide([{ action: unavailable }, { shipmentId: "se-1", action: { _tag: "Reset" } }])))

  it.effect("are counted from when the rule was set", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* statuses(3)
      yield* emulator.setFaults([{ nth: 2, action: unavailable }])
      assert.deepStrictEqual(yield* statuses(3), [200, 503, 200])
      yield* emulator.addFault({ nth: 1, action: unavailable })
      assert.deepStrictEqual(yield* statuses(2), [503, 200])
      assert.deepStrictEqual(yield* emulator.faults, [
        { nth: 2, action: unavailable },
        { nth: 1, action: unavailable }
      ])
      yield* emulator.setFaults([])
      assert.deepStrictEqual(yield* emulator.faults, [])
    }).pipe(provide([])))

  it.effect("after a reset are those of the options again, and counted anew", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const rules = yield* emulator.faults
      yield* TestClock.adjust("1 minute")
      const draws = yield* statuses(20)
      yield* emulator.setFaults([])
      yield* emulator.reset
      assert.deepStrictEqual(yield* emulator.faults, rules)
      // `until` counts from the reset, and the draws are the same
      assert.deepStrictEqual(yield* statuses(1), [500])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* statuses(20)).slice(1), draws.slice(1))
    }).pipe(provide([
      { nth: 1, until: "1 minute", action: { _tag: "ErrorBody", status: 500 } },
      { from: "1 minute", probability: 0.5, action: unavailable }
    ])))
})

describe("probability", () => {
  const history = (seed?: number) => statuses(200).pipe(provide([{ probability: 0.25, action: unavailable }], { seed }))

  it.effect("is a share of the requests, and the same ones under the same seed", () =>
    Effect.gen(function*() {
      const first = yield* history(1)
      const share = first.filter((status) => status === 503).length / 200
      assert.isTrue(share > 0.15 && share < 0.35, `${share}`)
      assert.deepStrictEqual(yield* history(1), first)
      assert.notDeepEqual(yield* history(2), first)
      assert.deepStrictEqual(yield* history(), yield* history(0))
    }))
})

describe("time", () => {
  it.effect("delays before and after the commit, one after the other, are the clock's", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const request = yield* Effect.fork(create(["se-1"]))
      assert.isFalse(yield* isDone(request, 4_999))
      assert.strictEqual((yield* emulator.fulfillments).length, 0)
      assert.isFalse(yield* isDone(request, 1))
      const [fulfillment] = yield* emulator.fulfillments
      assert.strictEqual(fulfillment?.created_at.epochMillis, 5_000)
      assert.isFalse(yield* isDone(request, 59_999))
      assert.isTrue(yield* isDone(request, 1))
      const { headers } = yield* Fiber.join(request)
      assert.strictEqual(headers["date"], "Thu, 01 Jan 1970 00:01:05 GMT")
      assert.deepInclude(yield* lastRequest, { faults: ["Delay", "Delay", "Delay"], at: DateTime.unsafeMake(0) })
    }).pipe(provide([
      { action: { _tag: "Delay", duration: "1 minute", when: "after" } },
      { action: { _tag: "Delay", duration: "3 seconds" } },
      { action: { _tag: "Delay", duration: 2_000, when: "before" } }
    ])))

  it.effect("a slow body waits between its chunks", () =>
    Effect.gen(function*() {
      const response = yield* create(["se-1"])
      const chunks = yield* Effect.fork(Stream.runCollect(response.stream))
      assert.isFalse(yield* isDone(chunks, 4_999))
      assert.strictEqual((yield* lastRequest)?.answer, "pending")
      assert.isTrue(yield* isDone(chunks, 1))
      const text = Buffer.concat(Chunk.toArray(yield* Fiber.join(chunks))).toString()
      assert.strictEqual(text, JSON.stringify(results("se-1")))
      // 111 bytes
      assert.strictEqual(Math.ceil(text.length / 20), 6)
    }).pipe(provide([{ action: { _tag: "SlowBody", bytesPerChunk: 20, interval: "1 second" } }])))

  it.effect("a lagging list shows what is as old as the longest lag", () =>
    Effect.gen(function*() {
      const total = Effect.map(Effect.flatMap(list(), ({ json }) => json), (page) => JSON.stringify(page))
      yield* create(["se-1"])
      yield* TestClock.adjust("4 seconds")
      yield* create(["se-2"])
      yield* TestClock.adjust("5999 millis")
      assert.include(yield* total, "\"total\":0")
      yield* TestClock.adjust("1 milli")
      assert.include(yield* total, "\"total\":1")
      yield* TestClock.adjust("4 seconds")
      assert.include(yield* total, "\"total\":2")
      assert.deepInclude(yield* lastRequest, { answer: "changed", faults: ["LaggingList", "LaggingList"] })
    }).pipe(provide([
      { action: { _tag: "LaggingList", lag: "10 seconds" } },
      { action: { _tag: "LaggingList", lag: 3_000 } }
    ])))
})

describe("several rules", () => {
  it.effect("one makes the answer and one sends it, the first that match; the smallest commits counts", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { status, stream } = yield* create(["se-1", "se-2", "se-3"])
      assert.strictEqual(status, 500)
      const read: Array<string> = []
      const error = yield* Stream.runForEach(
        Stream.decodeText(stream),
        (text) => Effect.sync(() => read.push(text))
      ).pipe(Effect.flip)
      // what arrived before the end can be read
      assert.deepStrictEqual([read, error._tag], [["odd"], "ResponseError"])
      assert.strictEqual((yield* emulator.fulfillments).length, 2)
      assert.deepInclude(yield* lastRequest, { committed: 2, answer: "lost", faults: ["RawBody", "Delay", "CutBody"] })
      // the next one is left to those that came too late
      assert.strictEqual((yield* create(["se-4"])).status, 400)
      assert.deepStrictEqual((yield* lastRequest)?.faults, ["Delay", "ErrorBody"])
    }).pipe(provide([
      { nth: 1, action: { _tag: "RawBody", status: 500, body: "odd one", commits: 2 } },
      { action: { _tag: "Delay", duration: 0 } },
      { nth: 1, action: { _tag: "CutBody", afterBytes: 3 } },
      { times: 1, action: { _tag: "ErrorBody", status: 400 } },
      { nth: 1, action: { _tag: "Reset", commits: 0 } }
    ])))

  it.effect("changes of results and of lists leave the other endpoint alone", () =>
    Effect.gen(function*() {
      yield* create(["se-1"])
      assert.deepStrictEqual((yield* lastRequest)?.faults, ["ChangeResults"])
      yield* list()
      assert.deepStrictEqual((yield* lastRequest)?.faults, ["LaggingList"])
    }).pipe(provide([
      { action: { _tag: "ChangeResults", reverse: true } },
      { action: { _tag: "LaggingList", lag: 1 } }
    ])))
})

describe("ErrorBody", () => {
  const own = { error_source: "ShipStation", message: "The emulator was told to answer" }

  it.effect.each(
    [
      [400, "validation", "unspecified"],
      [401, "security", "unauthorized"],
      [403, "security", "forbidden"],
      [429, "business_rules", "rate_limit_exceeded"],
      [503, "system", "unspecified"]
    ] as const
  )("says what fits status %d when told nothing else", ([status, error_type, error_code]) =>
    Effect.gen(function*() {
      const response = yield* create(["se-1"])
      assert.strictEqual(response.status, status)
      assert.notProperty(response.headers, "retry-after")
      assert.deepStrictEqual(yield* response.json, {
        request_id: response.headers["x-shipengine-requestid"],
        errors: [{ ...own, error_type, error_code, message: `${own.message} ${status}.` }]
      })
    }).pipe(provide([{ action: { _tag: "ErrorBody", status } }])))

  it.effect.each<[Extract<Fault.FaultAction, { _tag: "ErrorBody" }>["retryAfter"], string]>([
    [30, "30"],
    ["soon", "soon"],
    [{ dateIn: "90 seconds" }, "Thu, 01 Jan 1970 00:01:30 GMT"]
  ])("retryAfter %j is %s on the wire", ([retryAfter, header]) =>
    Effect.gen(function*() {
      const { headers } = yield* create(["se-1"])
      assert.strictEqual(headers["retry-after"], header)
    }).pipe(provide([{ action: { _tag: "ErrorBody", status: 429, retryAfter } }])))
})

describe("ChangeResults", () => {
  const [one, two] = results("se-1", "se-2").fulfillments
  const not = "It was not fulfilled."

  it.effect.each<
    [Omit<Extract<Fault.FaultAction, { _tag: "ChangeResults" }>, "_tag">, ReadonlyArray<object | undefined>]
  >([
    [{}, [one, two]],
    [{ drop: 1 }, [two]],
    [{ drop: 5 }, []],
    [{ drop: ["se-2", "se-7"] }, [one]],
    [{ reverse: true }, [two, one]],
    [{ duplicate: "same" }, [one, two, one, two]],
    [{ duplicate: "contradicting" }, [one, two, { ...one, error_message: not }, { ...two, error_message: not }]],
    [{ extra: true }, [one, two, { shipment_id: "se-unasked", error_message: null }]],
    [{ drop: 1, duplicate: "same", reverse: true }, [two, two]]
  ])("%j", ([change, fulfillments]) =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(create(["se-1", "se-2"]), ({ json }) => json)
      assert.deepStrictEqual(body, { has_errors: false, fulfillments })
      assert.strictEqual((yield* lastRequest)?.committed, 2)
    }).pipe(provide([{ action: { _tag: "ChangeResults", ...change } }])))

  it.effect("says failed for created, and created for failed", () =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(create(["se-1", "se-9"]), ({ json }) => json)
      assert.deepStrictEqual(body, {
        has_errors: false,
        fulfillments: [
          one,
          { shipment_id: "se-9", error_message: "Shipment se-9 was not found." },
          { ...one, error_message: not },
          { shipment_id: "se-9", error_message: null }
        ]
      })
    }).pipe(provide(
      [{ action: { _tag: "ChangeResults", duplicate: "contradicting", contradictHasErrors: true } }],
      { shipments: [{ shipment_id: "se-1" }] }
    )))

  it.effect("of several, first drops results, so that no contradiction loses its true half", () =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(create(["se-1", "se-2"]), ({ json }) => json)
      assert.deepStrictEqual(body, { has_errors: false, fulfillments: [two, { ...two, error_message: not }] })
    }).pipe(provide([
      { action: { _tag: "ChangeResults", duplicate: "contradicting" } },
      { action: { _tag: "ChangeResults", drop: 1 } }
    ])))

  it.effect("leaves other answers than 200 alone", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create(["no id"])).status, 400)
      assert.deepInclude(yield* lastRequest, { answer: "sent", faults: ["ChangeResults"] })
    }).pipe(provide([{ action: { _tag: "ChangeResults", extra: true } }])))

  it.effect("leaves fields out", () =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(create(["se-1"]), ({ json }) => json)
      assert.deepStrictEqual(body, { fulfillments: [{ shipment_number: "ORDER-1", error_message: null }] })
      assert.deepInclude(yield* lastRequest, { committed: 1, answer: "changed" })
    }).pipe(provide([{ action: { _tag: "ChangeResults", without: ["shipment_id", "has_errors"] } }])))
})

describe("commits", () => {
  const committed = Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    yield* Effect.exit(create(["se-1", "se-2", "se-3", "se-4"]))
    return (yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id)
  })

  const statuses = [400, 401, 403, 404, 409, 413, 422, 429, 500, 502]

  it.effect.each<readonly [Fault.Commits, ReadonlyArray<string>]>([
    ["all", ["se-1", "se-2", "se-3", "se-4"]],
    [0, []],
    [3, ["se-1", "se-2", "se-3"]],
    [9, ["se-1", "se-2", "se-3", "se-4"]],
    [{ share: 0.5 }, ["se-1", "se-2"]],
    [{ share: 0.74 }, ["se-1", "se-2"]],
    [{ share: 1 }, ["se-1", "se-2", "se-3", "se-4"]],
    [["se-4", "se-2", "se-7"], ["se-2", "se-4"]],
    [[], []]
  ])("%j, before any status and any end of the connection", ([commits, expected]) =>
    Effect.gen(function*() {
      const actions: ReadonlyArray<Fault.FaultAction> = [
        ...statuses.map((status) => ({ _tag: "ErrorBody", status, commits } as const)),
        ...statuses.map((status) => ({ _tag: "RawBody", status, commits } as const)),
        { _tag: "PartialSuccess", commits },
        { _tag: "Reset", commits },
        { _tag: "Stall", commits },
        { _tag: "CutBody", commits }
      ]
      for (const action of actions) {
        assert.deepStrictEqual(yield* committed.pipe(provide([{ action }])), expected, action._tag)
      }
    }))

  it.effect("of several rules, what all allow is committed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* committed, ["se-2"])
      assert.deepInclude(yield* lastRequest, { committed: 1 })
    }).pipe(provide([
      { action: { _tag: "ErrorBody", status: 400, commits: ["se-2", "se-3", "se-4"] } },
      { action: { _tag: "PartialSuccess", commits: { share: 0.75 } } },
      { action: { _tag: "Reset", commits: 2 } }
    ])))
})

describe("PartialSuccess", () => {
  const [one] = results("se-1").fulfillments
  const error_message = "It could not be fulfilled."

  it.effect.each<
    readonly [
      Omit<Extract<Fault.FaultAction, { _tag: "PartialSuccess" }>, "_tag" | "commits">,
      object,
      Emulator.Request["answer"]
    ]
  >([
    [{}, { shipment_id: "se-2", shipment_number: "ORDER-2", error_message }, "sent"],
    [
      { told: "message", message: "No." },
      { shipment_id: "se-2", shipment_number: "ORDER-2", error_message: "No." },
      "sent"
    ],
    [{ told: "without id" }, { error_message }, "changed"]
  ])("%j", ([told, other, answer]) =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(create(["se-1", "se-2"]), ({ json }) => json)
      assert.deepStrictEqual(body, { has_errors: true, fulfillments: [one, other] })
      assert.deepInclude(yield* lastRequest, { committed: 1, answer })
    }).pipe(provide([{ action: { _tag: "PartialSuccess", commits: 1, ...told } }])))

  it.effect("results that are missing", () =>
    Effect.gen(function*() {
      const body = yield* Effect.flatMap(create(["se-1", "se-2"]), ({ json }) => json)
      assert.deepStrictEqual(body, { has_errors: true, fulfillments: [one] })
      assert.deepInclude(yield* lastRequest, { committed: 1, answer: "changed" })
    }).pipe(provide([{ action: { _tag: "PartialSuccess", commits: ["se-1"], told: "missing" } }])))

  it.effect("what the API itself refuses keeps its message", () =>
    Effect.gen(function*() {
      const { fulfillments } = yield* Schema.decodeUnknown(Answer)(yield* (yield* create(["se-9", "se-1"])).json)
      assert.deepStrictEqual(
        fulfillments.map(({ error_message }) => error_message),
        ["Shipment se-9 was not found.", error_message]
      )
    }).pipe(provide([{ action: { _tag: "PartialSuccess", commits: 0 } }], { shipments: [{ shipment_id: "se-1" }] })))

  const Answer = Schema.Struct({ fulfillments: Schema.Array(Schema.Struct({ error_message: Schema.String })) })
})

describe("ChangeList", () => {
  const page = (
    change: Omit<Extract<Fault.FaultAction, { _tag: "ChangeList" }>, "_tag">,
    query: Record<string, string> = {}
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(new Date("2024-01-15T10:00:00Z").getTime())
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({
        fulfillments: [
          { shipment_id: "se-1", tracking_number: "1Z1" },
          { shipment_id: "se-2", tracking_number: "1Z2", voided: true },
          { shipment_id: "se-3", tracking_number: "1Z3" }
        ]
      })
      yield* emulator.setFaults([{ action: { _tag: "ChangeList", ...change } }])
      const { json } = yield* list(query)
      assert.deepInclude(yield* lastRequest, { status: 200, answer: "changed", faults: ["ChangeList"] })
      return yield* json
    }).pipe(provide([]))

  const rows = (...numbers: ReadonlyArray<number>) => ({
    fulfillments: numbers.map((n) => ({ shipment_id: `se-${n}` }))
  })

  it.effect.each<readonly [Parameters<typeof page>[0], Record<string, string>, object]>([
    [{}, {}, { ...rows(1, 2, 3), total: 3, pages: 1 }],
    [{ hoursOff: 8 }, { create_date_start: "2024-01-15T09:55:00Z" }, rows(1, 2, 3)],
    [{ hoursOff: 8 }, { create_date_end: "2024-01-15T10:05:00Z" }, { ...rows(), total: 0 }],
    [{ hoursOff: -8 }, { create_date_start: "2024-01-15T09:55:00Z" }, { ...rows(), total: 0 }],
    [{ hoursOff: -8 }, { create_date_start: "2024-01-15T02:00:00Z" }, rows(1, 2, 3)],
    [{ hoursOff: -0.5 }, { ship_date_start: "2024-01-15T09:55:00Z" }, rows()],
    [{ ignores: ["shipment_id"] }, { shipment_id: "se-9" }, rows(1, 2, 3)],
    [{ ignores: ["create_date_start", "page"] }, { create_date_start: "soon", page: "2" }, {
      ...rows(1, 2, 3),
      page: 1
    }],
    [{ mostRows: 2 }, { page_size: "500" }, {
      ...rows(1, 2),
      total: 3,
      pages: 2,
      links: { next: { href: "https://api.shipstation.com/v2/fulfillments?page_size=500&page=2" } }
    }],
    [{ mostRows: 2 }, { page_size: "500", page: "2" }, { ...rows(3), links: { next: {} } }],
    [{ mostRows: 500 }, { page_size: "1" }, { ...rows(1), pages: 3 }],
    [{ nullRow: 1 }, {}, { fulfillments: [{ shipment_id: "se-1" }, null, { shipment_id: "se-3" }] }],
    [{ nullRow: 7 }, {}, rows(1, 2, 3)],
    [{ values: { voided_at: "15.01.2024", tracking_number: 7 } }, {}, {
      fulfillments: [
        { voided: false, voided_at: null, tracking_number: 7 },
        { voided: true, voided_at: "15.01.2024" },
        { voided_at: null }
      ]
    }]
  ])("%j with %j", ([change, query, expected]) =>
    Effect.map(page(change, query), (body) => {
      assert.deepStrictEqual(part(body, expected), expected)
    }))

  it.effect("leaves fields out, of fulfillments and of the page", () =>
    Effect.gen(function*() {
      const body = yield* page({ without: ["shipment_id", "voided", "created_at", "pages", "links"] })
      assert.hasAllKeys(body, ["fulfillments", "total", "page"])
      const text = JSON.stringify(body)
      assert.notMatch(text, /"(shipment_id|voided|created_at)"/)
      assert.include(text, "1Z1")
    }))

  it.effect("several add up", () =>
    Effect.gen(function*() {
      yield* create(["se-1", "se-2"])
      const body = yield* Effect.flatMap(list(), ({ json }) => json)
      assert.hasAllKeys(body, ["fulfillments", "page", "links"])
      assert.deepStrictEqual(part(body, rows(1)), rows(1))
    }).pipe(provide([
      { action: { _tag: "ChangeList", mostRows: 1, without: ["pages"] } },
      { action: { _tag: "ChangeList", mostRows: 2, without: ["total"] } }
    ])))
})

describe("LandLate", () => {
  it.effect("is done by the clock, long after the client knows nothing", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const error = yield* Effect.flip(create(["se-1", "se-2"]))
      assert.strictEqual(error._tag, "RequestError")
      assert.deepInclude(yield* lastRequest, { committed: 0, answer: "lost" })
      yield* TestClock.adjust("19999 millis")
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
      yield* TestClock.adjust("1 millis")
      const [fulfillment, ...others] = yield* emulator.fulfillments
      assert.strictEqual(fulfillment?.created_at.epochMillis, 20_000)
      assert.deepStrictEqual(others, [])
      assert.deepInclude(yield* lastRequest, { committed: 1, answer: "lost", fulfillmentIds: ["se-900000001"] })
    }).pipe(provide([{ action: { _tag: "LandLate", after: "20 seconds", commits: 1 } }])))

  it.effect("meets what happened meanwhile", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* Effect.exit(create(["se-1"]))
      yield* create(["se-1"])
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* emulator.committed("se-1")).length, 1)
    }).pipe(provide([{ nth: 1, action: { _tag: "LandLate", after: "20 seconds" } }])))

  it.effect("after an answer of another rule, and never after a reset", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      assert.strictEqual((yield* create(["se-1"])).status, 503)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* emulator.fulfillments).length, 1)
      yield* create(["se-2"])
      yield* emulator.reset
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
    }).pipe(provide([
      { action: { _tag: "LandLate", after: "5 seconds" } },
      { action: { ...unavailable, commits: "all" } },
      { action: { _tag: "Reset" } }
    ])))

  it.effect("what is over the limit, or has no right key, lands never", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* Effect.exit(create(["se-1"], "wrong"))
      yield* Effect.exit(create(["se-2"]))
      yield* Effect.exit(create(["se-3"]))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id), ["se-2"])
    }).pipe(provide([{ action: { _tag: "LandLate", after: "5 seconds" } }], { rateLimit: { limit: 1 } })))
})

describe("FaultRule", () => {
  it("decodes from JSON to what it was", () => {
    const rules: ReadonlyArray<Fault.FaultRule> = [
      { endpoint: "create", nth: 1, action: { _tag: "Reset", commits: 2 } },
      {
        from: "1 minute",
        until: 120_000,
        probability: 0.5,
        action: { _tag: "ErrorBody", status: 429, retryAfter: 30 }
      },
      { key: 2, action: { _tag: "PartialSuccess", commits: { share: 0.5 }, told: "missing" } },
      { action: { _tag: "RawBody", status: 400, commits: ["se-1"] } },
      { action: { _tag: "ChangeList", hoursOff: -8, ignores: ["shipment_id"], mostRows: 1, values: { voided_at: 7 } } },
      { action: { _tag: "LandLate", after: "20 seconds" } }
    ]
    const json: unknown = JSON.parse(JSON.stringify(rules))
    assert.deepStrictEqual(Schema.decodeUnknownSync(Schema.Array(Fault.FaultRule))(json), rules)
  })

  it("decodes what the README shows", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
    const [, json = ""] = /```json\n(.*?)```/s.exec(readme) ?? []
    assert.strictEqual(Schema.decodeSync(Schema.parseJson(Schema.Array(Fault.FaultRule)))(json).length, 4)
  })

  it.each([
    {},
    { action: { _tag: "Explode" } },
    { action: { _tag: "Delay" } },
    { action: { _tag: "Delay", duration: "soon" } },
    { action: { _tag: "Delay", duration: -1 } },
    { action: { _tag: "ErrorBody", status: 99 } },
    { action: { _tag: "Reset", commits: "none" } },
    { action: { _tag: "Reset", commits: { share: 2 } } },
    { action: { _tag: "PartialSuccess" } },
    { action: { _tag: "ChangeList", hoursOff: "8" } },
    { action: { _tag: "ChangeList", mostRows: 0 } },
    { action: { _tag: "LandLate" } },
    { key: 0, action: { _tag: "Reset" } },
    { action: { _tag: "RawBody", status: 200, headers: { "X Y": "z" } } },
    { nth: 0, action: { _tag: "Reset" } },
    { Nth: 1, action: { _tag: "Reset" } },
    { action: { _tag: "Reset", after: true } },
    { probability: 1.5, action: { _tag: "Reset" } }
  ])("does not decode from %j", (json) => {
    assert.isTrue(Option.isNone(Schema.decodeUnknownOption(Fault.FaultRule)(json)))
  })

  it.effect.prop(
    "whatever the rules, the journal tells what was committed",
    { faults: Schema.Array(Fault.FaultRule).pipe(Schema.maxItems(5)) },
    ({ faults }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        const requests = yield* Effect.forEach(
          [create(["se-1", "se-2"]), list(), create(["se-2", "se-3"]), create(["se-3"]), list({ shipment_id: "se-1" })],
          (request) => Effect.fork(Effect.exit(Effect.flatMap(request, ({ text }) => text)))
        )
        for (let round = 0; round <= faults.length; round++) {
          yield* TestClock.adjust("1 hour")
          yield* emulator.release
        }
        yield* Fiber.interruptAll(requests)
        const journal = yield* emulator.requests
        assert.strictEqual(journal.length, 5)
        assert.strictEqual(
          journal.reduce((sum, { committed }) => sum + committed, 0),
          (yield* emulator.fulfillments).length
        )
      }).pipe(provide(faults, { alreadyFulfilled: "accept" })),
    { fastCheck: { numRuns: 100 } }
  )
})

describe("fetch in-process", () => {
  const get = Effect.fnUntraced(
    function*<A>(signal: AbortSignal | null, use: (response: Promise<Response>) => Promise<A>) {
      const { httpApp } = yield* Emulator.Emulator
      const headers = { "api-key": Emulator.defaultApiKey }
      return yield* Effect.promise(() =>
        use(fetch(httpApp, Effect.runFork)("https://api.shipstation.com/v2/fulfillments", { headers, signal }))
      )
    }
  )

  const failure = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error)

  it.live.each(
    [
      ["RefuseConnection", { code: "ECONNREFUSED", syscall: "connect" }],
      ["Reset", { code: "ECONNRESET", syscall: "read" }]
    ] as const
  )("%s fails as it does in Node.js", ([_tag, cause]) =>
    Effect.gen(function*() {
      const error = yield* get(null, failure)
      assert.instanceOf(error, TypeError)
      assert.deepInclude(error, { message: "fetch failed" })
      assert.deepInclude(error.cause, cause)
    }).pipe(Effect.provide(Emulator.layer({ faults: [{ action: { _tag } }] }))))

  const enough = new Error("enough")

  it.live("a request that is held fails when it is aborted", () =>
    Effect.gen(function*() {
      const controller = new AbortController()
      const error = yield* get(controller.signal, (response) => {
        controller.abort(enough)
        return failure(response)
      })
      assert.strictEqual(error, enough)
    }).pipe(Effect.provide(Emulator.layer({ faults: [{ action: { _tag: "Hold" } }] }))))

  it.live("a body that stalls fails when it is aborted", () =>
    Effect.gen(function*() {
      const controller = new AbortController()
      const error = yield* get(controller.signal, async (response) => {
        const text = (await response).text()
        controller.abort(enough)
        return failure(text)
      })
      assert.strictEqual(error, enough)
    }).pipe(Effect.provide(Emulator.layer({ faults: [{ action: { _tag: "Stall", afterBytes: 3 } }] }))))
})
