/** Each call to the database fails in turn: the first, the second, until none is left. On SQLite, in virtual time. */
import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { Reactivity } from "@effect/experimental"
import { SqlClient, type SqlConnection, SqlError, Statement } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Schedule } from "effect"
import { freshMany, outbox, told, toldTwice, until, working } from "./support.js"

/** Which call fails, from 1; `after`: it is done all the same. */
class Fault
  extends Context.Tag("Fault")<Fault, { at: number; calls: number; readonly after: boolean; hit: string | undefined }>()
{}

const failing = Layer.effect(
  SqlClient.SqlClient,
  Effect.gen(function*() {
    const sql = yield* SqliteClient.SqliteClient
    const fault = yield* Fault
    const broken = new SqlError.SqlError({ cause: new Error("disk I/O error"), message: "made to fail" })
    const maybe = <A>(statement: string, call: Effect.Effect<A, SqlError.SqlError>) =>
      Effect.suspend(() => {
        fault.calls++
        if (fault.calls !== fault.at) return call
        fault.hit = statement
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
  fault.at = Math.abs(fault.at)
  // a caller that doesn't know whether it was stored offers it again
  yield* Effect.retry(offer(inputs), Schedule.recurs(1))
  const again = Effect.retry(counts, Schedule.recurs(1))
  const over = Effect.map(again, (all) => all.every(({ state }) => state === "fulfilled"))
  yield* until(over, { step: "2 minutes", most: 40 }).pipe(
    working({ batchSize: 2, concurrency: 1, lease: "5 minutes" })
  )
  const { rows } = yield* Effect.retry(list(), Schedule.recurs(1))
  expect(rows.map(({ input }) => input)).toEqual(inputs)
  expect((yield* told).size).toBe(3)
  expect(yield* toldTwice).toEqual([])
  return fault.hit
})

const run = (at: number, after: boolean) =>
  scenario.pipe(
    Effect.provide(
      outbox(
        OutboxStoreSql.layer({ poll: "2 minutes" }).pipe(
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
    Effect.provideService(Fault, { at: -at, calls: 0, after, hit: undefined }),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

describe("whichever call to the database fails", () => {
  it.effect.each([["before", false], ["after", true]] as const)(
    "%s it is done, no row is lost and none done twice",
    ([, after]) =>
      Effect.gen(function*() {
        const hits: Array<string> = []
        for (let at = 1;; at++) {
          const hit = yield* run(at, after)
          if (hit === undefined) break
          hits.push(hit)
        }
        expect(hits.length).toBeGreaterThan(50)
        expect(hits).toContain("COMMIT")
        expect(hits).toContain("BEGIN IMMEDIATE")
      }),
    120_000
  )
})
