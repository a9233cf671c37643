/** Clocks that jump, processes that die, and rows of older versions. */
import { RateLimiter } from "@effect-shipstation/http-client"
import { RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it as plain, layer } from "@effect/vitest"
import { Clock, type Context, Duration, Effect, Layer, Redacted, type Scope } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "./postgres.js"

/** Clocks whose wall and whose monotonic time are set by hand, in milliseconds. Nobody sleeps by them. */
const makeClocks = () => {
  const at = { wall: 1.7e12, mono: 0 }
  const make = (rate: number): Clock.Clock => {
    const nanos = () => BigInt(Math.round(at.mono * rate * 1e6))
    return {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => at.wall,
      unsafeCurrentTimeNanos: nanos,
      currentTimeMillis: Effect.sync(() => at.wall),
      currentTimeNanos: Effect.sync(nanos),
      sleep: () => Effect.never
    }
  }
  return { at, clock: make(1), fast: make(1.0001) }
}

interface World {
  /** A process of its own: a store that has seen nothing yet. */
  readonly start: Effect.Effect<
    Context.Context<RateLimiter.RateLimiterStore | SqlClient.SqlClient>,
    unknown,
    Scope.Scope
  >
  /** Lets time pass, everywhere. */
  readonly pass: (millis: number) => Effect.Effect<void>
  /** Puts the database's clock forward or back. */
  readonly jump: (millis: number) => Effect.Effect<void>
  /** What the database's clock says. */
  readonly now: Effect.Effect<number>
  /** Monotonically a ten-thousandth too fast. */
  readonly fast: Clock.Clock
}

let last = 0
const freshAccount = () => `account-${++last}`

