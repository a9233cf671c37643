/**
 * The gate: decides of each ticket whether it is sent, waited for, looked up, or answered from memory.
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import { ShipStationConnectionLostError, type ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constant } from "effect/Function"
import { AlreadyFulfilled, Conflict } from "../FulfillmentOutcome.js"
import { learn, settles } from "./learn.js"
import type { Entry, Fulfilled, Ledger, Suspect } from "./ledger.js"
import type { Look, Lookup, Voided } from "./lookup.js"
import {
  isRefusal,
  makeUnknown,
  monotonicNow,
  place,
  type Refusal,
  type Result,
  type Results,
  type Ticket,
  type Tickets,
  unchecked,
  unsent
} from "./ticket.js"

interface Needs {
  readonly client: Client
  readonly ledger: Ledger
  readonly lookup: Lookup
}

export interface Gate {
  /**
   * The results of those that must not be sent. Whoever has none may be sent: nothing was known of it, or it was looked up
   * and isn't there. `before`: also those are looked up of which nothing is known.
   */
  readonly clear: (tickets: ReadonlyArray<Ticket>, before: boolean) => Effect.Effect<Results>
  /** The results of those that were cleared, and that another call's look has come upon while they waited. */
  readonly seenSince: (tickets: Tickets) => Results
}

/** What a look leaves open, by what the ledger says. */
interface Known<A extends Entry> {
  readonly ticket: Ticket
  readonly entry: A
}

export const make = ({ client, ledger, lookup }: Needs): Gate => {
  /** For so long after it left, a request may still be worked on, or the list may lag behind. */
  const window = Math.max(Duration.toMillis(client.timeout), 30_000)

  const outwait = makeOutwait({ ledger, lookup, window })

  const clearKnown = Effect.fnUntraced(function*(known: ReadonlyArray<Known<Entry>>, results: Results) {
    const times = known.flatMap(({ entry }) => entry.left?.at ?? [])
    // what was found, and not sent by this layer, may be old
    const since = times.length < known.length ? undefined : Math.min(...times)
    // a look that takes long may have read the list long ago
    const lookedAt = yield* monotonicNow
    const look = yield* lookup.once(known.map(({ ticket }) => ticket), since)
    learn(ledger, look, results, (entry) => lookedAt >= entry.left.at + window)
    const suspects: Array<Known<Suspect>> = []
    for (const { entry, ticket } of known) {
      if (results.has(ticket)) continue
      switch (entry._tag) {
        case "Fulfilled": {
          const result = fulfilledStill({ ledger, window }, { entry, ticket }, look)
          if (result !== undefined) results.set(ticket, result)
          break
        }
        case "Refused":
          if (look.absent.has(ticket) || look.unlisted.has(ticket)) ledger.cleared(ticket)
          else results.set(ticket, Either.left(notAfter(entry.error, look.error)))
          break
        case "Suspect":
          if (!look.absent.has(ticket) || lookedAt < entry.left.at + window) suspects.push({ entry, ticket })
      }
    }
    yield* outwait(suspects, results)
  })

  const clearFresh = Effect.fnUntraced(function*(tickets: ReadonlyArray<Ticket>, results: Results) {
    const look = yield* lookup.byId(tickets)
    learn(ledger, look, results)
    // a refusal of all says what went wrong; of some it would say that nothing was ever done for them, which nobody knows
    const isOfAll = results.size === 0 && look.absent.size === 0
    for (const ticket of tickets) {
      if (results.has(ticket) || look.absent.has(ticket) || look.error === undefined) continue
      results.set(ticket, notLookedUp(ticket, look.error, isOfAll))
    }
  })

  return {
    clear: Effect.fnUntraced(function*(tickets, before) {
      const results: Results = new Map()
      const fresh: Array<Ticket> = []
      const known: Array<Known<Entry>> = []
      for (const ticket of tickets) {
        const entry = ledger.get(ticket)
        if (entry === undefined) fresh.push(ticket)
        else known.push({ ticket, entry })
      }
      if (known.length > 0) yield* clearKnown(known, results)
      if (before && fresh.length > 0) yield* clearFresh(fresh, results)
      return results
    }),
    seenSince: (tickets) => {
      const results: Results = new Map()
      const seen = ledger.seenSince(tickets)
      for (const ticket of tickets) {
        const entry = seen.get(ticket.shipmentId)
        if (entry !== undefined) results.set(ticket, Either.right(fromMemory(ticket, entry)))
      }
      return results
    }
  }
}

/**
 * What is told of a ticket that isn't sent, for this reason. That its shipment may have been fulfilled by an earlier request,
 * or was, comes first.
 */
export const notSent = (ledger: Ledger, ticket: Ticket, error: Refusal): Result => {
  const entry = ledger.get(ticket)
  switch (entry?._tag) {
    case "Suspect":
      // while another call has it under way, that call tells what becomes of it
      if (entry.error === undefined && ledger.isInFlight(ticket)) return Either.left(error)
      return Either.right(makeUnknown(ticket, entry.error ?? interruptedEarlier))
    case "Fulfilled":
      return Either.right(fromMemory(ticket, entry))
    default:
      return Either.left(error)
  }
}

