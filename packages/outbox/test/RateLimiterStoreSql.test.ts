import { RateLimiter, ShipStationConfig } from "@effect-shipstation/http-client"
import { RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SqlClient, type SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, layer } from "@effect/vitest"
import {
  type ConfigError,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Redacted,
  TestClock,
  TestContext
} from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freshAccount, rolledBack, table, take, takenAt, used } from "./limiterSupport.js"
import * as Postgres from "./postgres.js"
import { soon } from "./support.js"

const suite = (name: string, client: Layer.Layer<SqlClient.SqlClient, ConfigError.ConfigError | SqlError.SqlError>) =>
  layer(RateLimiterStoreSql.layer().pipe(Layer.provideMerge(client)), {
    excludeTestServices: true
  })(name, (it) => {
    it.effect("gives as many places as there are in a window, however many ask at once", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const answers = yield* Effect.replicateEffect(take(account, 20, "1 minute"), 60, { concurrency: 10 })
        expect(answers.filter(({ _tag }) => _tag === "Taken").length).toBe(20)
        expect((yield* take(freshAccount(), 20, "1 minute"))._tag).toBe("Taken")
      }))

    it.effect("holds in any window over two limiters that share it", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* RateLimiter.RateLimiterStore
        const sql = yield* SqlClient.SqlClient
        // what the store says that it gave: this machine's clock may stand still meanwhile
        const given = new Set<number>()
        const watched: RateLimiter.Store = {
          ...store,
          take: (options) =>
            Effect.gen(function*() {
              const answer = yield* store.take(options)
              const at = yield* Effect.orDie(Effect.provideService(takenAt(account), SqlClient.SqlClient, sql))
              at.forEach((time) => given.add(time))
              return answer
            })
        }
        const limiter = RateLimiter.make({ limit: 10, window: "500 millis" }).pipe(
          Effect.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key"), account })),
          Effect.provideService(RateLimiter.RateLimiterStore, watched)
        )
        const [one, two] = [yield* limiter, yield* limiter]
        const work = (limiter: RateLimiter.Service) => Effect.replicateEffect(limiter.take({ sandbox: false }), 20)
        yield* Effect.all([work(one), work(two)], { concurrency: 2 })

        const times = [...given].toSorted((a, b) => a - b)
        expect(times.length).toBe(40)
        const [shortest = 0] = times.slice(10).map((at, index) => at - (times[index] ?? 0)).toSorted((a, b) => a - b)
        // moments of this size have no more digits
        expect(shortest).toBeGreaterThan(499.99)
      }))

    it.effect("holds all back in a pause, and the one that ends later stays", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* RateLimiter.RateLimiterStore
        yield* store.pause({ account, duration: Duration.minutes(30) })
        yield* store.pause({ account, duration: Duration.millis(1) })
        const answer = yield* take(account, 10, "1 second")
        expect(answer._tag).toBe("Paused")
        const { pausedFor, used } = yield* store.state({ account, window: Duration.seconds(1) })
        expect(Duration.toMinutes(pausedFor)).toBeGreaterThan(20)
        expect(used).toBe(0)
        yield* store.resume?.({ account }) ?? Effect.void
        expect((yield* take(account, 10, "1 second"))._tag).toBe("Taken")
        expect((yield* store.state({ account, window: Duration.seconds(1) })).pausedFor).toEqual(Duration.zero)
      }))

    it.effect("tells how many places are taken", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* RateLimiter.RateLimiterStore
        yield* Effect.replicateEffect(take(account, 10, "1 minute"), 3)
        expect(yield* used(account)).toBe(3)
        yield* Effect.sleep("30 millis")
        expect((yield* store.state({ account, window: Duration.millis(10) })).used).toBe(0)
      }))

    it.effect("holds places until they are left or given back", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const answers = yield* Effect.replicateEffect(take(account, 2, "1 minute", true), 3)
        expect(answers).toMatchObject([{ _tag: "Taken" }, { _tag: "Taken" }, { _tag: "Full", held: true }])
        const [one, two] = answers.flatMap((answer) => answer._tag === "Taken" ? [answer.place] : [])
        yield* one?.giveBack ?? Effect.void
        yield* one?.giveBack ?? Effect.void
        expect(yield* used(account)).toBe(1)
        yield* two?.left ?? Effect.void
        yield* two?.left ?? Effect.void
        yield* two?.giveBack ?? Effect.void
        expect(yield* used(account)).toBe(1)
        expect((yield* takenAt(account)).length).toBe(1)
        // what doesn't count any more isn't kept
        yield* Effect.sleep("20 millis")
        yield* take(account, 2, "10 millis")
        expect((yield* takenAt(account)).length).toBe(1)
        expect(yield* take(account, Infinity, "1 minute", true)).toEqual({ _tag: "Taken" })
      }))

    it.effect("places that were taken stay taken when the caller's transactions are rolled back", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const five = Effect.replicateEffect(take(account, 5, "1 minute"), 5)
        const answers = yield* Effect.replicateEffect(rolledBack(five), 4)
        expect(answers.flatMap((answers) => answers ?? []).filter(({ _tag }) => _tag === "Taken").length).toBe(5)
        expect((yield* take(account, 5, "1 minute"))._tag).toBe("Full")
        yield* soon(Effect.map(takenAt(account), ({ length }) => length === 5))
      }))

    it.effect("and so do those that were left, given back, or paused by then", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* RateLimiter.RateLimiterStore
        const sent = Effect.gen(function*() {
          const answers = yield* Effect.replicateEffect(take(account, 9, "1 minute", true), 4)
          const [left, back] = answers.flatMap((answer) => answer._tag === "Taken" ? [answer.place] : [])
          yield* left?.left ?? Effect.void
          yield* back?.giveBack ?? Effect.void
          return left
        })
        const left = yield* rolledBack(sent)
        expect(yield* used(account)).toBe(3)
        // two that are held outside of a transaction, and end in one that is rolled back
        const answers = yield* Effect.replicateEffect(take(account, 9, "1 minute", true), 2)
        const [one, two] = answers.flatMap((answer) => answer._tag === "Taken" ? [answer.place] : [])
        expect(yield* used(account)).toBe(5)
        yield* rolledBack(Effect.zipRight(one?.left ?? Effect.void, two?.giveBack ?? Effect.void))
        expect(yield* used(account)).toBe(4)
        yield* left?.left ?? Effect.void
        expect(yield* used(account)).toBe(4)
        yield* rolledBack(store.pause({ account, duration: Duration.minutes(5) }))
        expect((yield* take(account, 9, "1 minute"))._tag).toBe("Paused")
        yield* rolledBack(store.resume?.({ account }) ?? Effect.void)
        expect((yield* take(account, 9, "1 minute"))._tag).toBe("Taken")
      }))

    it.effect("and they count once when the transaction is committed", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const sql = yield* SqlClient.SqlClient
        const two = Effect.replicateEffect(take(account, 5, "1 minute"), 2)
        yield* sql.withTransaction(two)
        yield* sql.withTransaction(Effect.zipRight(two, take(account, 5, "1 minute", true)))
        expect(yield* used(account)).toBe(5)
        expect((yield* take(account, 5, "1 minute"))._tag).toBe("Full")
        yield* soon(Effect.map(takenAt(account), ({ length }) => length === 4))
        expect(yield* used(account)).toBe(5)
      }))

    it.effect("within a transaction a request counts like any other", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const sql = yield* SqlClient.SqlClient
        const limiter = yield* RateLimiter.make({ limit: 3, window: "1 minute" }).pipe(
          Effect.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key"), account }))
        )
        const request = limiter.withPlace({ sandbox: false }, (leaves) => Effect.as(leaves, "answer"))
        expect(yield* sql.withTransaction(request)).toBe("answer")
        yield* rolledBack(request)
        const cut = limiter.withPlace({ sandbox: false }, () => Effect.interrupt)
        yield* Effect.exit(sql.withTransaction(cut))
        expect((yield* limiter.state).used).toBe(2)
      }))

    it.effect("whoever is interrupted while he asks holds no place", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        yield* Effect.forEach(Array.from({ length: 60 }, (_, n) => n), (n) =>
          Effect.gen(function*() {
            const fiber = yield* Effect.fork(
              Effect.flatMap(
                take(account, 3, "1 minute", true),
                (answer) => answer._tag === "Taken" ? answer.place?.giveBack ?? Effect.void : Effect.void
              )
            )
            for (let step = 0; step < n; step++) yield* Effect.yieldNow()
            if (n % 2 === 0) yield* Effect.sleep(n / 10)
            yield* Fiber.interrupt(fiber)
          }))
        yield* soon(Effect.map(used(account), (used) => used === 0))
      }))

    it.effect("a database that hangs fails each operation in time, or lets it be interrupted, and costs no place", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const sql = yield* SqlClient.SqlClient
        const store = yield* RateLimiterStoreSql.make({ timeout: "1 minute" })
        const options = { account, limit: 2, window: Duration.minutes(1) }
        const first = yield* store.take({ ...options, hold: true })
        const held = first._tag === "Taken" ? first.place : undefined
        const operations: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          store.take({ ...options, hold: true }),
          store.pause({ account, duration: Duration.minutes(1) }),
          store.resume?.({ account }) ?? Effect.void,
          held?.left ?? Effect.void,
          held?.giveBack ?? Effect.void
        ]

        const locked = yield* Deferred.make<void>()
        const unlock = yield* Deferred.make<void>()
        const locking = yield* sql`UPDATE ${sql(table)} SET account = account WHERE account = ${account}`.pipe(
          Effect.zipRight(Deferred.succeed(locked, undefined)),
          Effect.zipRight(Deferred.await(unlock)),
          sql.withTransaction,
          Effect.fork
        )
        yield* Deferred.await(locked)
        yield* Effect.forEach(operations, (operation) =>
          Effect.gen(function*() {
            const hung = yield* Effect.fork(Effect.flip(operation))
            yield* TestClock.adjust("1 minute")
            expect(yield* Fiber.join(hung)).toEqual(new RateLimiter.StoreError({ message: "no answer in time" }))
            const fiber = yield* Effect.fork(operation)
            yield* Effect.yieldNow()
            expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
          })).pipe(Effect.provide(TestContext.TestContext))
        yield* Deferred.succeed(unlock, undefined)
        yield* Fiber.join(locking)
        yield* soon(Effect.map(used(account), (used) => used === 1))
        yield* held?.giveBack ?? Effect.void
        yield* soon(Effect.map(used(account), (used) => used === 0))
      }))
  })

const file = join(mkdtempSync(join(tmpdir(), "limiter-sqlite-")), "limiter.db")

suite("SQLite", SqliteClient.layer({ filename: file }))

suite("Postgres", Postgres.layer)
