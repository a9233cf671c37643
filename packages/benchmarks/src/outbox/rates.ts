import { Outbox, OutboxWorker } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { Array, Duration, Effect, Random } from "effect"
import { freshMany, posted } from "./parts.js"

/** Each comes after one that doesn't count. The median of several is what counts. */
const rate = <E, R>(count: number, work: Effect.Effect<unknown, E, R>) =>
  Effect.map(
    Effect.replicateEffect(
      Effect.map(Effect.timed(work), ([duration]) => count / Duration.toSeconds(duration)),
      6
    ),
    ([, ...rates]) => at(rates, 0.5)
  )

const at = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN

/** Rows a second. */
export const offered = Effect.gen(function*() {
  const { offer } = yield* Outbox.Outbox
  return yield* rate(
    5_000,
    Effect.suspend(() => Effect.forEach(Array.chunksOf(freshMany(5_000), 500), (inputs) => offer(inputs)))
  )
})

/** Rows a second, each with an order in a transaction of its own. */
export const offeredSingly = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { offer } = yield* Outbox.Outbox
  yield* sql`CREATE TABLE orders (id TEXT PRIMARY KEY)`
  return yield* rate(
    300,
    Effect.suspend(() =>
      Effect.forEach(freshMany(300), (input) =>
        sql.withTransaction(
          Effect.zipRight(sql`INSERT INTO orders VALUES (${input.shipment_id})`, offer([input]))
        ))
    )
  )
})

/** Until no row is open. */
export const untilDone = Effect.flatMap(
  Outbox.Outbox,
  ({ openCounts }) => Effect.repeat(Effect.delay(openCounts, "5 millis"), { until: (counts) => counts.length === 0 })
)

/** Rows a second that a worker claims, sends, and writes down what became of. */
export const drained = Effect.gen(function*() {
  const { offer } = yield* Outbox.Outbox
  // what others left
  yield* Effect.scoped(Effect.zipRight(OutboxWorker.make(), untilDone))
  const rates: globalThis.Array<number> = []
  for (let round = 0; round < 4; round++) {
    yield* offer(freshMany(5_000))
    const [duration] = yield* Effect.timed(Effect.scoped(Effect.zipRight(OutboxWorker.make(), untilDone)))
    rates.push(5_000 / Duration.toSeconds(duration))
  }
  return at(rates.slice(1), 0.5)
})

/** Milliseconds from an offer, of one row at a time, to its request: 99 of 100 take less. */
export const latency = Effect.gen(function*() {
  const { offer } = yield* Outbox.Outbox
  yield* OutboxWorker.make()
  yield* Effect.sleep("300 millis")
  const times: globalThis.Array<number> = []
  for (const input of freshMany(400)) {
    const start = performance.now()
    yield* offer([input])
    yield* Effect.repeat(Effect.delay(Effect.sync(() => posted.get(input.shipment_id)), "1 millis"), {
      until: (moment) => moment !== undefined
    })
    times.push((posted.get(input.shipment_id) ?? Number.NaN) - start)
    // so that offers come at any moment between two looks
    yield* Effect.flatMap(Random.nextIntBetween(0, 30), Effect.sleep)
  }
  return at(times.slice(50), 0.99)
}).pipe(Effect.scoped)
