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
import * as Effect from "effect/Effect"
import * as InFlight from "./inFlight.js"
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

type Known = Entry | Cleared

export interface Ledger {
  /** Runs a call that has these shipments to itself, after all others that have one of them. */
  readonly exclusively: <A, E, R>(tickets: Tickets, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly isInFlight: (ticket: Ticket) => boolean
  readonly get: (ticket: Ticket) => Entry | undefined
  /** What it was refused with, if that is all that is known. Costs less than `get` where many were fulfilled. */
  readonly refusalOf: (ticket: Ticket) => Refusal | undefined
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
  /** Runs what has these shipments to do, though no call may hold them all the time: they aren't forgotten. */
  readonly whileUnderWay: <A, E, R>(tickets: Tickets, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Forgets shipments, or all. What is under way stays. */
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
  const inFlight = InFlight.make<Fulfilled>()
  const { change, clear, find, findRefusal, update } = makeEntries()
  /** What batches have to do. */
  const underWay = new Set<Tickets>()

  const fulfill = (id: string, fulfillment: Fulfillment): Fulfilled => {
    const { left, voided = none } = find(id) ?? {}
    // a copy: whoever gets it with an outcome may change it
    const entry: Fulfilled = { _tag: "Fulfilled", left, voided, fulfillment: { ...fulfillment } }
    update(id, () => entry)
    return entry
  }

  return {
    exclusively: inFlight.exclusively,
    isInFlight: ({ shipmentId }) => inFlight.has(shipmentId),
    get: ({ shipmentId }) => {
      const entry = find(shipmentId)
      return entry?._tag === "Cleared" ? undefined : entry
    },
    refusalOf: ({ shipmentId }) => findRefusal(shipmentId),
    sent: (tickets, left) => {
      for (const { input: { tracking_number: trackingNumber }, shipmentId } of tickets) {
        update(shipmentId, (before) => suspect(left, trackingNumber, before))
      }
    },
    lost: (tickets, error) => {
      change(tickets, (entry) => entry._tag === "Suspect" ? { ...entry, error } : entry)
    },
    refused: (tickets, error) => {
      change(tickets, (entry) => entry._tag === "Fulfilled" ? entry : { ...entry, _tag: "Refused", error })
    },
    fulfilled: ({ shipmentId }, fulfillment) => {
      fulfill(shipmentId, fulfillment)
    },
    cleared: (ticket) => {
      change([ticket], (entry) => entry._tag === "Fulfilled" ? entry : { ...entry, _tag: "Cleared" })
    },
    seen: (fulfillments, askedAt) => {
      for (const fulfillment of fulfillments) {
        const id = fulfillment.shipment_id ?? ""
        const sent = find(id)
        if (sent === undefined || sent._tag === "Fulfilled") continue
        if (sent.left.at > askedAt || !isOf(fulfillment, sent)) continue
        const found = fulfill(id, fulfillment)
        inFlight.of(id)?.seen.set(id, found)
      }
    },
    seenSince: ([{ shipmentId }]) => inFlight.of(shipmentId)?.seen ?? new Map(),
    idle: (tickets) => {
      // a look has come upon it meanwhile
      change(tickets, (entry) => entry._tag === "Fulfilled" ? entry : undefined)
    },
    voided: (ticket, ids) => {
      inFlight.of(ticket.shipmentId)?.seen.delete(ticket.shipmentId)
      change([ticket], (entry) => ({ ...entry, voided: ids }))
    },
    whileUnderWay: (tickets, effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => underWay.add(tickets)),
        () => effect,
        () => Effect.sync(() => underWay.delete(tickets))
      ),
    forget: (shipmentIds) => {
      const kept = new Set(inFlight.ids())
      for (const tickets of underWay) for (const { shipmentId } of tickets) kept.add(shipmentId)
      if (shipmentIds === undefined) return clear(kept)
      // a text is an iterable of its letters
      for (const id of typeof shipmentIds === "string" ? [shipmentIds] : shipmentIds) {
        if (!kept.has(id)) update(id, () => undefined)
      }
    }
  }
}

const suspect = (left: Departure, trackingNumber: string, before: Known | undefined): Suspect => ({
  _tag: "Suspect",
  left,
  trackingNumber,
  voided: before?.voided ?? none,
  error: undefined
})

/** One entry for each shipment at most. */
const makeEntries = () => {
  const refused = Recent.make<Known>(remembered)
  // apart, so that many refused or fulfilled ones don't push a suspect out
  const stores = {
    Suspect: Recent.make<Known>(remembered),
    Refused: refused,
    Cleared: refused,
    Fulfilled: Recent.make<Known>(remembered)
  }

  const find = (id: string): Known | undefined => stores.Suspect.get(id) ?? refused.get(id) ?? stores.Fulfilled.get(id)

  /** Undefined: nothing is known. */
  const update = (id: string, to: (before: Known | undefined) => Known | undefined) => {
    const before = find(id)
    const entry = to(before)
    // nothing else is asked to forget it: with many of them that takes long
    if (before !== undefined) stores[before._tag].delete(id)
    if (entry !== undefined) stores[entry._tag].set(id, entry)
  }

  return {
    find,
    findRefusal: (id: string): Refusal | undefined => {
      const entry = refused.get(id)
      return entry?._tag === "Refused" ? entry.error : undefined
    },
    update,
    change: (tickets: Iterable<Ticket>, to: (entry: Known) => Known | undefined) => {
      for (const { shipmentId } of tickets) update(shipmentId, (entry) => entry === undefined ? undefined : to(entry))
    },
    /** Removes all but these. */
    clear: (except: Iterable<string>) => {
      const kept = Array.from(except, (id) => [id, find(id)] as const)
      for (const store of Object.values(stores)) store.clear()
      for (const [id, entry] of kept) update(id, () => entry)
    }
  }
}

/** Is this the fulfillment that was sent? */
const isOf = (fulfillment: Fulfillment, { trackingNumber, voided }: Sent): boolean =>
  isSameTrackingNumber(fulfillment.tracking_number ?? "", trackingNumber) &&
  !voided.includes(fulfillment.fulfillment_id ?? "")
