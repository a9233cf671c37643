/** What requests are refused with, and what that does to rows and accounts. The server that accepts everything counts. */
import type { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationConfig, ShipStationError } from "@effect-shipstation/http-client"
import { Accounts, Outbox } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { HttpClient, HttpClientError, type HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { type Array, Context, Effect, Fiber, Layer, Logger, Option, Redacted, TestClock } from "effect"
import { are, fresh, freshMany, onServer, rows, states, until, working } from "./support.js"

const offer = (inputs: Parameters<Outbox.Service["offer"]>[0]) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs))

const pause = Effect.flatMap(Outbox.Outbox, ({ accounts }) => Effect.map(accounts, (all) => all[0]?.paused))

const histories = Effect.flatMap(
  Outbox.Outbox,
  ({ get }) =>
    Effect.flatMap(rows, (all) => Effect.forEach(all, ({ id }) => Effect.map(get(id), ({ history }) => history)))
)

const carrier = { status: 400, body: AcceptEverything.error({ source: "carrier", type: "business_rules" }) } as const

const own = { status: 400, body: AcceptEverything.error() } as const

describe("a carrier's 400 after two of four were done, while the list lags 10 seconds", () => {
  const script = {
    post: ({ number }) => number > 1 ? {} : { does: 2, ...carrier },
    list: () => ({ lag: "10 seconds" })
  } satisfies Parameters<typeof AcceptEverything.inProcess>[0]

  it.scoped("rejects nothing, mails nobody twice, and sends the others after an hour, one by one", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess(script)
      const inputs = freshMany(4)
      yield* Effect.gen(function*() {
        yield* offer(inputs)
        yield* until(are({ unknown: 4 }))
        expect(new Set((yield* rows).map(({ lastError }) => lastError?._tag))).toEqual(
          new Set(["ShipStationBusinessRulesError"])
        )
        expect(yield* pause).toBeUndefined()
        yield* until(are({ fulfilled: 2, unknown: 2 }), { step: "1 minutes" })
        yield* TestClock.adjust("55 minutes")
        expect(server.posts().length).toBe(1)
        yield* until(are({ fulfilled: 4 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      expect(server.posts().map(({ items }) => items.length)).toEqual([4, 1, 1])
      expect(server.mails().size).toBe(4)
      expect(server.twice()).toEqual([])
    }))

  it.scoped("mails two customers twice where it is believed that a refusal means that nothing was done", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess(script)
      yield* Effect.gen(function*() {
        yield* offer(freshMany(4))
        yield* until(are({ fulfilled: 4 }))
      }).pipe(working(), Effect.provide(onServer(server.layer, { change: believing })))
      expect(server.twice().length).toBe(2)
    }))
})

const refusal = Object.assign(
  new ShipStationError.ShipStationValidationError({
    delivery: "rejected",
    message: "m",
    method: "POST",
    url: "/v2/fulfillments",
    errors: []
  }),
  { delivery: "rejected" } as const
)

/** The safeguard is off: what may have been done is taken for rejected, and isn't remembered. */
const believing = (service: Fulfillments.Service): Fulfillments.Service => ({
  ...service,
  create: (inputs, options) =>
    service.create(inputs, options).pipe(
      Effect.filterOrFail(
        (outcomes): outcomes is Array.NonEmptyArray<FulfillmentOutcome.FulfillmentOutcome> =>
          outcomes.every(({ _tag }) => _tag !== "Unknown"),
        () => refusal
      ),
      Effect.ensuring(service.forget())
    )
})

describe("a shipment that its carrier refuses", () => {
  it.scoped("is never rejected for that, nor sent again within the hour, and keeps no other from being sent", () => {
    const [poison, ...others] = freshMany(4)
    const isPoisoned = ({ items }: { readonly items: ReadonlyArray<{ readonly shipment_id: string }> }) =>
      items.some(({ shipment_id }) => shipment_id === poison?.shipment_id)
    return Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: (post) => isPoisoned(post) ? { does: 0, ...carrier } : {}
      })
      const ofPoison = () => server.posts().filter(isPoisoned).map(({ at }) => at)
      yield* Effect.gen(function*() {
        yield* offer(poison === undefined ? others : [poison, ...others])
        yield* until(are({ fulfilled: 3, unknown: 1 }), { step: "1 minutes" })
        for (let minute = 0; minute < 180; minute++) yield* TestClock.adjust("1 minute")
        expect(yield* states).toEqual({ fulfilled: 3, unknown: 1 })
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      expect(ofPoison().length).toBeGreaterThan(2)
      for (const [index, at] of ofPoison().slice(1).entries()) {
        expect(at - (ofPoison()[index] ?? 0)).toBeGreaterThanOrEqual(60 * 60_000)
      }
      expect(server.twice()).toEqual([])
    })
  })
})

