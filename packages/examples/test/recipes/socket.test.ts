import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { NodeHttpClient } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"

const ShipStation = Layer.unwrapEffect(Effect.map(Emulator.Server, ({ url }) =>
  Fulfillments.layerConfig({
    apiKey: Redacted.make(Emulator.defaultApiKey),
    baseUrl: url,
    notify: { customer: true, orderSource: false }
  }))).pipe(
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provideMerge(Emulator.layerServer({ alreadyFulfilled: "accept" }))
  )

it.live("an order goes out over a real socket", () =>
  Effect.gen(function*() {
    const { create } = yield* Fulfillments.Fulfillments
    yield* create([{ shipment_id: "se-1", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])
    const emulator = yield* Emulator.Emulator
    expect(yield* emulator.notifications).toMatchObject([{ kind: "customer", shipment_id: "se-1" }])
  }).pipe(Effect.provide(ShipStation)))
