import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, TestClock } from "effect"

// the program under test: yours is imported
const ship = (shipment_id: string) =>
  Effect.flatMap(
    Fulfillments.Fulfillments,
    ({ create }) => create([{ shipment_id, tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])
  )

const ShipStation = Fulfillments.layerConfig({ notify: { customer: true, orderSource: false } }).pipe(
  // with "accept" a shipment can be fulfilled twice: else the test could not fail
  Layer.provideMerge(Emulator.layerHttpClient({ alreadyFulfilled: "accept" })),
  Layer.provide(
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["SHIPSTATION_API_KEY", Emulator.defaultApiKey]])))
  )
)

/** Lets time pass until it is done. The emulator and the client live by the same clock. */
const inTime = Effect.raceFirst(Effect.forever(TestClock.adjust("100 millis")))

it.effect("a customer is told once, also when the answer gets lost", () =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    yield* emulator.addFault({ endpoint: "create", nth: 1, action: { _tag: "Reset" } })
    const [outcome] = yield* inTime(ship("se-1"))
    expect(outcome._tag).toBe("AlreadyFulfilled")
    expect(yield* emulator.committed("se-1")).toHaveLength(1)
    expect(yield* emulator.notifications).toMatchObject([{ kind: "customer", shipment_id: "se-1" }])
    expect(yield* emulator.notifiedAgain).toEqual([])
  }).pipe(Effect.provide(ShipStation)))
