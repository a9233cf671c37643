/**
 * Nothing is sent twice unless it was looked up in between, whatever answers and whoever asks again. The truth is a server
 * that accepts everything, and counts e-mails.
 */
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { describe, expect, it } from "@effect/vitest"
import {
  Array,
  Cause,
  Context,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Redacted,
  Schedule,
  Stream,
  TestClock
} from "effect"
import { ofLayer } from "../src/internal/options.js"
import { isDone, type Script, serve } from "./gateSupport.js"
import { input, inTime } from "./support.js"

const all = Array.map(Array.make(1, 2, 3, 4), (n) => input(n))

type Ask = (service: Fulfillments.Service) => Effect.Effect<unknown, unknown>

/** Ways to ask until it is done, each by the book. */
const stubborn: Readonly<Record<string, Ask>> = {
  create: ({ create }: Fulfillments.Service) =>
    create(all).pipe(
      Effect.map(isDone),
      Effect.orElseSucceed(() => false),
      Effect.repeat({ until: (done) => done, times: 4 })
    ),
  "Effect.retry around create": ({ create }: Fulfillments.Service) =>
    create(all).pipe(Effect.flatMap(FulfillmentOutcome.orFail), Effect.retry({ times: 4 }), Effect.either),
  createAll: ({ createAll }: Fulfillments.Service) =>
    Effect.repeat(Stream.runCollect(createAll(all)), { until: (outcomes) => isDone([...outcomes]), times: 2 }),
  createOne: ({ createOne }: Fulfillments.Service) =>
    Effect.repeat(
      Effect.forEach(all, (each) => Effect.either(createOne(each)), { concurrency: "unbounded" }),
      { until: Array.every((each) => Either.isRight(each) && each.right._tag !== "Unknown"), times: 3 }
    ),
  "create, interrupted after a second": ({ create }: Fulfillments.Service) =>
    create(all).pipe(
      Effect.timeout("1 second"),
      Effect.retry({ times: 3 }),
      Effect.orElse(() => create(all)),
      Effect.repeat({ until: isDone, times: 2 }),
      Effect.either
    ),
  "two at once": ({ create, createOne }) => {
    const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
      create(all),
      create(Array.reverse(all)),
      ...all.map((each) => createOne(each))
    ]
    return Effect.forEach(calls, (call) => Effect.either(Effect.retry(call, { times: 2 })), {
      concurrency: "unbounded"
    })
  }
}

/** What a caller without the gate does. */
const naive = ({ createFulfillments }: ShipStationClient.Service) =>
  Effect.retry(createFulfillments({ fulfillments: all }), { times: 4 }).pipe(
    Effect.flatMap(() => createFulfillments({ fulfillments: all })),
    Effect.either
  )

const carrier = { source: "carrier", type: "integrations" }

/** Once: what the first request gets. The list lags where it says so. */
type Row = readonly [name: string, script: Script]
const first = (answer: ReturnType<NonNullable<Script["post"]>>): Script["post"] => ({ number }) =>
  number === 1 ? answer : {}
const errorOf = (status: number, error: Parameters<typeof AcceptEverything.error>[0] = {}) => ({
  status,
  body: AcceptEverything.error(error)
})
const lagging = () => ({ lag: Duration.seconds(10) })
const partly: ReadonlyArray<readonly [name: string, answer: { readonly status: number; readonly body?: unknown }]> = [
  ["a carrier's 400", errorOf(400, carrier)],
  ["an order source's 422", errorOf(422, { source: "order_source" })],
  ["an own 400", errorOf(400)],
  ["an own 422", errorOf(422, { type: "business_rules" })],
  ["an own 429", errorOf(429, { code: "rate_limit_exceeded", type: "system" })],
  ["a gateway's 429", { status: 429, body: "<html>" }],
  ["a carrier's 429", errorOf(429, carrier)],
  ["401", errorOf(401, { type: "security" })],
  ["403", errorOf(403, { type: "security" })],
  ["404", errorOf(404)],
  ["a gateway's 404", { status: 404, body: "<html>" }],
  ["409", errorOf(409, { type: "business_rules" })],
  ["413", errorOf(413)],
  ["an empty 400", { status: 400, body: "" }],
  ["405", { status: 405, body: "" }],
  ["408", { status: 408, body: "" }],
  ["a redirect", { status: 307, body: "" }],
  ["500", { status: 500, body: "" }],
  ["502", { status: 502, body: "<html>" }],
  ["an empty 200", { status: 200, body: "" }],
  ["a 200 that tells nothing", { status: 200, body: { has_errors: true, fulfillments: [] } }],
  ["a 200 whose message has no shipment", {
    status: 200,
    body: {
      has_errors: true,
      fulfillments: [...all.map(({ shipment_id }) => ({ shipment_id })), { error_message: "no" }]
    }
  }]
]

