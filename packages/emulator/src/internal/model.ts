import type { Fulfillment as Wire, Webhook } from "@effect-shipstation/schema"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type { ReadonlyRecord } from "effect/Record"
import type { FaultAction, FaultRule } from "../Fault.js"

/**
 * The API key that is accepted when the option `accounts` is left out.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultApiKey = "emulator-api-key"

/**
 * A shipment that waits to be fulfilled.
 *
 * @since 0.1.0
 * @category models
 */
export interface Shipment {
  readonly shipment_id: string
  /** The order number, which two may share. Default: `ORDER-` and the id without its `se-`. */
  readonly shipment_number?: string | undefined
  /** The caller's own id of it. Default: the shipment's id. */
  readonly external_shipment_id?: string | undefined
  /** The sales order that it was made from. Default: none. */
  readonly sales_order_id?: string | undefined
  /** The store or marketplace that it came from; the list of shipments has it as `store_id`. Default `se-1`. */
  readonly order_source_id?: string | undefined
  /** Default: none. */
  readonly ship_to?: typeof Wire.Address.Type | undefined
  /** The name of the account that it belongs to; others don't see it. Default: the name of the first account. */
  readonly account?: string | undefined
  /** A cancelled one can't be fulfilled: its item gets a message. Default false. */
  readonly cancelled?: boolean | undefined
  /** What its order source says instead of being told of a fulfillment, as the list has it. Default: it is told. */
  readonly notification_error_message?: string | undefined
  /** Default: now. */
  readonly created_at?: DateTime.DateTime | undefined
  /** When it was last changed. Default: when it was created. A fulfillment changes it too. */
  readonly modified_at?: DateTime.DateTime | undefined
  /** Default: none. */
  readonly tags?: ReadonlyArray<string> | undefined
}

/**
 * A carrier that is set up on every account.
 *
 * @since 0.1.0
 * @category models
 */
export interface SeedCarrier {
  readonly friendly_name: string
  /** What the user calls it. Default: none. */
  readonly nickname?: string | undefined
  /** The code and the name of each service. Default: none. */
  readonly services?: ReadonlyRecord<string, string> | undefined
}

/**
 * A fulfillment that exists before the first request. It notified nobody.
 *
 * @since 0.1.0
 * @category models
 */
export interface SeedFulfillment {
  readonly shipment_id: string
  readonly tracking_number: string
  /** Default `ups`. */
  readonly carrier_code?: string | undefined
  /** Default: now. */
  readonly created_at?: DateTime.DateTime | undefined
  /** Default: the time of creation. */
  readonly ship_date?: DateTime.DateTime | undefined
  /** A voided one is listed, and its shipment can be fulfilled. Default false. */
  readonly voided?: boolean | undefined
  /** Default: the shipment's, else the name of the first account. */
  readonly account?: string | undefined
}

/**
 * An API key and the account that it opens. Two keys may open the same account.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account {
  readonly name: string
  readonly apiKey: string
  /**
   * Whether the account's e-mail address is verified: without, a create gets status 400. Default: as it was, and true for
   * an account that is new.
   */
  readonly verified?: boolean | undefined
}

/**
 * Where to tell that something happened.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookSubscription {
  /** Gets a POST for each event. */
  readonly url: string
  /** By their names in the real API. Default: `fulfillment_shipped_v2`, the one that the emulator sends by itself. */
  readonly events?: ReadonlyArray<string> | undefined
  /** The name of the account whose events these are. Default: all. */
  readonly account?: string | undefined
}

/**
 * What there is before the first request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seed {
  /** Default: none. */
  readonly shipments?: ReadonlyArray<Shipment> | undefined
  /** Fulfillments of these shipments or of others. Default: none. */
  readonly fulfillments?: ReadonlyArray<SeedFulfillment> | undefined
  /**
   * Carriers set up on every account: code and friendly name, or all of it. Default: a dozen, `ups` and `fedex` among them.
   */
  readonly carriers?: ReadonlyRecord<string, string | SeedCarrier> | undefined
  /** Default: one account named `default`, with the key `defaultApiKey`. Any other key gets status 401. */
  readonly accounts?: ReadonlyArray<Account> | undefined
  /** Where to send signed webhooks. Default: nowhere. */
  readonly webhooks?: ReadonlyArray<WebhookSubscription> | undefined
}

