/**
 * Is it from ShipStation, and new? RSA-SHA256 over the time and the body, by Web Crypto, so that it runs on Node, Bun, Deno and
 * workerd.
 *
 * Source: "Webhook validation", ShipStation V2 API.
 *
 * @since 0.1.0
 */
import { check } from "@effect-shipstation/http-client/Options"
import { Event } from "@effect-shipstation/schema/Webhook"
import * as Headers from "@effect/platform/Headers"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { concat } from "./internal/bytes.js"
import { tolerance } from "./internal/options.js"
import {
  type WebhookError,
  WebhookHeaderError,
  WebhookPayloadError,
  WebhookSignatureError,
  WebhookTimestampError
} from "./WebhookError.js"
import { type Key, WebhookKeys } from "./WebhookKeys.js"

/**
 * What came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  /** Names in any case. */
  readonly headers: Headers.Input
  /** The bytes that came, before anything parsed them. */
  readonly body: Uint8Array
}

/**
 * Options of `verify`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How far its time may be from the clock's, either way. Default 5 minutes, which is ShipStation's advice. */
  readonly tolerance?: Duration.DurationInput | undefined
}

/**
 * Why `verify` fails.
 *
 * @since 0.1.0
 * @category errors
 */
export type VerifyError = Exclude<WebhookError, { readonly _tag: "WebhookBodyError" | "WebhookResourceError" }>

/**
 * What is known of a webhook before its body was read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opened {
  /** When it was signed, if it was. */
  readonly sentAt: DateTime.Utc
  /** Checks the signature, and decodes. */
  readonly read: (body: Uint8Array) => Effect.Effect<Event, WebhookSignatureError | WebhookPayloadError>
}

/**
 * Verifies and decodes what came. Its time is compared with the `Clock`'s.
 *
 * It tells that ShipStation sent this, not for whose account, nor that it wasn't sent before: they send again what isn't
 * answered with 2xx, in any order. A bad option throws.
 *
 * @since 0.1.0
 * @category decoding
 */
export const verify = (
  { body, headers }: Delivery,
  options?: Options
): Effect.Effect<Event, VerifyError, WebhookKeys> => Effect.flatMap(open(headers, options), ({ read }) => read(body))

/**
 * Verifies what can be before the body is read: headers, time and key. A bad option throws.
 *
 * @since 0.1.0
 * @category decoding
 */
export const open = (
  headers: Headers.Input,
  options: Options = {}
): Effect.Effect<Opened, VerifyError, WebhookKeys> => {
  const { tolerance } = checkOptions(options)
  return Effect.gen(function*() {
    const given = Headers.fromInput(headers)
    const keyId = yield* header(given, "x-shipengine-rsa-sha256-key-id")
    const encoded = yield* header(given, "x-shipengine-rsa-sha256-signature")
    const timestamp = yield* header(given, "x-shipengine-timestamp")
    const sentAt = yield* checkTime(timestamp, tolerance)
    const id = keyId.slice(0, longest)
    const { find } = yield* WebhookKeys
    const key = yield* find(id)
    const signature = Encoding.decodeBase64(encoded)
    const hasSigned = (key: Key, body: Uint8Array) =>
      Either.match(signature, {
        onLeft: () => Effect.succeed(false),
        onRight: (signature) => key.hasSigned(new Uint8Array(signature), signedBytes(timestamp, body))
      })
    return {
      sentAt,
      read: (body) =>
        hasSigned(key, body).pipe(
          // ShipStation may have another by that id by now
          Effect.filterOrElse(identity, () =>
            Effect.flatMap(
              Effect.orElseSucceed(find(id, key), () => key),
              (other) => other === key ? Effect.succeed(false) : hasSigned(other, body)
            )),
          Effect.filterOrFail(identity, () => new WebhookSignatureError({ keyId: id })),
          Effect.flatMap(() => Effect.mapError(decode(new TextDecoder().decode(body)), () => new WebhookPayloadError()))
        )
    }
  })
}

const checkOptions = check("Webhook", Schema.Struct({ tolerance }))

/** What is signed: the timestamp as it stands in its header, a dot, and the body byte by byte. */
const signedBytes = (timestamp: string, body: Uint8Array) => concat([new TextEncoder().encode(`${timestamp}.`), body])

const decode = Schema.decode(Schema.parseJson(Event))

/** Of what comes from outside no more than this gets into an error. */
const longest = 100

const header = (headers: Headers.Headers, name: string): Effect.Effect<string, WebhookHeaderError> =>
  Headers.get(headers, name).pipe(
    Option.map((value) => value.trim()),
    Option.filter((value) => value !== ""),
    Effect.mapError(() => new WebhookHeaderError({ header: name }))
  )

const checkTime = Effect.fnUntraced(function*(timestamp: string, tolerance: Duration.Duration) {
  const refuse = (reason: WebhookTimestampError["reason"]) =>
    new WebhookTimestampError({ timestamp: timestamp.slice(0, longest), reason })
  const sentAt = yield* Effect.mapError(instantOf(timestamp), () => refuse("unreadable"))
  const age = DateTime.distance(sentAt, yield* DateTime.now)
  if (Math.abs(age) > Duration.toMillis(tolerance)) return yield* refuse(age > 0 ? "old" : "future")
  return sentAt
})

/** RFC 3339, as it was seen; seconds or milliseconds, as the form isn't published. */
const instantOf = (timestamp: string): Option.Option<DateTime.Utc> =>
  /^\d{1,11}$/.test(timestamp)
    ? DateTime.make(Number(timestamp) * 1000)
    : Option.map(DateTime.make(/^\d+$/.test(timestamp) ? Number(timestamp) : timestamp), DateTime.toUtc)
