/**
 * What the outbox does takes no longer because millions of rows have ended: each operation beside the same one on a small
 * table, and which indexes the database uses for it. On SQLite and on Postgres; ten million rows take some 15 minutes, and
 * up to 10 GB in the directory for temporary files.
 *
 *     pnpm campaign claims [--count 10000000] [--only SQLite]
 */
import { postgres, sqlite } from "@effect-shipstation/benchmarks/outbox/databases"
import { addFinishedRows, apart, firstFinished } from "@effect-shipstation/benchmarks/outbox/finishedRows"
import { freshMany } from "@effect-shipstation/benchmarks/outbox/parts"
import { type OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient, Statement } from "@effect/sql"
import { Clock, Console, DateTime, Duration, Effect, type Layer } from "effect"
import { parseArgs } from "node:util"

const fewFinished = 10_000
const rounds = 20
const batch = 100

/** Takes no more than so many times as long, and something that the machine may do meanwhile. */
const mostTimes = 4
const mostMore = 10

/** Milliseconds of each operation, one after the other, and the statements of the last round. */
type Times = Map<string, Array<number>>

const lease = Duration.minutes(5)

/** What happens to rows from their offer on, and what operators look at. */
const round = (store: OutboxStore.Service, times: Times, number: number) => {
  const timed = <A, E, R>(name: string, self: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.timed(self), ([duration, value]) => {
      times.set(name, [...times.get(name) ?? [], Duration.toMillis(duration)])
      return value
    })
  return Effect.gen(function*() {
    const inputs = freshMany(batch)
    yield* timed("offer", store.offer("default", inputs.map((input, index) => ({ index, input }))))
    const { rows, token } = yield* timed(
      "claim",
      store.claim({ account: "default", worker: "worker", limit: batch, lease })
    )
    const ids = rows.map(({ id }) => id)
    yield* timed("intend", store.intend({ token, ids }, { account: "default", sendFor: lease, lease }))
    yield* timed("settle", store.settle(token, ids.map((id) => ({ id, ended: { _tag: "Fulfilled" } }))))
    if (ids.length !== batch) return yield* Effect.dieMessage(`${ids.length} rows were claimed`)
    yield* timed("claim nothing", store.claim({ account: "default", worker: "worker", limit: batch, lease }))
    yield* timed("claim unknown", store.claimUnknown({ account: "default", worker: "worker", limit: batch, lease }))
    yield* timed("expire", store.expire)
    yield* timed("count open rows", store.counts("open"))
    yield* timed("list a first page", store.list({ limit: 100 }))
    yield* timed("list the pending ones", store.list({ states: ["pending"], limit: 100 }))
    yield* timed("list the rejected ones", store.list({ states: ["rejected"], limit: 100 }))
    yield* timed("list by tracking number", store.list({ trackingNumber: inputs[0]?.tracking_number, limit: 100 }))
    yield* timed("list by shipment", store.list({ account: "default", shipmentId: inputs[0]?.shipment_id, limit: 100 }))
    yield* timed("get", store.get(ids[0] ?? 0))
    // as many as a chunk
    const moment = DateTime.toEpochMillis(firstFinished) + apart * 400 * (number + 1)
    const pruned = yield* timed("prune", store.prune(Duration.millis((yield* Clock.currentTimeMillis) - moment)))
    if (pruned < 390 || pruned > 410) return yield* Effect.dieMessage(`${pruned} rows were pruned`)
  })
}

/** How the database goes about each statement of some work on a table. */
const plansOf = Effect.fnUntraced(function*<A, E, R>(work: Effect.Effect<A, E, R>) {
  const sql = yield* SqlClient.SqlClient
  const explain = sql.onDialectOrElse({ pg: () => "EXPLAIN", orElse: () => "EXPLAIN QUERY PLAN" })
  const statements = new Map<string, ReadonlyArray<unknown>>()
  yield* Statement.withTransformer(work, (statement) =>
    Effect.sync(() => {
      const [text, parameters] = statement.compile()
      // a setting has no plan
      if (!text.startsWith("SET ")) statements.set(text, parameters)
      return statement
    }))
  const plans = yield* Effect.forEach(
    statements,
    ([text, parameters]) =>
      Effect.map(
        sql.unsafe(`${explain} ${text}`, parameters).values,
        (lines) => lines.map((line) => line.at(-1)).join("\n")
      )
  )
  return plans.join("\n\n")
})

const median = (values: ReadonlyArray<number> = []): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const compare = (name: string, count: number): Effect.Effect<ReadonlyArray<string>, unknown, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const broken: Array<string> = []
    const few = yield* OutboxStoreSql.make({ prefix: "few_" })
    const many = yield* OutboxStoreSql.make({ prefix: "many_" })
    yield* addFinishedRows("few_", fewFinished)
    const [filling] = yield* Effect.timed(addFinishedRows("many_", count))
    yield* Console.log(`\n${name}: ${count} rows were added in ${Duration.format(filling)}`)

    const timesOfFew: Times = new Map()
    const timesOfMany: Times = new Map()
    for (let number = 0; number < rounds; number++) {
      yield* round(few, timesOfFew, number)
      yield* round(many, timesOfMany, number)
    }
    const [counting] = yield* Effect.timed(many.counts("all"))

    yield* Console.log(`| milliseconds, the median of ${rounds} | ${fewFinished} ended | ${count} ended |`)
    for (const [operation, times] of timesOfFew) {
      const [one, other] = [median(times), median(timesOfMany.get(operation))]
      yield* Console.log(`| ${operation} | ${one.toFixed(1)} | ${other.toFixed(1)} |`)
      if (!(other < mostTimes * one + mostMore)) {
        broken.push(
          `${name}: to ${operation} took ${one.toFixed(1)} ms beside few rows, ${other.toFixed(1)} beside many`
        )
      }
    }
    yield* Console.log(`| count all rows | | ${Duration.toMillis(counting).toFixed(0)} |`)

    const plans = yield* plansOf(round(many, new Map(), rounds))
    // rows that are open may be counted one by one, as they are few
    const scans = plans.split("\n").filter((line) =>
      /SCAN (many_)?(rows|offered|progress)|Seq Scan on many_(rows|progress)/.test(line) &&
      !/USING (COVERING )?INDEX many_progress_due/.test(line)
    )
    broken.push(...scans.map((scan) => `${name}: ${scan}`))
    return broken
  }).pipe(Effect.scoped)

export const claims: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: { count: { type: "string" }, only: { type: "string" } }
  })
  const count = Number(values.count ?? 200_000)
  const databases: Record<string, Layer.Layer<SqlClient.SqlClient, unknown>> = { SQLite: sqlite, Postgres: postgres }
  const broken: Array<string> = []
  for (const [name, layer] of Object.entries(databases)) {
    if (values.only === undefined || values.only === name) {
      broken.push(...yield* Effect.provide(compare(name, count), layer))
    }
  }
  yield* Console.log(broken.length === 0 ? "\nIt takes no longer." : `\n${broken.join("\n")}`)
  if (broken.length > 0) process.exitCode = 1
}).pipe(Effect.orDie)
