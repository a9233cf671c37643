/** What all of the steps do. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { writeSync } from "node:fs"

export const inputs = [{ shipment_id: "se-1", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }] as const

export const fulfillments = (shipStation: string) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: false } }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("key"), baseUrl: shipStation })),
    Layer.provide(NodeHttpClient.layerUndici)
  )

/** At once, as the process is killed soon. */
export const tell = (line: "begins" | "done") => void writeSync(1, `${line}\n`)

/** As the documentation says for engines that tell that a step is run again: wait, look, send what isn't there. */
export const lookFirst = (wasRunBefore: boolean) =>
  Effect.gen(function*() {
    const { create } = yield* Fulfillments.Fulfillments
    if (wasRunBefore) yield* Effect.sleep("30 seconds")
    tell("begins")
    return yield* create(inputs, { readBack: "before" })
  })

/** What people write. */
export const plain = Effect.gen(function*() {
  const { create } = yield* Fulfillments.Fulfillments
  tell("begins")
  return yield* create(inputs)
})

/** For engines that know nothing of Effect. */
export const promising = (shipStation: string) => {
  const { runPromise } = ManagedRuntime.make(fulfillments(shipStation))
  return {
    lookFirst: async (wasRunBefore: boolean) => void await runPromise(lookFirst(wasRunBefore)),
    plain: async () => void await runPromise(plain)
  }
}
