import createClient from "openapi-fetch"
import { type Answer, countCreated, type Item } from "../wire.js"
import { apiKey, type Contender, timeout } from "./Contender.js"

/** As `openapi-typescript` writes it. */
interface Paths {
  readonly "/v2/fulfillments": {
    readonly post: {
      readonly requestBody: { readonly content: { readonly "application/json": { fulfillments: ReadonlyArray<Item> } } }
      readonly responses: {
        readonly 200: { readonly content: { readonly "application/json": Answer } }
        readonly 400: {
          readonly content: { readonly "application/json": { readonly errors: ReadonlyArray<{ message: string }> } }
        }
      }
    }
  }
}

export const openapiFetch = (baseUrl: string): Contender => {
  const client = createClient<Paths>({ baseUrl, headers: { "api-key": apiKey } })
  return async (items) => {
    const { data, error, response } = await client.POST("/v2/fulfillments", {
      body: { fulfillments: items },
      signal: AbortSignal.timeout(timeout)
    })
    if (data === undefined) throw new Error(`Status ${response.status}: ${JSON.stringify(error)}`)
    return countCreated(items, data)
  }
}
