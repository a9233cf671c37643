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

describe("a corrected tracking number", () => {
  const oneMinute = { poll: "1 minute" } as const

  const offerVoided = (input: Parameters<Outbox.Service["offer"]>[0][number]) =>
    Effect.flatMap(
      Outbox.Outbox,
      ({ offer }) => Effect.map(offer([input], { voided: true }), ([answer]) => answer?._tag)
    )

  const sent = (server: AcceptEverything.InProcess) =>
    server.posts().flatMap(({ items }) => items.map(({ tracking_number }) => tracking_number))

  it.scoped("takes the place of one that was voided, after it was looked up", () =>
    Effect.gen(function*() {
      const input = { ...fresh(), tracking_number: "WRONG" }
      const corrected = { ...input, tracking_number: "RIGHT" }
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        yield* offer(input)
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        yield* TestClock.adjust("1 hour")
        server.void(input.shipment_id)
        expect((yield* offer(corrected)).map(({ _tag }) => _tag)).toEqual(["Refused"])
        expect(yield* offerVoided(corrected)).toBe("Requeued")
        expect(yield* offerVoided(corrected)).toBe("Duplicate")
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 5 })
        expect((yield* rows)[0]).toMatchObject({ input: corrected, state: "fulfilled", attempts: 2 })
        expect(sent(server)).toEqual(["WRONG", "RIGHT"])
        const requests = server.requests()
        const again = requests.findLastIndex(({ _tag }) => _tag === "Post")
        expect(requests[again - 1]).toMatchObject({ _tag: "Get", query: { shipment_id: input.shipment_id } })
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped.each([{ by: "this process" }, { by: "another process" }])(
    "isn't sent by $by while the first is still there; once it is voided, retry sends it",
    ({ by }) =>
      Effect.gen(function*() {
        const input = { ...fresh(), tracking_number: "WRONG" }
        const corrected = { ...input, tracking_number: "RIGHT" }
        const server = yield* AcceptEverything.inProcess()
        const store = yield* OutboxStore.makeStoreMemory
        const process = () =>
          Layer.fresh(onServer(server.layer, {
            store: Layer.succeed(OutboxStore.OutboxStore, { ...store, poll: Duration.minutes(1) })
          }))
        const first = Effect.zipRight(offer(input), until(are({ fulfilled: 1 }), { step: "1 minutes" }))
        const then = Effect.gen(function*() {
          // what was sent just now may not be listed yet
          expect(yield* offerVoided(corrected)).toBe("Requeued")
          yield* until(are({ conflict: 1 }), { step: "1 minutes", most: 60 })
          expect((yield* rows)[0]).toMatchObject({ input: corrected, found: { tracking_number: "WRONG" } })
          expect(sent(server)).toEqual(["WRONG"])
          server.void(input.shipment_id)
          yield* retry
          yield* until(are({ fulfilled: 1 }), { step: "1 minutes", most: 5 })
          expect(sent(server)).toEqual(["WRONG", "RIGHT"])
        })
        yield* by === "this process"
          ? Effect.zipRight(first, then).pipe(working(), Effect.provide(process()))
          : Effect.zipRight(
            first.pipe(working(), Effect.provide(process())),
            then.pipe(working(), Effect.provide(process()))
          )
      })
  )

  it.scoped("is taken for a row that an operator retries as voided, and not for one that may have been sent", () =>
    Effect.gen(function*() {
      const [voided, lost] = [fresh(), fresh()]
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => number === 2 ? { does: 0, how: "reset" } : {}
      })
      yield* Effect.gen(function*() {
        const { pause, resume } = yield* Outbox.Outbox
        yield* offer(voided)
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        yield* offer(lost)
        yield* until(are({ fulfilled: 1, unknown: 1 }), { step: "1 minutes" })
        yield* TestClock.adjust("21 minutes")
        yield* pause()
        server.void(voided.shipment_id)
        yield* retry
        const corrected = [voided, lost].map((input) => ({ ...input, tracking_number: `${input.tracking_number}X` }))
        expect((yield* offer(...corrected)).map(({ _tag }) => _tag)).toEqual(["Replaced", "Refused"])
        expect(yield* offerVoided(corrected[1] ?? lost)).toBe("Refused")
        yield* resume()
        yield* until(are({ fulfilled: 2 }), { step: "1 minutes" })
        expect(sent(server)).toEqual([
          voided.tracking_number,
          lost.tracking_number,
          `${voided.tracking_number}X`,
          lost.tracking_number
        ])
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("can't be given up while it isn't known whether the old one is there", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        const { discard, pause, resume } = yield* Outbox.Outbox
        yield* offer(fresh())
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        yield* pause()
        yield* retry
        const [row] = yield* rows
        expect(row?.state).toBe("unknown")
        const { _tag, message } = yield* Effect.flip(discard(row?.id ?? 0))
        expect(_tag).toBe("OutboxStateError")
        expect(message).toContain("it is unknown, and was fulfilled: whether it still is must be looked up first")
        yield* resume()
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))

  it.scoped("of a row that was pruned is looked up too", () =>
    Effect.gen(function*() {
      const input = { ...fresh(), tracking_number: "WRONG" }
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        const { prune } = yield* Outbox.Outbox
        yield* offer(input)
        yield* until(are({ fulfilled: 1 }), { step: "1 minutes" })
        yield* TestClock.adjust("1 hour")
        expect(yield* prune("1 minute")).toBe(1)
        expect(yield* offerVoided({ ...input, tracking_number: "RIGHT" })).toBe("Requeued")
        yield* until(are({ conflict: 1 }), { step: "1 minutes", most: 5 })
        expect(sent(server)).toEqual(["WRONG"])
      }).pipe(working(), Effect.provide(onServer(server.layer, oneMinute)))
    }))
})
