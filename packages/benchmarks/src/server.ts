// A process of its own. Its answers are ready before they are asked for, so that it is the client that takes the time.
import { createServer } from "node:http"
import { type Answer, shipmentId } from "./wire.js"

/** By size, cut where the number of the batch belongs. */
const answers = new Map(["1", "100"].map((size) => {
  const answer: Answer = {
    has_errors: false,
    fulfillments: Array.from({ length: Number(size) }, (_, index) => ({
      shipment_id: shipmentId(Number(size), "@", index),
      shipment_number: `ORDER-${index}`,
      error_message: null
    }))
  }
  return [size, JSON.stringify(answer).split("@")]
}))

const server = createServer((request, response) => {
  let start: Buffer | undefined
  request.on("data", (chunk: Buffer) => {
    start ??= chunk
  })
  request.on("end", () => {
    const [, size = "", batch] = /"se-(\d+)-(\d+)-/.exec(start?.toString("latin1", 0, 200) ?? "") ?? []
    const answer = answers.get(size)?.join(batch)
    response.writeHead(answer === undefined ? 400 : 200, {
      "content-type": "application/json",
      "content-length": answer?.length ?? 0,
      "x-shipengine-requestid": "aa3d8e8e-462b-4476-9618-72db7f7b7009"
    })
    response.end(answer)
  })
})

// contenders take turns: what one has left open must still be open when it comes again
server.keepAliveTimeout = 600_000

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" ? address?.port : address)
})
process.on("disconnect", () => process.exit())
