import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxStore, OutboxWorker } from "@effect-shipstation/outbox"
import type { Fulfillment } from "@effect-shipstation/schema"
import type { HttpClient } from "@effect/platform"
import { Context, Duration, Effect, Layer, Redacted, Schedule, TestClock } from "effect"

/** All ids are equally long, so that their order as texts is that in which they are made. */
let last = 10_000_000

/** A shipment that no other test has. */
export const fresh = (more: Partial<Fulfillment.FulfillmentInput> = {}): Fulfillment.FulfillmentInput => {
  last++
  return { shipment_id: `se-${last}`, tracking_number: `1Z${last}`, carrier_code: "ups", ...more }
}

export const freshMany = (count: number) => Array.from({ length: count }, () => fresh())

const notify = { customer: true, orderSource: false } as const

/** One account on the emulator there is. */
export const fulfillments = (
  apiKey: string = Emulator.defaultApiKey,
  account?: string,
  readBackSchedule?: Fulfillments.Options["readBackSchedule"]
) =>
  Fulfillments.layer({ notify, readBackSchedule }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(apiKey), account, timeout: "5 seconds" }))
  )

/** The emulator creates and notifies again whatever was fulfilled before: or nothing could be done twice here. */
export const emulator = (options: Emulator.Options = {}) =>
  Emulator.layerHttpClient({ alreadyFulfilled: "accept", rateLimit: "off", ...options })

/** An outbox and its accounts, without a worker. */
export const outbox = <E, R>(
  store: Layer.Layer<OutboxStore.OutboxStore, E, R>,
  options: Emulator.Options = {},
  readBackSchedule?: Fulfillments.Options["readBackSchedule"]
) =>
  Layer.mergeAll(Outbox.layer, Accounts.layer).pipe(
    Layer.provideMerge(fulfillments(undefined, undefined, readBackSchedule)),
    Layer.provideMerge(Layer.merge(store, emulator(options)))
  )

/** In memory, and workers look so often: each look costs real time. */
export const polling = (poll: Duration.DurationInput) =>
  Layer.effect(
    OutboxStore.OutboxStore,
    Effect.map(OutboxStore.makeStoreMemory, (store) => ({ ...store, poll: Duration.decode(poll) }))
  )

/** In memory, for hours of virtual time. */
export const slowly = polling("10 minutes")

/** An outbox on a server, with an account that a test may change. */
export const onServer = <E>(
  http: Layer.Layer<HttpClient.HttpClient, E>,
  {
    change = (service: Fulfillments.Service) => service,
    config = {},
    poll = "10 minutes",
    store = polling(poll)
  }: {
    readonly change?: (service: Fulfillments.Service) => Fulfillments.Service
    readonly config?: Partial<ShipStationConfig.Options>
    readonly poll?: Duration.DurationInput
    readonly store?: Layer.Layer<OutboxStore.OutboxStore>
  } = {}
) => {
  const account = Fulfillments.layer({ notify }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("k"), timeout: "5 seconds", ...config })),
    Layer.map((context) =>
      Context.make(Fulfillments.Fulfillments, change(Context.get(context, Fulfillments.Fulfillments)))
    )
  )
  return Layer.mergeAll(Outbox.layer, Layer.provide(Accounts.layer, account)).pipe(
    Layer.provideMerge(store),
    Layer.provide(http)
  )
}

/** The rows, a hundred at most. */
export const rows = Effect.flatMap(Outbox.Outbox, ({ list }) => Effect.map(list(), ({ rows }) => rows))

/** Runs a worker meanwhile. */
export const working = (options?: OutboxWorker.Options) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.zipRight(OutboxWorker.make(options), self))

/** How many rows are in each state, of all accounts. */
export const states = Effect.flatMap(
  Outbox.Outbox,
  ({ counts }) =>
    Effect.map(counts, (all) => {
      const sums: Record<string, number> = {}
      for (const { count, state } of all) sums[state] = (sums[state] ?? 0) + count
      return sums
    })
)

/** Lets time pass in steps until something holds, for so many of them at most. */
export const until = <E, R>(
  holds: Effect.Effect<boolean, E, R>,
  { most = 200, step = "250 millis" }: { readonly most?: number; readonly step?: `${number} ${"millis" | "minutes"}` } =
    {}
): Effect.Effect<void, E, R> =>
  Effect.gen(function*() {
    for (let n = 0; n < most; n++) {
      if (yield* holds) return
      yield* TestClock.adjust(step)
    }
    return yield* Effect.dieMessage(`Not so after ${most} times ${step}`)
  })

export const are = (expected: Record<string, number>) =>
  Effect.map(
    states,
    (states) =>
      Object.keys({ ...states, ...expected }).every((state) => (states[state] ?? 0) === (expected[state] ?? 0))
  )

/** Who was told how often. */
export const told = Effect.flatMap(Emulator.Emulator, ({ notifications }) =>
  Effect.map(notifications, (all) => {
    const counts = new Map<string, number>()
    for (const { shipment_id } of all) counts.set(shipment_id, (counts.get(shipment_id) ?? 0) + 1)
    return counts
  }))

/** The shipments whose customers were told twice. */
export const toldTwice = Effect.map(told, (counts) => [...counts].filter(([, count]) => count > 1).map(([id]) => id))

/** In real time nobody wants to wait. */
export const readBackQuickly = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(2))

/** In real time. */
export const soon = <E, R>(holds: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(holds, { until: (done) => done, schedule: Schedule.spaced("20 millis") }).pipe(
    Effect.timeout("4 minutes")
  )