/** By the contract nothing was done then. */
const atTheDoor = ["an own 400", "an own 422", "401", "403", "404", "413"]

const rows: ReadonlyArray<Row> = [
  ...partly.map(([name, answer]): Row => [
    `${name}, when two of four were done`,
    { post: first({ does: 2, ...answer }) }
  ]),
  // (an own refusal that did something after all, and a list that lags besides, are too much for one look)
  ...partly.filter(([name]) => !atTheDoor.includes(name)).map(([name, answer]): Row => [
    `${name}, when two of four were done and the list lags`,
    { post: first({ does: 2, ...answer }), list: lagging }
  ]),
  ["a reset", { post: first({ how: "reset" }), list: lagging }],
  ["silence", { post: first({ how: "silence", lands: "20 seconds" }) }],
  ["a cut answer", { post: first({ how: "half" }), list: lagging }],
  ["an answer that stalls", { post: first({ how: "stall" }), list: lagging }],
  ["a reset, and it lands after 20 seconds", { post: first({ how: "reset", lands: "20 seconds" }), list: lagging }],
  ["502, and it lands after 15 seconds", {
    post: first({ status: 502, body: "", lands: "15 seconds" }),
    list: lagging
  }],
  ["a slow answer", { post: () => ({ after: "5 seconds" }), list: lagging }],
  ["a reset, and a date filter that is 8 hours off", { post: first({ how: "reset" }), list: () => ({ hoursOff: 8 }) }],
  ["a reset, and a date filter that is 8 hours behind", {
    post: first({ how: "reset" }),
    list: () => ({ hoursOff: -8 })
  }],
  ["a reset, and rows without shipment_id", {
    post: first({ how: "reset" }),
    list: () => ({ without: ["shipment_id"] })
  }],
  ["a reset, and rows without dates and ids", {
    post: first({ how: "reset" }),
    list: () => ({ without: ["created_at", "fulfillment_id", "voided", "voided_at"] })
  }],
  ["a reset, and pages of one row", { post: first({ how: "reset" }), list: () => ({ cap: 1 }) }],
  ["a reset, and pages of one row without pages", {
    post: first({ how: "reset" }),
    list: () => ({ cap: 1, without: ["pages"] })
  }],
  ["an own 400 after a part, and pages of one row without pages", {
    post: first({ does: 2, ...errorOf(400) }),
    list: () => ({ cap: 1, without: ["pages"] })
  }],
  ["an own 400 after a part, and a date filter that is 8 hours off", {
    post: first({ does: 2, ...errorOf(400) }),
    list: () => ({ hoursOff: 8 })
  }],
  ["an own 400 after a part, and rows without shipment_id", {
    post: first({ does: 2, ...errorOf(400) }),
    list: () => ({ without: ["shipment_id"] })
  }],
  ["a reset, and a list that ignores the shipment", {
    post: first({ how: "reset" }),
    list: () => ({ ignores: ["shipment_id"] })
  }],
  ["a reset, and a list that is refused", {
    post: first({ how: "reset" }),
    list: ({ number }) => number < 12 ? errorOf(429, { code: "rate_limit_exceeded" }) : {}
  }],
  ["a reset, and a row that can't be read", { post: first({ how: "reset" }), list: () => ({ change: () => null }) }]
]

/** All rows by three of the ways, and each third row by the others, which are built on these. */
const rowsOf = (way: string) =>
  ["create", "createAll", "two at once"].includes(way) ? rows : rows.filter((_, n) => n % 3 === way.length % 3)

describe.each<readonly [way: string, ask: Ask]>(Object.entries(stubborn))(
  "nobody is mailed twice by %s",
  (way, ask) => {
    it.scoped.each(rowsOf(way))("%s", ([, script]) =>
      Effect.gen(function*() {
        const { mails, service, twice } = yield* serve(script)
        yield* inTime(Effect.exit(ask(service)))
        // what was interrupted or lost may still land
        yield* TestClock.adjust("5 minutes")
        expect(twice()).toEqual([])
        expect(mails().size).toBeGreaterThan(0)
      }))
  }
)

