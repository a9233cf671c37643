/** What may have been done before is looked up, and what a look cleared goes in batches. The server that accepts everything counts. */
import { Outbox, type OutboxWorker } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Stream, TestClock } from "effect"
import { are, freshMany, onServer, until, working } from "./support.js"

const lost = { does: 0, how: "reset" } as const

const retryAll = Effect.gen(function*() {
  const { listAll, retry } = yield* Outbox.Outbox
  for (const { id } of yield* Stream.runCollect(listAll({ states: ["unknown"] }))) yield* retry(id)
})

/** Outbox, worker, and rows whose first requests got lost. */
const afterAnOutage = <A, E>(
  script: Parameters<typeof AcceptEverything.inProcess>[0],
  count: number,
  then: (server: AcceptEverything.InProcess) => Effect.Effect<A, E, Outbox.Outbox>,
  options: OutboxWorker.Options = {}
) =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess(script)
    yield* Effect.gen(function*() {
      const { offer } = yield* Outbox.Outbox
      yield* offer(freshMany(count))
      yield* until(are({ unknown: count }), { step: "1 minutes" })
      yield* TestClock.adjust("20 minutes")
      yield* then(server)
    }).pipe(
      working({ resendAfter: "never", ...options }),
      Effect.provide(onServer(server.layer, { poll: "1 minute" }))
    )
    expect(server.twice()).toEqual([])
  })

describe("rows that were looked up in vain", () => {
  it.scoped("go in batches, each after a look by its own id", () =>
    afterAnOutage({ post: ({ number }) => number <= 4 ? lost : {} }, 400, (server) =>
      Effect.gen(function*() {
        const before = server.posts().length
        const looks = server.gets().length
        yield* retryAll
        yield* until(are({ fulfilled: 400 }), { step: "1 minutes" })
        const posts = server.posts().slice(before)
        expect(posts.flatMap(({ items }) => items).length).toBe(400)
        // they begin with one, and grow to what looks clear at once
        expect(posts.length).toBeLessThan(40)
        // one that an operator asked for, and one right before
        const own = server.gets().slice(looks).filter(({ query }) => query["shipment_id"] !== undefined)
        expect(own.length).toBeGreaterThanOrEqual(800)
      })))

  it.scoped("are tried with one, and wait as long as it breaks", () =>
    afterAnOutage({ post: ({ number }) => number <= 7 ? lost : {} }, 200, (server) =>
      Effect.gen(function*() {
        const before = server.posts().length
        yield* retryAll
        yield* until(Effect.sync(() => server.posts().length > before), { step: "1 minutes" })
        expect(server.posts()[before]?.items.length).toBe(1)
        yield* until(are({ fulfilled: 195, unknown: 5 }), { step: "1 minutes", most: 400 })
      })))

  it.scoped("that break a batch are found, and keep the others for a while only", () => {
    const poison = "POISON"
    return Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: ({ items }) => items.some(({ tracking_number }) => tracking_number === poison) ? lost : {}
      })
      yield* Effect.gen(function*() {
        const { offer, retry, list } = yield* Outbox.Outbox
        const inputs = freshMany(100).map((input, index) =>
          index === 50 ? { ...input, tracking_number: poison } : input
        )
        yield* offer(inputs)
        yield* until(are({ fulfilled: 99, unknown: 1 }), { step: "1 minutes", most: 400 })
        const { rows: [row] } = yield* list({ states: ["unknown"] })
        expect(row?.input.tracking_number).toBe(poison)
        yield* retry(row?.id ?? 0)
        // how many go with one that was sent so often before
        const sent = new Map<string, number>()
        for (const { items } of server.posts()) {
          const before = Math.max(...items.map(({ shipment_id }) => sent.get(shipment_id) ?? 0))
          expect(items.length).toBeLessThanOrEqual(before < 2 ? 100 : before === 2 ? 10 : 1)
          for (const { shipment_id } of items) sent.set(shipment_id, (sent.get(shipment_id) ?? 0) + 1)
        }
        expect(Math.max(...sent.values())).toBeGreaterThan(3)
      }).pipe(working(), Effect.provide(onServer(server.layer, { poll: "1 minute" })))
      expect(server.twice()).toEqual([])
    })
  })
})
