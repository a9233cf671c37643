import type { Fulfillment as Wire } from "@effect-shipstation/schema"
import type * as DateTime from "effect/DateTime"
import type { ReadonlyRecord } from "effect/Record"

/** The API key that is accepted when the option `accounts` is left out. */
export const defaultApiKey = "TEST_emulator"

/** A shipment that waits to be fulfilled. */
export interface Shipment {
  readonly shipment_id: string
  /** The order number. Default: `ORDER-` and the id without its `se-`. */
  readonly shipment_number?: string | undefined
  /** The store or marketplace that it came from. Default `se-1`. */
  readonly order_source_id?: string | undefined
  /** Default: none. */
  readonly ship_to?: typeof Wire.Address.Type | undefined
  /** The name of the account that it belongs to; others don't see it. Default: the name of the first account. */
  readonly account?: string | undefined
}

/** An API key and the account that it opens. Two keys may open the same account. */
export interface Account {
  readonly name: string
  readonly apiKey: string
}

/** What there is before the first request. */
export interface Seed {
  /** Default: none. */
  readonly shipments?: ReadonlyArray<Shipment> | undefined
  /** Carriers set up on every account: code and friendly name. Default: a dozen, `ups` and `fedex` among them. */
  readonly carriers?: ReadonlyRecord<string, string> | undefined
  /** Default: one account named `default`, with the key `defaultApiKey`. Any other key gets status 401. */
  readonly accounts?: ReadonlyArray<Account> | undefined
}

/** What the emulator starts with, and what it does where the API's behaviour is not published. */
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
}

/** A fulfillment that was created. */
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
}

/** An e-mail to a customer, or a message to a store or marketplace, that the real API would have sent. */
export interface Notification {
  readonly kind: "customer" | "order_source"
  readonly shipment_id: string
  readonly fulfillment_id: string
  readonly at: DateTime.Utc
}

/** A request that was answered. The API key is not kept. */
export interface Request {
  readonly requestId: string
  /** When it came in. */
  readonly at: DateTime.Utc
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Name of the account; `undefined` when the key was missing or wrong. */
  readonly account: string | undefined
  readonly status: number
}