it.scoped.each(rows)("control: without the gate somebody is: %s", ([, script]) =>
  Effect.gen(function*() {
    const { client, twice } = yield* serve(script)
    yield* inTime(naive(client))
    yield* TestClock.adjust("5 minutes")
    expect(twice().length).toBeGreaterThan(0)
  }))

describe("never looked is not not there", () => {
  it.scoped.each(partly)("with a schedule that never looks: %s", ([, answer]) =>
    Effect.gen(function*() {
      const { service, twice } = yield* serve({ post: first({ does: 2, ...answer }) }, {
        readBackSchedule: Schedule.stop
      })
      const outcomes = yield* inTime(Effect.either(service.create(all)))
      // an own refusal at the door is one by the contract; anything else is unknown
      if (Either.isRight(outcomes)) {
        expect(["Unknown", "Created", "AlreadyFulfilled"]).toEqual(
          expect.arrayContaining(outcomes.right.map(({ _tag }) => _tag))
        )
      } else expect(outcomes.left).toMatchObject({ delivery: "rejected" })
      yield* inTime(Effect.either(service.create(all)))
      expect(twice()).toEqual([])
    }))
})

describe("how long a first request is waited for", () => {
  it.scoped.each<readonly [timeout: Duration.DurationInput, atLeast: number]>([
    ["2 seconds", 30],
    ["30 seconds", 30],
    ["90 seconds", 90]
  ])("with a time-out of %s: %s seconds", ([timeout, atLeast]) =>
    Effect.gen(function*() {
      const { posts, service } = yield* serve({ post: first({ does: 0, how: "reset" }) }, {}, timeout)
      yield* inTime(Effect.repeat(service.create(all), { until: isDone }))
      const [one, two] = posts()
      expect(((two?.at ?? 0) - (one?.at ?? 0)) / 1000).toBeGreaterThanOrEqual(atLeast)
    }))

  it.scoped("what would take minutes is told as unknown", () =>
    Effect.gen(function*() {
      const { posts, service } = yield* serve({ post: first({ does: 0, how: "reset" }) }, {}, "1 hour")
      yield* inTime(service.create(all))
      expect((yield* inTime(service.create(all))).map(({ _tag }) => _tag)).toEqual(all.map(() => "Unknown"))
      expect(posts().length).toBe(1)
    }))
})

describe("what was voided", () => {
  const voidedFields = [[], ["voided"], ["created_at"], ["fulfillment_id"], ["voided", "created_at", "fulfillment_id"]]
  it.scoped.each(voidedFields.map((without) => [without] as const))(
    "may be sent again once the list can't lag any more, with rows without %j",
    ([without]) =>
      Effect.gen(function*() {
        const server = yield* serve({ list: () => ({ without }) })
        expect((yield* inTime(server.service.create(all)))[0]._tag).toBe("Created")
        server.void("se-1")
        yield* TestClock.adjust("29 seconds")
        // it may be an older one with the same number, and ours not listed yet
        expect((yield* inTime(server.service.create(all)))[0]._tag).toBe("AlreadyFulfilled")
        yield* TestClock.adjust("1 second")
        const outcomes = yield* inTime(server.service.create(all))
        expect(outcomes.map(({ _tag }) => _tag)).toEqual([
          "Created",
          "AlreadyFulfilled",
          "AlreadyFulfilled",
          "AlreadyFulfilled"
        ])
        expect(server.mails().get("se-1")).toBe(2)
        expect(server.posts().length).toBe(2)
      })
  )

  it.scoped("is voided also when its date can't be read", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        list: () => ({
          change: ({ voided, ...row }) => ({ ...row, voided_at: voided ? "yesterday" : null, created_at: undefined })
        })
      }, { readBack: "before" })
      yield* inTime(server.service.create([input(1)]))
      server.void("se-1")
      yield* inTime(server.service.forget())
      expect((yield* inTime(server.service.create([input(1)]))).map(({ _tag }) => _tag)).toEqual(["Created"])
    }))

  it.scoped("isn't voided where that is told, also with an empty date as some programs write it", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        list: () => ({ change: (row) => ({ ...row, voided: false, voided_at: "0001-01-01T00:00:00" }) })
      }, { readBack: "before" })
      yield* inTime(server.service.create([input(1)]))
      yield* inTime(server.service.forget())
      expect((yield* inTime(server.service.create([input(1)]))).map(({ _tag }) => _tag)).toEqual(["AlreadyFulfilled"])
      expect(server.mails().get("se-1")).toBe(1)
    }))

  it.scoped("says nothing of another that the list leaves out, as it tells of this one twice", () =>
    Effect.gen(function*() {
      const voided = { fulfillment_id: "se-f-9", shipment_id: "se-1", tracking_number: "1Z9", voided: true }
      const server = yield* serve({
        list: ({ query }) => ({
          body: { fulfillments: [voided], page: Number(query["page"] ?? 1), pages: 2, total: 2 }
        })
      }, { readBack: "before" })
      expect((yield* inTime(server.service.create([input(1)]))).map(({ _tag }) => _tag)).toEqual(["Unknown"])
      expect(server.posts()).toEqual([])
    }))

  it.scoped("before it was sent says nothing about what was sent, while the list lags", () =>
    Effect.gen(function*() {
      let lag = 0
      const server = yield* serve({ list: () => ({ lag: Duration.seconds(lag) }) })
      yield* inTime(server.service.create([input(1)]))
      server.void("se-1")
      yield* TestClock.adjust("30 seconds")
      yield* inTime(server.service.create([input(1)]))
      lag = 5
      // the list shows the first, voided, and not yet the second
      expect((yield* inTime(server.service.create([input(1)]))).map(({ _tag }) => _tag)).toEqual(["AlreadyFulfilled"])
      expect(server.mails().get("se-1")).toBe(2)
    }))

  it.scoped("before it was sent is told from what was sent by its id, where there are no dates and the list lags long", () =>
    Effect.gen(function*() {
      let lag = 0
      const without = ["created_at", "voided_at"]
      const server = yield* serve({ list: () => ({ lag: Duration.seconds(lag), without }) })
      yield* inTime(server.service.create([input(1)]))
      server.void("se-1")
      yield* TestClock.adjust("1 minute")
      yield* inTime(server.service.create([input(1)]))
      lag = 50
      yield* TestClock.adjust("40 seconds")
      expect((yield* inTime(server.service.create([input(1)]))).map(({ _tag }) => _tag)).toEqual(["AlreadyFulfilled"])
      expect(server.mails().get("se-1")).toBe(2)
    }))
})

