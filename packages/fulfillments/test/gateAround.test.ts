/** Ways around the gate that were tried: clients that do more than send, lists of replicas, calls in each other's way. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import {
  Array,
  Cause,
  Clock,
  Context,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Logger,
  Option,
  Redacted,
  Stream,
  TestClock
} from "effect"
import * as Ledger from "../src/internal/ledger.js"
import * as Ticket from "../src/internal/ticket.js"
import { type Script, serve } from "./gateSupport.js"
import { input, inTime, listed } from "./support.js"

const tags = (outcomes: Iterable<{ readonly _tag: string }>) => Array.fromIterable(outcomes).map(({ _tag }) => _tag)

const configuration = ShipStationConfig.make({ apiKey: Redacted.make("secret-key") })

/** Another program, on any client. */
const program = (
  http: Layer.Layer<HttpClient.HttpClient>,
  config = ShipStationConfig.layer({ apiKey: Redacted.make("secret-key") })
) =>
  Fulfillments.layer({ notify: "account-default" }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide([config, http]),
    Layer.build,
    Effect.map(Context.get(Fulfillments.Fulfillments))
  )

const all = Array.make(input(1), input(2), input(3))

const limited = {
  status: 429,
  headers: { "retry-after": "2" },
  body: AcceptEverything.error({ code: "rate_limit_exceeded" })
}

describe("a client that asks others too, once it has the answer", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" })
  const request = HttpClientRequest.post("http://audit.internal/log")
  const answered = (status: number) =>
    new HttpClientError.ResponseError({
      request,
      reason: "StatusCode",
      response: HttpClientResponse.fromWeb(request, new Response("", { status }))
    })

  it.scoped.each<readonly [what: string, fails: Effect.Effect<never, HttpClientError.HttpClientError>]>([
    ["they can't be reached", new HttpClientError.RequestError({ request, reason: "Transport", cause: refused })],
    ["they refuse it with 401", answered(401)],
    ["they refuse it with 429", answered(429)],
    ["it dies of that", Effect.die(refused)]
  ])("%s: what became of ours is unknown, and looked up", ([, fails]) =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      const http = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(
          HttpClient.HttpClient,
          HttpClient.tap((response) => response.request.method === "POST" ? fails : Effect.void)
        )
      )
      const { create } = yield* program(Layer.provide(http, server.layer))
      expect(tags(yield* inTime(create([input(1)])))).toEqual(["AlreadyFulfilled"])
      expect(server.mails()).toEqual(new Map([["se-1", 1]]))
    }))
})

describe("a client that can't be interrupted", () => {
  const hanging = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.uninterruptible(Effect.never)))

  it.scoped("is left to itself after the time-out", () =>
    Effect.gen(function*() {
      const { create } = yield* program(hanging)
      expect(yield* inTime(create([input(1)], { readBack: "none" }))).toMatchObject([
        { _tag: "Unknown", error: { _tag: "ShipStationConnectionLostError", reason: "timeout" } }
      ])
    }))

  it.scoped("lets who waits for it be interrupted", () =>
    Effect.gen(function*() {
      const { create } = yield* program(hanging)
      const fiber = yield* Effect.fork(create([input(1)]))
      yield* TestClock.adjust("1 second")
      expect(Exit.isInterrupted(yield* inTime(Fiber.interrupt(fiber)))).toBe(true)
    }))
})

