/** What the tests of the cluster share. */
import { OutboxCluster } from "@effect-shipstation/cluster"
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { TestRunner } from "@effect/cluster"
import { Duration, Effect, Layer, Redacted, TestClock } from "effect"

const keyOf = (account: string) => `key-of-${account}`

/** An account's own client, with its own key. */
export const fulfillments = (account: string, maxBatchSize?: number) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: false }, maxBatchSize }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(
      ShipStationConfig.layer({ apiKey: Redacted.make(keyOf(account)), account, timeout: "5 seconds" })
    )
  )

/** It creates and notifies again whatever was fulfilled before: or nothing could be done twice here. */
export const emulator = (accounts: ReadonlyArray<string>, options: Emulator.Options = {}) =>
  Emulator.layerHttpClient({
    accounts: accounts.map((name) => ({ name, apiKey: keyOf(name) })),
    alreadyFulfilled: "accept",
    rateLimit: "off",
    ...options
  })

/** So often a store is asked for what nobody announced. */
const polling = Layer.effect(
  OutboxStore.OutboxStore,
  Effect.map(OutboxStore.makeStoreMemory, (store) => ({ ...store, poll: Duration.seconds(1) }))
)

/** A runner of a cluster of its own, on an outbox in memory, in virtual time. */
export const runner = <E, R>(options: OutboxCluster.Options<E, R>) =>
  OutboxCluster.layer(options).pipe(Layer.provideMerge(TestRunner.layer))

export const outbox = Layer.provideMerge(Outbox.layer, polling)

/** Lets time pass until something holds. */
export const until = <E, R>(holds: Effect.Effect<boolean, E, R>, step: Duration.DurationInput = "500 millis") =>
  Effect.gen(function*() {
    for (let n = 0; n < 240; n++) {
      if (yield* holds) return
      yield* TestClock.adjust(step)
    }
    return yield* Effect.dieMessage(`Not so after 240 times ${Duration.format(step)}`)
  })

/** How many rows are in each state, of all accounts. */
export const states = Effect.flatMap(Outbox.Outbox, ({ counts }) =>
  Effect.map(counts, (all) => {
    const sums: Record<string, number> = {}
    for (const { count, state } of all) sums[state] = (sums[state] ?? 0) + count
    return sums
  }))

export const allFulfilled = Effect.map(states, (states) => Object.keys(states).join() === "fulfilled")
