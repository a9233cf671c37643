import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxWorker, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { HttpClient } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { Array, Effect, Layer, Redacted } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { postgres } from "../outbox/databases.js"
import { instant } from "../outbox/parts.js"

const accounts = 10_000

/** In one account, while the others offer one now and then. */
const backlog = 20_000

const offers = 300

/** An account that had nothing to do for so long is let go. */
const idleWithin = "5 seconds"

const untilIdle = Effect.sleep("10 seconds")

const nameOf = (n: number) => `account-${n}`

const started = new Map<string, number>()

/** Each with a key, a client, a limit and a memory of its own. */
const ofAccount = (name: string) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(RateLimiter.layer()),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(`key-of-${name}`), account: name }))
  )

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const heap = Effect.sync(() => {
  collect()
  return process.memoryUsage().heapUsed
})

const transactions = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ count: string }>`
    SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()`
  return Number(row?.count)
})

const input = (name: string) => ({ shipment_id: `se-${name}`, tracking_number: `1Z${name}`, carrier_code: "ups" })

const offerAndWait = Effect.fnUntraced(function*(n: number) {
  const { offer } = yield* Outbox.Outbox
  const one = input(`one-${n}`)
  const start = performance.now()
  yield* offer([one], { account: nameOf(1 + (n * 7_919) % (accounts - 1)) })
  yield* Effect.repeat(Effect.delay(Effect.sync(() => started.has(one.shipment_id)), "1 millis"), {
    until: (has) => has
  })
  return (started.get(one.shipment_id) ?? Number.NaN) - start
})

const at = (times: ReadonlyArray<number>, part: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN

/** What ten thousand accounts cost one worker on one Postgres, and how long each waits while one has a lot to do. */
export const measureAccounts = Effect.scoped(Effect.gen(function*() {
  const { offer } = yield* Outbox.Outbox
  yield* Layer.build(Layer.provide(OutboxWorker.layer(), Accounts.layerLazy(ofAccount, { idleWithin })))
  yield* Effect.sleep("2 seconds")
  const first = yield* transactions
  yield* Effect.sleep("20 seconds")
  const idle = ((yield* transactions) - first) / 20

  // what the first ones load is none of theirs
  yield* Effect.forEach(Array.range(1, offers), offerAndWait)
  yield* untilIdle
  const before = yield* heap
  const times = yield* Effect.forEach(Array.range(offers + 1, 2 * offers), offerAndWait)
  yield* untilIdle
  const bytes = (yield* heap) - before

  yield* Effect.forEach(
    Array.chunksOf(Array.range(1, backlog), 500),
    (numbers) => offer(Array.map(numbers, (n) => input(`many-${n}`)), { account: nameOf(0) })
  )
  const beside = yield* Effect.forEach(Array.range(2 * offers + 1, 3 * offers), offerAndWait)
  return {
    kB: bytes / offers / 1_000,
    idle,
    half: at(times, 0.5),
    most: at(times, 0.99),
    mostBeside: at(beside, 0.99)
  }
})).pipe(Effect.provide(
  Layer.mergeAll(
    Layer.provideMerge(Outbox.layer, OutboxStorePg.layer()),
    RateLimiterStoreSql.layer(),
    Layer.succeed(HttpClient.HttpClient, instant((shipmentId) => started.set(shipmentId, performance.now())))
  ).pipe(Layer.provideMerge(postgres))
))
