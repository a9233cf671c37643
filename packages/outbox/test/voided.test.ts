/** What a person voids in ShipStation is free to be sent. The server that accepts everything counts. */
import { Outbox } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { describe, expect, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { are, fresh, freshMany, onServer, rows, until, working } from "./support.js"

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
        yield* Effect.flatMap(Outbox.Outbox, ({ distrust, resume }) => Effect.zipRight(distrust(), resume()))
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