const cases = (
  test: (name: string, body: (world: World, account: string) => Effect.Effect<void, unknown, Scope.Scope>) => void
) => {
  type Process = Effect.Effect.Success<World["start"]>
  const window = Duration.seconds(10)
  const take = (process: Process, account: string, limit = 5) =>
    Effect.flatMap(RateLimiter.RateLimiterStore, (store) => store.take({ account, limit, window })).pipe(
      Effect.map((answer) => answer._tag),
      Effect.provide(process)
    )
  const pause = (process: Process, account: string, duration: Duration.DurationInput) =>
    Effect.provide(
      Effect.flatMap(RateLimiter.RateLimiterStore, (store) =>
        store.pause({ account, duration: Duration.decode(duration) })),
      process
    )
  const ofSix = ["Taken", "Taken", "Taken", "Taken", "Taken", "Full"]

  test(
    "a clock that goes forward doesn't open a window twice",
    ({ jump, pass, start }, account) =>
      Effect.gen(function*() {
        const one = yield* start
        expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
        yield* jump(11_000)
        expect(yield* take(one, account)).toBe("Full")
        yield* pass(9_990)
        expect(yield* take(one, account)).toBe("Full")
        yield* pass(11)
        expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
      })
  )

  test("nor for another process, which has asked before", ({ jump, pass, start }, account) =>
    Effect.gen(function*() {
      const [one, two] = [yield* start, yield* start]
      yield* take(two, account)
      yield* pass(12_000)
      expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
      yield* jump(11_000)
      expect(yield* take(two, account)).toBe("Full")
      yield* jump(-30_000)
      expect(yield* take(one, account)).toBe("Full")
      yield* pass(10_001)
      expect(yield* take(two, account)).toBe("Taken")
    }))

  test(
    "what can't be held: a process that was started after the jump opens it",
    ({ jump, start }, account) =>
      Effect.gen(function*() {
        expect(yield* Effect.replicateEffect(take(yield* start, account), 6)).toEqual(ofSix)
        yield* jump(11_000)
        expect(yield* take(yield* start, account)).toBe("Taken")
      })
  )

  test("but not one that was started after another has asked", ({ jump, start }, account) =>
    Effect.gen(function*() {
      const one = yield* start
      expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
      yield* jump(11_000)
      yield* take(one, account)
      expect(yield* take(yield* start, account)).toBe("Full")
    }))

  test(
    "a clock that goes back an hour while nobody asks holds nobody back",
    ({ jump, pass, start }, account) =>
      Effect.gen(function*() {
        const one = yield* start
        yield* Effect.replicateEffect(take(one, account), 5)
        yield* jump(-3_600_000)
        yield* pass(10_001)
        expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
      })
  )

  test("a clock that goes back an hour holds nobody back", ({ jump, pass, start }, account) =>
    Effect.gen(function*() {
      const one = yield* start
      yield* take(one, account)
      yield* pause(one, account, "30 seconds")
      yield* jump(-3_600_000)
      expect(yield* take(one, account)).toBe("Paused")
      yield* pass(30_001)
      expect(yield* take(one, account)).toBe("Taken")
      // spaced, as after any pause
      expect(yield* take(one, account)).toBe("Full")
      yield* pass(2_000)
      expect(yield* take(one, account)).toBe("Taken")
    }))

  test(
    "nor a process that is started then, for longer than it would have",
    ({ jump, pass, start }, account) =>
      Effect.gen(function*() {
        const one = yield* start
        yield* Effect.replicateEffect(take(one, account), 5)
        yield* pass(9_000)
        yield* pause(one, account, "30 seconds")
        yield* pass(29_000)
        yield* jump(-3_600_000)
        const two = yield* start
        expect(yield* take(two, account)).toBe("Paused")
        yield* pass(30_001)
        expect(yield* take(two, account)).toBe("Taken")
      })
  )

  test(
    "a process that hasn't asked for a day goes by the database's clock",
    ({ fast, pass, start }, account) =>
      Effect.gen(function*() {
        const [one, two] = [yield* start, yield* start]
        yield* Effect.withClock(take(two, account), fast)
        yield* pass(86_400_000)
        // by its own clock it is 8.6 seconds later
        expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
        yield* pass(2_000)
        expect(yield* Effect.withClock(take(two, account), fast)).toBe("Full")
        yield* pass(8_001)
        expect(yield* Effect.withClock(take(two, account), fast)).toBe("Taken")
      })
  )

  test(
    "a place that a dead process holds lapses after five minutes and a window",
    ({ pass, start }, account) =>
      Effect.gen(function*() {
        const one = yield* start
        const hold = Effect.flatMap(
          RateLimiter.RateLimiterStore,
          (store) => store.take({ account, limit: 1, window, hold: true })
        )
        const answer = yield* Effect.provide(hold, one)
        const two = yield* start
        expect(yield* Effect.provide(hold, two)).toMatchObject({ _tag: "Full", held: true })
        yield* pass(299_000)
        expect(yield* take(two, account, 1)).toBe("Full")
        yield* pass(10_900)
        expect(yield* take(two, account, 1)).toBe("Full")
        yield* pass(200)
        expect(yield* take(two, account, 1)).toBe("Taken")
        // who wakes after that tells, and changes nothing
        yield* answer._tag === "Taken" ? answer.place?.left ?? Effect.void : Effect.void
        yield* pass(10_001)
        expect(yield* take(two, account, 1)).toBe("Taken")
      })
  )

  test("pauses of older versions last an hour at most", ({ pass, start }, account) =>
    Effect.gen(function*() {
      const one = yield* start
      const sql = yield* Effect.provide(SqlClient.SqlClient, one)
      // far away, infinite as JSON says it, and not there
      for (const [index, pausedUntil] of ["3.6e12", "1e308", "1e999", "null"].entries()) {
        const old = `${account}-${index}`
        const data = `{"taken":[],"keep":5,"pausedUntil":${pausedUntil},"spacedUntil":null,"next":null}`
        yield* sql`INSERT INTO shipstation_outbox_limiter (account, data) VALUES (${old}, ${data})`
        expect(yield* take(one, old)).toBe(pausedUntil === "null" ? "Taken" : "Paused")
      }
      yield* pass(3_599_000)
      expect(yield* take(one, `${account}-1`)).toBe("Paused")
      yield* pass(1_001)
      for (const index of [0, 1, 2]) expect(yield* take(one, `${account}-${index}`)).toBe("Taken")
      yield* pause(one, account, Duration.infinity)
      yield* pass(3_599_000)
      expect(yield* take(one, account)).toBe("Paused")
      yield* pass(1_001)
      expect(yield* take(one, account)).toBe("Taken")
    }))

  test(
    "places of older versions count, whatever the clock did since",
    ({ now, pass, start }, account) =>
      Effect.gen(function*() {
        const one = yield* start
        const sql = yield* Effect.provide(SqlClient.SqlClient, one)
        // the clock was an hour ahead
        const before = (yield* now) + 3_600_000
        const data = JSON.stringify({
          taken: [before - 9_000, before - 9_000, before - 3_000, before, before],
          keep: 5,
          pausedUntil: null,
          spacedUntil: null,
          next: null
        })
        yield* sql`INSERT INTO shipstation_outbox_limiter (account, data) VALUES (${account}, ${data})`
        expect(yield* take(one, account)).toBe("Full")
        yield* pass(1_001)
        expect(yield* Effect.replicateEffect(take(one, account), 3)).toEqual(["Taken", "Taken", "Full"])
        yield* pass(10_001)
        expect(yield* Effect.replicateEffect(take(one, account), 6)).toEqual(ofSix)
      })
  )
}