interface Outwait {
  readonly ledger: Ledger
  readonly lookup: Lookup
  readonly window: number
}

/**
 * A suspect may be sent again when the list, asked by its own id, doesn't have it after the first request can't land any
 * more.
 */
const makeOutwait = ({ ledger, lookup, window }: Outwait) =>
  Effect.fnUntraced(function*(suspects: ReadonlyArray<Known<Suspect>>, results: Results) {
    let left = suspects
    let error: ShipStationError | undefined
    const isAbsent = new Set<Ticket>()
    const since = Math.min(...suspects.map(({ entry }) => entry.left.at))
    const landed = Math.max(...suspects.map(({ entry }) => entry.left.at)) + window
    const look = Effect.fnUntraced(function*(way: "repeatedly" | "byId") {
      const isLate = constant((yield* monotonicNow) >= landed)
      const tickets = left.map(({ ticket }) => ticket)
      const latest = yield* way === "byId"
        ? lookup.byId(tickets)
        : lookup.repeatedly(tickets, since, (ticket, found) => settles(ledger.get(ticket), found, isLate))
      learn(ledger, latest, results, isLate)
      left = left.filter(({ ticket }) => !results.has(ticket))
      error = latest.error
      isAbsent.clear()
      for (const ticket of latest.absent) isAbsent.add(ticket)
    })

    const wait = landed - (yield* monotonicNow)
    if (wait <= longestWait) {
      if (wait > 0) {
        yield* look("repeatedly")
        if (left.length > 0) {
          yield* Effect.sleep(Math.max(0, landed - (yield* monotonicNow)))
          yield* look("repeatedly")
        }
      }
      if (left.some(({ ticket }) => !isAbsent.has(ticket))) yield* look("byId")
    }
    for (const { entry, ticket } of left) {
      if (!isAbsent.has(ticket)) {
        results.set(ticket, Either.right(makeUnknown(ticket, entry.error ?? interruptedEarlier, error)))
      }
    }
  })

/** In milliseconds. What would take longer is told as unknown instead. */
const longestWait = 5 * 60_000

const notLookedUp = (ticket: Ticket, error: ShipStationError, isOfAll: boolean): Result =>
  isOfAll && isRefusal(error) ? Either.left(error) : Either.right(makeUnknown(ticket, error))

/** Whether anything was done by a request that was refused can't be looked up: what was wrong with its content may be mended. */
const notAfter = (refused: Refusal, error: ShipStationError | undefined): Refusal => {
  if (error === undefined || refused.concerns !== "content") return refused
  return isRefusal(error)
    ? error
    : unsent(`it was refused, and can't be looked up: ${error.message}`)
}

/** What the list makes of it: that it was voided, else what this layer saw. None: it may be sent, and at once. */
const fulfilledStill = (
  { ledger, window }: Pick<Outwait, "ledger" | "window">,
  { entry, ticket }: Known<Fulfilled>,
  look: Look
): Result | undefined => {
  const voided = look.voided.get(ticket)
  if (voided === undefined || !isOurs(entry, voided, window)) return Either.right(fromMemory(ticket, entry))
  ledger.voided(ticket, voided.fulfillments.flatMap(({ fulfillment_id }) => fulfillment_id ?? []))
  const other = look.found.get(ticket)
  if (other === undefined) return undefined
  ledger.fulfilled(ticket, other.fulfillment)
  return Either.right(other)
}

/** What this layer saw is known, even if the list doesn't have it yet. */
const fromMemory = ({ index, input }: Ticket, entry: Fulfilled) => {
  const fulfillment = { shipment_id: input.shipment_id, ...entry.fulfillment }
  return isSameTrackingNumber(fulfillment.tracking_number ?? "", input.tracking_number)
    ? unchecked(AlreadyFulfilled, { _tag: "AlreadyFulfilled", index, input, fulfillment })
    : unchecked(Conflict, { _tag: "Conflict", index, input, fulfillment })
}

/**
 * Is one of these the fulfillment that the ledger knows of, and not one that was voided before it? By its id; else by its
 * tracking number, once the list has had all the time to show ours, and unless its date says that it is older. No date says
 * that it is ours: those of a list may be hours ahead.
 */
const isOurs = ({ fulfillment, left, voided }: Fulfilled, seen: Voided, window: number): boolean =>
  seen.fulfillments.some(({ created_at, fulfillment_id, tracking_number, voided_at }) => {
    if (typeof fulfillment_id === "string") {
      if (voided.includes(fulfillment_id)) return false
      if (typeof fulfillment.fulfillment_id === "string") return fulfillment.fulfillment_id === fulfillment_id
    }
    if (!isSameTrackingNumber(tracking_number ?? "", fulfillment.tracking_number ?? "")) return false
    if (left === undefined) return true
    const passed = seen.at - left.at
    if (passed < window) return false
    const at = created_at ?? voided_at ?? undefined
    return at === undefined || seen.date === undefined ||
      DateTime.greaterThanOrEqualTo(at, DateTime.subtract(seen.date, { millis: passed }))
  })

const interruptedEarlier = new ShipStationConnectionLostError({
  delivery: "unknown",
  reason: "reset",
  message: "Another call sent this shipment: what became of it isn't known",
  ...place
})
