import type * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ShipStation from "../outbox/ShipStation.js"
import * as Resolver from "../resolve/Resolver.js"
import type { Progress } from "../terminal/Progress.js"
import type { UsageError } from "../terminal/UsageError.js"

/** What looks up for a command that sends nothing. Without a key it says so of what would be looked up. */
export const resolving = (
  { keyFile, requestsPerMinute }: {
    readonly keyFile: string | undefined
    readonly requestsPerMinute: Option.Option<number>
  }
): Layer.Layer<
  Resolver.Resolver,
  UsageError,
  RateLimiter.RateLimiterStore | HttpClient.HttpClient | FileSystem.FileSystem | Progress
> =>
  Layer.unwrapEffect(Effect.map(ShipStation.hasKey(keyFile), (hasKey) =>
    hasKey
      ? Layer.provide(
        ShipStation.layerResolver(Option.getOrUndefined(requestsPerMinute)),
        ShipStation.layerConfig({ keyFile, mode: "readOnly" })
      )
      : Resolver.layerNone))
