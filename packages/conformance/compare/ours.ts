/** What ours makes of a case. */
import { Emulator } from "@effect-shipstation/emulator"
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { Duration, Effect, Fiber, Layer, Logger, LogLevel, Option, Redacted, TestClock } from "effect"
import type { Case, Ours } from "./cases.js"
import { inputs, ledger } from "./ledger.js"
import { onSocket, timeout } from "./onSocket.js"
import { httpClient } from "./unreachable.js"

const call = Effect.gen(function*() {
  const fulfillments = yield* Fulfillments.Fulfillments
  const [took, gives] = yield* fulfillments.create(inputs).pipe(
    Effect.match({
      onSuccess: (outcomes) => summary(outcomes),
      onFailure: (error) => error._tag === "InvalidFulfillmentError" ? error._tag : `${error._tag}, ${error.delivery}`
    }),
    Effect.timed
  )
  return { ...yield* ledger, gives, seconds: Math.round(Duration.toSeconds(took) * 10) / 10 } satisfies Ours
}).pipe(Logger.withMinimumLogLevel(LogLevel.None))

/** Such as `2 Created, 1 Unknown`. */
const summary = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>): string => {
  const runs: Array<{ readonly tag: string; length: number }> = []
  for (const { _tag } of outcomes) {
    const last = runs.at(-1)
    if (last?.tag === _tag) last.length++
    else runs.push({ tag: _tag, length: 1 })
  }
  return runs.map(({ length, tag }) => `${length} ${tag}`).join(", ")
}

const service = (options: Omit<ShipStationConfig.Options, "apiKey">) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: false } }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey), ...options }))
  )

/** In-process, with all defaults, and moving the `TestClock` on whenever nothing else is left to do. */
export const inVirtualTime = ({ happens }: Case): Effect.Effect<Ours> => {
  const server = typeof happens === "string"
    ? Layer.merge(httpClient(happens), Emulator.layer())
    : Emulator.layerHttpClient({ alreadyFulfilled: "accept", faults: happens })
  return Effect.gen(function*() {
    const fiber = yield* Effect.fork(call)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* settled
      const [next, ...later] = yield* TestClock.sleeps()
      if (next !== undefined) yield* TestClock.setTime(Math.min(next, ...later))
    }
    return yield* Fiber.join(fiber)
  }).pipe(
    Effect.provide(Layer.provideMerge(service({}), server)),
    // jitter that changes no delay: the middle of its range
    Effect.withRandomFixed([0.5])
  )
}

/** Promises of the web's streams are no fibers, so the clock doesn't know of them. */
const settled = Effect.promise(() => new Promise((resolve) => setImmediate(resolve))).pipe(Effect.repeatN(20))

/** Over real sockets. */
export const inRealTime = (one: Case): Effect.Effect<Ours> =>
  onSocket(one, (baseUrl) => Effect.provide(call, service({ baseUrl, timeout }).pipe(Layer.provide(httpClientOfNode))))

const httpClientOfNode = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
  Layer.provide(Layer.scoped(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent({ connect: { timeout: timeout / 4 } })),
      (agent) => Effect.promise(() => agent.destroy())
    )
  ))
)