describe("what another's look comes upon", () => {
  /** The outcome for se-1, which was voided, sent again and lost, while another's look shows it as `list` says. */
  const again = (list: NonNullable<Script["list"]>) =>
    Effect.gen(function*() {
      const { service, ...server } = yield* serve({
        list: (get) => get.query["shipment_id"] === undefined ? list(get) : {},
        post: ({ items, number }) => items.length > 1 || number === 3 ? { how: "reset", does: 0 } : {}
      }, { readBackSchedule: Schedule.spaced("10 seconds").pipe(Schedule.intersect(Schedule.recurs(4))) })
      yield* service.create([input(1)])
      // until the list can't lag any more, what was voided isn't taken for this
      yield* TestClock.adjust("30 seconds")
      const other = yield* Effect.fork(service.create([input(8), input(9)]))
      yield* TestClock.adjust("11 seconds")
      server.void("se-1")
      yield* TestClock.adjust("1 second")
      yield* inTime(service.create([input(1)], { readBack: "none" }))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(other)
      const [{ _tag }] = yield* inTime(service.create([input(1)]))
      return { _tag, mails: server.mails().get("se-1") }
    })

  it.scoped("and was asked before it was voided and sent again says nothing of that", () =>
    Effect.gen(function*() {
      expect(yield* again(() => ({ after: "9 seconds", without: ["fulfillment_id"] }))).toEqual({
        _tag: "Created",
        mails: 2
      })
    }))

  it.scoped("and still shows what was voided as valid says nothing of what was sent since", () =>
    Effect.gen(function*() {
      const valid = { change: (row: object) => ({ ...row, voided: false, voided_at: null }) }
      expect(yield* again(() => valid)).toEqual({ _tag: "Created", mails: 2 })
    }))
})

