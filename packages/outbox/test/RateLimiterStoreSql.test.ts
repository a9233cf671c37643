import { RateLimiter, ShipStationConfig } from "@effect-shipstation/http-client"
import { RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SqlClient, type SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, layer } from "@effect/vitest"
import { type ConfigError, Duration, Effect, Layer, Redacted } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "./postgres.js"

let last = 0
const freshAccount = () => `account-${++last}`

const take = (account: string, limit: number, window: Duration.DurationInput) =>
  Effect.flatMap(
    RateLimiter.RateLimiterStore,
    (store) => store.take({ account, limit, window: Duration.decode(window) })
  )

const suite = (name: string, client: Layer.Layer<SqlClient.SqlClient, ConfigError.ConfigError | SqlError.SqlError>) =>
  layer(RateLimiterStoreSql.layer().pipe(Layer.provideMerge(client)), {
    timeout: "60 seconds",
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
        const limiter = RateLimiter.make({ limit: 10, window: "500 millis" }).pipe(
          Effect.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key"), account }))
        )
        const [one, two] = [yield* limiter, yield* limiter]
        const at: Array<number> = []
        const work = (limiter: RateLimiter.Service) =>
          Effect.replicateEffect(
            Effect.zipRight(
              limiter.take({ sandbox: false }),
              Effect.sync(() => at.push(performance.now()))
            ),
            20
          )
        yield* Effect.all([work(one), work(two)], { concurrency: 2 })
        expect(at.length).toBe(40)
        // of moments that were told after the places had been taken
        const most = Math.max(...at.map((start) => at.filter((time) => time >= start && time < start + 450).length))
        expect(most).toBeLessThanOrEqual(10)
      }))

    it.effect("holds all back in a pause, and the one that ends later stays", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* RateLimiter.RateLimiterStore
        yield* store.pause({ account, duration: Duration.seconds(30) })
        yield* store.pause({ account, duration: Duration.millis(1) })
        const answer = yield* take(account, 10, "1 second")
        expect(answer._tag).toBe("Paused")
        const { pausedFor, used } = yield* store.state({ account, window: Duration.seconds(1) })
        expect(Duration.toSeconds(pausedFor)).toBeGreaterThan(28)
        expect(used).toBe(0)
      }))

    it.effect("tells how many places are taken", () =>
      Effect.gen(function*() {
        const account = freshAccount()
        const store = yield* RateLimiter.RateLimiterStore
        yield* Effect.replicateEffect(take(account, 10, "1 minute"), 3)
        expect((yield* store.state({ account, window: Duration.minutes(1) })).used).toBe(3)
        yield* Effect.sleep("30 millis")
        expect((yield* store.state({ account, window: Duration.millis(10) })).used).toBe(0)
      }))

    if (name === "Postgres") {
      it.effect("a place that was taken stays taken when the caller's transaction is rolled back", () =>
        Effect.gen(function*() {
          const account = freshAccount()
          const sql = yield* SqlClient.SqlClient
          yield* Effect.exit(sql.withTransaction(Effect.zipRight(take(account, 1, "1 minute"), Effect.fail("no"))))
          expect((yield* take(account, 1, "1 minute"))._tag).toBe("Full")
        }))
    }
  })

const file = join(mkdtempSync(join(tmpdir(), "limiter-sqlite-")), "limiter.db")

suite("SQLite", SqliteClient.layer({ filename: file }))

suite("Postgres", Postgres.layer)
