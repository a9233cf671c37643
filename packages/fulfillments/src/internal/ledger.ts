/**
 * The ledger: what is known of each shipment. Every way to a POST passes it.
 *
 * | state        | meaning                                                          | before it is sent (again)                    |
 * | ------------ | ---------------------------------------------------------------- | -------------------------------------------- |
 * | idle         | nothing is known: no entry                                       | nothing                                      |
 * | in flight    | a call holds it, whatever its entry says                         | wait for that call                           |
 * | `Suspect`    | it left, and what became of it isn't known                       | looked up until the first can't land anymore |
 * | `Refused`    | the API refused the request at the door                          | looked up once                               |
 * | `Cleared`    | it was refused, and a look said that nothing was done            | nothing, unless another look comes upon it   |
 * | `Fulfilled`  | it was created, or found                                         | only if the list shows that it was voided    |
 *
 * Whatever shipments a look is for, all that it comes upon is learned: also of what was cleared and waits to be sent again.
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { type Fulfillment, isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Recent from "./recent.js"
import type { Refusal, Ticket, Tickets } from "./ticket.js"

/** When a request left, by `monotonicNow`. All its shipments share it, and the client may put it off. */
export interface Departure {
  at: number
}

/** What was sent, and which fulfillments of the shipment were voided before. */
interface Sent {
  readonly left: Departure
  readonly trackingNumber: string
  readonly voided: ReadonlyArray<string>
}

export interface Suspect extends Sent {
  readonly _tag: "Suspect"
  /** What makes it unknown. Undefined while it is under way, and after an interruption. */
  readonly error: ShipStationError | undefined
}

export interface Refused extends Sent {
  readonly _tag: "Refused"
  readonly error: Refusal
}

/** It was refused, and may be sent again: but the look that said so may have come too early. */
interface Cleared extends Sent {
  readonly _tag: "Cleared"
}

export interface Fulfilled {
  readonly _tag: "Fulfilled"
  /** Undefined when it was found: it may be old. */
  readonly left: Departure | undefined
  readonly voided: ReadonlyArray<string>
  readonly fulfillment: Fulfillment
}

export type Entry = Suspect | Refused | Fulfilled

type Open = Suspect | Refused | Cleared

