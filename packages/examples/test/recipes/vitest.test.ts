import { Emulator } from "@effect-shipstation/emulator"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeEach, expect, test } from "vitest"

// a server on a free port, for all tests of this file
const { dispose, runPromise } = ManagedRuntime.make(Emulator.layerServer({ alreadyFulfilled: "accept" }))
const { url } = await runPromise(Emulator.Server)
const emulator = await runPromise(Emulator.Emulator)

beforeEach(() => Effect.runPromise(emulator.reset))
afterAll(() => dispose())

// the code under test: yours is imported, and told the address
const ship = (shipment_id: string) =>
  fetch(`${url}/v2/fulfillments`, {
    method: "POST",
    headers: { "api-key": Emulator.defaultApiKey, "content-type": "application/json" },
    body: JSON.stringify({ fulfillments: [{ shipment_id, tracking_number: "1Z", carrier_code: "ups" }] })
  })

test("a shipment is fulfilled", async () => {
  await ship("se-1")
  expect(await Effect.runPromise(emulator.committed("se-1"))).toMatchObject([{ tracking_number: "1Z" }])
})

test("sending again after an error tells the customer twice", async () => {
  await Effect.runPromise(emulator.addFault({ nth: 1, action: { _tag: "RawBody", status: 502 } }))
  if (!(await ship("se-1")).ok) await ship("se-1")
  const again = await Effect.runPromise(emulator.notifiedAgain)
  expect(again.map(({ kind, nth }) => `${kind} ${nth}`)).toEqual(["customer 2", "order_source 2"])
})
