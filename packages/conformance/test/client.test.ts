/** The client against the emulator: what it says must be what the emulator's ledger says. */
import { Emulator } from "@effect-shipstation/emulator"
import type { FulfillmentOutcome } from "@effect-shipstation/fulfillments"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import type { HttpClient } from "@effect/platform"
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Array, DateTime, Effect, FastCheck, Layer, Redacted, Schema, Stream } from "effect"

type Environment = Layer.Layer<Fulfillments.Fulfillments | Emulator.Emulator>

const notify = { customer: true, orderSource: false }

const client = (baseUrl: string, options: { readonly apiKey?: string; readonly mode?: ShipStationConfig.Mode } = {}) =>
  Fulfillments.layer({ notify }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(Layer.merge(
      ShipStationConfig.layer({
        apiKey: Redacted.make(options.apiKey ?? Emulator.defaultApiKey),
        baseUrl,
        mode: options.mode
      }),
      RetryPolicy.layer(RetryPolicy.none)
    ))
  )

type ClientOptions = Parameters<typeof client>[1]

const overSocket =
  (httpClient: Layer.Layer<HttpClient.HttpClient>) =>
  (emulator: Emulator.Options, options?: ClientOptions): Environment =>
    Layer.unwrapEffect(Effect.map(Emulator.Server, ({ url }) => client(url, options))).pipe(
      Layer.provide(httpClient),
      Layer.provideMerge(Emulator.layerServer(emulator)),
      Layer.orDie
    )

const transports: ReadonlyArray<
  readonly [name: string, environment: (emulator: Emulator.Options, options?: ClientOptions) => Environment]
> = [
  [
    "in-process",
    (emulator, options) =>
      Layer.provideMerge(client("https://api.shipstation.com", options), Emulator.layerHttpClient(emulator))
  ],
  ["over a socket, fetch", overSocket(FetchHttpClient.layer)],
  ["over a socket, undici", overSocket(NodeHttpClient.layerUndici)],
  ["over a socket, node:http", overSocket(NodeHttpClient.layer)]
]

const input = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })

const shipments = Array.makeBy(10, (n) => ({ shipment_id: `se-${n}`, shipment_number: `ORDER-${n}` }))

const tags = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) => outcomes.map(({ _tag }) => _tag)

