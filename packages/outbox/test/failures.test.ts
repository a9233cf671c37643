/** Each call to the database fails in turn: the first, the second, until none is left. On SQLite, in virtual time. */
import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { Reactivity } from "@effect/experimental"
import { SqlClient, type SqlConnection, SqlError, Statement } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, Context, Effect, Layer, Logger, Schedule, TestContext } from "effect"
import { freshMany, outbox, told, toldTwice, until, working } from "./support.js"

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

/** One row's request is answered as refused, one's answer gets lost after it was done, the rest goes well. */
const scenario = Effect.gen(function*() {
  const inputs = freshMany(3)
  const { counts, list, offer } = yield* Outbox.Outbox
  const fault = yield* Fault
  fault.calls = 0
  fault.at = -fault.at
  // a caller that doesn't know whether it was stored offers it again
  yield* Effect.retry(offer(inputs), Schedule.recurs(3))
  const again = Effect.retry(counts, Schedule.recurs(3))
  const over = Effect.map(again, (all) => all.every(({ state }) => state === "fulfilled"))
  yield* until(over, { step: "10 minutes", most: 40 }).pipe(
    working({ batchSize: 2, concurrency: 1, lease: "40 minutes" })
  )
  const { rows } = yield* Effect.retry(list(), Schedule.recurs(3))
  expect(rows.map(({ input }) => input)).toEqual(inputs)
  expect((yield* told).size).toBe(3)
  expect(yield* toldTwice).toEqual([])
  return fault.hits
})

const run = (at: number, times: number, after: boolean) =>
  scenario.pipe(
    Effect.provide(
      outbox(
        OutboxStoreSql.layer({ poll: "10 minutes" }).pipe(
          Layer.provide(failing),
          Layer.provide(SqliteClient.layer({ filename: ":memory:" }))
        ),
        {
          faults: [
            { endpoint: "create", nth: 1, action: { _tag: "ErrorBody", status: 429, retryAfter: 1 } },
            { endpoint: "create", nth: 3, action: { _tag: "Reset" } },
            { endpoint: "list", nth: 1, action: { _tag: "LaggingList", lag: "1 minute" } }
          ]
        }
      )
    ),
    // while the layer is built nothing fails
    Effect.provideService(Fault, { at: -at, calls: 0, times, after, hits: [] }),
    // a time of its own
    Effect.provide(Layer.merge(TestContext.TestContext, Logger.remove(Logger.defaultLogger)))
  )

/** Most of the time is spent on waiting. */
const atOnce = 8

describe("whichever call to the database fails", () => {
  it.live.each([
    { how: "once", times: 1, after: false, least: 40 },
    { how: "together with the next one", times: 2, after: false, least: 40 },
    { how: "a commit that was done all the same", times: 1, after: true, least: 8 }
  ])("$how: no row is lost and none done twice", ({ after, least, times }) =>
    Effect.gen(function*() {
      const seen = new Set<string>()
      let last = 0
      for (let isDone = false; !isDone;) {
        const runs = yield* Effect.forEach(Array.makeBy(atOnce, (n) => last + n + 1), (at) => run(at, times, after), {
          concurrency: "unbounded"
        })
        for (const hit of runs.flat()) seen.add(hit)
        last += atOnce
        isDone = runs.some(({ length }) => length === 0)
      }
      expect(last).toBeGreaterThan(least)
      expect([...seen]).toEqual(
        expect.arrayContaining([...(after ? [] : ["BEGIN IMMEDIATE"]), ...(times > 1 ? ["ROLLBACK"] : []), "COMMIT"])
      )
    }), 120_000)
})
