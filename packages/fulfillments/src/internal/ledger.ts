/**
 * The ledger: what is known of each shipment. Every way to a POST passes it.
 *
 * | state        | meaning                                                          | before it is sent (again)                    |
 * | ------------ | ---------------------------------------------------------------- | -------------------------------------------- |
 * | idle         | nothing is known: no entry                                       | nothing                                      |
 * | in flight    | a call holds it, whatever its entry says                         | wait for that call                           |
 * | `Suspect`    | it left, and what became of it isn't known                       | looked up until the first can't land anymore |
 * | `Refused`    | the API refused the request at the door                          | looked up once                               |
 * | `Fulfilled`  | it was created, or found                                         | only if the list shows that it was voided    |
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
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

export interface Fulfilled {
  readonly _tag: "Fulfilled"
  /** Undefined when it was found: it may be old. */
  readonly left: Departure | undefined
  readonly voided: ReadonlyArray<string>
  readonly fulfillment: Fulfillment
}

export type Entry = Suspect | Refused | Fulfilled

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
  let open = Recent.make<Suspect | Refused>(remembered)
  let fulfilled = Recent.make<Fulfilled>(remembered)

  const entryOf = (id: string): Entry | undefined => open.get(id) ?? fulfilled.get(id)

  return {
    exclusively: inFlight.exclusively,
    isInFlight: ({ input }) => inFlight.has(input.shipment_id),
    get: ({ input }) => entryOf(input.shipment_id),
    sent: (tickets, left) => {
      for (const { input: { shipment_id, tracking_number } } of tickets) {
        const known = entryOf(shipment_id)
        if (known?._tag === "Fulfilled") fulfilled.delete(shipment_id)
        const voided = known?.voided ?? none
        open.set(shipment_id, { _tag: "Suspect", left, trackingNumber: tracking_number, voided, error: undefined })
      }
    },
    lost: (tickets, error) => {
      for (const { input: { shipment_id } } of tickets) {
        const entry = open.get(shipment_id)
        if (entry?._tag === "Suspect") open.set(shipment_id, { ...entry, error })
      }
    },
    refused: (tickets, error) => {
      for (const { input: { shipment_id } } of tickets) {
        const entry = open.get(shipment_id)
        if (entry !== undefined) open.set(shipment_id, { ...entry, _tag: "Refused", error })
      }
    },
    fulfilled: ({ input: { shipment_id } }, fulfillment) => {
      const { left, voided = none } = entryOf(shipment_id) ?? {}
      open.delete(shipment_id)
      fulfilled.set(shipment_id, { _tag: "Fulfilled", left, voided, fulfillment })
    },
    idle: (tickets) => {
      for (const { input } of tickets) open.delete(input.shipment_id)
    },
    voided: ({ input: { shipment_id } }, ids) => {
      const [suspect, known] = [open.get(shipment_id), fulfilled.get(shipment_id)]
      if (suspect !== undefined) open.set(shipment_id, { ...suspect, voided: ids })
      else if (known !== undefined) fulfilled.set(shipment_id, { ...known, voided: ids })
    },
    forget: (shipmentIds) => {
      if (shipmentIds === undefined) {
        const underWay = inFlight.ids().map((id) => [id, open.get(id)] as const)
        open = Recent.make(remembered)
        fulfilled = Recent.make(remembered)
        for (const [id, entry] of underWay) if (entry !== undefined) open.set(id, entry)
      } else {
        for (const id of shipmentIds) {
          if (!inFlight.has(id)) open.delete(id)
          fulfilled.delete(id)
        }
      }
    }
  }
}

/** Which shipments calls have to themselves. */
const makeInFlight = () => {
  /** Done when the call that holds the shipment ends. */
  const calls = new Map<string, Deferred.Deferred<void>>()

  const callOf = (tickets: Tickets): Deferred.Deferred<void> | undefined => {
    for (const { input } of tickets) {
      const call = calls.get(input.shipment_id)
      if (call !== undefined) return call
    }
    return undefined
  }

  /** Waits until no other call has one of these shipments, and takes them all at once. */
  const hold = Effect.fnUntraced(function*(tickets: Tickets) {
    for (let other = callOf(tickets); other !== undefined; other = callOf(tickets)) {
      yield* Effect.interruptible(Deferred.await(other))
    }
    const ended = Deferred.unsafeMake<void>(FiberId.none)
    for (const { input } of tickets) calls.set(input.shipment_id, ended)
    return ended
  })

  const release = (tickets: Tickets, ended: Deferred.Deferred<void>) =>
    Effect.sync(() => {
      for (const { input } of tickets) calls.delete(input.shipment_id)
      Deferred.unsafeDone(ended, Effect.void)
    })

  return {
    has: (id: string) => calls.has(id),
    ids: () => [...calls.keys()],
    exclusively: <A, E, R>(tickets: Tickets, call: Effect.Effect<A, E, R>) =>
      Effect.acquireUseRelease(hold(tickets), () => call, (ended) => release(tickets, ended))
  }
}
