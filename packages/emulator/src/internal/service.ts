import type { Webhook } from "@effect-shipstation/schema"
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as Effect from "effect/Effect"
import type { FaultRule } from "../Fault.js"
import type { ControlledClock } from "./clock.js"
import type { Fulfillment, Notification, Request, Seed, WebhookDelivery } from "./model.js"

/**
 * The state of the emulator, and what tests ask about it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The API itself, for any server that runs an `HttpApp`. Its faults need one on `node:http`. */
  readonly httpApp: HttpApp.Default
  /** Adds to what there is. A shipment or carrier that exists is replaced; its fulfillments stay. */
  readonly seed: (seed: Seed) => Effect.Effect<void>
  /** The rules in force, those that have had their `nth` or `times` too. */
  readonly faults: Effect.Effect<ReadonlyArray<FaultRule>>
  /** Replaces all rules; none of the new ones has applied yet. Requests under way go on under the old ones. */
  readonly setFaults: (rules: ReadonlyArray<FaultRule>) => Effect.Effect<void>
  /** Adds a rule after the others. */
  readonly addFault: (rule: FaultRule) => Effect.Effect<void>
  /** Lets all requests go on that the fault `Hold` holds at this moment. */
  readonly release: Effect.Effect<void>
  /** All fulfillments, those seeded too, in the order of their creation. */
  readonly fulfillments: Effect.Effect<ReadonlyArray<Fulfillment>>
  /** All notifications, in order. */
  readonly notifications: Effect.Effect<ReadonlyArray<Notification>>
  /** The notifications that had gone out before, for the same shipment. None: nobody was told twice. */
  readonly notifiedAgain: Effect.Effect<ReadonlyArray<Notification>>
  /** The last 10,000 requests, in the order in which they were received in full. */
  readonly requests: Effect.Effect<ReadonlyArray<Request>>
  /** The fulfillments of one shipment, in order. More than one: it was done twice. */
  readonly committed: (shipmentId: string) => Effect.Effect<ReadonlyArray<Fulfillment>>
  /** All webhooks that were sent, in order: retries and repetitions too. */
  readonly webhooks: Effect.Effect<ReadonlyArray<WebhookDelivery>>
  /** Sends a webhook to all that subscribed to it, such as one that the emulator doesn't send by itself. */
  readonly sendWebhook: (event: Webhook.Event) => Effect.Effect<void>
  /**
   * Sends a webhook again to where it went, signed anew, and goes on until it is taken as with any other. False when there
   * is none with this `id`.
   */
  readonly sendWebhookAgain: (id: number) => Effect.Effect<boolean>
  /** Signs with a new key from now on, and `/jwks` shows only that one. */
  readonly rotateWebhookKey: Effect.Effect<void>
  /**
   * The emulator's time, for all that has one: dates, faults, the request limit. It is that of the `Clock` of whoever
   * built the emulator until it is frozen or put forward.
   */
  readonly clock: ControlledClock
  /** Back to the options, as if just started, time too. The connections of requests that are under way are reset. */
  readonly reset: Effect.Effect<void>
}
