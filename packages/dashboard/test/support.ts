/** A dashboard on a socket, with an outbox in memory that a test fills. */
import { Dashboard } from "@effect-shipstation/dashboard"
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Duration, Effect, Layer } from "effect"
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

const server = NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })

/** A server that serves nothing yet. */
export const unserved = Layer.merge(Dashboard.layer, server).pipe(
  Layer.provideMerge(Outbox.layer),
  Layer.provideMerge(OutboxStore.layerStoreMemory)
)

export const layer = Layer.provideMerge(Dashboard.layerServe(), unserved)

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