describe("what this layer created", () => {
  it.scoped("stays so while the list shows only another's, and when that is voided", () =>
    Effect.gen(function*() {
      let isVoided = false
      const server = yield* AcceptEverything.inProcess({
        list: () => ({
          lag: "15 seconds",
          change: (row) => ({ ...row, voided: isVoided && row.tracking_number === "OTHERS" })
        })
      })
      yield* (yield* program(server.layer)).create([input(1, { tracking_number: "OTHERS" })])
      yield* TestClock.adjust("10 minutes")
      const ask = Effect.map((yield* program(server.layer)).create([input(1)]), tags)
      expect(yield* ask).toEqual(["Created"])
      expect(yield* ask).toEqual(["AlreadyFulfilled"])
      isVoided = true
      expect(yield* ask).toEqual(["AlreadyFulfilled"])
      expect(server.mails().get("se-1")).toBe(2)
    }))

  it.scoped("and was voided, while another's is there, is in conflict", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      yield* inTime(server.service.create([input(1)]))
      server.void("se-1")
      yield* TestClock.adjust("1 minute")
      yield* (yield* program(server.layer)).create([input(1, { tracking_number: "OTHERS" })])
      expect(tags(yield* inTime(server.service.create([input(1)])))).toEqual(["Conflict"])
    }))

  it.scoped("and another call's look came upon isn't taken for another's by a list that lags", () =>
    Effect.gen(function*() {
      // a replica that lags answers for one shipment, and another for the newest
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number === 2 || number === 3 ? { how: "reset", does: number === 2 ? "all" : 0 } : {},
        list: ({ query }) => query["shipment_id"] === undefined ? {} : { lag: "60 seconds" }
      })
      yield* inTime((yield* program(server.layer)).create([input(1, { tracking_number: "OTHERS" })]))
      yield* TestClock.adjust("10 minutes")
      const { create } = yield* program(server.layer)
      const ours = yield* Effect.fork(create([input(1)]))
      yield* inTime(create([input(3), input(4)]))
      expect(tags(yield* inTime(Fiber.join(ours)))).not.toContain("Conflict")
    }))
})

describe("what was seen voided, and a list that lags shows as valid", () => {
  const stale = () => {
    let isStale = false
    const list: Script["list"] = () => ({
      change: (row) => isStale && row.fulfillment_id === "se-f-1" ? { ...row, voided: false, voided_at: null } : row,
      lag: isStale ? "5 seconds" : 0
    })
    return {
      list,
      set: (value: boolean) => {
        isStale = value
      }
    }
  }

  it.scoped("doesn't settle what was sent since, and lost", () =>
    Effect.gen(function*() {
      const { list, set } = stale()
      const server = yield* serve({ post: ({ number }) => number === 2 ? { how: "reset", does: 0 } : {}, list })
      yield* inTime(server.service.create([input(1)]))
      server.void("se-1")
      yield* TestClock.adjust("30 seconds")
      const beforeSend = Effect.sync(() => set(true))
      expect(tags(yield* inTime(server.service.create([input(1)], { beforeSend })))).toEqual(["Unknown"])
    }))

  it.scoped.each(["1Z1", "OTHER"])(
    "isn't taken for what was created since, with number %s",
    (tracking_number) =>
      Effect.gen(function*() {
        const { list, set } = stale()
        const server = yield* serve({ list })
        const again = input(1, { tracking_number })
        yield* inTime(server.service.create([input(1)]))
        server.void("se-1")
        yield* TestClock.adjust("30 seconds")
        expect(tags(yield* inTime(server.service.create([again])))).toEqual(["Created"])
        set(true)
        expect(tags(yield* inTime(server.service.create([again])))).toEqual(["AlreadyFulfilled"])
        set(false)
        yield* TestClock.adjust("1 hour")
        server.void("se-1")
        expect(tags(yield* inTime(server.service.create([again])))).toEqual(["Created"])
      })
  )
})

/** In another time zone. */
const early = (row: { readonly created_at: string }) => ({
  ...row,
  created_at: new Date(Date.parse(row.created_at) - 8 * 3_600_000).toISOString()
})