/**
 * How many requests an account may make.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit {
  readonly limit?: number | undefined
  readonly window?: "fixed" | "sliding" | undefined
}

/**
 * What the emulator starts with, and what it does where the API's behaviour is not published.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Seed {
  /**
   * Whether each well-formed shipment id is that of an existing shipment. Default: true as long as no shipments were
   * given, here or with `seed`; from then on only those exist.
   */
  readonly acceptAnyShipment?: boolean | undefined
  /**
   * What a shipment gets that is fulfilled already, by an earlier request or earlier in the same one.
   *
   * - `"item"` (default): a message in its item; the others of the request are created.
   * - `"400"`, `"409"`: the whole request is refused with this status.
   * - `"accept"`: it is fulfilled and **notified again**. A test that something is never done twice needs this, or it
   *   could not fail.
   */
  readonly alreadyFulfilled?: "item" | "400" | "409" | "accept" | undefined
  /**
   * Who is notified where an input leaves its `notify_…` flag out. Default: both are, so that a forgotten flag shows up
   * in `notifications`.
   */
  readonly accountDefaultNotify?: { readonly customer: boolean; readonly orderSource: boolean } | undefined
  /** How many fulfillments one request may hold; more get status 400. Default 500. */
  readonly maxBatchSize?: number | undefined
  /** What a create without any items gets: status 400 (the default), or 200 and no results. */
  readonly emptyBatch?: "refuse" | "accept" | undefined
  /** The order of a create's results: that of its items (the default), its reverse, or one that `seed` decides. */
  readonly resultOrder?: "request" | "reverse" | "shuffled" | undefined
  /**
   * How long after the creation of a fulfillment the list says that its store was told, where it is to be told. Default
   * 1 minute. `notifications` has the message from the start.
   */
  readonly orderSourceNotifiedAfter?: Duration.DurationInput | undefined
  /**
   * How many requests an account may make in any one minute; more get status 429 with `Retry-After`, and those don't
   * count. `limit` is 200 by default, and 20 for keys that begin with `TEST_`. `window` says which minutes are meant:
   * those of the clock (`"fixed"`, the default), or the last 60 seconds (`"sliding"`).
   */
  readonly rateLimit?: RateLimit | "off" | undefined
  /**
   * After which times a webhook is sent again that wasn't answered with 2xx within 10 seconds. Default: 10 seconds, 1 minute, 10
   * minutes; the vendor's own aren't published.
   */
  readonly webhookRetries?: ReadonlyArray<Duration.DurationInput> | undefined
  /** How it misbehaves. Default: it doesn't. */
  readonly faults?: ReadonlyArray<FaultRule> | undefined
  /**
   * Whether there are routes beside the API's own: those under `/__emulator/` that control it, see the module `Control`,
   * and `/openapi.json` and `/docs`. Default true.
   */
  readonly control?: boolean | undefined
  /**
   * Names, besides `localhost`, that a server may be asked by: that of a service of Docker Compose, or of a port that is
   * forwarded. Default: none, so that no web page can reach the emulator by a name that was made to lead to it.
   */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** Decides what `probability` and `"shuffled"` mean in each case: the same number, the same decisions. Default 0. */
  readonly seed?: number | undefined
}

/**
 * A fulfillment that was created.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fulfillment {
  readonly fulfillment_id: string
  readonly account: string
  readonly shipment_id: string
  readonly shipment_number: string
  readonly order_source_id: string
  readonly ship_to: typeof Wire.Address.Type | undefined
  readonly tracking_number: string
  readonly carrier_code: string
  /** As it was sent, else the time of creation. */
  readonly ship_date: DateTime.DateTime
  readonly created_at: DateTime.Utc
  /** After the account's default was applied. */
  readonly notify_customer: boolean
  /** After the account's default was applied. */
  readonly notify_order_source: boolean
  readonly voided: boolean
}

/**
 * An e-mail to a customer, or a message to a store or marketplace, that the real API would have sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Notification {
  readonly kind: "customer" | "order_source"
  readonly shipment_id: string
  readonly fulfillment_id: string
  readonly at: DateTime.Utc
  /** 1 for the first of its kind for this shipment; 2 and more: somebody was told again. */
  readonly nth: number
}

/**
 * A request that was received. The API key is not kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly requestId: string
  /** When it came in. */
  readonly at: DateTime.Utc
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Name of the account; `undefined` when the key was missing or wrong. */
  readonly account: string | undefined
  /** The status that went out; `undefined` when none did, or not yet. */
  readonly status: number | undefined
  /** Whether it was over the request limit, and so did nothing. */
  readonly limited: boolean
  /** How many fulfillments it created. */
  readonly committed: number
  /** The ids of what it created, in order. */
  readonly fulfillmentIds: ReadonlyArray<string>
  /**
   * - `"pending"`: not on its way yet.
   * - `"sent"`: in full, as the API gave it.
   * - `"changed"`: in full, but a fault made it say something else.
   * - `"lost"`: not in full, as far as can be known here.
   */
  readonly answer: "pending" | "sent" | "changed" | "lost"
  /** The faults that it met, in the order of their rules. */
  readonly faults: ReadonlyArray<FaultAction["_tag"]>
  /**
   * Of a create with a right key, the first 4 KB, with stars for API keys. Only the last 1,000 requests have bodies.
   */
  readonly requestBody: string | undefined
  /** The first 4 KB of what was answered, or would have been had it not got lost, with stars for API keys. */
  readonly responseBody: string | undefined
}

/**
 * A webhook that was sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookDelivery {
  /** They are counted up, from 1 after each reset. */
  readonly id: number
  readonly url: string
  readonly resource_type: Webhook.ResourceType
  readonly resource_url: string | undefined
  /** 1 for the first; a repetition by the fault `Repeat` has the number of what it repeats. */
  readonly attempt: number
  readonly at: DateTime.Utc
  /** The status that was answered; `undefined` when none was, or not yet. */
  readonly status: number | undefined
  /** `"taken"`: the status was 2xx. `"refused"`: it was another. `"none"`: there was no answer within 10 seconds. */
  readonly answer: "pending" | "taken" | "refused" | "none"
  /** The id of the key that it says it is signed by. */
  readonly keyId: string
  /** The faults that it met, in the order of their rules. */
  readonly faults: ReadonlyArray<FaultAction["_tag"]>
  /** The one that was sent again, by the fault `Repeat` or because somebody asked for it. */
  readonly repeats: number | undefined
}
