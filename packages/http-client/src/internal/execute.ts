/**
 * A request with its attempts: each in a span of its own, and told in a debug log when it failed.
 */
import * as Effect from "effect/Effect"
import type * as RetryPolicy from "../RetryPolicy.js"
import type * as ShipStationConfig from "../ShipStationConfig.js"
import type { ShipStationError } from "../ShipStationError.js"
import { makeKeys } from "./apiKey.js"
import * as Attempt from "./attempt.js"
import * as Retry from "./retry.js"

/** What may happen after a failed attempt. */
export interface Options<E = never, R = never> {
  readonly repeat: Retry.Repeat
  readonly beforeRetry?: ((error: ShipStationError) => Effect.Effect<void, E, R>) | undefined
}

interface Parts extends Attempt.Parts {
  readonly config: ShipStationConfig.Service
  /** Is in force unless the caller provides another. */
  readonly policy: RetryPolicy.Policy
}

export const make = (parts: Parts) => {
  const { config, metrics, policy } = parts
  const attempt = Attempt.make(parts)
  const retry = Retry.make(policy)
  return <A, E, R, R2, E3 = never, R3 = never>(
    call: Attempt.Call<A, E, R, R2>,
    { beforeRetry, repeat }: Options<E3, R3>
  ) =>
    Effect.suspend(() => {
      const keys = makeKeys(config.apiKey)
      const span = {
        kind: "client",
        captureStackTrace: false,
        attributes: metrics.attributes(call.method, call.url)
      } as const
      return retry({
        repeat,
        attempt: (key) =>
          attempt(call, key === undefined ? keys.read : Effect.succeed(key)).pipe(
            Effect.tapError((error) => tell(error, config.account)),
            Effect.withSpan("ShipStationClient.execute", span)
          ),
        readOtherKey: keys.readOther,
        beforeRetry,
        countRetry: metrics.countRetry(call.method)
      })
    })
}

const tell = (error: ShipStationError, account: string): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.annotateCurrentSpan("error.type", error._tag),
    Effect.annotateLogs(Effect.logDebug("The request failed"), {
      "shipstation.account": account,
      "error.type": error._tag,
      "http.response.status_code": error.status,
      "shipstation.delivery": error.delivery,
      "shipstation.request_id": error.requestId
    })
  )
