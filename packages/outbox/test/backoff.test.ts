/** Every delay is an option, and each is one that the worker waits for. */
import { Accounts, Outbox, OutboxStore, OutboxStoreSql, OutboxWorker } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Stream, TestClock } from "effect"
import * as Backoff from "../src/internal/backoff.js"
import { freshMany, onServer, working } from "./support.js"

type Script = Parameters<typeof AcceptEverything.inProcess>[0]

const refused = {
  status: 429,
  does: 0,
  headers: { "retry-after": "1" },
  body: AcceptEverything.error({ source: "shipengine", type: "system" })
} as const

const lost = { does: 0, how: "reset" } as const

/** When requests came, in seconds, within so many minutes, of a worker that looks for rows each so many seconds. */
const timesOf = (what: "posts" | "gets", script: Script, backoff: OutboxWorker.Backoff, minutes: number, poll = 5) =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess(script)
    yield* Effect.gen(function*() {
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(freshMany(2)))
      for (let at = 0; at < minutes * 60; at += poll) yield* TestClock.adjust(poll * 1_000)
    }).pipe(working({ backoff, concurrency: 1 }), Effect.provide(onServer(server.layer, { poll: poll * 1_000 })))
    return server[what]().map(({ at }) => Math.round(at / 1000))
  })

const gaps = (times: ReadonlyArray<number>) => times.slice(1).map((at, index) => at - (times[index] ?? 0))

const never = { first: "1 day", longest: "1 day" } as const

const soon = { first: "1 second", longest: "1 second" } as const

describe("how long something waits", () => {
  it.scoped("that was refused: each row, and its account", () =>
    Effect.gen(function*() {
      const all = { post: () => refused }
      const usual = yield* timesOf("posts", all, {}, 5)
      expect(usual.length).toBeGreaterThan(3)
      expect(usual.length).toBeLessThan(12)
      expect((yield* timesOf("posts", all, { row: never }, 5)).length).toBe(1)
      expect((yield* timesOf("posts", all, { account: never, longestHold: "2 minutes" }, 5)).length).toBeLessThan(4)
      const often = yield* timesOf("posts", all, { row: soon, account: soon }, 2, 1)
      expect(Math.max(...gaps(often))).toBeLessThan(6)
      const steady = yield* timesOf("posts", all, { row: { first: "20 seconds", factor: 1 }, account: soon }, 5)
      expect(Math.max(...gaps(steady))).toBeLessThan(30)
      expect(Math.min(...gaps(steady))).toBeGreaterThan(14)
    }))

  it.scoped("that isn't found, between two looks", () =>
    Effect.gen(function*() {
      const script: Script = { post: () => lost }
      const usual = yield* timesOf("gets", script, {}, 10)
      const seldom = yield* timesOf("gets", script, { look: never }, 10)
      const often = yield* timesOf("gets", script, { look: { first: "20 seconds", factor: 1 } }, 10)
      expect(usual.length).toBeGreaterThan(seldom.length)
      expect(often.length).toBeGreaterThan(usual.length + 10)
    }))

  it.scoped("that can't be looked up", () =>
    Effect.gen(function*() {
      const script: Script = { post: () => lost, list: () => ({ status: 500 }) }
      const usual = yield* timesOf("gets", script, {}, 5)
      const seldom = yield* timesOf("gets", script, { failedLook: never }, 5)
      expect(usual.length).toBeGreaterThan(seldom.length + 10)
    }))
})

/** How long the account was held back, in seconds, each time. */
const holdsOf = (script: Script, count: number, concurrency: number) =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess(script)
    return yield* Effect.gen(function*() {
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(freshMany(count)))
      const { events } = yield* OutboxWorker.make({ batchSize: 1, concurrency })
      const held: Array<number> = []
      yield* Effect.forkScoped(Stream.runForEach(events, (event) =>
        Effect.sync(() => {
          if (event._tag === "HeldBack") held.push(Duration.toSeconds(event.duration))
        })))
      for (let at = 0; at < 100 && held.length < count; at++) yield* TestClock.adjust("1 second")
      return held
    }).pipe(Effect.scoped, Effect.provide(onServer(server.layer, { poll: "1 second" })))
  })

describe("how often an account fails", () => {
  const slowly = { after: "2 seconds", ...lost } as const

  it.scoped("is counted once for requests that are under way together: it isn't held back for minutes", () =>
    Effect.gen(function*() {
      const together = yield* holdsOf({ post: () => slowly }, 8, 8)
      expect(together.length).toBe(8)
      expect(Math.max(...together)).toBeLessThanOrEqual(1.2)
      const oneByOne = yield* holdsOf({ post: () => slowly }, 4, 1)
      expect(oneByOne.map((seconds, before) => Math.round(seconds / 2 ** before))).toEqual([1, 1, 1, 1])
    }))
})

