/** One connection for all: transactions of callers, of other processes and of other databases. */
import { RateLimiter, ShipStationConfig } from "@effect-shipstation/http-client"
import { RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Fiber, identity, Layer, Redacted } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freshAccount, rolledBack, table, take, takenAt, used } from "./limiterSupport.js"
import { soon } from "./support.js"

const file = join(mkdtempSync(join(tmpdir(), "limiter-sqlite-")), "limiter.db")

it.live(
  "control: on SQLite a log that is written in the caller's transaction gives its places back with it",
  () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE log (data TEXT)`
      const takeOne = Effect.gen(function*() {
        const [row] = yield* sql<{ readonly data: string }>`SELECT data FROM log`
        const log = { ...RateLimiter.emptyLog(), ...JSON.parse(row?.data ?? "{}") }
        const answer = RateLimiter.takePlace(log, performance.now(), 5, 60_000)
        yield* sql`DELETE FROM log`
        yield* sql`INSERT INTO log ${sql.insert({ data: JSON.stringify({ taken: log.taken }) })}`
        return answer._tag
      })
      const answers = yield* Effect.replicateEffect(rolledBack(Effect.replicateEffect(takeOne, 5)), 4)
      expect(answers.flatMap((answers) => answers ?? []).filter((tag) => tag === "Taken").length).toBe(20)
    }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" })))
)

/** A process of its own, as far as the store goes. */
const anotherProcess = (filename: string) =>
  Layer.build(Layer.provideMerge(RateLimiterStoreSql.layer(), SqliteClient.layer({ filename })))

it.scopedLive(
  "on SQLite another process knows of them as soon as the transaction was rolled back",
  () =>
    Effect.gen(function*() {
      const account = freshAccount()
      const [here, there] = yield* Effect.all([anotherProcess(file), anotherProcess(file)])
      for (const count of [2, 4]) {
        yield* Effect.provide(rolledBack(Effect.replicateEffect(take(account, 5, "1 minute"), 2)), here)
        yield* soon(Effect.provide(Effect.map(used(account), (used) => used === count), there))
      }
    })
)

it.scopedLive(
  "on SQLite what was done in a transaction is kept until it can be written",
  () =>
    Effect.gen(function*() {
      const account = freshAccount()
      const sql = yield* SqlClient.SqlClient
      yield* sql`PRAGMA foreign_keys = ON`
      yield* sql`CREATE TABLE parent (id INTEGER PRIMARY KEY)`
      yield* sql`CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)`
      yield* take(account, 5, "1 minute")
      // from now on each commit fails
      yield* sql`CREATE TRIGGER fails AFTER UPDATE ON ${sql(table)} BEGIN INSERT INTO child VALUES (1); END`
      yield* rolledBack(Effect.replicateEffect(take(account, 5, "1 minute"), 4))
      expect(yield* Effect.flip(take(account, 5, "1 minute"))).toMatchObject({ _tag: "StoreError" })
      expect((yield* takenAt(account)).length).toBe(1)
      yield* sql`DROP TRIGGER fails`
      expect((yield* take(account, 5, "1 minute"))._tag).toBe("Full")
      expect((yield* takenAt(account)).length).toBe(5)
    }).pipe(Effect.provide(
      Layer.provideMerge(RateLimiterStoreSql.layer(), SqliteClient.layer({ filename: ":memory:" }))
    ))
)

it.scopedLive("on SQLite many that ask at once within one transaction get no more than there are", () =>
  Effect.gen(function*() {
    const account = freshAccount()
    const sql = yield* SqlClient.SqlClient
    const many = Effect.replicateEffect(take(account, 20, "1 minute"), 60, { concurrency: 10 })
    const answers = yield* sql.withTransaction(many).pipe(Effect.withMaxOpsBeforeYield(23))
    expect(answers.filter(({ _tag }) => _tag === "Taken").length).toBe(20)
  }).pipe(Effect.provide(
    Layer.provideMerge(RateLimiterStoreSql.layer(), SqliteClient.layer({ filename: ":memory:" }))
  )))

it.scopedLive(
  "on SQLite nothing goes on in a transaction whose request was interrupted",
  () =>
    Effect.gen(function*() {
      const account = freshAccount()
      const [here, there] = yield* Effect.all([anotherProcess(file), anotherProcess(file)])
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const limiter = yield* RateLimiter.make({ limit: 2, window: "1 minute" }).pipe(
          Effect.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key"), account }))
        )
        for (const leavesFirst of [true, false]) {
          const inUse = yield* Deferred.make<void>()
          const request = limiter.withPlace({ sandbox: false }, (leaves) =>
            Effect.zipRight(
              leavesFirst ? leaves : Effect.void,
              Effect.zipRight(Deferred.succeed(inUse, undefined), Effect.never)
            ))
          const fiber = yield* Effect.fork(sql.withTransaction(request))
          yield* Deferred.await(inUse)
          yield* Fiber.interrupt(fiber)
        }
        // the one that left counts, and another process can see it
        yield* soon(Effect.map(takenAt(account), ({ length }) => length === 1))
        yield* sql.withTransaction(sql`SELECT 1`)
      }).pipe(Effect.provide(here))
      yield* Effect.provide(
        Effect.zipRight(
          soon(Effect.map(used(account), (used) => used === 1)),
          Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(take(account, 2, "1 minute")))
        ),
        there
      )
    })
)

it.scopedLive("a transaction of another database is none of its own", () =>
  Effect.gen(function*() {
    const account = freshAccount()
    const [here, elsewhere] = yield* Effect.all([anotherProcess(file), anotherProcess(`${file}.other`)])
    const sql = yield* Effect.provide(SqlClient.SqlClient, elsewhere)
    yield* sql.withTransaction(Effect.provide(take(account, 5, "1 minute"), here))
    expect(yield* Effect.provide(used(account), here)).toBe(1)
    expect(yield* Effect.provide(used(account), elsewhere)).toBe(0)
  }))

class One extends Context.Tag("One")<One, RateLimiter.Store>() {}
class Other extends Context.Tag("Other")<Other, RateLimiter.Store>() {}

/** How many of one place each two databases give. */
const ofTwoDatabases = (store: ReturnType<typeof RateLimiterStoreSql.layer>) => {
  const client = () => SqliteClient.layer({ filename: ":memory:" })
  return Effect.gen(function*() {
    const [one, other] = yield* Effect.all([One, Other])
    const options = { account: "default", limit: 1, window: Duration.minutes(1) }
    return [(yield* one.take(options))._tag, (yield* other.take(options))._tag]
  }).pipe(Effect.provide(Layer.merge(
    Layer.provide(Layer.project(store, RateLimiter.RateLimiterStore, One, identity), client()),
    Layer.provide(Layer.project(store, RateLimiter.RateLimiterStore, Other, identity), client())
  )))
}

it.effect(
  "two databases in one program have a log each, though the layer is one constant",
  () =>
    Effect.map(ofTwoDatabases(RateLimiterStoreSql.layer()), (tags) => {
      expect(tags).toEqual(["Taken", "Taken"])
    })
)

it.effect("but all that use one database have the same store", () => {
  const one = Layer.effect(One, RateLimiter.RateLimiterStore)
  return Effect.gen(function*() {
    expect(yield* RateLimiter.RateLimiterStore).toBe(yield* One)
  }).pipe(Effect.provide(
    Layer.provideMerge(one, RateLimiterStoreSql.layer()).pipe(
      Layer.provide(SqliteClient.layer({ filename: ":memory:" }))
    )
  ))
})

it.effect(
  "control: a layer that is built once writes into the first for both",
  () =>
    Effect.map(ofTwoDatabases(Layer.effect(RateLimiter.RateLimiterStore, RateLimiterStoreSql.make())), (tags) => {
      expect(tags.toSorted()).toEqual(["Full", "Taken"])
    })
)

it.effect.each([0, -1, Number.NaN, "0 seconds"] as const)(
  "a timeout of %s can't be",
  (timeout) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(
        Layer.provide(RateLimiterStoreSql.layer({ timeout }), SqliteClient.layer({ filename: ":memory:" }))
      )))
      expect(String(exit)).toContain("timeout must be longer than 0")
    })
)
