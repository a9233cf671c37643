/**
 * What a layer remembers of shipments, so that none is sent a second time blindly: which of them a call has under way,
 * which were sent by a request whose outcome isn't known, and which are fulfilled. (Whether those who asked for it have
 * heard of it, nobody can tell: they may be interrupted on the way.)
 */
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import type { Item, Items } from "./item.js"
import type { Outcomes } from "./outcomes.js"
import * as Recent from "./recent.js"

/** In milliseconds, for differences only: no jump of the machine's clock changes them. */
export const monotonicNow: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/** A request that may have fulfilled a shipment. */
export interface Unsettled {
  /** By `monotonicNow`. */
  readonly sentAt: number
  /** What makes it unknown. Undefined while it is under way, and after an interruption. */
  readonly error: ShipStationError | undefined
}

/** A shipment that is fulfilled. Times are by `monotonicNow`. */
export interface Fulfilled {
  /** When it was sent. Undefined when it was found: it may be old. */
  readonly sentAt: number | undefined
  /** When this was last heard of. */
  readonly knownAt: number
}

/** Some 30 MB each at the most. Beyond it the oldest are forgotten. */
const remembered = 100_000

/** The memory of one layer. */
export interface Memory {
  /** Runs a call that has these shipments to itself, after all others that have one of them, and learns its outcomes. */
  readonly exclusively: <E, R>(
    items: Items,
    call: Effect.Effect<Outcomes, E, R>
  ) => Effect.Effect<Outcomes, E, R>
  /** `"unsettled"`: another call has it under way, or left it unsettled. */
  readonly kindOf: (item: Item) => "fulfilled" | "unsettled" | "fresh"
  readonly unsettled: (item: Item) => Unsettled | undefined
  readonly fulfilled: (item: Item) => Fulfilled | undefined
  /** They are being sent: unsettled until more is known. */
  readonly sent: (items: ReadonlyArray<Item>, sentAt: number) => void
  /** They were sent, and nothing was done. */
  readonly notDone: (items: ReadonlyArray<Item>) => void
}

export const make = (): Memory => {
  /** Done when the call that has the shipment ends. */
  const underWay = new Map<string, Deferred.Deferred<void>>()
  const unsettled = Recent.make<Unsettled>(remembered)
  const fulfilled = Recent.make<Fulfilled>(remembered)

  const learn = (outcome: FulfillmentOutcome, knownAt: number) => {
    const { shipment_id } = outcome.input
    switch (outcome._tag) {
      case "Unknown": {
        const entry = unsettled.get(shipment_id)
        if (entry !== undefined) unsettled.set(shipment_id, { ...entry, error: outcome.error })
        break
      }
      case "NotSent":
        break
      case "Rejected":
        unsettled.delete(shipment_id)
        break
      default: {
        const { sentAt } = (outcome._tag === "Created" ? unsettled : fulfilled).get(shipment_id) ?? {}
        unsettled.delete(shipment_id)
        fulfilled.set(shipment_id, { sentAt, knownAt })
      }
    }
  }

  /** Waits until no other call has one of these shipments, and takes them all at once. */
  const take = Effect.fnUntraced(function*(items: Items) {
    for (let other = otherCall(items); other !== undefined; other = otherCall(items)) {
      yield* Effect.interruptible(Deferred.await(other))
    }
    const ended = Deferred.unsafeMake<void>(FiberId.none)
    for (const { input } of items) underWay.set(input.shipment_id, ended)
    return ended
  })

  const otherCall = (items: Items): Deferred.Deferred<void> | undefined => {
    for (const { input } of items) {
      const call = underWay.get(input.shipment_id)
      if (call !== undefined) return call
    }
    return undefined
  }

  const giveBack = (items: Items, ended: Deferred.Deferred<void>) =>
    Effect.sync(() => {
      for (const { input } of items) underWay.delete(input.shipment_id)
      Deferred.unsafeDone(ended, Effect.void)
    })

  return {
    exclusively: (items, call) =>
      Effect.acquireUseRelease(
        take(items),
        () =>
          Effect.tap(call, (outcomes) =>
            Effect.map(monotonicNow, (now) => outcomes.forEach((outcome) => learn(outcome, now)))),
        (ended) =>
          giveBack(items, ended)
      ),
    kindOf: ({ input: { shipment_id } }) =>
      fulfilled.get(shipment_id) !== undefined
        ? "fulfilled"
        : underWay.has(shipment_id) || unsettled.get(shipment_id) !== undefined
        ? "unsettled"
        : "fresh",
    unsettled: ({ input }) => unsettled.get(input.shipment_id),
    fulfilled: ({ input }) => fulfilled.get(input.shipment_id),
    sent: (items, sentAt) => {
      for (const { input } of items) unsettled.set(input.shipment_id, { sentAt, error: undefined })
    },
    notDone: (items) => {
      for (const { input } of items) unsettled.delete(input.shipment_id)
    }
  }
}
