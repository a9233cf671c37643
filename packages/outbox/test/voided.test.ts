/** What a person voids in ShipStation is free to be sent. The server that accepts everything counts. */
import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, TestClock } from "effect"
import { are, fresh, freshMany, onServer, outbox, polling, rows, until, working } from "./support.js"

const retry = Effect.flatMap(
  Outbox.Outbox,
  ({ retry }) => Effect.flatMap(rows, ([row]) => retry(row?.id ?? 0))
)

const offer = (...inputs: Parameters<Outbox.Service["offer"]>[0]) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs))

describe("a fulfillment that stood in the way", () => {
  it.scoped("and was voided, lets the row be sent by retry, and holds nobody else back", () =>
    Effect.gen(function*() {
      const input = fresh()
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number > 1 ? {} : { does: "all", how: "reset" }
      })
      yield* Effect.gen(function*() {
        // another program was faster
        yield* offer({ ...input, tracking_number: "OTHER" })
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      yield* Effect.gen(function*() {
        yield* offer(input)
        yield* Effect.flatMap(Outbox.Outbox, ({ suspect, resume }) => Effect.zipRight(suspect(), resume()))
        yield* until(are({ conflict: 1 }), { step: "1 minutes" })
        server.void(input.shipment_id)
        yield* retry
        yield* TestClock.adjust("1 minute")
        yield* until(are({ fulfilled: 1 }))
        yield* offer(...freshMany(3))
        yield* until(are({ fulfilled: 4 }))
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      expect(server.mails().get(input.shipment_id)).toBe(2)
    }))

  it.scoped.each<{ readonly without: ReadonlyArray<string> }>([
    { without: [] },
    { without: ["fulfillment_id"] },
    { without: ["fulfillment_id", "created_at"] }
  ])(
    "that a request met is free once it is voided, though the list doesn't tell $without",
    ({ without }) =>
      Effect.gen(function*() {
        const input = fresh()
        const server = yield* AcceptEverything.inProcess({
          list: () => ({ without }),
          post: ({ number }) =>
            number === 2
              ? {
                does: 0,
                body: { has_errors: true, fulfillments: [{ ...input, error_message: "already fulfilled" }] }
              }
              : {}
        })
        yield* Effect.gen(function*() {
          yield* offer({ ...input, tracking_number: "OTHER" })
          yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        }).pipe(working(), Effect.provide(onServer(server.layer)))
        yield* TestClock.adjust("1 hour")
        yield* Effect.gen(function*() {
          yield* offer(input)
          yield* until(are({ conflict: 1 }), { step: "1 minutes" })
          server.void(input.shipment_id)
          yield* retry
          yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 5 })
          yield* offer(...freshMany(3))
          yield* until(are({ fulfilled: 4 }))
        }).pipe(working(), Effect.provide(onServer(server.layer)))
        expect(server.mails().get(input.shipment_id)).toBe(2)
      })
  )

  it.scoped("of an unknown row, doesn't keep it for ever", () =>
    Effect.gen(function*() {
      const input = fresh()
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number > 1 ? {} : { does: "all", how: "reset" },
        list: ({ at }) => at < 60_000 ? { status: 500 } : {}
      })
      yield* Effect.gen(function*() {
        yield* offer(input)
        yield* until(are({ unknown: 1 }))
        server.void(input.shipment_id)
        yield* retry
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 30 })
        yield* offer(...freshMany(3))
        yield* until(are({ fulfilled: 4 }))
      }).pipe(working(), Effect.provide(onServer(server.layer)))
    }))
})

