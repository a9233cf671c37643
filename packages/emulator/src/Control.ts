/**
 * The bodies of the routes under `/__emulator/`, with which any language controls an emulator that runs as a server.
 *
 * | route                                | takes          | answers                                               |
 * | ------------------------------------ | -------------- | ----------------------------------------------------- |
 * | `GET health`                         |                | `Health`                                              |
 * | `GET state`                          |                | `State`                                               |
 * | `GET journal?last=100`               |                | `Request`s, the last ones; 100 unless given           |
 * | `GET notifications`                  |                | `Notification`s                                       |
 * | `GET fulfillments`                   |                | `Fulfillment`s                                        |
 * | `GET`, `POST webhooks`               | `Webhook.Event` of schema, to be sent | `WebhookDelivery`s             |
 * | `POST webhooks/key`                  |                | `WebhookDelivery`s; later ones have a new key         |
 * | `POST webhooks/1/again`              |                | `WebhookDelivery`s; the one with this id is sent again |
 * | `GET events`                         |                | `Changes`, as server-sent events                      |
 * | `GET`, `PUT`, `POST`, `DELETE faults` | `PUT`: rules, in place of all · `POST`: one more | the rules in force  |
 * | `DELETE faults/0`                    |                | the rules in force, without the first                 |
 * | `POST release`                       |                | `State`; held requests go on                          |
 * | `POST seed`                          | a seed file    | `State`; it was added                                 |
 * | `POST reset`                         |                | `State`, as if just started                           |
 * | `GET`, `POST clock`                  | `ClockChange`  | `ClockState`                                          |
 *
 * At `/` is a page for people that uses them: the inspector.
 *
 * What is refused gets status 400, 403, 404 or 413, and `Problems`. No API key is needed, and none is in an answer. Only
 * requests for `localhost` or an IP address are answered, and none from a web page of another origin.
 *
 * @since 0.1.0
 */
import { Fulfillment as Wire } from "@effect-shipstation/schema"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { FaultRule } from "./Fault.js"
import { Span } from "./internal/span.js"

/**
 * It is up.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Health = Schema.Struct({ status: Schema.Literal("ok") })

/**
 * The emulator's time.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ClockState = Schema.Struct({ now: Schema.DateTimeUtc, frozen: Schema.Boolean })

/**
 * First freezes or releases the time, then puts it forward; what is left out stays.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ClockChange = Schema.Struct({
  frozen: Schema.optional(Schema.Boolean),
  advance: Schema.optional(Span)
})

/**
 * How much there is, and the options in force. Durations are milliseconds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const State = Schema.Struct({
  clock: ClockState,
  counts: Schema.Struct({
    shipments: Schema.Number,
    fulfillments: Schema.Number,
    notifications: Schema.Number,
    /** How many of these were not the first of their kind for their shipment. */
    notifiedAgain: Schema.Number,
    requests: Schema.Number,
    faults: Schema.Number
  }),
  /** Their names. */
  accounts: Schema.Array(Schema.String),
  options: Schema.Struct({
    acceptAnyShipment: Schema.Boolean,
    alreadyFulfilled: Schema.Literal("item", "400", "409", "accept"),
    accountDefaultNotify: Schema.Struct({ customer: Schema.Boolean, orderSource: Schema.Boolean }),
    maxBatchSize: Schema.Number,
    emptyBatch: Schema.Literal("refuse", "accept"),
    resultOrder: Schema.Literal("request", "reverse", "shuffled"),
    orderSourceNotifiedAfter: Schema.Number,
    rateLimit: Schema.Union(
      Schema.Literal("off"),
      Schema.Struct({
        limit: Schema.optional(Schema.Number),
        window: Schema.optional(Schema.Literal("fixed", "sliding"))
      })
    ),
    seed: Schema.Number
  })
})

