import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Ref } from "effect"

/** An HttpClient that records what it is asked, and answers that all went well. */
export const recording = Effect.map(
  Ref.make<ReadonlyArray<{ url: string; key: string | undefined; body: string }>>([]),
  (requests) => ({
    requests,
    layer: Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, url) =>
        Effect.as(
          Ref.update(requests, (all) => [...all, {
            url: url.href,
            key: request.headers["api-key"],
            body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
          }]),
          HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ has_errors: false, fulfillments: [] })))
        )
      )
    )
  })
)