describe("a fulfilled row", () => {
  const oneMinute = { poll: "1 minute" } as const

  /** What happened, as states and errors. */
  const history = Effect.flatMap(
    Outbox.Outbox,
    ({ get }) =>
      Effect.flatMap(
        rows,
        ([row]) => Effect.map(get(row?.id ?? 0), ({ history }) => history.map(({ error, to }) => error?._tag ?? to))
      )
  )

  it.scoped("whose fulfillment was voided is sent again by retry, after it was looked up", () =>
    Effect.gen(function*() {
      const input = fresh()
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        yield* offer(input, fresh())
        yield* until(are({ fulfilled: 2 }), { step: "1 minutes" })
        yield* TestClock.adjust("1 hour")
        server.void(input.shipment_id)
        yield* retry
        yield* until(are({ fulfilled: 2 }), { step: "1 minutes", most: 5 })
        const requests = server.requests()
        const again = requests.findLastIndex(({ _tag }) => _tag === "Post")
        expect(server.posts().map(({ items }) => items.length)).toEqual([2, 1])
        expect(requests[again - 1]).toMatchObject({ _tag: "Get", query: { shipment_id: input.shipment_id } })
        expect(yield* history).toEqual(["fulfilled", "unknown", "pending", "fulfilled"])
        expect((yield* rows)[0]).toMatchObject({ state: "fulfilled", attempts: 2, lastError: undefined })
        // nobody was held back
        yield* offer(...freshMany(3))
        yield* until(are({ fulfilled: 5 }), { step: "1 minutes", most: 2 })
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("whose fulfillment isn't voided says so, and is not sent", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        yield* offer(fresh())
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        for (const wait of ["1 minute", "1 hour"] as const) {
          yield* TestClock.adjust(wait)
          yield* retry
          yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 5 })
        }
        expect((yield* rows)[0]).toMatchObject({ state: "fulfilled", attempts: 1, lastError: { _tag: "NotVoided" } })
        expect(yield* history).toEqual(["fulfilled", "unknown", "NotVoided", "unknown", "NotVoided"])
        expect(server.posts().length).toBe(1)
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped.each<{ readonly by: "this process" | "another process" }>([{ by: "this process" }, {
    by: "another process"
  }])(
    "that $by sent just now isn't taken for voided as the list lags, however often a person asks",
    ({ by }) =>
      Effect.gen(function*() {
        const server = yield* AcceptEverything.inProcess({ list: () => ({ lag: "15 minutes" }) })
        const store = yield* OutboxStore.makeStoreMemory
        const process = () =>
          Layer.fresh(onServer(server.layer, {
            store: Layer.succeed(OutboxStore.OutboxStore, { ...store, poll: Duration.minutes(1) })
          }))
        const send = Effect.zipRight(offer(fresh()), until(are({ fulfilled: 1 }), { step: "1 minutes" }))
        const ask = Effect.gen(function*() {
          for (let n = 0; n < 3; n++) {
            yield* retry
            yield* TestClock.adjust("1 minute")
          }
          yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 60 })
          expect((yield* rows)[0]).toMatchObject({ attempts: 1, lastError: { _tag: "NotVoided" } })
        })
        yield* by === "this process"
          ? Effect.zipRight(send, ask).pipe(working(), Effect.provide(process()))
          : Effect.zipRight(
            send.pipe(working(), Effect.provide(process())),
            ask.pipe(working(), Effect.provide(process()))
          )
        expect(server.twice()).toEqual([])
      })
  )

  it.scoped("that has another number in ShipStation by now is in conflict", () =>
    Effect.gen(function*() {
      const input = fresh()
      const server = yield* AcceptEverything.inProcess()
      const another = Effect.gen(function*() {
        yield* offer({ ...input, tracking_number: "OTHER" })
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(Layer.fresh(onServer(server.layer, oneMinute))))
      yield* Effect.gen(function*() {
        yield* offer(input)
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        server.void(input.shipment_id)
        yield* another
        yield* TestClock.adjust("1 hour")
        yield* retry
        yield* until(are({ conflict: 1 }), { step: "1 minutes", most: 5 })
        expect(server.posts().length).toBe(2)
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.effect("is sent again on the emulator, once it was voided there", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { shipment_id, tracking_number, ...rest } = fresh()
      yield* offer({ shipment_id, tracking_number, ...rest })
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
      yield* TestClock.adjust("1 hour")
      yield* retry
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 5 })
      expect((yield* rows)[0]?.lastError?._tag).toBe("NotVoided")
      // the emulator has no other way to void one
      yield* emulator.reset
      yield* emulator.seed({ fulfillments: [{ shipment_id, tracking_number, voided: true }] })
      yield* retry
      yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 5 })
      const { fulfillments } = emulator
      expect((yield* fulfillments).map(({ voided }) => voided)).toEqual([true, false])
      const { accounts } = yield* Outbox.Outbox
      expect(yield* accounts).not.toContainEqual(expect.objectContaining({ notBefore: expect.anything() }))
    }).pipe(working(), Effect.provide(outbox(polling("1 minute"), { alreadyFulfilled: "item" }))))
})
