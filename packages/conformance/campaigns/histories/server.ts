/** The server of a history, the way to it, and the key for it. */
import { Emulator } from "@effect-shipstation/emulator"
import { ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient } from "@effect/platform"
import { Array, Clock, DateTime, Effect, Layer, Redacted, Schedule } from "effect"
import { type History, shipments } from "./History.js"

/** When the emulator starts. */
export const start = Date.UTC(2026, 2, 1, 12)

/** The key that is accepted at first, and the one that it is rotated to. */
export const keys = [Emulator.defaultApiKey, "emulator-next-key"] as const

/** What is noted down, by request id. */
export interface Notes {
  /** Of each `GET` that was answered. */
  readonly queries: Map<string, URLSearchParams>
  /** The emulator keeps those of the last requests only. */
  readonly bodies: Map<string, Pick<Emulator.Request, "requestBody" | "responseBody">>
}

/** The server, and an `HttpClient` that notes queries and bodies down. */
export const layer = (history: History, notes: Notes): ReturnType<typeof Emulator.layerHttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const { requests } = yield* Emulator.Emulator
      const noteBodies = Effect.map(requests, (all) => {
        for (const { requestBody, requestId, responseBody } of all.slice(-100)) {
          if (responseBody !== undefined) notes.bodies.set(requestId, { requestBody, responseBody })
        }
      })
      const noted = HttpClient.transform(noting(client, notes), (exchange) => Effect.ensuring(exchange, noteBodies))
      return transports[history.transport](noted)
    })
  ).pipe(Layer.provideMerge(emulator(history)))

const emulator = ({ cancelled, faults, limit, rotation, seed, voided }: History) =>
  Emulator.layerHttpClient({
    accounts: keys.map((apiKey) => ({ name: "default", apiKey })),
    alreadyFulfilled: "accept",
    shipments: Array.makeBy(shipments, (n) => ({ shipment_id: `se-${n}`, cancelled: cancelled.includes(n) })),
    fulfillments: voided.map((n) => ({
      shipment_id: `se-${n}`,
      tracking_number: `1Z${n}T0`,
      created_at: DateTime.unsafeMake(start - 60_000),
      voided: true
    })),
    rateLimit: { limit, window: "sliding" },
    resultOrder: "shuffled",
    faults: rotation === null ? faults : [{
      key: 1,
      from: rotation.at,
      action: { _tag: "ErrorBody", status: 401, errors: [{ error_source: "shipengine", error_type: "security" }] }
    }, ...faults],
    seed,
    control: false
  })

const noting = (client: HttpClient.HttpClient, { queries }: Notes): HttpClient.HttpClient =>
  HttpClient.tap(client, ({ headers, request }) =>
    Effect.sync(() => {
      queries.set(
        headers["x-shipengine-requestid"] ?? "",
        new URLSearchParams(request.urlParams.map(([name, value]) => [name, value]))
      )
    }))

/** Ways to make a client that sends again what may have been done. */
const transports: Record<History["transport"], (client: HttpClient.HttpClient) => HttpClient.HttpClient> = {
  plain: (client) => client,
  retries: HttpClient.retryTransient({ times: 2, schedule: Schedule.spaced(100) }),
  repeats: (client) =>
    HttpClient.make((request) =>
      Effect.flatMap(
        Effect.retry(client.execute(request), { times: 2 }),
        (response) => response.status === 421 ? client.execute(request) : Effect.succeed(response)
      )
    )
}

/** The key as the history has it at that moment, and the client's other options. */
export const config = (
  { clockAhead, keyTrouble, rotation, timeout }: History
): Layer.Layer<ShipStationConfig.ShipStationConfig> =>
  ShipStationConfig.layer({
    // nobody listens there, should a request ever leave the process
    baseUrl: "http://127.0.0.1:1",
    timeout,
    apiKey: Effect.flatMap(Clock.currentTimeMillis, (millis) => {
      const now = millis - start - clockAhead
      const trouble = keyTrouble.find(({ from, lasts }) => now >= from && now < from + lasts)
      if (trouble?.how === "dies") return Effect.dieMessage("The vault is not there")
      if (trouble?.how === "fails") return new ShipStationConfig.KeyError({ message: "The vault is closed" })
      const [first, next] = keys
      return Effect.succeed(Redacted.make(rotation === null || now < rotation.at + rotation.knownAfter ? first : next))
    })
  })