describe("a refused request that did a part, and a list without lag", () => {
  it.scoped.each<readonly [list: string, old: number, list: Script["list"]]>([
    ["short pages, oldest first", 1, () => ({ ignores: ["sort_dir"], cap: 1 })],
    ["pages of one moment, oldest first", 501, () => ({ ignores: ["sort_dir"] })],
    ["short pages, and dates of another zone", 1, () => ({ cap: 1, change: early })],
    ["dates of another zone", 1, () => ({ change: early })]
  ])("that has %s: nobody is mailed twice", ([, old, list]) =>
    Effect.gen(function*() {
      const server = yield* serve({ post: ({ number }) => number === 2 ? { does: 2, ...limited } : {}, list })
      yield* server.client.createFulfillments({ fulfillments: Array.makeBy(old, (n) => input(1_000 + n)) })
      yield* TestClock.adjust("2 days")
      yield* inTime(server.service.create(all))
      expect(server.twice()).toEqual([])
    }))

  it.scoped("that has short pages and dates of another zone, for a large batch: nobody is mailed twice", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        post: ({ number }) => number === 1 ? { does: 60, ...limited } : {},
        list: () => ({ cap: 25, change: early })
      })
      yield* TestClock.adjust("2 days")
      yield* inTime(server.service.create(Array.makeBy(100, (n) => input(n + 1))))
      expect([server.twice(), server.mails().size]).toEqual([[], 100])
    }))
})

it.scoped("a refused request that did a part isn't sent again over short pages of others, with dates of another zone", () =>
  Effect.gen(function*() {
    const server = yield* serve({
      post: ({ number }) => number === 1 ? { does: 2, ...limited } : {},
      list: () => ({ cap: 2, change: early })
    })
    yield* TestClock.adjust("2 days")
    const others = Effect.forEach(
      [91, 92],
      (n) => Effect.delay(server.client.createFulfillments({ fulfillments: [input(n)] }), "500 millis")
    )
    // while ours waits for the limit, a page fills with what is newer
    const program = Effect.all([server.service.create(all), others], { concurrency: "unbounded" })
    yield* inTime(program)
    expect(server.twice()).toEqual([])
  }))

describe("a further attempt that isn't made", () => {
  const script: Script = { post: ({ number }) => number === 1 ? { does: 1, ...limited } : {} }

  it.scoped("since beforeSend fails: what the first did is told, and the rest isn't sent", () =>
    Effect.gen(function*() {
      const { service } = yield* serve(script)
      let count = 0
      const beforeSend = Effect.suspend(() => ++count > 1 ? Effect.fail("no") : Effect.void)
      expect(yield* inTime(service.create(all, { beforeSend }))).toMatchObject([
        { _tag: "AlreadyFulfilled" },
        { _tag: "NotSent", error: { status: 429 } },
        { _tag: "NotSent", error: { status: 429 } }
      ])
    }))

  it.scoped("since beforeSend dies: that is logged", () =>
    Effect.gen(function*() {
      const { service } = yield* serve(script)
      let count = 0
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      const outcomes = yield* service.create(all, {
        beforeSend: Effect.suspend(() => ++count > 1 ? Effect.dieMessage("disk") : Effect.void)
      }).pipe(inTime, Effect.provide(Logger.add(logger)))
      expect(tags(outcomes)).toEqual(["AlreadyFulfilled", "NotSent", "NotSent"])
      expect(lines.filter((line) => line.startsWith("ERROR"))).toHaveLength(1)
    }))

  it.scoped("since beforeSend fails, and the first did nothing: its error is the end", () =>
    Effect.gen(function*() {
      const { service } = yield* serve({ post: () => ({ does: 0, ...limited }) })
      let count = 0
      const beforeSend = Effect.suspend(() => ++count > 1 ? Effect.fail("no") : Effect.void)
      expect(yield* inTime(Effect.flip(service.create(all, { beforeSend })))).toBe("no")
    }))
})

