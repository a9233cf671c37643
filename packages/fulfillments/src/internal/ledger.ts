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
  const { change, clear, find, put, remove } = makeEntries()
  /** What batches have to do. */
  const underWay = new Set<Tickets>()

  const fulfill = (id: string, fulfillment: Fulfillment): Fulfilled => {
    const { left, voided = none } = find(id) ?? {}
    const entry: Fulfilled = { _tag: "Fulfilled", left, voided, fulfillment }
    put(id, entry)
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
        const { voided = none } = find(shipment_id) ?? {}
        put(shipment_id, { _tag: "Suspect", left, trackingNumber: tracking_number, voided, error: undefined })
      }
    },
    lost: (tickets, error) => {
      change(tickets, (entry) => entry._tag === "Suspect" ? { ...entry, error } : entry)
    },
    refused: (tickets, error) => {
      change(tickets, (entry) => entry._tag === "Fulfilled" ? entry : { ...entry, _tag: "Refused", error })
    },
    fulfilled: ({ input }, fulfillment) => {
      fulfill(input.shipment_id, fulfillment)
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
    seenSince: ([{ input }]) => inFlight.of(input.shipment_id)?.seen ?? new Map(),
    idle: (tickets) => {
      for (const { input: { shipment_id } } of tickets) {
        // a look has come upon it meanwhile
        if (find(shipment_id)?._tag !== "Fulfilled") remove(shipment_id)
      }
    },
    voided: (ticket, ids) => {
      inFlight.of(ticket.input.shipment_id)?.seen.delete(ticket.input.shipment_id)
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
      for (const tickets of underWay) for (const { input } of tickets) kept.add(input.shipment_id)
      if (shipmentIds === undefined) return clear(kept)
      // a text is an iterable of its letters
      for (const id of typeof shipmentIds === "string" ? [shipmentIds] : shipmentIds) if (!kept.has(id)) remove(id)
    }
  }
}

/** One entry for each shipment at most. */
const makeEntries = () => {
  // apart, so that many refused or fulfilled ones don't push a suspect out
  const suspects = Recent.make<Suspect>(remembered)
  const refused = Recent.make<Refused | Cleared>(remembered)
  const fulfilled = Recent.make<Fulfilled>(remembered)
  const stores = [suspects, refused, fulfilled]

  const find = (id: string): Known | undefined => suspects.get(id) ?? refused.get(id) ?? fulfilled.get(id)

  const remove = (id: string) => {
    for (const store of stores) store.delete(id)
  }

  const put = (id: string, entry: Known) => {
    remove(id)
    if (entry._tag === "Suspect") suspects.set(id, entry)
    else if (entry._tag === "Fulfilled") fulfilled.set(id, entry)
    else refused.set(id, entry)
  }

  return {
    find,
    put,
    remove,
    change: (tickets: Iterable<Ticket>, to: (entry: Known) => Known) => {
      for (const { input: { shipment_id } } of tickets) {
        const entry = find(shipment_id)
        if (entry !== undefined) put(shipment_id, to(entry))
      }
    },
    /** Removes all but these. */
    clear: (except: Iterable<string>) => {
      const kept = Array.from(except, (id) => [id, find(id)] as const)
      for (const store of stores) store.clear()
      for (const [id, entry] of kept) if (entry !== undefined) put(id, entry)
    }
  }
}

/** Is this the fulfillment that was sent? */
const isOf = (fulfillment: Fulfillment, { trackingNumber, voided }: Sent): boolean =>
  isSameTrackingNumber(fulfillment.tracking_number ?? "", trackingNumber) &&
  !voided.includes(fulfillment.fulfillment_id ?? "")