describe("a batch that the API itself refuses", () => {
  it.scoped("after a part was done: what its list has isn't sent again", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number > 1 ? {} : { does: 3, ...own }
      })
      yield* Effect.gen(function*() {
        yield* offer(freshMany(8))
        yield* until(are({ fulfilled: 8 }))
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      expect(server.mails().size).toBe(8)
      expect(server.twice()).toEqual([])
      // a look for each half
      expect(server.gets().length).toBeLessThanOrEqual(2)
    }))

  it.scoped("rejects no other than the culprit, though it can't be looked up for a while", () => {
    const inputs = freshMany(8)
    return Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: ({ items }) =>
          items.some((item) => item.shipment_id === inputs[2]?.shipment_id) ? { does: 0, ...own } : {},
        list: ({ at }) => at < 60_000 ? { status: 500 } : {}
      })
      yield* Effect.gen(function*() {
        yield* offer(inputs)
        yield* TestClock.adjust("30 seconds")
        expect(server.posts().length).toBe(1)
        expect(yield* states).toEqual({ pending: 8 })
        yield* until(are({ fulfilled: 7, rejected: 1 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      expect(server.twice()).toEqual([])
    })
  })
})

describe("a refusal after a part was done, of which only its row knows", () => {
  const limited = {
    status: 429,
    headers: { "retry-after": "5" },
    body: AcceptEverything.error({ type: "system", code: "rate_limit_exceeded" })
  } as const

  /** A process with a memory of its own: the store is shared. */
  const remembering = (http: AcceptEverything.InProcess["layer"]) =>
    Effect.map(
      Layer.build(Layer.fresh(Layer.map(onServer(http), Context.pick(Accounts.Accounts)))),
      (own) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
        self.pipe(working(), Effect.provideService(Accounts.Accounts, Context.get(own, Accounts.Accounts)))
    )

  const partly = (answer: typeof limited | typeof own) =>
    AcceptEverything.inProcess({
      post: ({ number }) => number > 1 ? {} : { does: 2, ...answer, after: "200 millis" }
    })

  // before it stopped, the first one looked for each half of what was refused for what it holds
  it.scoped.each([["429", limited, 1], ["400", own, 3]] as const)(
    "an own %s: another process looks once for all of them, and sends the others together",
    ([, answer, looks]) =>
      Effect.gen(function*() {
        const server = yield* partly(answer)
        yield* Effect.gen(function*() {
          const [first, second] = [yield* remembering(server.layer), yield* remembering(server.layer)]
          yield* offer(freshMany(6))
          // it stops while the answer is under way
          const stopped = yield* Effect.fork(first(until(
            Effect.sync(() => server.posts().length === 1),
            { step: "50 millis" }
          )))
          yield* until(Effect.map(Fiber.poll(stopped), Option.isSome), { step: "50 millis" })
          expect(yield* states).toEqual({ pending: 6 })
          yield* second(until(are({ fulfilled: 6 }), { step: "1 minutes" }))
        }).pipe(Effect.provide(onServer(server.layer)))
        expect(server.twice()).toEqual([])
        expect(server.posts().map(({ items }) => items.length)).toEqual([6, 4])
        expect(server.gets().length).toBe(looks)
      })
  )

  it.scoped("what can't be looked up is sent no sooner for that", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number > 1 ? {} : { does: 2, ...limited },
        list: ({ at }) => at < 60_000 ? { status: 500 } : {}
      })
      yield* Effect.gen(function*() {
        const [first, second] = [yield* remembering(server.layer), yield* remembering(server.layer)]
        yield* offer(freshMany(4))
        yield* first(
          until(are({ pending: 4 }), { step: "50 millis" }).pipe(Effect.zipRight(TestClock.adjust("1 second")))
        )
        const [row] = yield* rows
        expect(row?.lastError?._tag).toBe("ShipStationRateLimitError")
        yield* second(until(are({ fulfilled: 4 }), { step: "1 minutes" }))
      }).pipe(Effect.provide(onServer(server.layer)))
      expect(server.twice()).toEqual([])
      expect(server.posts().map(({ items }) => items.length)).toEqual([4, 2])
    }))

  it.scoped("a row that was rejected with its request is looked up when it is retried, and offered again", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number > 2 ? {} : { does: 1, ...own }
      })
      yield* Effect.gen(function*() {
        const [first, second] = [yield* remembering(server.layer), yield* remembering(server.layer)]
        const [one, other] = [fresh(), fresh()]
        for (const input of [one, other]) {
          yield* offer([input])
          yield* first(until(Effect.map(rows, (all) => all.at(-1)?.state === "rejected")))
        }
        const { retry } = yield* Outbox.Outbox
        yield* retry((yield* rows)[0]?.id ?? 0)
        yield* offer([{ ...other, notify_customer: true }])
        yield* second(until(are({ fulfilled: 2 })))
      }).pipe(Effect.provide(onServer(server.layer)))
      expect(server.posts().length).toBe(2)
      expect(server.twice()).toEqual([])
    }))

  it.scoped("what never left needs no look", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        const [first, second] = [
          yield* remembering(Layer.succeed(HttpClient.HttpClient, HttpClient.make(unreachable))),
          yield* remembering(server.layer)
        ]
        yield* offer(freshMany(3))
        yield* first(until(Effect.map(rows, (all) => all.every(({ failures }) => failures > 0))))
        yield* second(until(are({ fulfilled: 3 }), { step: "1 minutes" }))
      }).pipe(Effect.provide(onServer(server.layer)))
      expect(server.requests().map(({ _tag }) => _tag)).toEqual(["Post"])
    }))

  const unreachable = (request: HttpClientRequest.HttpClientRequest) =>
    new HttpClientError.RequestError({
      request,
      reason: "Transport",
      cause: Object.assign(new Error("refused"), { syscall: "connect" })
    })
})