describe("SQLite", () => {
  cases((name, body) =>
    plain.scoped(name, () => {
      const { at, clock, fast } = makeClocks()
      const filename = join(mkdtempSync(join(tmpdir(), "limiter-time-")), "limiter.db")
      const client = () => SqliteClient.layer({ filename })
      const jump = (millis: number) =>
        Effect.sync(() => {
          at.wall += millis
        })
      const world: World = {
        fast,
        jump,
        start: Layer.build(Layer.provideMerge(RateLimiterStoreSql.layer(), client())),
        pass: (millis) =>
          Effect.map(jump(millis), () => {
            at.mono += millis
          }),
        now: Effect.sync(() => at.wall)
      }
      return Effect.withClock(body(world, freshAccount()), clock)
    })
  )
})

/** A Postgres whose clock is set by hand. */
const byHand = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE SCHEMA by_hand`
  yield* sql`CREATE TABLE by_hand.clock (millis FLOAT8 NOT NULL)`
  yield* sql`INSERT INTO by_hand.clock VALUES (1.7e12)`
  yield* sql.unsafe(`CREATE FUNCTION by_hand.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT to_timestamp(millis / 1000) FROM by_hand.clock'`)
  yield* sql`ALTER DATABASE postgres SET search_path = public, by_hand, pg_catalog`
})

layer(Layer.provideMerge(Layer.effectDiscard(byHand), Postgres.layer), {
  excludeTestServices: true
})("Postgres", (it) => {
  cases((name, body) =>
    it.scoped(name, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { port } = yield* Postgres.Server
        const { at, clock, fast } = makeClocks()
        const client = () => PgClient.layer({ url: Redacted.make(Postgres.url(port)), maxConnections: 2 })
        const jump = (millis: number) => Effect.orDie(sql`UPDATE by_hand.clock SET millis = millis + ${millis}`)
        const world: World = {
          fast,
          jump,
          start: Layer.build(Layer.provideMerge(RateLimiterStoreSql.layer(), client())),
          pass: (millis) =>
            Effect.map(jump(millis), () => {
              at.mono += millis
            }),
          now: Effect.orDie(Effect.map(
            sql<{ readonly millis: number }>`SELECT millis FROM by_hand.clock`,
            ([row]) => row?.millis ?? 0
          ))
        }
        yield* Effect.withClock(body(world, freshAccount()), clock)
      }))
  )
})
