/** A dashboard on a socket, with an outbox in memory that a test fills. */
import { Dashboard } from "@effect-shipstation/dashboard"
import { Outbox, type OutboxError, OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Clock, Duration, Effect, Layer } from "effect"
import { createServer } from "node:http"

export const inputs = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => ({
    shipment_id: `se-${from + n}`,
    tracking_number: `1Z${from + n}`,
    carrier_code: "ups"
  }))

export const url = Effect.map(
  HttpServer.HttpServer,
  ({ address }) => address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : ""
)

export const server = NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })

export const outboxInMemory = Layer.provideMerge(Outbox.layer, OutboxStore.layerStoreMemory)

/** A server that serves nothing yet. */
export const unserved = Layer.merge(Dashboard.layer, server).pipe(Layer.provideMerge(outboxInMemory))

/** What serves an outbox. */
const serving = Dashboard.layerServe().pipe(Layer.provideMerge(Layer.merge(Dashboard.layer, server)))

export const layer = Layer.provideMerge(serving, outboxInMemory)

/** A clock that is so much behind. */
export const behind = (ago: Duration.DurationInput): Clock.Clock => {
  const now = Clock.make()
  const millis = () => now.unsafeCurrentTimeMillis() - Duration.toMillis(ago)
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: () => BigInt(millis()) * 1_000_000n,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(() => BigInt(millis()) * 1_000_000n),
    sleep: now.sleep
  }
}

/** A dashboard that begins when something was done already, at a moment so long ago. */
export const begunAfter = (
  done: Effect.Effect<unknown, OutboxError.OutboxStoreError, Outbox.Outbox | OutboxStore.OutboxStore>,
  ago: Duration.DurationInput
) =>
  serving.pipe(
    Layer.provideMerge(Layer.effectDiscard(Effect.withClock(done, behind(ago)))),
    Layer.provideMerge(outboxInMemory)
  )

/** The same with a database of SQLite. */
export const onSqlite = (filename: string) =>
  serving.pipe(
    Layer.provideMerge(Outbox.layer),
    Layer.provideMerge(OutboxStoreSql.layer()),
    Layer.provideMerge(SqliteClient.layer({ filename }))
  )

const minute = Duration.minutes(1)

/** Makes rows of the default account that end like this. */
export const ended = (
  ended: Parameters<OutboxStore.Service["settle"]>[1][number]["ended"],
  count = 1,
  from = 1
) =>
  Effect.gen(function*() {
    const store = yield* OutboxStore.OutboxStore
    const outbox = yield* Outbox.Outbox
    yield* outbox.offer(inputs(count, from))
    const { rows, token } = yield* store.claim({ account: "default", worker: "worker-1", limit: count, lease: minute })
    const ids = rows.map(({ id }) => id)
    yield* store.intend({ token, ids }, { account: "default", sendFor: minute, lease: minute })
    yield* store.settle(token, ids.map((id) => ({ id, ended })))
    return ids
  })

/** Looks for the order source of what is fulfilled: it wasn't told. */
export const notNotified = (message: string) =>
  Effect.gen(function*() {
    const store = yield* OutboxStore.OutboxStore
    yield* store.verify({ account: "default", within: Duration.hours(1) })
    const { rows } = yield* store.claimFulfilled({ account: "default", worker: "worker-1", limit: 100, lease: minute })
    const seen = { _tag: "NotNotified", message } as const
    yield* store.verified(rows.map((row) => ({ row, seen })), { worker: "worker-1", after: [] })
  })
