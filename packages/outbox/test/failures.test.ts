/** Each call to the database fails in turn: the first, the second, until none is left. On SQLite, in virtual time. */
import type { Emulator, Fault as EmulatorFault } from "@effect-shipstation/emulator"
import { RateLimiter } from "@effect-shipstation/http-client"
import {
  type Accounts,
  Outbox,
  type OutboxStore,
  OutboxStoreSql,
  RateLimiterStoreSql
} from "@effect-shipstation/outbox"
import { Reactivity } from "@effect/experimental"
import { SqlClient, type SqlConnection, SqlError, Statement } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Either, Layer, Logger, Schedule, TestClock, TestContext } from "effect"
import { fresh, freshMany, outbox, told, toldTwice, until, working } from "./support.js"

/** Which call fails, from 1, and how many after it; `after`: a commit fails though it was done. Others aren't counted then. */
class Fault extends Context.Tag("Fault")<Fault, {
  at: number
  calls: number
  readonly times: number
  readonly after: boolean
  readonly hits: globalThis.Array<string>
}>() {}

const failing = Layer.effect(
  SqlClient.SqlClient,
  Effect.gen(function*() {
    const sql = yield* SqliteClient.SqliteClient
    const fault = yield* Fault
    const broken = new SqlError.SqlError({ cause: new Error("disk I/O error"), message: "made to fail" })
    const maybe = <A>(statement: string, call: Effect.Effect<A, SqlError.SqlError>) =>
      Effect.suspend(() => {
        if (fault.after && statement !== "COMMIT") return call
        fault.calls++
        if (fault.at < 0 || fault.calls < fault.at || fault.calls >= fault.at + fault.times) return call
        fault.hits.push(statement)
        return fault.after ? Effect.zipRight(call, Effect.fail(broken)) : Effect.fail(broken)
      })
    const wrap = (connection: SqlConnection.Connection): SqlConnection.Connection => ({
      execute: (statement, ...more) => maybe(statement, connection.execute(statement, ...more)),
      executeRaw: (statement, ...more) => maybe(statement, connection.executeRaw(statement, ...more)),
      executeValues: (statement, ...more) => maybe(statement, connection.executeValues(statement, ...more)),
      executeUnprepared: (statement, ...more) => maybe(statement, connection.executeUnprepared(statement, ...more)),
      executeStream: connection.executeStream
    })
    return yield* SqlClient.make({
      acquirer: Effect.map(sql.reserve, wrap),
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  })
).pipe(Layer.provide(Reactivity.layer))

const inTheEnd = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.retry(self, Schedule.recurs(3))

/** From now on calls are counted, and one fails. */
const arm = Effect.map(Fault, (fault) => {
  fault.calls = 0
  fault.at = -fault.at
  return fault
})

const workUntil = <E, R>(over: Effect.Effect<boolean, E, R>) =>
  until(over, { step: "10 minutes", most: 40 }).pipe(working({ batchSize: 2, concurrency: 1, lease: "40 minutes" }))

const allFulfilled = Effect.flatMap(
  Outbox.Outbox,
  ({ counts }) => Effect.map(inTheEnd(counts), (all) => all.every(({ state }) => state === "fulfilled"))
)

const onceEach = (inputs: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    expect((yield* told).size).toBe(inputs.length)
    expect(yield* toldTwice).toEqual([])
  })

/** One row's request is answered as refused, one's answer gets lost after it was done, the rest goes well. */
const sending = Effect.gen(function*() {
  const inputs = freshMany(3)
  const { list, offer } = yield* Outbox.Outbox
  const { hits } = yield* arm
  // a caller that doesn't know whether it was stored offers it again
  yield* inTheEnd(offer(inputs))
  yield* workUntil(allFulfilled)
  expect((yield* inTheEnd(list())).rows.map(({ input }) => input)).toEqual(inputs)
  yield* onceEach(inputs)
  return hits
})

/** A batch is refused and halved, an operator sends what was rejected again, and removes what is done. */
const operating = Effect.gen(function*() {
  const inputs = freshMany(3)
  const last = fresh()
  const outbox = yield* Outbox.Outbox
  const { hits } = yield* arm
  yield* inTheEnd(outbox.offer(inputs))
  const rejected = inTheEnd(outbox.list({ states: ["rejected"] }))
  const ended = Effect.map(inTheEnd(outbox.openCounts), ({ length }) => length === 0)
  yield* workUntil(ended)
  for (const { id } of (yield* rejected).rows) yield* inTheEnd(outbox.retry(id))
  yield* workUntil(allFulfilled)
  yield* onceEach(inputs)
  yield* inTheEnd(outbox.pause())
  yield* inTheEnd(outbox.offer([last]))
  for (const { id } of (yield* inTheEnd(outbox.list({ states: ["pending"] }))).rows) {
    // a second one finds what the first one has done
    yield* Effect.catchTag(inTheEnd(outbox.discard(id)), "OutboxStateError", () => Effect.void)
  }
  yield* inTheEnd(outbox.resume())
  yield* TestClock.adjust("2 minutes")
  yield* inTheEnd(outbox.prune("1 minute"))
  expect((yield* inTheEnd(outbox.list())).rows).toEqual([])
  // what was pruned is still known
  const answers = yield* inTheEnd(outbox.offer([...inputs, last]))
  expect(answers.map(({ _tag }) => _tag)).toEqual(["Duplicate", "Duplicate", "Duplicate", "Refused"])
  yield* workUntil(ended)
  yield* onceEach(inputs)
  return hits
})

/** Who isn't told of his place has taken one all the same, or not: never more than there are. */
const limiting = Effect.gen(function*() {
  const store = yield* RateLimiter.RateLimiterStore
  const { hits } = yield* arm
  const window = Duration.minutes(1)
  const take = Effect.map(
    Effect.either(store.take({ account: "default", limit: 3, window })),
    Either.match({ onLeft: ({ _tag }) => _tag, onRight: ({ _tag }) => _tag })
  )
  const answers = yield* Effect.replicateEffect(take, 6)
  const taken = answers.filter((tag) => tag === "Taken").length
  const failed = answers.filter((tag) => tag === "StoreError").length
  expect(taken).toBeLessThanOrEqual(3)
  expect(taken + failed).toBeGreaterThanOrEqual(3)
  expect((yield* inTheEnd(store.state({ account: "default", window }))).used).toBe(3)
  yield* inTheEnd(store.pause({ account: "default", duration: window }))
  yield* inTheEnd(Effect.filterOrFail(take, (tag) => tag === "Paused", () => "not yet"))
  return hits
})

interface Scenario {
  readonly name: string
  readonly steps: Effect.Effect<
    ReadonlyArray<string>,
    unknown,
    | Accounts.Accounts
    | Emulator.Emulator
    | Fault
    | Outbox.Outbox
    | OutboxStore.OutboxStore
    | RateLimiter.RateLimiterStore
  >
  readonly faults: ReadonlyArray<EmulatorFault.FaultRule>
  /** There are more than so many. */
  readonly calls: number
  readonly commits: number
}

const scenarios: ReadonlyArray<Scenario> = [{
  name: "sending",
  steps: sending,
  faults: [
    { endpoint: "create", nth: 1, action: { _tag: "ErrorBody", status: 429, retryAfter: 1 } },
    { endpoint: "create", nth: 3, action: { _tag: "Reset" } },
    { endpoint: "list", nth: 1, action: { _tag: "LaggingList", lag: "1 minute" } }
  ],
  calls: 40,
  commits: 8
}, {
  name: "operating",
  steps: operating,
  faults: [
    { endpoint: "create", nth: 1, action: { _tag: "ErrorBody", status: 400 } },
    { endpoint: "create", nth: 2, action: { _tag: "ErrorBody", status: 400 } }
  ],
  calls: 80,
  commits: 16
}, { name: "limiting", steps: limiting, faults: [], calls: 24, commits: 6 }]

/** What a run left, a transaction too. To make all tables anew would take longer than many a run. */
const emptied = Effect.gen(function*() {
  const sql = yield* SqliteClient.SqliteClient
  yield* Effect.ignore(sql.unsafe("ROLLBACK"))
  const tables = yield* sql<{ name: string }>`
    SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%_migrations'
  `
  yield* Effect.forEach(tables, ({ name }) => sql`DELETE FROM ${sql(name)}`)
})

const run = ({ faults, steps }: Scenario, at: number, times: number, after: boolean) =>
  steps.pipe(
    Effect.provide(
      outbox(OutboxStoreSql.layer({ poll: "10 minutes" }), { faults }).pipe(
        Layer.merge(RateLimiterStoreSql.layer()),
        Layer.provide(failing)
      )
    ),
    Effect.zipLeft(emptied),
    // while the layer is built nothing fails
    Effect.provideService(Fault, { at: -at, calls: 0, times, after, hits: [] }),
    // a time of its own
    Effect.provide(Layer.merge(TestContext.TestContext, Logger.remove(Logger.defaultLogger)))
  )

/** Most of the time is spent on waiting. */
const atOnce = 12

describe.each(scenarios)("$name, whichever call to the database fails", (scenario) => {
  it.live.each([
    { how: "once", times: 1, after: false, least: scenario.calls },
    { how: "together with the next one", times: 2, after: false, least: scenario.calls },
    { how: "a commit that was done all the same", times: 1, after: true, least: scenario.commits }
  ])("$how: no row is lost and none done twice", ({ after, least, times }) =>
    Effect.gen(function*() {
      const databases = yield* Effect.replicateEffect(
        Layer.build(SqliteClient.layer({ filename: ":memory:" })),
        atOnce
      )
      const seen = new Set<string>()
      let last = 0
      for (let isDone = false; !isDone;) {
        const runs = yield* Effect.forEach(
          databases,
          // those that fail together are the next one's no more
          (database, n) => Effect.provide(run(scenario, (last + n) * times + 1, times, after), database),
          { concurrency: "unbounded" }
        )
        for (const hit of runs.flat()) seen.add(hit)
        last += atOnce
        isDone = runs.some(({ length }) => length === 0)
      }
      expect(last * times).toBeGreaterThan(least)
      expect([...seen]).toEqual(
        expect.arrayContaining([...(after ? [] : ["BEGIN IMMEDIATE"]), ...(times > 1 ? ["ROLLBACK"] : []), "COMMIT"])
      )
    }).pipe(Effect.scoped))
})
