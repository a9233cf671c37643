/** After a row was fulfilled: was its order source told? Looked at in pages of the list, and nothing is sent for it. */
import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, type OutboxRow, OutboxStoreSql, OutboxWorker } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Metric, Stream, TestClock } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { are, fresh, freshMany, onServer, outbox, polling, rows, until, working } from "./support.js"

const offer = (...inputs: Parameters<Outbox.Service["offer"]>[0]) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs))

/** A server that knows what order sources do: told from a minute on, refusing with a message, or neither. */
const withOrderSources = (
  does: (shipmentId: string) => "told" | "refuses" | "silent",
  list: (
    get: { readonly number: number; readonly at: number; readonly query: Readonly<Record<string, string>> }
  ) => object = () => ({})
) =>
  AcceptEverything.inProcess({
    list: (get) => ({
      change: (row) => ({
        ...row,
        order_source_notified: does(row.shipment_id) === "told" && get.at >= Date.parse(row.created_at) + 60_000,
        notification_error_message: does(row.shipment_id) === "refuses" ? "The store's token has expired." : null
      }),
      ...list(get)
    })
  })

const told = Effect.map(rows, (all) => all.map(({ orderSource }) => orderSource?.state))

const areTold = (...expected: ReadonlyArray<OutboxRow.OrderSource["state"]>) =>
  Effect.map(told, (states) => JSON.stringify(states) === JSON.stringify(expected))

/** Virtual minutes. */
const minutes = (count: number) => Effect.replicateEffect(TestClock.adjust("1 minute"), count, { discard: true })

const minutesOf = (requests: ReadonlyArray<{ readonly at: number }>) =>
  requests.map(({ at }) => Math.round(at / 60_000))

const verifying: OutboxWorker.Options = { verify: true }

const oneMinute = { poll: "1 minute" } as const

