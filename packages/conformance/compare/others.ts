/** What people use instead. */
import { Emulator } from "@effect-shipstation/emulator"
import { create } from "axios"
import axiosRetry, { exponentialDelay, isRetryableError } from "axios-retry"
import { Effect } from "effect"
import { setTimeout } from "node:timers/promises"
import type { Case } from "./cases.js"
import { inputs, ledger } from "./ledger.js"
import { onSocket, timeout } from "./onSocket.js"

/** What one call led to. */
export interface Theirs {
  readonly posts: number
  /** Whether the promise was resolved or rejected. */
  readonly believes: "success" | "error"
  /** How often the customer of each shipment was told. */
  readonly notified: ReadonlyArray<number>
}

type Call = (baseUrl: string, fulfillments: typeof inputs) => Promise<unknown>

const headers = { "api-key": Emulator.defaultApiKey, "content-type": "application/json" }

const callHandWritten: Call = async (baseUrl, fulfillments) => {
  for (let attempt = 1;; attempt++) {
    try {
      const response = await fetch(`${baseUrl}/v2/fulfillments`, {
        method: "POST",
        headers,
        body: JSON.stringify({ fulfillments }),
        signal: AbortSignal.timeout(timeout)
      })
      if (!response.ok) throw new Error(`Status ${response.status}`)
      return await response.json()
    } catch (error) {
      if (attempt === 4) throw error
      await setTimeout(100 * 2 ** attempt)
    }
  }
}

const callAxios: Call = (baseURL, fulfillments) => {
  const client = create({ baseURL, headers, timeout, proxy: false })
  axiosRetry(client, {
    retries: 3,
    // of any method: no answer (but not a time-out), 429, and 5xx
    retryCondition: isRetryableError,
    // with `Retry-After`
    retryDelay: exponentialDelay,
    shouldResetTimeout: true
  })
  return client.post("/v2/fulfillments", { fulfillments })
}

const over = (call: Call) => (one: Case): Effect.Effect<Theirs> =>
  onSocket(one, (baseUrl) =>
    Effect.gen(function*() {
      const believes = yield* Effect.promise(() =>
        call(baseUrl, inputs).then(() => "success" as const, () => "error" as const)
      )
      const { notified, posts } = yield* ledger
      return { posts, believes, notified }
    }))

/** A loop around `fetch`: 3 retries with growing delays. */
export const handWritten = over(callHandWritten)

/** axios with axios-retry, its retries on for POSTs too. */
export const axios = over(callAxios)
