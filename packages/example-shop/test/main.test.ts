/** The shop as its own process, with an emulator of ShipStation on a real socket. */
import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { clientOf, customersTold, quietly, soon } from "./support.js"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const emulator = (options?: Emulator.Options) =>
  quietly(Emulator.layerServer({ alreadyFulfilled: "accept", ...options }))

const freshDatabase = Effect.sync(() => join(mkdtempSync(join(tmpdir(), "shop-")), "shop.db"))

/** Starts the shop, and ends it at the latest with the test. */
const start = Effect.fnUntraced(function*(database: string) {
  const { url: shipStation } = yield* Emulator.Server
  const process = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(globalThis.process.execPath, ["--import", "tsx", main], {
        env: {
          DATABASE_URL: database,
          PORT: "0",
          SHIPSTATION_BASE_URL: shipStation,
          SHIPSTATION_API_KEY: Emulator.defaultApiKey
        },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (process) => Effect.sync(() => process.kill("SIGKILL"))
  )
  let log = ""
  process.stdout.on("data", (chunk) => log += chunk)
  const exit = once(process, "exit")
  const port = yield* soon(
    Effect.sync(() => /Listening on http:\/\/.*:(\d+)/.exec(log)?.[1]),
    (port) => port !== undefined
  )
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    ...yield* clientOf(url),
    end: (signal: "SIGTERM" | "SIGKILL") => Effect.promise(() => (process.kill(signal), exit))
  }
})

const path = { id: "1" }
const payload = { tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

const statesIn = (filename: string) =>
  Effect.flatMap(Outbox.Outbox, ({ list }) => Effect.map(list(), ({ rows }) => rows.map(({ state }) => state))).pipe(
    Effect.provide(Outbox.layer.pipe(
      Layer.provide(OutboxStoreSql.layer()),
      Layer.provide(SqliteClient.layer({ filename }))
    ))
  )

const received = Effect.flatMap(
  Emulator.Emulator,
  ({ requests }) => Effect.map(requests, (all) => all.filter(({ method }) => method === "POST").length)
)

describe("the shop as a process", () => {
  it.scopedLive("is killed, started again, and tells the customer once", () =>
    Effect.gen(function*() {
      const database = yield* freshDatabase
      const first = yield* start(database)
      yield* first.orders.add({ path, payload: { shipment_id: "se-1" } })
      yield* first.orders.pack({ path, payload })
      yield* soon(first.orders.get({ path }), ({ fulfillment }) => fulfillment?.trouble !== undefined)
      yield* first.end("SIGKILL")
      yield* Effect.flatMap(Emulator.Emulator, ({ setFaults }) => setFaults([]))

      const second = yield* start(database)
      yield* second.orders.pack({ path, payload })
      yield* soon(second.orders.get({ path }), ({ fulfillment }) => fulfillment?.state === "fulfilled")
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(
      Effect.provide(
        emulator({ faults: [{ endpoint: "create", action: { _tag: "ErrorBody", status: 429, retryAfter: 1 } }] })
      )
    ))

  it.scopedLive("finishes what is under way when it is told to stop, whatever its clients do", () =>
    Effect.gen(function*() {
      const database = yield* freshDatabase
      const shop = yield* start(database)
      yield* shop.orders.add({ path, payload: { shipment_id: "se-1" } })
      yield* shop.orders.pack({ path, payload })
      yield* soon(received, (count) => count === 1)
      // a client that never ends its request
      const socket = connect(Number(new URL(shop.url).port), "127.0.0.1")
      yield* Effect.promise(() => once(socket, "connect"))
      socket.on("error", () => undefined).write(
        "POST /orders/1/pack HTTP/1.1\r\nhost: shop\r\ncontent-length: 9\r\n\r\n"
      )
      yield* Effect.sleep("200 millis")

      const [code] = yield* Effect.timeout(shop.end("SIGTERM"), "1 minute")
      expect(code).toBe(0)
      expect(yield* statesIn(database)).toEqual(["fulfilled"])
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(
      Effect.provide(
        emulator({ faults: [{ endpoint: "create", action: { _tag: "Delay", when: "after", duration: "2 seconds" } }] })
      )
    ))

  it.scopedLive("says which setting is missing", () =>
    Effect.gen(function*() {
      const process = spawn(globalThis.process.execPath, ["--import", "tsx", main], {
        env: { DATABASE_URL: ":memory:", PORT: "0" }
      })
      let said = ""
      process.stdout.on("data", (chunk) => said += chunk)
      process.stderr.on("data", (chunk) => said += chunk)
      const [code] = yield* Effect.promise(() => once(process, "close"))
      expect(code).toBe(1)
      expect(said).toContain("SHIPSTATION_API_KEY")
    }))
})
