/** What only a server can do: end connections, go away, and come back. In real time. */
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Layer, Logger, Option, Schedule, Stream } from "effect"
import { listen } from "../src/internal/sql/listen.js"
import * as Postgres from "./postgres.js"
import { are, freshMany, outbox, readBackQuickly, soon, told, toldTwice, working } from "./support.js"

const fully = (prefix: string, options: Parameters<typeof OutboxStorePg.layer>[0] = {}) =>
  Layer.provide(
    outbox(OutboxStorePg.layer({ prefix, ...options }), {}, readBackQuickly),
    // what happens here is logged as errors
    Logger.remove(Logger.defaultLogger)
  )

layer(Layer.provideMerge(Postgres.layerClient, Postgres.layerServer), {
  excludeTestServices: true
})("Postgres", (it) => {
  it.effect("a worker goes on after its connections were cut, again and again", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { counts, offer } = yield* Outbox.Outbox
      yield* offer(freshMany(100))
      const cut = Effect.ignore(
        sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'postgres'`
      )
      const cuts = yield* Effect.fork(
        Effect.repeat(cut, Schedule.intersect(Schedule.spaced("60 millis"), Schedule.recurs(10)))
      )
      const over = Effect.orElseSucceed(
        Effect.map(counts, (all) => all.every(({ state }) => state === "fulfilled" || state === "unknown")),
        () => false
      )
      yield* Effect.zipRight(cuts, soon(over)).pipe(working({ batchSize: 10, lease: "2 seconds" }))
      expect((yield* told).size).toBeGreaterThan(0)
      expect(yield* toldTwice).toEqual([])
    }).pipe(Effect.provide(fully("cut_"))))

  it.effect("listening survives that its connections end at any moment, and soon hears again", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { config } = yield* PgClient.PgClient
      const { offer } = yield* Outbox.Outbox
      const hear = new Set<number>()
      const listeners = Stream.mergeAll(
        Array.from({ length: 30 }, (_, listener) =>
          Stream.filterMap(
            listen({ ...config, applicationName: "listener" }, "channel"),
            (said) => said === "after the cuts" ? Option.some(listener) : Option.none()
          )),
        { concurrency: "unbounded" }
      )
      yield* Effect.forkScoped(Stream.runForEach(listeners, (listener) => Effect.sync(() => hear.add(listener))))
      const ended = new Set<number>()
      // as soon as they are there, and the store's own too
      yield* Effect.repeat(
        Effect.map(
          sql<{ pid: number }>`SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'listener' OR query LIKE 'LISTEN%'`,
          (cut) => cut.forEach(({ pid }) => ended.add(pid))
        ),
        { until: () => ended.size >= 400 }
      )
      yield* soon(Effect.map(sql`NOTIFY channel, 'after the cuts'`, () => hear.size === 30))
      // nobody looks by himself here
      yield* Effect.zipRight(offer(freshMany(3)), soon(are({ fulfilled: 3 })))
    }).pipe(working({ lease: "1 hour" }), Effect.scoped, Effect.provide(fully("listening_", { poll: "10 minutes" }))))

  const moments = ["intend", "settle", "claim"] as const
  it.effect.each(moments)(
    "a database that goes away right before %s, and comes back, loses and doubles nothing",
    (moment) =>
      Effect.gen(function*() {
        const { start, stop } = yield* Postgres.Server
        const { offer } = yield* Outbox.Outbox
        const store = yield* OutboxStore.OutboxStore
        let failures = 0
        const goAway = yield* Effect.once(stop)
        const counted = <A, E, R>(self: Effect.Effect<A, E, R>) =>
          Effect.tapError(Effect.zipRight(goAway, self), () => Effect.sync(() => failures++))
        const flaky: OutboxStore.Service = {
          ...store,
          claim: moment === "claim" ? (options) => counted(store.claim(options)) : store.claim,
          intend: moment === "intend" ? (claimed, options) => counted(store.intend(claimed, options)) : store.intend,
          settle: moment === "settle" ? (token, results) => counted(store.settle(token, results)) : store.settle
        }
        yield* offer(freshMany(20))
        yield* Effect.gen(function*() {
          yield* soon(Effect.sync(() => failures > 0))
          expect((yield* Effect.flip(offer(freshMany(1))))._tag).toBe("OutboxStoreError")
          expect((yield* told).size).toBe(moment === "settle" ? 20 : 0)
          yield* start
          yield* soon(Effect.orElseSucceed(are({ fulfilled: 20 }), () => false))
        }).pipe(working(), Effect.provideService(OutboxStore.OutboxStore, flaky))
        expect((yield* told).size).toBe(20)
        expect(yield* toldTwice).toEqual([])
      }).pipe(Effect.provide(fully(`gone_${moment}_`)))
  )

  it.effect("offers while the database goes away are stored or fail, and can be made again", () =>
    Effect.gen(function*() {
      const { start, stop } = yield* Postgres.Server
      const { counts, offer } = yield* Outbox.Outbox
      const inputs = freshMany(300)
      const offering = yield* Effect.fork(
        Effect.forEach(inputs, (input) => Effect.either(offer([input])), { concurrency: 5 })
      )
      yield* soon(Effect.map(counts, (all) => all.some(({ count }) => count >= 30)))
      yield* stop
      const ends = yield* offering
      const failed = inputs.filter((_, index) => ends[index] !== undefined && Either.isLeft(ends[index]))
      expect(failed.length).toBeGreaterThan(0)
      expect(
        ends.flatMap((end) => Either.isLeft(end) ? [end.left._tag] : []).every((tag) => tag === "OutboxStoreError")
      )
        .toBe(true)
      yield* start
      const again = yield* Effect.retry(
        offer(failed),
        Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(50))
      )
      // of those whose commit was cut off it wasn't known
      expect(again.every(({ _tag }) => _tag === "Accepted" || _tag === "Duplicate")).toBe(true)
      expect(yield* counts).toMatchObject([{ state: "pending", count: 300 }])
    }).pipe(Effect.provide(fully("offers_"))))
})