describe("an order source", () => {
  it.scoped("isn't asked for unless that is wanted", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "silent")
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(3))
        yield* until(are({ fulfilled: 3 }))
        yield* minutes(60)
        expect(yield* told).toEqual([undefined, undefined, undefined])
        expect(server.gets()).toEqual([])
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("that was told is seen at the first look, two minutes later, and isn't looked for again", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "told")
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(3))
        yield* until(are({ fulfilled: 3 }))
        expect(yield* told).toEqual(["waiting", "waiting", "waiting"])
        yield* minutes(60)
        expect(yield* told).toEqual(["notified", "notified", "notified"])
        // one page for all
        expect(server.gets().length).toBe(1)
        expect(minutesOf(server.gets())[0]).toBeGreaterThanOrEqual(2)
        expect(minutesOf(server.gets())[0]).toBeLessThanOrEqual(4)
        expect(server.posts().length).toBe(1)
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("that refuses, and one that says nothing, are looked for after 2, 10 and 30 minutes, and no more", () =>
    Effect.gen(function*() {
      const [refusing, silent, good] = [fresh(), fresh(), fresh()]
      const server = yield* withOrderSources((id) =>
        id === refusing.shipment_id ? "refuses" : id === silent.shipment_id ? "silent" : "told"
      )
      yield* Effect.gen(function*() {
        yield* offer(refusing, silent, good)
        yield* until(are({ fulfilled: 3 }))
        yield* minutes(5)
        const [first, second] = yield* rows
        // it may try again
        expect(first?.orderSource).toMatchObject({ state: "waiting", message: "The store's token has expired." })
        expect(second?.orderSource).toMatchObject({ state: "waiting", message: undefined })
        yield* minutes(90)
        expect(yield* told).toEqual(["notNotified", "notNotified", "notified"])
        const { get, list } = yield* Outbox.Outbox
        const found = (yield* list({ orderSource: "notNotified" })).rows
        expect(found.map(({ input, orderSource }) => [input.shipment_id, orderSource?.message])).toEqual([
          [refusing.shipment_id, "The store's token has expired."],
          [silent.shipment_id, undefined]
        ])
        const { history } = yield* get(found[0]?.id ?? 0)
        expect(history.at(-1)).toMatchObject({
          from: "fulfilled",
          to: "fulfilled",
          error: { _tag: "OrderSourceNotNotified", message: "The store's token has expired." }
        })
        expect(minutesOf(server.gets()).length).toBe(3)
        const [a = 0, b = 0, c = 0] = minutesOf(server.gets())
        expect([a >= 2, a <= 4, b >= 10, b <= 12, c >= 30, c <= 32]).toEqual([true, true, true, true, true, true])
        expect(server.twice()).toEqual([])
        expect(server.posts().length).toBe(1)
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("is looked for when the options say", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "silent")
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(2))
        yield* minutes(90)
        expect(yield* told).toEqual(["notNotified", "notNotified"])
        const [only = 0, ...others] = minutesOf(server.gets())
        expect(only).toBeGreaterThanOrEqual(20)
        expect(only).toBeLessThanOrEqual(22)
        expect(others).toEqual([])
      }).pipe(
        working({ ...verifying, backoff: { verify: ["20 minutes"] } }),
        Effect.provide(onServer(server.layer, oneMinute))
      )
    }))

  it.scoped("that isn't to be told isn't looked for", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "silent")
      yield* Effect.gen(function*() {
        yield* offer(fresh({ notify_order_source: false }), fresh({ notify_order_source: true }))
        yield* minutes(60)
        expect(yield* told).toEqual([undefined, "notNotified"])
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("of a voided fulfillment, or of one that is gone, isn't called told", () =>
    Effect.gen(function*() {
      const [voided, kept] = [fresh(), fresh()]
      const server = yield* withOrderSources(() => "told")
      yield* Effect.gen(function*() {
        yield* offer(voided, kept)
        yield* until(are({ fulfilled: 2 }))
        server.void(voided.shipment_id)
        yield* minutes(60)
        expect(yield* told).toEqual(["notNotified", "notified"])
        expect((yield* rows)[0]?.orderSource?.message).toContain("voided")
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("of a thousand rows is looked for in pages", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "told")
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(1_000))
        yield* until(are({ fulfilled: 1_000 }))
        yield* minutes(10)
        const { list } = yield* Outbox.Outbox
        expect((yield* list({ orderSource: "notified", limit: 2_000 })).rows.length).toBe(1_000)
        expect(server.gets().length).toBeLessThanOrEqual(3)
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("that the pages don't tell of is looked for by its own id before it is called not told", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(
        () => "told",
        ({ query }) => query["shipment_id"] === undefined ? { without: ["shipment_id"] } : {}
      )
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(3))
        yield* minutes(60)
        expect(yield* told).toEqual(["notified", "notified", "notified"])
        expect(server.gets().length).toBe(6)
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("is looked for again where the list failed, and its account goes on meanwhile", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "told", ({ at }) => at < 20 * 60_000 ? { status: 500 } : {})
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(2))
        yield* minutes(15)
        expect(yield* told).toEqual(["waiting", "waiting"])
        yield* offer(fresh())
        yield* until(are({ fulfilled: 3 }))
        yield* minutes(30)
        expect(yield* told).toEqual(["notified", "notified", "notified"])
        // no more than one look in each few minutes
        expect(server.gets().length).toBeLessThan(20)
      }).pipe(working(verifying), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("is told of by events, and counted where it wasn't told", () =>
    Effect.gen(function*() {
      const [refusing, good] = [fresh(), fresh()]
      const server = yield* withOrderSources((id) => id === refusing.shipment_id ? "refuses" : "told")
      yield* Effect.gen(function*() {
        const { events } = yield* OutboxWorker.make(verifying)
        const heard = yield* Effect.fork(
          events.pipe(Stream.filter(({ _tag }) => _tag === "Verified"), Stream.take(4), Stream.runCollect)
        )
        const counted = Metric.value(Metric.tagged(OutboxWorker.notNotified, "account", "default"))
        const before = (yield* counted).count
        yield* offer(refusing, good)
        yield* minutes(60)
        const all = [...yield* Fiber.join(heard)]
        const [first, second] = (yield* rows).map(({ id }) => id)
        expect(all.map((event) => event._tag === "Verified" ? [event.id, event.orderSource.state] : [])).toEqual([
          [first, "waiting"],
          [second, "notified"],
          [first, "waiting"],
          [first, "notNotified"]
        ])
        expect((yield* counted).count - before).toBe(1)
      }).pipe(Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("is looked for by one of several workers", () =>
    Effect.gen(function*() {
      const server = yield* withOrderSources(() => "silent")
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(5))
        yield* minutes(60)
        expect(yield* told).toEqual(Array.from({ length: 5 }, () => "notNotified"))
        // three pages, and one look each before it is said
        expect(server.gets().length).toBe(3)
      }).pipe(
        working({ ...verifying, name: "a" }),
        working({ ...verifying, name: "b" }),
        working({ ...verifying, name: "c" }),
        Effect.provide(onServer(server.layer, oneMinute))
      )
    }))

  it.scoped("is looked for after a restart, whatever the new worker's options", () =>
    Effect.gen(function*() {
      const filename = join(mkdtempSync(join(tmpdir(), "outbox-verify-")), "outbox.db")
      const server = yield* withOrderSources(() => "silent")
      const process = () =>
        Layer.fresh(onServer(server.layer, {
          store: OutboxStoreSql.layer({ poll: "1 minute" }).pipe(
            Layer.provide(SqliteClient.layer({ filename })),
            Layer.orDie
          )
        }))
      yield* Effect.gen(function*() {
        yield* offer(...freshMany(2))
        yield* minutes(5)
        expect(yield* told).toEqual(["waiting", "waiting"])
      }).pipe(working(verifying), Effect.provide(process()))
      // the machine was off
      yield* TestClock.adjust("1 hour")
      yield* Effect.gen(function*() {
        yield* minutes(5)
        expect(yield* told).toEqual(["notNotified", "notNotified"])
        expect(server.gets().length).toBe(2)
      }).pipe(working(), Effect.provide(process()))
    }))

  it.effect("refuses, on the emulator", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(Emulator.Emulator, ({ seed }) =>
        seed({ shipments: [{ shipment_id: "se-77", notification_error_message: "Token has expired." }] }))
      yield* offer(fresh({ shipment_id: "se-77", notify_order_source: true }))
      yield* until(are({ fulfilled: 1 }))
      yield* minutes(45)
      expect((yield* rows).map(({ orderSource }) =>
        orderSource
      )).toMatchObject([
        { state: "notNotified", message: "Token has expired." }
      ])
    }).pipe(working(verifying), Effect.provide(outbox(polling("1 minute")))))

  it.effect("takes its time, on the emulator", () =>
    Effect.gen(function*() {
      yield* offer(...freshMany(3).map((input) => ({ ...input, notify_order_source: true })))
      yield* until(are({ fulfilled: 3 }))
      yield* until(areTold("waiting", "waiting", "waiting"), { most: 1 })
      yield* minutes(15)
      expect(yield* told).toEqual(["waiting", "waiting", "waiting"])
      yield* minutes(30)
      expect(yield* told).toEqual(["notified", "notified", "notified"])
      const { requests } = yield* Emulator.Emulator
      expect((yield* requests).filter(({ method }) => method === "GET").length).toBe(3)
    }).pipe(
      working(verifying),
      Effect.provide(outbox(polling("1 minute"), { orderSourceNotifiedAfter: "20 minutes" }))
    ))
})

describe("verify", () => {
  it.scoped("looks now, also where a worker doesn't by itself, and tells how many it looks for", () =>
    Effect.gen(function*() {
      const mended = new Set<string>()
      const server = yield* withOrderSources((id) => mended.has(id) ? "told" : "refuses")
      yield* Effect.gen(function*() {
        const { verify } = yield* Outbox.Outbox
        const inputs = freshMany(3)
        yield* offer(...inputs)
        yield* until(are({ fulfilled: 3 }))
        yield* minutes(40)
        expect(yield* told).toEqual([undefined, undefined, undefined])
        expect(yield* verify()).toBe(3)
        yield* minutes(1)
        expect(yield* told).toEqual(["notNotified", "notNotified", "notNotified"])
        // a person reconnects the store
        for (const { shipment_id } of inputs.slice(1)) mended.add(shipment_id)
        expect(yield* verify({ account: "another" })).toBe(0)
        expect(yield* verify({ within: "10 minutes" })).toBe(0)
        expect(yield* verify({ account: "default" })).toBe(3)
        yield* minutes(1)
        expect(yield* told).toEqual(["notNotified", "notified", "notified"])
        expect(yield* verify()).toBe(1)
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))
})
