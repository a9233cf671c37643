/**
 * The public keys that webhooks are signed with. They are read when the first webhook comes, and kept. A key that isn't known
 * is looked for again, but not more often than an interval, whatever ids strangers make up.
 *
 * Source: "Webhook validation", ShipStation V2 API.
 *
 * @since 0.1.0
 */
import { check } from "@effect-shipstation/http-client/Options"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { fetchKeys, type Key, type Keys } from "./internal/jwks.js"
import { Span } from "./internal/options.js"
import { WebhookKeyError, WebhookKeysError } from "./WebhookError.js"

export type { Key } from "./internal/jwks.js"

/**
 * The public keys that webhooks are signed with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The key with this id. Fails with `WebhookKeyError` if ShipStation shows none, and with `WebhookKeysError` if that can't be
   * told now: the keys can't be read, or were a moment ago and are not asked for again so soon.
   *
   * `unlike`: the one that it was, which doesn't fit. Another may have its id by now, so they are asked for again, unless they
   * were a moment ago.
   */
  readonly find: (keyId: string, unlike?: Key) => Effect.Effect<Key, WebhookKeyError | WebhookKeysError>
}

/**
 * The public keys that webhooks are signed with.
 *
 * @since 0.1.0
 * @category tags
 */
export class WebhookKeys extends Context.Tag("@effect-shipstation/webhooks/WebhookKeys")<WebhookKeys, Service>() {}

/**
 * What can be set. A value that can't be is a defect when the layer is built, with the option's name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Where the keys are, as a JSON Web Key Set. HTTPS, or plain HTTP to this machine or to a host among `allowInsecureHosts` of
   * `ShipStationConfig`. Default `https://api.shipengine.com/jwks`, which is ShipStation's.
   */
  readonly url?: string | undefined
  /**
   * How long they are kept. While they can't be read again, or none of what comes can be used, those that are known stay in
   * force. Default 1 hour.
   */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** How long after they were asked for they aren't asked for again; 1 second at most where none is known. Default 1 minute. */
  readonly refreshInterval?: Duration.DurationInput | undefined
}

/** How long a key that is known, but was read long ago, waits for those that take its place: ShipStation hangs up soon. */
const patience = Duration.seconds(1)

/** How soon they are asked for again where none is known, at most. */
const soon = Duration.seconds(1)

/**
 * Builds the keys on an `HttpClient`, which is sent nothing of the account.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Service, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig> =>
  Effect.gen(function*() {
    const { allowInsecureHosts } = yield* ShipStationConfig.ShipStationConfig
    const { refreshInterval, timeToLive, url } = yield* Effect.sync(() => checkOptions(options, allowInsecureHosts))
    const read = fetchKeys(yield* HttpClient.HttpClient, url)
    const turn = yield* Effect.makeSemaphore(1)
    let known: { readonly keys: Keys; readonly readAt: bigint } | undefined
    let asked: { readonly at: bigint; readonly problem: string | undefined } | undefined

    const isWithin = (since: bigint, now: bigint, duration: Duration.Duration) =>
      Duration.lessThan(Duration.nanos(now - since), duration)

    /** Who hangs up doesn't end it, or a stranger could keep the keys from coming. */
    const ask = Effect.uninterruptible(Effect.gen(function*() {
      // in a fiber of its own: the end of a race would see the interruption all the same
      const result = yield* Effect.flatMap(Effect.forkDaemon(Effect.interruptible(Effect.either(read))), Fiber.join)
      const at = yield* Clock.currentTimeNanos
      asked = { at, problem: Option.getOrUndefined(Either.getLeft(result)) }
      if (Either.isRight(result)) known = { keys: result.right, readAt: at }
      else yield* Effect.logWarning("The keys of webhooks could not be read", result.left)
    }))

    const wasAskedSoonBefore = (now: bigint) =>
      asked !== undefined &&
      isWithin(asked.at, now, known === undefined ? Duration.min(soon, refreshInterval) : refreshInterval)

    const find = Effect.fnUntraced(function*(keyId: string, unlike?: Key) {
      const now = yield* Clock.currentTimeNanos
      const inForce = () => {
        const key = known !== undefined && isWithin(known.readAt, now, timeToLive) ? known.keys.get(keyId) : undefined
        return key === unlike ? undefined : key
      }
      const key = inForce()
      if (key !== undefined) return key
      const asking = turn.withPermits(1)(
        Effect.suspend(() => inForce() !== undefined || wasAskedSoonBefore(now) ? Effect.void : ask)
      )
      yield* known?.keys.has(keyId) === true ? Effect.timeoutOption(Effect.disconnect(asking), patience) : asking
      const found = known?.keys.get(keyId)
      if (found !== undefined) return found
      // they were read since it came
      if (known !== undefined && known.readAt >= now) return yield* new WebhookKeyError({ keyId })
      return yield* new WebhookKeysError({
        url,
        reason: asked?.problem ?? `none has the id ${keyId}, and they were asked for a moment ago`
      })
    })

    return { find }
  })

/**
 * Needs an `HttpClient` and a configuration. It is built anew for each that it is provided with.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<WebhookKeys, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig> =>
  Layer.fresh(Layer.effect(WebhookKeys, make(options)))

const checkOptions = (options: Options, allowInsecureHosts: ReadonlyArray<string>) =>
  check(
    "WebhookKeys",
    Schema.Struct({
      url: Schema.optionalWith(
        Schema.String.pipe(
          Schema.filter((url) => URL.canParse(url) && ShipStationConfig.isSafe(new URL(url), allowInsecureHosts))
        ).annotations({
          message: () => ({
            message:
              "must be a URL with https://: over plain HTTP anybody on the way could put keys of his own in place",
            override: true
          })
        }),
        { default: () => "https://api.shipengine.com/jwks" }
      ),
      timeToLive: Schema.optionalWith(Span, { default: () => Duration.hours(1) }),
      refreshInterval: Schema.optionalWith(Span, { default: () => Duration.minutes(1) })
    })
  )(options)
