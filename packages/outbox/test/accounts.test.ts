/** Many accounts of one worker, on SQLite, in virtual time. */
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { Accounts, Outbox, OutboxStore, OutboxStoreSql, OutboxWorker } from "@effect-shipstation/outbox"
import { Reactivity } from "@effect/experimental"
import { SqlClient, type SqlConnection, Statement } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Stream, TestClock } from "effect"
import { are, emulator, freshMany, fulfillments, told, until, working } from "./support.js"

/** How many statements there were. */
class Statements extends Context.Tag("Statements")<Statements, { count: number }>() {}

const counting = Layer.effect(
  SqlClient.SqlClient,
  Effect.gen(function*() {
    const sql = yield* SqliteClient.SqliteClient
    const statements = yield* Statements
    const counted = <A, E>(call: Effect.Effect<A, E>) =>
      Effect.suspend(() => {
        statements.count++
        return call
      })
    const wrap = (connection: SqlConnection.Connection): SqlConnection.Connection => ({
      execute: (...all) => counted(connection.execute(...all)),
      executeRaw: (...all) => counted(connection.executeRaw(...all)),
      executeValues: (...all) => counted(connection.executeValues(...all)),
      executeUnprepared: (...all) => counted(connection.executeUnprepared(...all)),
      executeStream: connection.executeStream
    })
    return yield* SqlClient.make({
      acquirer: Effect.map(sql.reserve, wrap),
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: []
    })
  })
).pipe(Layer.provide(Reactivity.layer), Layer.provide(SqliteClient.layer({ filename: ":memory:" })))

const names = (count: number) => Array.from({ length: count }, (_, index) => `account-${index}`)

/** So many accounts, on one emulator, with one key and one memory, which is no matter here. */
const accounts = (count: number) =>
  Layer.effect(
    Accounts.Accounts,
    Effect.map(
      Fulfillments.Fulfillments,
      (service) => new Map(names(count).map((name) => [name, service] as const))
    )
  ).pipe(Layer.provide(fulfillments()))

const many = (count: number, store = OutboxStoreSql.layer({ poll: "1 second" })) =>
  Layer.merge(Outbox.layer, accounts(count)).pipe(
    Layer.provideMerge(store),
    Layer.provideMerge(counting),
    Layer.provideMerge(Layer.sync(Statements, () => ({ count: 0 }))),
    Layer.provideMerge(emulator())
  )

/** Nobody hears of anything. */
const silent = Layer.scoped(
  OutboxStore.OutboxStore,
  Effect.map(OutboxStoreSql.make({ poll: "1 second" }), (store) => ({ ...store, announcements: Stream.never }))
)

const offerTo = (account: string, count: number) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(freshMany(count), { account }))

