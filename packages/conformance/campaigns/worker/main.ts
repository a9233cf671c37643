/** A process of a campaign: packs orders, works for the outbox, and may kill or stop itself at some point. */
import { OutboxCluster } from "@effect-shipstation/cluster"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxStore, OutboxWorker, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import { HttpClient } from "@effect/platform"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Logger, LogLevel, Redacted, Schedule, Schema } from "effect"
import { writeSync } from "node:fs"
import * as Database from "./database.js"
import { Job, type Order, type Told } from "./Job.js"
import { markClient, markCommits, markLimiter, markStore } from "./marked.js"
import * as Operator from "./operator.js"
import type { Point } from "./Point.js"
import { resending } from "./resending.js"
import { runner } from "./runner.js"

const job = Schema.decodeUnknownSync(Schema.parseJson(Job))(process.argv[2])

/** Before anything else happens: it may be the last thing. */
const tell = (told: Told) => void writeSync(1, `${JSON.stringify(told)}\n`)

let passages = 0

const pass = (point: Point) => {
  if (point !== job.at?.point || ++passages !== job.at.nth) return
  if (job.at.signal === "SIGSTOP") tell({ _tag: "Stopping" })
  process.kill(process.pid, job.at.signal)
}

/** The order and its fulfillment are stored together, or not at all. */
const pack = Effect.fnUntraced(function*(orders: ReadonlyArray<Order>) {
  const sql = yield* SqlClient.SqlClient
  const outbox = yield* Outbox.Outbox
  pass("order: before")
  yield* sql.withTransaction(Effect.gen(function*() {
    for (const { account, shipment_id, tracking_number } of orders) {
      yield* sql`INSERT INTO ${sql(`${job.prefix}orders`)} (shipment_id) VALUES (${shipment_id}) ON CONFLICT DO NOTHING`
      yield* outbox.offer([{ shipment_id, tracking_number, carrier_code: "ups" }], { account })
    }
  }))
  pass("order: after")
  tell({ _tag: "Packed", shipmentIds: orders.map(({ shipment_id }) => shipment_id) })
})

const working: Omit<OutboxWorker.Options, "name"> = {
  batchSize: job.batchSize,
  lease: job.pace.lease,
  sendWithin: job.pace.sendWithin,
  resendAfter: "never",
  stopWithin: 200
}

const limiterStore = Layer.effect(
  RateLimiter.RateLimiterStore,
  Effect.map(RateLimiterStoreSql.make({ prefix: job.prefix }), (store) => markLimiter(store, pass))
)

const account = (name: string) =>
  Fulfillments.layer({
    notify: { customer: true, orderSource: true },
    readBackSchedule: Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(2))
  }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(RateLimiter.layer({ limit: job.limit, window: job.window })),
    Layer.provide(ShipStationConfig.layer({
      apiKey: Redacted.make(name),
      account: name,
      baseUrl: job.url,
      timeout: job.pace.timeout
    }))
  )

const httpClient = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) => markClient(client, pass))
).pipe(Layer.provide(NodeHttpClient.layerUndici))

const store = Layer.effect(
  OutboxStore.OutboxStore,
  Effect.map(OutboxStore.OutboxStore, (store) => markStore(job.resends ? resending(store) : store, pass))
)

const program = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  yield* job.port === undefined
    ? OutboxWorker.make({ ...working, name: job.name })
    : Layer.build(Layer.provide(OutboxCluster.layer({ fulfillments: account, worker: working }), runner(job.port)))
  tell({ _tag: "Ready" })
  if (job.operator !== undefined) {
    yield* Operator.once(job.operator)
    yield* Effect.forkScoped(Effect.retry(Operator.tend(job.operator), Schedule.spaced("100 millis")))
  }
  for (const orders of job.orders) {
    // SQLite may be locked, or the database too slow: a caller would try again too
    yield* Effect.retry(pack(orders), Schedule.spaced("50 millis"))
    yield* Effect.sleep("20 millis")
  }
  yield* Effect.repeat(Effect.orElseSucceed(outbox.openCounts, () => undefined), {
    until: (counts) => counts?.length === 0 && job.stays !== true,
    schedule: Schedule.spaced("60 millis")
  })
}).pipe(
  Effect.scoped,
  job.stopAfter === undefined ? (self) => self : Effect.timeoutOption(job.stopAfter)
)

const layer = Layer.merge(
  Outbox.layer,
  Accounts.layerFrom(Object.fromEntries(job.accounts.map((name) => [name, account(name)])))
).pipe(
  Layer.provideMerge(store),
  Layer.provideMerge(Layer.merge(limiterStore, httpClient)),
  Layer.provideMerge(
    // on a busy machine the database may not answer at once
    Layer.retry(
      Database.layer(job.database, job.prefix, job.pace.poll, (sql) => markCommits(sql, pass)),
      Schedule.intersect(Schedule.spaced("200 millis"), Schedule.recurs(50))
    )
  )
)

NodeRuntime.runMain(
  program.pipe(
    Effect.provide(
      Layer.merge(layer, Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)))
    ),
    Logger.withMinimumLogLevel(LogLevel.Error)
  ),
  { disablePrettyLogger: true }
)