describe("a gateway's page", () => {
  it.scoped.each([400, 404, 405, 413])(
    "with status %s leaves open what was done, and is waited for",
    (status) =>
      Effect.gen(function*() {
        const server = yield* AcceptEverything.inProcess({
          post: ({ number }) => number > 1 ? {} : { does: 1, status, body: "<h1>No</h1>" },
          list: () => ({ lag: "10 seconds" })
        })
        yield* Effect.gen(function*() {
          yield* offer(freshMany(3))
          yield* until(are({ fulfilled: 1, unknown: 2 }), { step: "1 minutes" })
          expect(server.posts().length).toBe(1)
          expect(yield* pause).toBeUndefined()
          yield* until(are({ fulfilled: 3 }), { step: "1 minutes" })
        }).pipe(working(), Effect.provide(onServer(server.layer)))
        expect(server.twice()).toEqual([])
      })
  )
})

describe("a key", () => {
  /** What is read, one after the other; the last one from then on. */
  const keys = (...all: Array.NonEmptyReadonlyArray<Effect.Effect<string, ShipStationConfig.KeyError>>) => {
    let index = 0
    return Effect.suspend(() => Effect.map(all[Math.min(index++, all.length - 1)] ?? all[0], Redacted.make))
  }

  const takesOnly = (key: string) => ({
    post: ({ headers }) => headers["api-key"] === key ? {} : { does: 0, ...unauthorized },
    list: ({ headers }) => headers["api-key"] === key ? {} : unauthorized
  } satisfies Parameters<typeof AcceptEverything.inProcess>[0])

  it.scoped.each([
    { how: "can't be had", hiccup: new ShipStationConfig.KeyError({ message: "the vault is down" }) },
    { how: "breaks whoever reads it", hiccup: Effect.dieMessage("the vault is down") }
  ])("that $how for a while delays its account, and never stops it", ({ hiccup }) =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      const apiKey = keys(hiccup, hiccup, hiccup, Effect.succeed("k"))
      yield* Effect.gen(function*() {
        yield* offer(freshMany(3))
        yield* TestClock.adjust("1 second")
        expect(yield* states).toEqual({ pending: 3 })
        const [row] = yield* rows
        expect(row?.lastError?._tag).toBe("ShipStationNetworkError")
        expect(row?.lastError?.message).toContain("the vault is down")
        expect(yield* pause).toBeUndefined()
        yield* until(are({ fulfilled: 3 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(onServer(server.layer, { config: { apiKey } })))
      expect(server.posts().length).toBe(1)
    }))

  it.scoped("that was rotated heals by itself: the refused attempt is written down, and what follows it", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess(takesOnly("new"))
      const apiKey = keys(Effect.succeed("old"), Effect.succeed("new"))
      yield* Effect.gen(function*() {
        yield* offer(freshMany(3))
        yield* until(are({ fulfilled: 3 }))
        expect(yield* pause).toBeUndefined()
        expect((yield* rows).map(({ attempts }) => attempts)).toEqual([2, 2, 2])
        for (const history of yield* histories) {
          expect(history.map(({ error, from, to }) => [from, to, error?._tag])).toEqual([
            ["sending", "pending", "SentAgain"],
            ["sending", "fulfilled", undefined]
          ])
        }
      }).pipe(working(), Effect.provide(onServer(server.layer, { config: { apiKey } })))
      expect(server.posts().map(({ headers }) => headers["api-key"])).toEqual(["old", "new"])
      expect(server.twice()).toEqual([])
    }))

  it.scoped("that stays the same, and refused, stops its account until somebody sees to it", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess(takesOnly("new"))
      const apiKey = keys(Effect.succeed("old"), Effect.succeed("old"), Effect.succeed("new"))
      yield* Effect.gen(function*() {
        yield* offer(freshMany(3))
        yield* TestClock.adjust("1 hour")
        expect((yield* pause)?.error).toMatchObject({ _tag: "ShipStationSecurityError" })
        expect(server.posts().length).toBe(1)
        yield* Effect.flatMap(Outbox.Outbox, ({ resume }) => resume())
        yield* until(are({ fulfilled: 3 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(onServer(server.layer, { config: { apiKey } })))
    }))

  it.scoped("that was refused earlier stops nobody again, while the look that comes first isn't answered", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        ...takesOnly("new"),
        list: ({ number }) => number < 3 ? { status: 500 } : {}
      })
      const apiKey = keys(Effect.succeed("old"), Effect.succeed("old"), Effect.succeed("new"))
      yield* Effect.gen(function*() {
        yield* offer(freshMany(3))
        yield* until(Effect.map(pause, (paused) => paused !== undefined))
        yield* Effect.flatMap(Outbox.Outbox, ({ resume }) => resume())
        yield* until(are({ fulfilled: 3 }), { step: "1 minutes" })
        expect(server.gets().length).toBeGreaterThan(2)
      }).pipe(working(), Effect.provide(onServer(server.layer, { config: { apiKey } })))
    }))
})