describe("beforeSend, when the request has to wait for long after it", () => {
  /** Another request of the account is told to wait while `beforeSend` runs. */
  const held = (beforeSend: Effect.Effect<void, string>) =>
    Effect.gen(function*() {
      let lists = 0
      const headers = { "retry-after": "40" }
      const server = yield* serve({ list: () => ++lists === 1 ? { ...limited, headers } : {} })
      const call = yield* Effect.fork(
        Effect.either(server.service.create(all, { beforeSend: Effect.delay(beforeSend, "2 seconds") }))
      )
      yield* TestClock.adjust("1 second")
      yield* Effect.fork(Effect.either(server.service.list()))
      yield* TestClock.adjust("3 seconds")
      return { ...server, end: inTime(Fiber.join(call)) }
    })

  it.scoped("runs again: what was right before the wait needn't be any more", () =>
    Effect.gen(function*() {
      let isCancelled = false
      const { end, posts } = yield* held(Effect.suspend(() => isCancelled ? Effect.fail("cancelled") : Effect.void))
      isCancelled = true
      expect(yield* end).toEqual(Either.left("cancelled"))
      expect(posts()).toEqual([])
    }))

  it.scoped("leaves nothing behind of what isn't sent", () =>
    Effect.gen(function*() {
      let isCancelled = false
      const { end, gets, posts, service } = yield* held(
        Effect.suspend(() => isCancelled ? Effect.fail("cancelled") : Effect.void)
      )
      isCancelled = true
      yield* end
      const before = gets().length
      yield* inTime(service.create(all))
      expect([posts().length, gets().length]).toEqual([1, before])
    }))

  it.scoped("is right before the send otherwise", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const { end, posts } = yield* held(Effect.map(Clock.currentTimeMillis, (now) => void times.push(now)))
      yield* end
      expect(times).toHaveLength(2)
      expect(posts().map(({ at }) => at)).toEqual(times.slice(1))
    }))
})

describe("calls for the same shipment", () => {
  const asks: ReadonlyArray<
    readonly [what: string, ask: (service: Fulfillments.Service) => Effect.Effect<unknown, unknown>]
  > = [
    ["for one of them", ({ create }) => create([input(1)])],
    ["for both", ({ create }) => create([input(1), input(2)])],
    ["by createOne", ({ createOne }) => createOne(input(2))]
  ]
  it.scoped.each(asks)(
    "get their turn, though others come back again and again: %s",
    ([, ask]) =>
      Effect.gen(function*() {
        const { service } = yield* serve({ list: () => ({ after: "1 second" }) })
        yield* inTime(service.create([input(1), input(2)]))
        yield* Effect.forkScoped(Effect.forever(service.create([input(1)])))
        yield* TestClock.adjust("500 millis")
        yield* Effect.forkScoped(Effect.forever(service.create([input(2)])))
        yield* TestClock.adjust("250 millis")
        const asked = yield* Effect.fork(ask(service))
        for (let second = 0; second < 20; second++) yield* TestClock.adjust("1 second")
        expect(Option.isSome(yield* Fiber.poll(asked))).toBe(true)
      })
  )

  it.scoped("don't wait for one that gave up", () =>
    Effect.gen(function*() {
      const { service } = yield* serve({ post: () => ({ after: "10 seconds" }) })
      yield* Effect.forkScoped(service.create([input(1)]))
      yield* TestClock.adjust("1 second")
      const both = yield* Effect.fork(service.create([input(1), input(2)]))
      const second = yield* Effect.fork(service.create([input(2)]))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(both)
      yield* TestClock.adjust("10 seconds")
      expect(tags(yield* Fiber.join(second))).toEqual(["Created"])
    }))

  it.scoped("wait to the end where they can't be interrupted", () =>
    Effect.gen(function*() {
      const { service } = yield* serve({ post: () => ({ after: "10 seconds" }) })
      yield* Effect.forkScoped(service.create([input(1)]))
      yield* TestClock.adjust("1 second")
      let outcomes: ReadonlyArray<string> = []
      const keep = Effect.map(service.create([input(1)]), (given) => {
        outcomes = tags(given)
      })
      const fiber = yield* Effect.fork(Effect.uninterruptible(keep))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptFork(fiber)
      yield* TestClock.adjust("1 minute")
      expect(outcomes).toEqual(["AlreadyFulfilled"])
    }))
})

