import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, OutboxError, OutboxStore, OutboxStoreSql, OutboxWorker } from "@effect-shipstation/outbox"
import { NodeHttpServer } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Stream } from "effect"
import { createServer } from "node:http"
import * as Orders from "../src/Orders.js"
import * as Shop from "../src/Shop.js"
import { address, client, customersTold, inMemory, quietly, shop, soon } from "./support.js"

const parcel = { tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

const add = (id: string) =>
  Effect.flatMap(client, ({ orders }) => orders.add({ path: { id }, payload: { shipment_id: `se-${id}` } }))

const get = (id: string) => Effect.flatMap(client, ({ orders }) => orders.get({ path: { id } }))

const pack = (id: string, payload = parcel) =>
  Effect.flatMap(client, ({ orders }) => orders.pack({ path: { id }, payload }))

const untilFulfilled = (id: string) => soon(get(id), ({ fulfillment }) => fulfillment?.state === "fulfilled")

const isReady = Effect.flatMap(client, ({ health }) => health.ready())

const database = inMemory

describe("an order that is packed", () => {
  it.live("is fulfilled, and its customer told", () =>
    Effect.gen(function*() {
      expect(yield* add("1")).toEqual({ id: "1", shipment_id: "se-1" })
      expect(yield* pack("1")).toMatchObject({ id: "1", parcel, fulfillment: { state: "pending" } })
      expect(yield* untilFulfilled("1")).toMatchObject({ parcel, fulfillment: { attempts: 1 } })
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(Effect.provide(quietly(shop({ database })))))

  it.live("may be packed again, and its customer is told once", () =>
    Effect.gen(function*() {
      yield* add("1")
      yield* pack("1")
      yield* pack("1")
      yield* untilFulfilled("1")
      expect((yield* pack("1")).fulfillment?.state).toBe("fulfilled")
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(Effect.provide(quietly(shop({ database })))))

  it.live("is stored once, though many pack it at once", () =>
    Effect.gen(function*() {
      yield* add("1")
      yield* Effect.all(Effect.replicate(pack("1"), 20), { concurrency: "unbounded" })
      yield* untilFulfilled("1")
      const outbox = yield* Outbox.Outbox
      expect((yield* outbox.list()).rows.length).toBe(1)
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(Effect.provide(quietly(shop({ database })))))

  it.live("keeps its tracking number", () =>
    Effect.gen(function*() {
      yield* add("1")
      const outcomes = yield* Effect.all(
        ["A", "B", "C"].map((tracking_number) => Effect.either(pack("1", { ...parcel, tracking_number }))),
        { concurrency: "unbounded" }
      )
      const refused = outcomes.flatMap((outcome) => outcome._tag === "Left" ? [outcome.left._tag] : [])
      expect(refused).toEqual(["PackedAlready", "PackedAlready"])
      yield* untilFulfilled("1")
      expect((yield* Effect.flip(pack("1", { ...parcel, tracking_number: "D" })))._tag).toBe("PackedAlready")
      const sent = yield* Effect.flatMap(Emulator.Emulator, ({ committed }) => committed("se-1"))
      expect(sent.map(({ tracking_number }) => tracking_number)).toEqual([(yield* get("1")).parcel?.tracking_number])
    }).pipe(Effect.provide(quietly(shop({ database })))))

  it.live("can be corrected after ShipStation rejected it", () =>
    Effect.gen(function*() {
      yield* add("1")
      yield* pack("1", { ...parcel, carrier_code: "nobody" })
      const { fulfillment } = yield* soon(get("1"), ({ fulfillment }) => fulfillment?.state === "rejected")
      expect(fulfillment?.trouble).toBeDefined()
      yield* pack("1")
      yield* untilFulfilled("1")
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(Effect.provide(quietly(shop({ database })))))

  it.live("is neither stored nor sent where something fails after the offer", () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      const failing: Outbox.Service = {
        ...outbox,
        offer: (...args) =>
          Effect.zipRight(
            outbox.offer(...args),
            new OutboxError.OutboxStoreError({ message: "the disk is full", uncertain: false })
          )
      }
      yield* Effect.gen(function*() {
        const orders = yield* Orders.Orders
        yield* orders.add({ id: "1", shipment_id: "se-1" })
        expect((yield* Effect.flip(orders.pack("1", parcel)))._tag).toBe("DatabaseUnavailable")
        expect(yield* orders.get("1")).toEqual({ id: "1", shipment_id: "se-1" })
        expect((yield* outbox.list()).rows).toEqual([])
      }).pipe(Effect.provide(Orders.layer), Effect.provideService(Outbox.Outbox, failing))
    }).pipe(
      Effect.provide(quietly(Outbox.layer.pipe(Layer.provide(OutboxStoreSql.layer()), Layer.provideMerge(database))))
    ))
})

describe("the server", () => {
  it.live("answers with typed errors", () =>
    Effect.gen(function*() {
      expect((yield* Effect.flip(get("1")))._tag).toBe("OrderUnknown")
      expect((yield* Effect.flip(pack("1")))._tag).toBe("OrderUnknown")
      yield* add("1")
      yield* add("1")
      const { orders } = yield* client
      const other = { path: { id: "1" }, payload: { shipment_id: "se-2" } }
      expect((yield* Effect.flip(orders.add(other)))._tag).toBe("OrderExists")
      const taken = { path: { id: "2" }, payload: { shipment_id: "se-1" } }
      expect((yield* Effect.flip(orders.add(taken)))._tag).toBe("OrderExists")
    }).pipe(Effect.provide(quietly(shop({ database })))))

  it.live("takes no invalid parcel, and says what is wrong", () =>
    Effect.gen(function*() {
      yield* add("1")
      const url = yield* address
      const answer = yield* Effect.promise(() =>
        fetch(`${url}/orders/1/pack`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ tracking_number: " ", carrier_code: "ups" })
        })
      )
      expect(answer.status).toBe(400)
      expect(yield* Effect.promise(() => answer.text())).toContain("must not be blank")
      expect((yield* get("1")).parcel).toBeUndefined()
    }).pipe(Effect.provide(quietly(shop({ database })))))
})

describe("the shop goes on", () => {
  it.live("while ShipStation is down, and sends later", () =>
    Effect.gen(function*() {
      yield* add("1")
      expect((yield* pack("1")).fulfillment?.state).toBe("pending")
      yield* soon(get("1"), ({ fulfillment }) => fulfillment?.trouble !== undefined)
      yield* isReady
      expect(yield* customersTold).toEqual([])
      yield* untilFulfilled("1")
      expect(yield* customersTold).toEqual(["se-1"])
    }).pipe(
      Effect.provide(quietly(shop({
        database,
        faults: [{ endpoint: "create", times: 1, action: { _tag: "RefuseConnection" } }]
      })))
    ))

  it.live("while its key is refused, and says so to those who ask about the account", () =>
    Effect.gen(function*() {
      yield* add("1")
      yield* pack("1")
      const { accounts } = yield* Outbox.Outbox
      const [account] = yield* soon(accounts, ([account]) => account?.paused !== undefined)
      expect(account?.paused?.error?._tag).toBe("ShipStationSecurityError")
      yield* isReady
      yield* add("2")
      expect((yield* pack("2")).fulfillment?.state).toBe("pending")
    }).pipe(
      Effect.provide(quietly(shop({ database, values: { SHIPSTATION_API_KEY: "revoked" } })))
    ))
})

it.live("the shop isn't ready when its worker hangs", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(isReady)
    expect(error).toMatchObject({ _tag: "NotReady", reason: expect.stringContaining("the worker") })
  }).pipe(Effect.provide(quietly(
    Shop.http.pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0 })),
      Layer.provide(Layer.effect(
        OutboxWorker.OutboxWorker,
        Effect.map(DateTime.now, (now) => ({
          name: "hangs",
          state: Effect.succeed({ batches: 4, lastLook: DateTime.subtract(now, { minutes: 2 }) }),
          events: Stream.empty
        }))
      )),
      Layer.provide(Outbox.layer),
      Layer.provide(OutboxStore.layerStoreMemory),
      Layer.provide(database)
    )
  ))))