describe("what is remembered", () => {
  it.scoped("is answered at once while the list lags, with one look", () =>
    Effect.gen(function*() {
      const { gets, posts, service } = yield* serve({ list: () => ({ lag: "1 hour" }) })
      yield* inTime(service.create([input(1)]))
      const again = yield* service.create([input(1)])
      expect(again).toMatchObject([{ _tag: "AlreadyFulfilled", fulfillment: { shipment_id: "se-1" } }])
      expect(yield* service.create([input(1, { tracking_number: "other" })])).toMatchObject([
        { _tag: "Conflict", fulfillment: { tracking_number: "1Z1" } }
      ])
      expect([posts().length, gets().length]).toEqual([1, 2])
    }))

  it.scoped("isn't what a caller makes of its outcome", () =>
    Effect.gen(function*() {
      const { client, service } = yield* serve({ list: ({ number }) => number > 1 ? { lag: "1 hour" } : {} })
      yield* inTime(client.createFulfillments(Effect.succeed({ fulfillments: Array.of(input(1)) })))
      const find = inTime(service.create([input(1)], { readBack: "before" }))
      const [outcome] = yield* find
      if (outcome._tag === "AlreadyFulfilled") Object.assign(outcome.fulfillment, { tracking_number: "changed" })
      expect(yield* find).toMatchObject([{ _tag: "AlreadyFulfilled", fulfillment: { tracking_number: "1Z1" } }])
    }))

  it.scoped("is forgotten when told so", () =>
    Effect.gen(function*() {
      const { posts, service } = yield* serve({})
      yield* inTime(service.create([input(1), input(2)]))
      yield* service.forget(["se-1"])
      yield* inTime(service.create([input(1), input(2)]))
      expect(posts().map(({ items }) => items.map(({ shipment_id }) => shipment_id))).toEqual([["se-1", "se-2"], [
        "se-1"
      ]])
      yield* service.forget()
      yield* inTime(service.create([input(2)]))
      expect(posts().length).toBe(3)
    }))

  it.scoped("is one for all layers on a client", () =>
    Effect.gen(function*() {
      const { client, service, twice } = yield* serve({
        post: () => ({ after: "1 second" }),
        list: () => ({ lag: "1 hour" })
      })
      const silent = yield* Layer.build(
        Fulfillments.layer({ notify: { customer: false, orderSource: false } }).pipe(
          Layer.provide(Layer.succeed(ShipStationClient.ShipStationClient, client))
        )
      )
      const both = [service, Context.get(silent, Fulfillments.Fulfillments)]
      yield* inTime(Effect.forEach(both, ({ create }) => create(all), { concurrency: "unbounded" }))
      expect(twice()).toEqual([])
    }))
})

describe("what another's look comes upon while a refused shipment waits to be sent again", () => {
  // se-1 is done by the refused request, and is listed nine seconds later
  const script: Script = {
    post: ({ items, number }) =>
      number === 1
        ? { how: "reset", does: 0 }
        : items.length > 1
        ? { status: 400, does: 1, body: AcceptEverything.error() }
        : {},
    list: () => ({ after: "8 seconds", lag: "9 seconds" })
  }
  const limited = RateLimiter.layer({ limit: 3 }).pipe(
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("secret-key") }))
  )
  const play = Effect.gen(function*() {
    const { service, ...server } = yield* serve(script, { readBackSchedule: Schedule.spaced("15 seconds") })
    const other = yield* Effect.fork(service.create([input(3), input(4)]))
    yield* TestClock.adjust("10 seconds")
    const outcomes = yield* inTime(Stream.runCollect(service.createAll([input(1), input(2)], { batchSize: 2 })))
    yield* Fiber.interrupt(other)
    return { server, outcomes: Array.fromIterable(outcomes) }
  })

  it.scoped("is not sent again", () =>
    Effect.gen(function*() {
      const { outcomes, server } = yield* play
      expect(outcomes.map(({ _tag }) => _tag)).toEqual(["AlreadyFulfilled", "Created"])
      expect(server.twice()).toEqual([])
      expect(server.mails()).toEqual(new Map([["se-1", 1], ["se-2", 1]]))
    }).pipe(Effect.provide(limited)))
})

