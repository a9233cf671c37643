import { create } from "axios"
import rateLimit from "axios-rate-limit"
import axiosRetry, { exponentialDelay } from "axios-retry"
import { type Answer, countCreated } from "../wire.js"
import { apiKey, type Contender, timeout } from "./Contender.js"

export const axiosWithRetry = (baseUrl: string): Contender => callWith(client(baseUrl))

export const axiosWithRetryAndLimit = (baseUrl: string): Contender =>
  callWith(rateLimit(client(baseUrl), { maxRequests: 1_000_000, perMilliseconds: 60_000 }))

const client = (baseURL: string) => {
  const instance = create({ baseURL, headers: { "api-key": apiKey }, timeout })
  axiosRetry(instance, { retries: 4, retryDelay: exponentialDelay })
  return instance
}

const callWith = (instance: ReturnType<typeof client>): Contender => async (items) => {
  const { data } = await instance.post<Answer>("/v2/fulfillments", { fulfillments: items })
  return countCreated(items, data)
}
