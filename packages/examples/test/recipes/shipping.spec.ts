import { expect, test } from "@playwright/test"

test.beforeEach(async ({ request }) => {
  await request.post("/__emulator/reset")
  await request.post("/__emulator/seed", {
    data: { shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }] }
  })
})

test("nobody is told twice when the API is down for a moment", async ({ request }) => {
  await request.put("/__emulator/faults", {
    data: [{ endpoint: "create", times: 1, action: { _tag: "ErrorBody", status: 503 } }]
  })

  // here your test clicks "Ship" in your application, which sends something like this
  const ship = () =>
    request.post("/v2/fulfillments", {
      headers: { "api-key": "emulator-api-key" },
      data: { fulfillments: [{ shipment_id: "se-1", tracking_number: "1Z", carrier_code: "ups" }] }
    })
  expect((await ship()).status()).toBe(503)
  expect((await ship()).status()).toBe(200)

  const notifications = await (await request.get("/__emulator/notifications")).json()
  expect(notifications).toMatchObject([
    { kind: "customer", shipment_id: "se-1", nth: 1 },
    { kind: "order_source", shipment_id: "se-1", nth: 1 }
  ])
  const { counts } = await (await request.get("/__emulator/state")).json()
  expect(counts.notifiedAgain).toBe(0)
})
