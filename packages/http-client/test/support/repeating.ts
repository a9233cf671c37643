/** `HttpClient`s as programs have them, that send a request more than once. */
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { Effect, Layer, Schedule } from "effect"

type Change = (client: HttpClient.HttpClient) => HttpClient.HttpClient

const again = Schedule.recurs(3)

/** Each repeats what was lost, or what was answered with a 503 or a redirect to the same address. */
export const repeating: ReadonlyArray<readonly [name: string, change: Change]> = [
  ["HttpClient.retryTransient", HttpClient.retryTransient({ schedule: again })],
  [
    "HttpClient.retryTransient, below mapRequest",
    (client) => client.pipe(HttpClient.retryTransient({ schedule: again }), HttpClient.mapRequest((request) => request))
  ],
  [
    "HttpClient.retry, and a status that fails",
    (client) => client.pipe(HttpClient.filterStatusOk, HttpClient.retry(again))
  ],
  [
    "an Effect.retry in transform",
    (client) => client.pipe(HttpClient.filterStatusOk, HttpClient.transform((effect) => Effect.retry(effect, again)))
  ],
  [
    "an Effect.retry in transformResponse",
    (client) => client.pipe(HttpClient.filterStatusOk, HttpClient.transformResponse(Effect.retry(again)))
  ],
  ["a retry of everything, defects included", (client) =>
    client.pipe(
      HttpClient.filterStatusOk,
      HttpClient.transform((effect) => Effect.catchAllCause(effect, () => Effect.catchAllCause(effect, () => effect)))
    )],
  ["a client around a client, that retries", (client) => {
    const inner = HttpClient.filterStatusOk(client)
    return HttpClient.make((request) => Effect.retry(inner.execute(request), again))
  }],
  [
    "two at once, for the faster answer",
    (client) =>
      HttpClient.transform(HttpClient.filterStatusOk(client), (effect) => Effect.race(effect, Effect.delay(effect, 1)))
  ],
  ["HttpClient.followRedirects", HttpClient.followRedirects(3)]
]

/** A fetch that fetches again. */
export const layerFetchTwice: Layer.Layer<HttpClient.HttpClient> = Layer.provide(
  FetchHttpClient.layer,
  Layer.succeed(
    FetchHttpClient.Fetch,
    (input, init) =>
      fetch(input, init).then((response) => response.ok ? response : fetch(input, init), () => fetch(input, init))
  )
)

/** A client that was changed. */
export const over = (
  httpClient: Layer.Layer<HttpClient.HttpClient>,
  change: Change
): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, change)).pipe(Layer.provide(httpClient))
