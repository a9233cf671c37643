import { RateLimiter, RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { NodeHttpClient } from "@effect/platform-node"
import { Console, Effect, Layer, Schedule } from "effect"

// rate limits only, three times, and never for more than a minute
const policy = Schedule.exponential("1 second").pipe(
  RetryPolicy.respectRetryAfter,
  RetryPolicy.forErrorTypes("ShipStationRateLimitError"),
  RetryPolicy.within("1 minute"),
  Schedule.intersect(Schedule.recurs(3))
)

const program = Effect.gen(function*() {
  const client = yield* ShipStationClient.ShipStationClient
  const { body, requestId } = yield* client.listFulfillments({ page_size: 10, sort_dir: "desc" })
  yield* Console.log(`${body.fulfillments.length} fulfillments (request ${requestId ?? "without an id"})`)

  const limiter = yield* RateLimiter.RateLimiter
  const { limit, used } = yield* limiter.state
  yield* Console.log(`${used} of ${limit} requests used`)
}).pipe(
  RetryPolicy.withRetryPolicy(policy),
  Effect.catchAll((error) => Console.error(`${error._tag}: ${error.message}`))
)

// half of the account's limit: another program needs the rest
const Limiter = RateLimiter.layer({ limit: 100 }).pipe(
  Layer.provide(RateLimiter.layerStoreMemory)
)

const ShipStation = ShipStationClient.layer.pipe(
  Layer.provideMerge(Limiter),
  Layer.provide(ShipStationConfig.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici)
)

await Effect.runPromise(Effect.provide(program, ShipStation))
