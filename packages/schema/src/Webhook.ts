import * as Schema from "effect/Schema"
import { answerList, answerText, openEnum } from "./internal/tolerant.js"

/**
 * What happened.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ResourceType = openEnum(
  "FULFILLMENT_SHIPPED_V2",
  "FULFILLMENT_REJECTED_V2",
  "SHIPMENT_CREATED_V2",
  "LABEL_CREATED_V2",
  "TRACK_EVENT_V2",
  "BATCH_PROCESSED_V2"
).annotations({
  identifier: "ShipStationWebhookResourceType",
  description: "What happened"
})

/**
 * One of the known types, or the text that the API sent.
 *
 * @since 0.1.0
 * @category models
 */
export type ResourceType = typeof ResourceType.Type

/** Any JSON. By default its JSON Schema has an id, which OpenAPI doesn't know. */
const Json = Schema.Unknown.annotations({
  jsonSchema: { type: ["object", "array", "string", "number", "boolean", "null"] }
})

/**
 * The body of a webhook. It tells that something happened, and where to read about it: a pointer, not a fact.
 *
 * Source: "Webhook payload schemas" of the ShipStation V2 API.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Event = Schema.Struct({
  /** What happened, such as `FULFILLMENT_SHIPPED_V2`. (A subscription names it in lower case.) */
  resource_type: ResourceType,
  /** Where to read what it happened to, with the API key. A list, already filtered. */
  resource_url: answerText,
  /** What some types tell by themselves, such as `TRACK_EVENT_V2`. It is as it was sent. */
  data: Schema.optionalWith(Json, { exact: true })
}).annotations({ identifier: "ShipStationWebhookEvent", description: "The body of a webhook" })

/**
 * The body of a webhook.
 *
 * @since 0.1.0
 * @category models
 */
export interface Event extends Schema.Schema.Type<typeof Event> {}

/**
 * A public key, as RFC 7517 has it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Jwk = Schema.Struct({
  /** The kind of key; those that sign webhooks are `RSA`. */
  kty: answerText,
  /** The key's id, which a webhook names. */
  kid: answerText,
  /** What it signs with, such as `RS256`. */
  alg: answerText,
  /** What it is for, such as `sig`. */
  use: answerText,
  /** The modulus of an RSA key, in base64url. */
  n: answerText,
  /** The exponent of an RSA key, in base64url. */
  e: answerText
}).annotations({ identifier: "ShipStationJwk", description: "A public key" })

/**
 * A public key, as RFC 7517 has it. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface Jwk extends Schema.Schema.Type<typeof Jwk> {}

/**
 * The public keys that webhooks are signed with. One that can't be read is `{}`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Jwks = Schema.Struct({
  /** The keys. While they are changed there are several. */
  keys: answerList(Jwk, (): Jwk => ({}))
}).annotations({ identifier: "ShipStationJwks", description: "The public keys that webhooks are signed with" })

/**
 * The public keys that webhooks are signed with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Jwks extends Schema.Schema.Type<typeof Jwks> {}