export interface Ledger {
  /** Runs a call that has these shipments to itself, after all others that have one of them. */
  readonly exclusively: <A, E, R>(tickets: Tickets, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly isInFlight: (ticket: Ticket) => boolean
  readonly get: (ticket: Ticket) => Entry | undefined
  /** They leave: suspects until more is known. */
  readonly sent: (tickets: ReadonlyArray<Ticket>, left: Departure) => void
  /** They left, and what became of them isn't known, for this reason. */
  readonly lost: (tickets: Iterable<Ticket>, error: ShipStationError) => void
  readonly refused: (tickets: Iterable<Ticket>, error: Refusal) => void
  readonly fulfilled: (ticket: Ticket, fulfillment: Fulfillment) => void
  /** Nothing was done for what was refused, as a look says: it may be sent again. */
  readonly cleared: (ticket: Ticket) => void
  /**
   * A look for whatever shipments came upon these, none of them voided. What was sent before the look asked, and is among
   * them, has landed.
   */
  readonly seen: (fulfillments: ReadonlyArray<Fulfillment>, askedAt: number) => void
  /** What was seen of shipments since the call that holds them was cleared to send them. */
  readonly seenSince: (tickets: Tickets) => ReadonlyMap<string, Fulfilled>
  /** Nothing was done for them, which is certain. */
  readonly idle: (tickets: Iterable<Ticket>) => void
  /** These fulfillments of it were voided before: what is sent from now on is another. */
  readonly voided: (ticket: Ticket, ids: ReadonlyArray<string>) => void
  /** Forgets shipments, or all. What a call has in flight stays. */
  readonly forget: (shipmentIds?: Iterable<string>) => void
}

/** Some 30 MB each at the most. Beyond it the oldest are forgotten. */
const remembered = 100_000

const none: ReadonlyArray<string> = []

const ledgers = new WeakMap<object, Ledger>()

/** The ledger of an account: one for all clients of one configuration. */
export const of = (client: Client): Ledger => {
  const owner = client.shared ?? client
  const ledger = ledgers.get(owner) ?? make()
  ledgers.set(owner, ledger)
  return ledger
}

const make = (): Ledger => {
  const inFlight = makeInFlight()
  // apart, so that many fulfilled ones don't push a suspect out
  const open = Recent.make<Open>(remembered)
  const fulfilled = Recent.make<Fulfilled>(remembered)

  const find = (id: string): Entry | Cleared | undefined => open.get(id) ?? fulfilled.get(id)

  const change = (tickets: Iterable<Ticket>, to: (entry: Open) => Open) => {
    for (const { input: { shipment_id } } of tickets) {
      const entry = open.get(shipment_id)
      if (entry !== undefined) open.set(shipment_id, to(entry))
    }
  }

  const fulfill = (id: string, fulfillment: Fulfillment): Fulfilled => {
    const { left, voided = none } = find(id) ?? {}
    const entry: Fulfilled = { _tag: "Fulfilled", left, voided, fulfillment }
    open.delete(id)
    fulfilled.set(id, entry)
    return entry
  }

  return {
    exclusively: inFlight.exclusively,
    isInFlight: ({ input }) => inFlight.has(input.shipment_id),
    get: ({ input }) => {
      const entry = find(input.shipment_id)
      return entry?._tag === "Cleared" ? undefined : entry
    },
    sent: (tickets, left) => {
      for (const { input: { shipment_id, tracking_number } } of tickets) {
        const known = find(shipment_id)
        if (known?._tag === "Fulfilled") fulfilled.delete(shipment_id)
        const voided = known?.voided ?? none
        open.set(shipment_id, { _tag: "Suspect", left, trackingNumber: tracking_number, voided, error: undefined })
      }
    },
    lost: (tickets, error) => {
      change(tickets, (entry) => entry._tag === "Suspect" ? { ...entry, error } : entry)
    },
    refused: (tickets, error) => {
      change(tickets, (entry) => ({ ...entry, _tag: "Refused", error }))
    },
    fulfilled: ({ input }, fulfillment) => {
      fulfill(input.shipment_id, fulfillment)
    },
    ...makeSightings({ inFlight, open, fulfill }),
    idle: (tickets) => {
      for (const { input } of tickets) open.delete(input.shipment_id)
    },
    voided: ({ input: { shipment_id } }, ids) => {
      const [suspect, known] = [open.get(shipment_id), fulfilled.get(shipment_id)]
      inFlight.of(shipment_id)?.seen.delete(shipment_id)
      if (suspect !== undefined) open.set(shipment_id, { ...suspect, voided: ids })
      else if (known !== undefined) fulfilled.set(shipment_id, { ...known, voided: ids })
    },
    forget: (shipmentIds) => {
      if (shipmentIds === undefined) {
        open.clear(inFlight.ids())
        fulfilled.clear()
      } else {
        for (const id of shipmentIds) {
          if (!inFlight.has(id)) open.delete(id)
          fulfilled.delete(id)
        }
      }
    }
  }
}

interface SightingsNeeds {
  readonly inFlight: ReturnType<typeof makeInFlight>
  readonly open: Recent.Recent<Open>
  readonly fulfill: (id: string, fulfillment: Fulfillment) => Fulfilled
}

/** What looks come upon, whichever shipments they are for. */
const makeSightings = (
  { fulfill, inFlight, open }: SightingsNeeds
): Pick<Ledger, "cleared" | "seen" | "seenSince"> => ({
  cleared: ({ input: { shipment_id } }) => {
    const entry = open.get(shipment_id)
    if (entry !== undefined) open.set(shipment_id, { ...entry, _tag: "Cleared" })
  },
  seen: (fulfillments, askedAt) => {
    for (const fulfillment of fulfillments) {
      const id = fulfillment.shipment_id ?? ""
      const sent = open.get(id)
      if (sent === undefined || sent.left.at > askedAt || !isOf(fulfillment, sent)) continue
      const found = fulfill(id, fulfillment)
      inFlight.of(id)?.seen.set(id, found)
    }
  },
  seenSince: ([{ input }]) => inFlight.of(input.shipment_id)?.seen ?? new Map()
})

/** Is this the fulfillment that was sent? */
const isOf = (fulfillment: Fulfillment, { trackingNumber, voided }: Sent): boolean =>
  isSameTrackingNumber(fulfillment.tracking_number ?? "", trackingNumber) &&
  !voided.includes(fulfillment.fulfillment_id ?? "")

/** A call that has shipments to itself. */
interface Call {
  readonly ended: Deferred.Deferred<void>
  /** What was found of its shipments by looks for others. */
  readonly seen: Map<string, Fulfilled>
}

/** Which shipments calls have to themselves. */
const makeInFlight = () => {
  const calls = new Map<string, Call>()

  const callOf = (tickets: Tickets): Call | undefined => {
    for (const { input } of tickets) {
      const call = calls.get(input.shipment_id)
      if (call !== undefined) return call
    }
    return undefined
  }

  /** Waits until no other call has one of these shipments, and takes them all at once. */
  const hold = Effect.fnUntraced(function*(tickets: Tickets) {
    for (let other = callOf(tickets); other !== undefined; other = callOf(tickets)) {
      yield* Effect.interruptible(Deferred.await(other.ended))
    }
    const call: Call = { ended: Deferred.unsafeMake(FiberId.none), seen: new Map() }
    for (const { input } of tickets) calls.set(input.shipment_id, call)
    return call
  })

  const release = (tickets: Tickets, { ended }: Call) =>
    Effect.sync(() => {
      for (const { input } of tickets) calls.delete(input.shipment_id)
      Deferred.unsafeDone(ended, Effect.void)
    })

  return {
    has: (id: string) => calls.has(id),
    ids: () => [...calls.keys()],
    of: (id: string) => calls.get(id),
    exclusively: <A, E, R>(tickets: Tickets, effect: Effect.Effect<A, E, R>) =>
      Effect.acquireUseRelease(hold(tickets), () => effect, (call) => release(tickets, call))
  }
}