describe("a configuration that sends nothing", () => {
  it.scoped.each(
    [
      { what: "mode", config: { mode: "readOnly" }, says: "readOnly" },
      { what: "base URL", config: { baseUrl: "shipstation" }, says: "baseUrl" },
      { what: "plain HTTP", config: { baseUrl: "http://example.com" }, says: "allowInsecureHosts" }
    ] as const
  )("by its $what stops its account, and says why: it isn't the key", ({ config, says }) =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      const logged: globalThis.Array<unknown> = []
      yield* Effect.gen(function*() {
        yield* offer(freshMany(3))
        yield* TestClock.adjust("1 hour")
        expect(yield* states).toEqual({ pending: 3 })
        const paused = yield* pause
        expect(paused?.error?._tag).toBe("ShipStationConfigError")
        expect(paused?.error?.message).toContain(says)
        expect(paused?.error?.message).not.toContain("key is")
      }).pipe(
        working(),
        Effect.provide([
          onServer(server.layer, { config }),
          Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void logged.push(message)))
        ])
      )
      expect(logged.flat()).toEqual([
        "The configuration doesn't let anything be sent: correct it, and resume the account"
      ])
      expect(server.requests()).toEqual([])
    }))
})

const unauthorized = {
  status: 401,
  body: AcceptEverything.error({ source: "shipengine", type: "security", code: "unauthorized" })
} as const
