import {
  createClient,
  type FulfillmentInput,
  InvalidFulfillmentError,
  ShipStationError
} from "@effect-shipstation/promise"

const client = createClient({
  apiKey: process.env["SHIPSTATION_API_KEY"],
  baseUrl: process.env["SHIPSTATION_BASE_URL"],
  notify: { customer: true, orderSource: true }
})

try {
  const outcomes = await client.create([
    { shipment_id: "se-1001", tracking_number: "1Z12345E6605272234", carrier_code: "ups" },
    { shipment_id: "se-1002", tracking_number: "986578788855", carrier_code: "fedex", ship_date: new Date() }
  ])
  for (const outcome of outcomes) {
    switch (outcome._tag) {
      case "Created":
      case "AlreadyFulfilled":
        console.log(`${outcome.input.shipment_id}: done`)
        break
      case "Rejected":
        console.log(`${outcome.input.shipment_id}: refused, ${outcome.message}`)
        break
      case "Conflict":
        console.log(`${outcome.input.shipment_id}: fulfilled with ${outcome.fulfillment.tracking_number}`)
        break
      case "Unknown":
      case "NotSent":
        console.log(`${outcome.input.shipment_id}: ${outcome._tag}, ${outcome.error.message}`)
    }
  }

  // any number of them, from any iterable, as fast as the limit allows
  const packed = function*(): Iterable<FulfillmentInput> {
    for (let n = 1; n <= 250; n++) yield { shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" }
  }
  let created = 0
  for await (const outcome of client.createAll(packed())) if (outcome._tag === "Created") created++
  console.log(`${created} more`)
} catch (error) {
  // of `create`, by which nothing was created then, and nobody was notified
  if (error instanceof InvalidFulfillmentError) console.error(error.message)
  else if (error instanceof ShipStationError) console.error(`${error.name}, status ${error.status}: ${error.message}`)
  else throw error
} finally {
  await client.close()
}
