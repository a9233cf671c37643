/**
 * A ShipStation that creates all that it is sent at once, again and again, in a process of its own. Shipments are
 * `se-` and a number below `first + 2 ** 24`. `GET /told` tells what it has seen.
 */
import { createServer } from "node:http"
import { first } from "./shipments.js"

const times = new Uint8Array(2 ** 24)
let told = { posts: 0, created: 0, again: 0, firstPost: 0 }

/** What it has seen: `firstPost` is when the first came after it was asked last, in milliseconds, 0 if none did. */
export type Told = typeof told

const create = (body: string): unknown => {
  const { fulfillments }: { fulfillments: ReadonlyArray<{ readonly shipment_id: string }> } = JSON.parse(body)
  told.posts++
  if (told.firstPost === 0) told.firstPost = Date.now()
  return {
    has_errors: false,
    fulfillments: fulfillments.map(({ shipment_id }) => {
      const n = Number(shipment_id.slice(3)) - first
      if ((times[n] ?? 0) > 0) told.again++
      else told.created++
      times[n] = 1
      return { shipment_id, error_message: null }
    })
  }
}

const list = (shipmentId: string | null): unknown => {
  const n = Number(shipmentId?.slice(3)) - first
  const fulfillments = shipmentId !== null && (times[n] ?? 0) > 0
    ? [{ fulfillment_id: shipmentId, shipment_id: shipmentId, tracking_number: `00${n + 1}`, voided: false }]
    : []
  return { fulfillments, total: fulfillments.length, page: 1, pages: fulfillments.length }
}

const server = createServer((request, response) => {
  const answer = (value: unknown) => response.setHeader("content-type", "application/json").end(JSON.stringify(value))
  const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost")
  if (pathname === "/told") {
    answer(told)
    told = { ...told, firstPost: 0 }
  } else if (pathname === "/v2/carriers") answer({ carriers: [{ carrier_code: "ups" }] })
  else if (request.method === "GET") answer(list(searchParams.get("shipment_id")))
  else {
    let body = ""
    request.setEncoding("utf8").on("data", (data) => body += String(data)).on("end", () => answer(create(body)))
  }
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object") console.log(`http://127.0.0.1:${address?.port}`)
})