describe("a worker for thousands of accounts", () => {
  it.effect.each([1, 2_000])(
    "that are idle asks the database the same for %s: two statements a second",
    (count) =>
      Effect.gen(function*() {
        const statements = yield* Statements
        yield* TestClock.adjust("30 seconds")
        statements.count = 0
        for (let second = 0; second < 60; second++) yield* TestClock.adjust("1 second")
        expect(statements.count).toBeGreaterThan(60)
        // and what it looks after now and then
        expect(statements.count).toBeLessThan(160)
      }).pipe(working(), Effect.provide(many(count)))
  )

  it.effect("sends what is offered to any of them at once, and asks for no other account", () =>
    Effect.gen(function*() {
      const statements = yield* Statements
      yield* TestClock.adjust("1 second")
      statements.count = 0
      for (const account of ["account-0", "account-999", "account-1999"]) yield* offerTo(account, 2)
      yield* until(are({ fulfilled: 6 }), { step: "10 millis", most: 200 })
      expect((yield* told).size).toBe(6)
      expect(statements.count).toBeLessThan(300)
    }).pipe(working(), Effect.provide(many(2_000, OutboxStoreSql.layer({ poll: "1 hour" })))))

  it.effect("finds rows of each that nobody announced", () =>
    Effect.gen(function*() {
      for (const name of names(150)) yield* offerTo(name, 1)
      yield* until(are({ fulfilled: 150 }), { step: "1 minutes", most: 20 }).pipe(working())
    }).pipe(Effect.provide(many(150, silent))))

  it.effect("leaves rows of accounts alone that aren't its own", () =>
    Effect.gen(function*() {
      yield* offerTo("another's", 3)
      yield* offerTo("account-1", 3)
      yield* until(are({ fulfilled: 3, pending: 3 }))
      yield* TestClock.adjust("1 minute")
      expect((yield* told).size).toBe(3)
    }).pipe(working(), Effect.provide(many(2))))

  it.effect("lets no account with very many rows delay another", () =>
    Effect.gen(function*() {
      const busy = names(20)
      for (const name of busy) yield* offerTo(name, 300)
      const { events } = yield* OutboxWorker.make({ batchSize: 1 })
      const claims: Array<string> = []
      yield* Effect.forkScoped(Stream.runForEach(events, (event) =>
        Effect.sync(() => {
          if (event._tag === "Claimed") claims.push(event.account)
        })))
      yield* until(Effect.sync(() => claims.length > 200), { step: "10 millis" })
      yield* offerTo("account-20", 1)
      const before = claims.length
      yield* until(Effect.sync(() => claims.includes("account-20")), { step: "1 millis" })
      // those that were in the line, and those of its own time
      expect(claims.indexOf("account-20") - before).toBeLessThan(60)
    }).pipe(Effect.scoped, Effect.provide(many(21))))

  it.effect.each<[rows: number, times: number]>([[1, 1], [250, 3], [200, 3]])(
    "claims no more often than it takes: %s rows, %s times",
    ([rows, times]) =>
      Effect.gen(function*() {
        const store = yield* OutboxStore.OutboxStore
        let claims = 0
        const watched: OutboxStore.Service = {
          ...store,
          claim: (options) =>
            Effect.zipRight(
              Effect.sync(() => {
                claims++
              }),
              store.claim(options)
            )
        }
        yield* offerTo("account-0", rows)
        yield* until(are({ fulfilled: rows })).pipe(
          working(),
          Effect.provideService(OutboxStore.OutboxStore, watched)
        )
        expect(claims).toBe(times)
      }).pipe(Effect.provide(many(1, OutboxStoreSql.layer({ poll: "1 hour" }))))
  )

  it.effect("begins a few batches at once, and doesn't wait for those that wait for an answer", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(
        Emulator.Emulator,
        ({ setFaults }) => setFaults([{ endpoint: "create", action: { _tag: "Delay", duration: 10_000 } }])
      )
      for (const name of names(50)) yield* offerTo(name, 2)
      const { events } = yield* OutboxWorker.make({ batchSize: 1, stopNow: Effect.void })
      let begun = 0
      yield* Effect.forkScoped(Stream.runForEach(events, (event) =>
        Effect.sync(() => {
          if (event._tag === "Sending") begun++
        })))
      const begins = (count: number) => until(Effect.sync(() => begun >= count), { step: "0 millis", most: 5_000 })
      yield* begins(32)
      expect(begun).toBe(32)
      yield* TestClock.adjust("100 millis")
      yield* begins(64)
      expect(begun).toBe(64)
      yield* TestClock.adjust("100 millis")
      yield* begins(96)
      yield* TestClock.adjust("100 millis")
      yield* begins(100)
      expect((yield* told).size).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(many(50))))

  it.effect("asks for rows of a few of them at once", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      for (const name of names(40)) yield* offerTo(name, 1)
      let now = 0
      let most = 0
      const watched: OutboxStore.Service = {
        ...store,
        claim: (options) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++now)
            }),
            () => Effect.zipRight(Effect.sleep("10 millis"), store.claim(options)),
            () => Effect.sync(() => now--)
          )
      }
      yield* until(are({ fulfilled: 40 })).pipe(working(), Effect.provideService(OutboxStore.OutboxStore, watched))
      expect(most).toBe(8)
    }).pipe(Effect.provide(many(40))))

  it.effect("notices within seconds that another process has resumed one, though nobody tells it", () =>
    Effect.gen(function*() {
      const { resume } = yield* Outbox.Outbox
      const store = yield* OutboxStore.OutboxStore
      yield* store.holdBack("account-0", Duration.hours(1))
      yield* offerTo("account-0", 1)
      yield* TestClock.adjust("1 minute")
      expect((yield* told).size).toBe(0)
      yield* resume("account-0")
      yield* until(are({ fulfilled: 1 }))
    }).pipe(working(), Effect.provide(many(1, silent))))

  it.effect("looks seldom at accounts that are paused, and at once when they are resumed", () =>
    Effect.gen(function*() {
      const statements = yield* Statements
      const { pause, resume } = yield* Outbox.Outbox
      for (const name of names(50)) {
        yield* pause(name)
        yield* offerTo(name, 1)
      }
      yield* TestClock.adjust("10 seconds")
      statements.count = 0
      for (let second = 0; second < 60; second++) yield* TestClock.adjust("1 second")
      expect(statements.count).toBeLessThan(50 * 13 * 6)
      yield* resume("account-7")
      yield* until(are({ fulfilled: 1, pending: 49 }), { step: "10 millis", most: 200 })
    }).pipe(working(), Effect.provide(many(50))))
})