/**
 * A line of the journal, as `Emulator.Request`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Request = Schema.Struct({
  requestId: Schema.String,
  at: Schema.DateTimeUtc,
  method: Schema.String,
  path: Schema.String,
  account: Schema.optional(Schema.String),
  status: Schema.optional(Schema.Number),
  limited: Schema.Boolean,
  committed: Schema.Number,
  fulfillmentIds: Schema.Array(Schema.String),
  answer: Schema.Literal("pending", "sent", "changed", "lost"),
  faults: Schema.Array(Schema.String),
  requestBody: Schema.optional(Schema.String),
  responseBody: Schema.optional(Schema.String)
})

/**
 * As `Emulator.Notification`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Notification = Schema.Struct({
  kind: Schema.Literal("customer", "order_source"),
  shipment_id: Schema.String,
  fulfillment_id: Schema.String,
  at: Schema.DateTimeUtc,
  nth: Schema.Number
})

/**
 * As `Emulator.Fulfillment`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Fulfillment = Schema.Struct({
  fulfillment_id: Schema.String,
  account: Schema.String,
  shipment_id: Schema.String,
  shipment_number: Schema.String,
  order_source_id: Schema.String,
  ship_to: Schema.optional(Wire.Address),
  tracking_number: Schema.String,
  carrier_code: Schema.String,
  ship_date: Wire.ShipDate,
  created_at: Schema.DateTimeUtc,
  notify_customer: Schema.Boolean,
  notify_order_source: Schema.Boolean,
  voided: Schema.Boolean
})

/**
 * As `Emulator.WebhookDelivery`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const WebhookDelivery = Schema.Struct({
  id: Schema.Number,
  url: Schema.String,
  resource_type: Schema.String,
  resource_url: Schema.optional(Schema.String),
  attempt: Schema.Number,
  at: Schema.DateTimeUtc,
  status: Schema.optional(Schema.Number),
  answer: Schema.Literal("pending", "taken", "refused", "none"),
  keyId: Schema.String,
  faults: Schema.Array(Schema.String),
  repeats: Schema.optional(Schema.Number)
})

/**
 * A shipment that was seeded or fulfilled.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Shipment = Schema.Struct({
  shipment_id: Schema.String,
  shipment_number: Schema.String,
  account: Schema.String,
  /** `"voided"`: its fulfillments are, so it can be fulfilled again. */
  state: Schema.Literal("waiting", "fulfilled", "fulfilled twice", "cancelled", "voided"),
  /** How many that aren't voided. */
  fulfillments: Schema.Number,
  /** Of the last one that isn't voided. */
  tracking_number: Schema.optional(Schema.String)
})

/**
 * A rule, how many requests met its conditions, and to how many it applied.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ArmedFault = Schema.Struct({ rule: FaultRule, seen: Schema.Number, applied: Schema.Number })

/**
 * What happened since the last event: the data of the events `snapshot` and `changes`. A snapshot comes first and after
 * a reset; what was known before it is void. Events come at most every 100 ms, and hold the last 300 shipments,
 * notifications, requests and webhooks, oldest first: of a burst, some are left out. A request or a webhook that was there
 * already has changed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Changes = Schema.Struct({
  state: State,
  shipments: Schema.Array(Shipment),
  notifications: Schema.Array(Notification),
  requests: Schema.Array(Schema.Struct({
    ...Struct.omit(Request.fields, "fulfillmentIds"),
    /** The first 20 fulfillments that it created, of `committed`. */
    created: Schema.Array(Schema.Struct({
      fulfillment_id: Schema.String,
      shipment_id: Schema.String,
      notify_customer: Schema.Boolean,
      notify_order_source: Schema.Boolean
    }))
  })),
  webhooks: Schema.Array(WebhookDelivery),
  /** All of them. */
  faults: Schema.Array(ArmedFault)
})

/**
 * Why a request was refused. `path` leads to a place in its body, such as `[0].action.status`, and may be empty.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Problems = Schema.Struct({
  problems: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
})
