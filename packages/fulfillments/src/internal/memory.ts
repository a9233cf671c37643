/**
 * What a layer remembers of shipments, so that none is sent a second time blindly: which of them a call has under way,
 * and which were sent by a request whose outcome isn't known.
 */
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import type { Item, Items } from "./item.js"
import type { Outcomes } from "./outcomes.js"

/** In milliseconds, for differences only: no jump of the machine's clock changes them. */
export const monotonicNow: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/** A request that may have fulfilled a shipment. */
export interface Unsettled {
  /** By `monotonicNow`. */
  readonly sentAt: number
  /** What makes it unknown. Undefined while it is under way, and after an interruption. */
  readonly error: ShipStationError | undefined
}

/** A call that has shipments under way. */
interface Call {
  readonly ended: Deferred.Deferred<void>
}

/** About 10 MB each. Beyond it the oldest are forgotten. */
const unsettledKept = 100_000
const fulfilledKept = 100_000

/** The memory of one layer. */
export interface Memory {
  /**
   * Runs a call that has these shipments to itself, after all others that have one of them. `use` is told which of them
   * were fulfilled. (Whether those who asked for it have heard of it, nobody can tell: they may be interrupted on the way.)
   */
  readonly exclusively: <E, R>(
    items: Items,
    use: (fulfilled: ReadonlySet<string>) => Effect.Effect<Outcomes, E, R>
  ) => Effect.Effect<Outcomes, E, R>
  readonly isUnderWay: (item: Item) => boolean
  readonly unsettled: (item: Item) => Unsettled | undefined
  /** Since when it is known to be fulfilled, by `monotonicNow`. */
  readonly fulfilledAt: (item: Item) => number | undefined
  /** They are being sent: unsettled until more is known. */
  readonly sent: (items: ReadonlyArray<Item>, sentAt: number) => void
  /** They were sent, and nothing was done. */
  readonly notDone: (items: ReadonlyArray<Item>) => void
}

export const make = (): Memory => {
  const underWay = new Map<string, Call>()
  const unsettled = new Map<string, Unsettled>()
  /** When it became known. */
  const fulfilled = new Map<string, number>()

  const remember = (shipmentId: string, entry: Unsettled) => {
    // the last in the map is the youngest
    unsettled.delete(shipmentId)
    unsettled.set(shipmentId, entry)
    const [oldest] = unsettled.keys()
    if (unsettled.size > unsettledKept && oldest !== undefined) unsettled.delete(oldest)
  }

  const learn = (outcome: FulfillmentOutcome, now: number) => {
    const { shipment_id } = outcome.input
    switch (outcome._tag) {
      case "Unknown": {
        const entry = unsettled.get(shipment_id)
        if (entry !== undefined) remember(shipment_id, { ...entry, error: outcome.error })
        break
      }
      case "NotSent":
        break
      case "Rejected":
        unsettled.delete(shipment_id)
        break
      default: {
        unsettled.delete(shipment_id)
        fulfilled.delete(shipment_id)
        fulfilled.set(shipment_id, now)
        const [oldest] = fulfilled.keys()
        if (fulfilled.size > fulfilledKept && oldest !== undefined) fulfilled.delete(oldest)
      }
    }
  }

  /** Waits until no other call has one of these shipments, and takes them all at once. */
  const take = Effect.fnUntraced(function*(items: Items) {
    for (let other = otherCall(items); other !== undefined; other = otherCall(items)) {
      yield* Effect.interruptible(Deferred.await(other.ended))
    }
    const call: Call = { ended: Deferred.unsafeMake(FiberId.none) }
    for (const { input } of items) underWay.set(input.shipment_id, call)
    return call
  })

  const otherCall = (items: Items): Call | undefined => {
    for (const { input } of items) {
      const call = underWay.get(input.shipment_id)
      if (call !== undefined) return call
    }
    return undefined
  }

  const giveBack = (items: Items, call: Call) =>
    Effect.sync(() => {
      for (const { input } of items) underWay.delete(input.shipment_id)
      Deferred.unsafeDone(call.ended, Effect.void)
    })

  return {
    exclusively: (items, use) =>
      Effect.acquireUseRelease(
        take(items),
        () =>
          Effect.tap(
            use(
              new Set(items.flatMap(({ input: { shipment_id } }) => fulfilled.has(shipment_id) ? [shipment_id] : []))
            ),
            (outcomes) => Effect.map(monotonicNow, (now) => outcomes.forEach((outcome) => learn(outcome, now)))
          ),
        (call) => giveBack(items, call)
      ),
    isUnderWay: ({ input }) => underWay.has(input.shipment_id),
    unsettled: ({ input }) => unsettled.get(input.shipment_id),
    fulfilledAt: ({ input }) => fulfilled.get(input.shipment_id),
    sent: (items, sentAt) => {
      for (const { input } of items) remember(input.shipment_id, { sentAt, error: undefined })
    },
    notDone: (items) => {
      for (const { input } of items) unsettled.delete(input.shipment_id)
    }
  }
}