describe("readBack: before", () => {
  it.scoped("a step that is run again by a fresh layer mails once, and twice without it", () =>
    Effect.gen(function*() {
      for (const readBack of ["before", "all"] as const) {
        const { client, service, twice } = yield* serve({})
        yield* inTime(service.create(all, { readBack }))
        yield* service.forget()
        const again = yield* inTime(service.create(all, { readBack }))
        expect([readBack, twice().length, again[0]._tag]).toEqual(
          readBack === "before" ? ["before", 0, "AlreadyFulfilled"] : ["all", 4, "Created"]
        )
        expect(client.account).toBe("default")
      }
    }))

  it.scoped("sends nothing of what couldn't be looked up", () =>
    Effect.gen(function*() {
      const { posts, service } = yield* serve({ list: () => ({ status: 500, body: "" }) })
      expect(yield* inTime(service.create([input(1)], { readBack: "before" }))).toMatchObject([
        { _tag: "Unknown", error: { status: 500 } }
      ])
      const refused = yield* serve({ list: () => errorOf(401, { type: "security" }) })
      expect(yield* inTime(Effect.flip(refused.service.create([input(1)], { readBack: "before" })))).toMatchObject({
        _tag: "ShipStationSecurityError"
      })
      expect([posts(), refused.posts()]).toEqual([[], []])
    }))

  it.scoped("doesn't say of some that nothing was done for them because their look was refused", () =>
    Effect.gen(function*() {
      const { client, posts, service } = yield* serve({
        list: ({ query }) => query["shipment_id"] === "se-2" ? errorOf(403, { type: "security" }) : {}
      })
      yield* client.createFulfillments(Effect.succeed({ fulfillments: Array.make(input(1), input(2)) }))
      expect(yield* inTime(service.create([input(1), input(2)], { readBack: "before" }))).toMatchObject([
        { _tag: "AlreadyFulfilled" },
        { _tag: "Unknown", error: { status: 403 } }
      ])
      expect(posts()).toHaveLength(1)
      // nor where the others aren't there
      expect(yield* inTime(service.create([input(3), input(2)], { readBack: "before" }))).toMatchObject([
        { _tag: "Created" },
        { _tag: "Unknown", error: { status: 403 } }
      ])
    }))

  it.scoped("sends what isn't there, and tells what is, though others couldn't be looked up", () =>
    Effect.gen(function*() {
      const { client, mails, service } = yield* serve({
        list: ({ query }) => query["shipment_id"] === "se-4" ? { status: 500 } : {}
      }, { readBack: "before" })
      yield* client.createFulfillments(Effect.succeed({ fulfillments: Array.of(input(1)) }))
      expect((yield* inTime(service.create(all))).map(({ _tag }) => _tag)).toEqual([
        "AlreadyFulfilled",
        "Created",
        "Created",
        "Unknown"
      ])
      expect([...mails().keys()]).toEqual(["se-1", "se-2", "se-3"])
    }))
})

describe("inputs", () => {
  it.scoped("are copied at the door: what the caller changes afterwards changes nothing", () =>
    Effect.gen(function*() {
      const { mails, service } = yield* serve({ list: () => ({ lag: "1 hour" }) })
      const given = { ...input(1) }
      const inputs: [typeof given] = [given]
      const beforeSend = Effect.sync(() => {
        given.shipment_id = "not an id"
        given.tracking_number = ""
        inputs[0] = { ...input(2) }
      })
      const outcomes = yield* inTime(service.create(inputs, { beforeSend }))
      expect(outcomes).toMatchObject([{ _tag: "Created", input: input(1) }])
      expect([...mails()]).toEqual([["se-1", 1]])
      expect((yield* inTime(service.create([input(1)])))[0]._tag).toBe("AlreadyFulfilled")
    }))
})

describe("options", () => {
  const bad: ReadonlyArray<readonly [name: string, options: object]> = [
    ["maxBatchSize", { maxBatchSize: 0 }],
    ["maxBatchSize", { maxBatchSize: Number.NaN }],
    ["batchSize", { batchSize: -1 }],
    ["batchSize", { batchSize: 1.5 }],
    ["window", { window: Number.NaN }],
    ["window", { window: "Infinity" }],
    ["readBack", { readBack: "sometimes" }],
    ["readBackSchedule", { readBackSchedule: 5 }],
    ["notify", { notify: { customer: "yes" } }]
  ]
  it.scoped.each(bad)("a bad %s fails when the layer is built", ([name, options]) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(serve({}, options))
      expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain(`Fulfillments: ${name} must be`)
    }))

  it.scoped("of a call that can't be are a defect, and nothing is sent", () =>
    Effect.gen(function*() {
      const wrong: object = { readBack: "befor" }
      const options: Fulfillments.CreateOptions = wrong
      const { posts, service } = yield* serve({})
      for (
        const call of [
          service.create([input(1)], options),
          Stream.runDrain(service.createAll([input(1)], { readBack: options.readBack }))
        ]
      ) {
        expect(String(yield* Effect.flip(Effect.sandbox(call)))).toContain("readBack must be \"none\"")
      }
      expect(posts()).toEqual([])
    }))

  it("count too that are inherited", () => {
    class Inherited {
      readonly notify = "account-default"
      get readBack() {
        return "before" as const
      }
      get maxBatchSize() {
        return 1
      }
    }
    expect(ofLayer(new Inherited())).toMatchObject({ readBack: "before", maxBatchSize: 1 })
  })
})