describe("forget", () => {
  it.scoped("leaves what a batch has still to do", () =>
    Effect.gen(function*() {
      const { service, twice } = yield* serve({
        post: ({ number }) =>
          number === 1
            ? {
              status: 409,
              does: ["se-2"],
              lands: "20 seconds",
              body: AcceptEverything.error({ type: "business_rules" })
            }
            : {}
      })
      const fiber = yield* Effect.fork(Stream.runCollect(service.createAll([input(1), input(2)])))
      yield* TestClock.adjust("15 seconds")
      yield* service.forget()
      yield* inTime(Fiber.join(fiber))
      expect(twice()).toEqual([])
    }))

  it.scoped("leaves what a call has created and still reads back", () =>
    Effect.gen(function*() {
      const { service, twice } = yield* serve({
        post: ({ number }) =>
          number === 1 ? { body: { fulfillments: [{ shipment_id: "se-1", error_message: null }] } } : {},
        list: () => ({ lag: "20 seconds" })
      })
      const first = yield* Effect.fork(service.create([input(1), input(2)]))
      yield* TestClock.adjust("1 second")
      yield* service.forget()
      yield* inTime(Effect.all([Fiber.join(first), service.create([input(1)])], { concurrency: "unbounded" }))
      expect(twice()).toEqual([])
    }))

  it.scoped("takes one id as it is", () =>
    Effect.gen(function*() {
      const { posts, service } = yield* serve({})
      yield* inTime(service.create([input(1)]))
      yield* service.forget("se-1")
      yield* inTime(service.create([input(1)]))
      expect(posts().length).toBe(2)
    }))
})

it.scoped("a suspect isn't pushed out of memory by any number of refused shipments", () =>
  Effect.gen(function*() {
    const { client } = yield* serve({})
    const ledger = Ledger.of(client)
    const suspect = Ticket.make(0, input(0))
    ledger.sent([suspect], { at: 0 })
    for (let n = 1; n <= 250_000; n++) {
      const ticket = Ticket.make(n, input(n))
      ledger.sent([ticket], { at: 0 })
      ledger.refused([ticket], Ticket.closed)
    }
    expect(ledger.get(suspect)).toMatchObject({ _tag: "Suspect" })
  }))

it.scoped("what a look came upon stays known, though the answer that comes then says that nothing was done", () =>
  Effect.gen(function*() {
    const { client } = yield* serve({})
    const ledger = Ledger.of(client)
    const ticket = Ticket.make(0, input(0))
    ledger.sent([ticket], { at: 0 })
    ledger.seen([listed(input(0))], 1)
    ledger.idle([ticket])
    expect(ledger.get(ticket)).toMatchObject({ _tag: "Fulfilled" })
  }))

describe("createAll", () => {
  it.scoped("isn't ended by a refusal of the key that is an hour old", () =>
    Effect.gen(function*() {
      const { service } = yield* serve({
        post: ({ number }) =>
          number === 1 ? { does: 0, status: 401, body: AcceptEverything.error({ type: "security" }) } : {},
        list: ({ number }) => number === 1 ? { status: 400, body: AcceptEverything.error() } : {}
      })
      yield* Effect.flip(service.create([input(1)]))
      yield* TestClock.adjust("1 hour")
      const outcomes = yield* inTime(Stream.runCollect(service.createAll(all, { batchSize: 1, concurrency: 1 })))
      expect(tags(outcomes)).toEqual(["NotSent", "Created", "Created"])
    }))

  it.scoped("gives the outcomes of what came before an iterable throws", () =>
    Effect.gen(function*() {
      const { service } = yield* serve({})
      function* rows() {
        yield input(1)
        yield input(2)
        throw new Error("disk")
      }
      const seen: Array<string> = []
      const exit = yield* service.createAll(rows()).pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => seen.push(_tag))),
        Effect.exit,
        inTime
      )
      expect(seen).toEqual(["Created", "Created"])
      expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain("disk")
    }))
})

it.scoped("clients of one configuration share what is known, though one with another clock was built in between", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({ list: () => ({ lag: "1 hour" }) })
    const config = Layer.succeed(ShipStationConfig.ShipStationConfig, configuration)
    const clock = yield* Effect.clock
    const other: Clock.Clock = Object.create(clock)
    yield* inTime((yield* program(server.layer, config)).create([input(1)]))
    yield* Effect.withClock(program(server.layer, config), other)
    expect(tags(yield* inTime((yield* program(server.layer, config)).create([input(1)])))).toEqual(["AlreadyFulfilled"])
    expect(server.twice()).toEqual([])
  }))
