// What is left when nothing is ours: Effect, its undici client, and JSON. Nobody can be faster with these.
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, ManagedRuntime, Runtime } from "effect"
import { type Answer, countCreated } from "../wire.js"
import { apiKey, type Contender } from "./Contender.js"

export const effectAlone = async (baseUrl: string): Promise<Contender> => {
  const runtime = await ManagedRuntime.make(NodeHttpClient.layerUndici).runtime()
  const run = Runtime.runPromise(runtime)
  const client = await run(HttpClient.HttpClient)
  const withoutTracer = HttpClient.withTracerDisabledWhen(client, () => true)
  return (items) =>
    run(
      HttpClientRequest.post(`${baseUrl}/v2/fulfillments`, { headers: { "api-key": apiKey }, acceptJson: true }).pipe(
        HttpClientRequest.bodyText(JSON.stringify({ fulfillments: items }), "application/json"),
        withoutTracer.execute,
        Effect.flatMap((response) => response.text),
        Effect.map((text) => {
          const answer: Answer = JSON.parse(text)
          return countCreated(items, answer)
        })
      )
    )
}
