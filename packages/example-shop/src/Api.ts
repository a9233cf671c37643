/** What the shop's server takes and answers. */
import { OutboxRow } from "@effect-shipstation/outbox"
import { Fulfillment } from "@effect-shipstation/schema"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"

/** What the packer knows when a parcel is ready. */
export const Parcel = Schema.Struct({
  tracking_number: Fulfillment.TrackingNumber,
  carrier_code: Fulfillment.CarrierCode
})
export interface Parcel extends Schema.Schema.Type<typeof Parcel> {}

export const Order = Schema.Struct({
  id: Schema.String,
  shipment_id: Fulfillment.ShipmentId,
  /** Once it is packed. */
  parcel: Schema.optional(Parcel),
  /** What is known of it. Not there before the order is packed, and when the outbox has pruned it. */
  fulfillment: Schema.optional(Schema.Struct({
    state: OutboxRow.State,
    since: Schema.DateTimeUtc,
    attempts: Schema.Int,
    /** The last thing that went wrong. */
    trouble: Schema.optional(Schema.String)
  }))
})
export interface Order extends Schema.Schema.Type<typeof Order> {}

export class OrderUnknown extends Schema.TaggedError<OrderUnknown>()(
  "OrderUnknown",
  { id: Schema.String },
  HttpApiSchema.annotations({ status: 404 })
) {}

/** There is an order with this id and another shipment, or with another id and this shipment. */
export class OrderExists extends Schema.TaggedError<OrderExists>()(
  "OrderExists",
  { id: Schema.String },
  HttpApiSchema.annotations({ status: 409 })
) {}

/** It was packed before, differently. Nothing was changed. */
export class PackedAlready extends Schema.TaggedError<PackedAlready>()(
  "PackedAlready",
  { id: Schema.String },
  HttpApiSchema.annotations({ status: 409 })
) {}

/** Ask again: each request may be repeated. */
export class DatabaseUnavailable extends Schema.TaggedError<DatabaseUnavailable>()(
  "DatabaseUnavailable",
  {},
  HttpApiSchema.annotations({ status: 503 })
) {}

export class NotReady extends Schema.TaggedError<NotReady>()(
  "NotReady",
  { reason: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {}

const id = HttpApiSchema.param("id", Schema.String.pipe(Schema.minLength(1), Schema.maxLength(50)))

export class Orders extends HttpApiGroup.make("orders")
  .add(
    HttpApiEndpoint.put("add")`/orders/${id}`
      .setPayload(Schema.Struct({ shipment_id: Fulfillment.ShipmentId }))
      .addSuccess(Order)
      .addError(OrderExists)
  )
  .add(HttpApiEndpoint.get("get")`/orders/${id}`.addSuccess(Order).addError(OrderUnknown))
  .add(
    HttpApiEndpoint.post("pack")`/orders/${id}/pack`
      .setPayload(Parcel)
      // the customer is not told yet, but will be
      .addSuccess(Order, { status: 202 })
      .addError(OrderUnknown)
      .addError(PackedAlready)
  )
  .addError(DatabaseUnavailable)
{}

/** For Kubernetes. */
export class Health extends HttpApiGroup.make("health")
  .add(HttpApiEndpoint.get("live", "/live"))
  .add(HttpApiEndpoint.get("ready", "/ready").addError(NotReady))
  .prefix("/health")
{}

export class ShopApi extends HttpApi.make("shop").add(Orders).add(Health) {}