/** A worker that has no accounts. */
const worker = (options: object) =>
  Effect.scoped(OutboxWorker.make(options)).pipe(
    Effect.provideService(Accounts.Accounts, new Map()),
    Effect.provide(OutboxStore.layerStoreMemory)
  )

/** Of the defect of a worker. */
const messageOf = (options: object) => Effect.map(Effect.flip(Effect.sandbox(worker(options))), Cause.pretty)

describe("a delay that can't be", () => {
  const bad: ReadonlyArray<readonly [string, OutboxWorker.Backoff]> = [
    ["row.first", { row: { first: 0 } }],
    ["account.longest", { account: { longest: Infinity } }],
    ["look.factor", { look: { factor: 0.5 } }],
    ["failedLook.factor", { failedLook: { factor: NaN } }],
    ["longestHold", { longestHold: -1 }],
    ["verify", { verify: [] }],
    ["verify", { verify: ["10 minutes", "2 minutes"] }],
    ["verify", { verify: ["10 minutes", Infinity] }]
  ]
  it.effect.each(bad)("is a defect that names it: %s", ([name, backoff]) =>
    Effect.gen(function*() {
      expect(yield* messageOf({ backoff })).toContain(`The outbox: backoff.${name} must be`)
    }))

  it("and what is undefined is left out", () => {
    expect(Backoff.check({ row: undefined, look: { first: undefined } })).toEqual(Backoff.check())
  })
})

describe("an option that can't be", () => {
  it.effect.each<readonly [string, object]>([
    ["batchSize must be 1 or more, and whole, not 0", { batchSize: 0 }],
    ["batchSize must be 1 or more, and whole, not -1", { batchSize: -1 }],
    ["batchSize must be 1 or more, and whole, not 1.5", { batchSize: 1.5 }],
    ["batchSize must be 1 or more, and whole, not NaN", { batchSize: NaN }],
    ["batchSize must be 1 or more, and whole, not 10", { batchSize: "10" }],
    ["concurrency must be 1 or more, and whole, not 0", { concurrency: 0 }],
    ["concurrency must be 1 or more, and whole, not 0.5", { concurrency: 0.5 }],
    ["concurrency must be 1 or more, and whole, not Infinity", { concurrency: Infinity }],
    ["lease must be a duration above zero, not 0", { lease: 0 }],
    ["lease must be a duration above zero, not -1", { lease: -1 }],
    ["lease must be a duration above zero, not NaN", { lease: NaN }],
    ["lease must be a duration above zero, not Infinity", { lease: Infinity }],
    ["lease must be a duration above zero, not soon", { lease: "soon" }],
    ["sendWithin must be a duration above zero, not 0", { sendWithin: 0 }],
    ["sendWithin must be a duration above zero, not Infinity", { sendWithin: Infinity }],
    ["resendAfter must be \"never\" or at least 20 minutes", { resendAfter: "19 minutes" }],
    ["resendAfter must be \"never\" or at least 20 minutes", { resendAfter: NaN }],
    ["unsafeResendAfter must be a duration, not -1", { unsafeResendAfter: -1 }],
    ["stopWithin must be a duration, not NaN", { stopWithin: NaN }],
    ["verify must be true or false, not yes", { verify: "yes" }]
  ])("is a defect that names it: %s", ([message, options]) =>
    Effect.gen(function*() {
      expect(yield* messageOf(options)).toContain(`The outbox: ${message}`)
    }))

  it.effect.each([0, NaN, -1, Infinity].map((poll) => [poll] as const))(
    "nor of a store that would never rest: %s",
    ([poll]) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(
          Effect.scoped(Effect.provide(OutboxStoreSql.make({ poll }), SqliteClient.layer({ filename: ":memory:" })))
        )
        expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain(
          `The outbox: poll must be a duration above zero, not ${poll}`
        )
      })
  )

  it.effect("isn't one that is a little odd", () =>
    Effect.gen(function*() {
      for (
        const options of [
          { batchSize: 1_000, resendAfter: Infinity, stopWithin: Infinity },
          { resendAfter: "never", stopWithin: 0 },
          { unsafeResendAfter: 0, lease: "1 second", concurrency: undefined, backoff: undefined }
        ] satisfies ReadonlyArray<OutboxWorker.Options>
      ) yield* worker(options)
    }))
})