describe.each(transports)("%s", (_, environment) => {
  it.live("some items are created while others are refused", () =>
    Effect.gen(function*() {
      const fulfillments = yield* Fulfillments.Fulfillments
      const emulator = yield* Emulator.Emulator
      yield* emulator.seed({ fulfillments: [input(1)] })
      const outcomes = yield* fulfillments.create([
        input(2),
        { ...input(3), carrier_code: "nobody" },
        input(99),
        input(1),
        { ...input(4), notify_customer: false, notify_order_source: true }
      ])
      expect(tags(outcomes)).toEqual(["Created", "Rejected", "Rejected", "AlreadyFulfilled", "Created"])
      expect(outcomes[0]).toMatchObject({ shipment_number: "ORDER-2", requestId: expect.stringMatching(/./) })
      const requests = yield* emulator.requests
      expect(requests.map(({ method }) => method)).toEqual(["POST", "GET", "GET", "GET"])
      expect(requests[0]?.requestId).toBe(outcomes[0].requestId)
      expect((yield* emulator.notifications).map(({ kind, shipment_id }) => `${kind} ${shipment_id}`)).toEqual([
        "customer se-2",
        "order_source se-4"
      ])
    }).pipe(Effect.provide(environment({ shipments }))))

  it.live.each(
    [
      ["item", ["AlreadyFulfilled"], 0],
      ["400", ["AlreadyFulfilled"], 0],
      ["409", ["AlreadyFulfilled"], 0],
      ["accept", ["Created"], 1]
    ] as const
  )(
    "a shipment that somebody else has fulfilled, when ShipStation answers with %s",
    ([alreadyFulfilled, expected, mails]) =>
      Effect.gen(function*() {
        const fulfillments = yield* Fulfillments.Fulfillments
        const emulator = yield* Emulator.Emulator
        yield* emulator.seed({ fulfillments: [input(1)] })
        expect(tags(yield* fulfillments.create([input(1)]))).toEqual(expected)
        expect((yield* emulator.notifications).length).toBe(mails)
      }).pipe(Effect.provide(environment({ shipments, alreadyFulfilled })))
  )

  it.live("a wrong key is refused, and creates nothing", () =>
    Effect.gen(function*() {
      const fulfillments = yield* Fulfillments.Fulfillments
      const error = yield* Effect.flip(fulfillments.create([input(1)]))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "rejected", status: 401 })
      expect(yield* (yield* Emulator.Emulator).fulfillments).toEqual([])
    }).pipe(Effect.provide(environment({ shipments }, { apiKey: "of-another-account" }))))

  it.live("a silent client notifies nobody, and a readOnly one sends nothing", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const fulfillments = yield* Fulfillments.Fulfillments
      expect(tags(yield* fulfillments.create([{ ...input(1), notify_customer: true }]))).toEqual(["Created"])
      expect(yield* emulator.notifications).toEqual([])
    }).pipe(
      Effect.provide(environment({ shipments }, { mode: "silent" })),
      Effect.zipRight(
        Effect.gen(function*() {
          const fulfillments = yield* Fulfillments.Fulfillments
          const error = yield* Effect.flip(fulfillments.create([input(1)]))
          expect(error).toMatchObject({ _tag: "ShipStationConfigError", delivery: "unsent" })
          expect(yield* fulfillments.list({})).toMatchObject({ total: 0, pages: 0 })
          expect((yield* (yield* Emulator.Emulator).requests).map(({ method }) => method)).toEqual(["GET"])
        }).pipe(Effect.provide(environment({ shipments }, { mode: "readOnly" })))
      )
    ))

  it.live("what was created is listed, page by page", () =>
    Effect.gen(function*() {
      const fulfillments = yield* Fulfillments.Fulfillments
      const ship_date = DateTime.unsafeMakeZoned("2026-03-01T23:30:00Z", { timeZone: "America/Los_Angeles" })
      yield* fulfillments.create(Array.map(Array.range(0, 9), (n) => ({ ...input(n), ship_date })))
      const page = yield* fulfillments.list({ shipment_id: "se-3", tracking_number: "1Z3" })
      expect(page).toMatchObject({
        total: 1,
        fulfillments: [{ shipment_id: "se-3", shipment_number: "ORDER-3", tracking_number: "1Z3", voided: false }]
      })
      const [found] = page.fulfillments
      expect(found?.ship_date).toEqual(DateTime.toUtc(ship_date))
      const all = yield* Stream.runCollect(fulfillments.listAll({ page_size: 3 }))
      expect([...all].map(({ shipment_id }) => shipment_id)).toEqual(shipments.map(({ shipment_id }) => shipment_id))
      expect((yield* (yield* Emulator.Emulator).requests).length).toBe(1 + 1 + 4)
    }).pipe(Effect.provide(environment({ shipments }))))
})

describe("outcomes and the ledger", () => {
  /** Requests that repeat shipments of earlier ones, name unknown ones and carriers that nobody has. */
  const Batches = Schema.NonEmptyArray(
    Schema.NonEmptyArray(Schema.Tuple(Schema.Int.pipe(Schema.between(0, 14)), Schema.Boolean, Schema.Boolean))
  )

  it.live("agree, whatever is sent", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(Arbitrary.make(Batches), (batches) =>
          Effect.gen(function*() {
            const fulfillments = yield* Fulfillments.Fulfillments
            const emulator = yield* Emulator.Emulator
            for (const batch of batches) {
              const before = new Set((yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id))
              const [first, ...others] = Array.map(
                Array.dedupeWith(batch, ([self], [that]) => self === that),
                ([n, known, notify_customer]) => ({
                  ...input(n),
                  carrier_code: known ? "ups" : "nobody",
                  notify_customer
                })
              )
              const outcomes = yield* fulfillments.create([first, ...others])
              const created = (yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id).filter((id) =>
                !before.has(id)
              )
              expect(outcomes.map(({ input }) => input)).toEqual([first, ...others])
              const told = outcomes.flatMap(({ _tag, input }) => _tag === "Created" ? [input.shipment_id] : [])
              expect(told.toSorted()).toEqual(created.toSorted())
              expect(tags(outcomes)).not.toContain("Unknown")
            }
            const told = (yield* emulator.notifications).map(({ kind, shipment_id }) => `${kind} ${shipment_id}`)
            expect(new Set(told).size).toBe(told.length)
          }).pipe(
            Effect.provide(
              Layer.provideMerge(client("https://api.shipstation.com"), Emulator.layerHttpClient({ shipments }))
            ),
            Effect.runPromise
          )),
        { numRuns: 50 }
      )
    ))
})
