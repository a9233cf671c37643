/**
 * What ShipStation tells of, read back with the account's key.
 *
 * @since 0.1.0
 */
import * as Fulfillment from "@effect-shipstation/schema/Fulfillment"
import * as Webhook from "@effect-shipstation/schema/Webhook"
import * as Schema from "effect/Schema"

const fields = {
  /** When it was signed. The same event sent again is signed again. */
  sentAt: Schema.DateTimeUtc,
  /** What came. */
  event: Webhook.Event
}

const ofFulfillments = {
  ...fields,
  /** The shipments that it is about: those that it points at, and those that were read. */
  shipmentIds: Schema.Array(Schema.String),
  /** The fulfillments that it is about: those that it points at, and those that were read. */
  fulfillmentIds: Schema.Array(Schema.String),
  /** What the list says of them now, which may be more than when it was sent. */
  fulfillments: Schema.Array(Fulfillment.Fulfillment)
}

/**
 * Shipments were marked as shipped, by whomever. `fulfillments` has at least one.
 *
 * @since 0.1.0
 * @category models
 */
export class FulfillmentsShipped
  extends Schema.TaggedClass<FulfillmentsShipped>()("FulfillmentsShipped", ofFulfillments)
{}

/**
 * A provider refused to fulfill. Whether the list shows these isn't published: `fulfillments` may be empty.
 *
 * @since 0.1.0
 * @category models
 */
export class FulfillmentsRejected
  extends Schema.TaggedClass<FulfillmentsRejected>()("FulfillmentsRejected", ofFulfillments)
{}

/**
 * Anything else. It isn't read back: `event` has where to read, or all of it.
 *
 * @since 0.1.0
 * @category models
 */
export class OtherEvent extends Schema.TaggedClass<OtherEvent>()("OtherEvent", fields) {}

/**
 * What ShipStation tells of.
 *
 * @since 0.1.0
 * @category schemas
 */
export const WebhookEvent = Schema.Union(FulfillmentsShipped, FulfillmentsRejected, OtherEvent)

/**
 * What ShipStation tells of.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookEvent = typeof WebhookEvent.Type
