// What a careful person writes who needs no library.
import { type Answer, countCreated } from "../wire.js"
import { apiKey, type Contender, timeout } from "./Contender.js"

export const handWritten = (baseUrl: string): Contender => async (items) => {
  const response = await fetch(`${baseUrl}/v2/fulfillments`, {
    method: "POST",
    headers: { "api-key": apiKey, accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({ fulfillments: items }),
    signal: AbortSignal.timeout(timeout)
  })
  if (!response.ok) throw new Error(`Status ${response.status}: ${await response.text()}`)
  const answer: Answer = await response.json()
  return countCreated(items, answer)
}
