/**
 * What became of tickets that were sent: by the answer, and where the answer doesn't tell by looking them up.
 */
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Created, FulfillmentOutcome } from "../FulfillmentOutcome.js"
import { learn, settles } from "./learn.js"
import type { Ledger } from "./ledger.js"
import type { Lookup } from "./lookup.js"
import type { ReadBack } from "./options.js"
import { makeUnknown, type Refusal, type Results, settle, type Ticket } from "./ticket.js"

interface Sent {
  readonly tickets: ReadonlyArray<Ticket>
  /** When they left, by `monotonicNow`. */
  readonly since: number
  readonly readBack: ReadBack
}

interface Needs {
  readonly ledger: Ledger
  readonly lookup: Lookup
}

export const make = ({ ledger, lookup }: Needs) => {
  const lookForUnknown = Effect.fnUntraced(function*(unknown: Map<Ticket, ShipStationError>, since: number) {
    const results: Results = new Map()
    if (unknown.size === 0) return results
    const look = yield* lookup.repeatedly(
      [...unknown.keys()],
      since,
      (ticket, found) => settles(ledger.get(ticket), found)
    )
    learn(ledger, look, results)
    for (const [ticket, why] of unknown) {
      if (!results.has(ticket)) results.set(ticket, Either.right(makeUnknown(ticket, why, look.error)))
    }
    return results
  })

  /** All of them may have been acted on. */
  const afterLoss = ({ readBack, since, tickets }: Sent, error: ShipStationError): Effect.Effect<Results> => {
    ledger.lost(tickets, error)
    return readBack === "none"
      ? Effect.succeed(new Map(tickets.map((ticket) => [ticket, Either.right(makeUnknown(ticket, error))])))
      : lookForUnknown(new Map(tickets.map((ticket) => [ticket, error])), since)
  }

  const afterAnswer = Effect.fnUntraced(function*(
    { readBack, since, tickets }: Sent,
    outcomes: ReadonlyArray<FulfillmentOutcome>
  ) {
    const results: Results = new Map()
    const unknown = new Map<Ticket, ShipStationError>()
    const rejected: Array<Ticket> = []
    for (const [n, ticket] of tickets.entries()) {
      const outcome = outcomes[n]
      if (outcome === undefined) continue
      const result = Either.right(outcome)
      results.set(ticket, result)
      switch (outcome._tag) {
        case "Created":
          ledger.fulfilled(ticket, fulfillmentOf(outcome))
          // nobody needs to wait until others are looked up
          settle(ticket, result)
          break
        case "Rejected":
          ledger.idle([ticket])
          rejected.push(ticket)
          break
        case "Unknown":
          ledger.lost([ticket], outcome.error)
          unknown.set(ticket, outcome.error)
      }
    }
    if (readBack !== "none") {
      for (const [ticket, result] of yield* lookForUnknown(unknown, since)) results.set(ticket, result)
    }
    if (rejected.length > 0 && (readBack === "all" || readBack === "before")) {
      learn(ledger, yield* lookup.byId(rejected.slice(0, mostLooksForRejected)), results)
    }
    return results
  })

  /** Nothing was done for any of them. */
  const afterRefusal = Effect.fnUntraced(function*({ readBack, tickets }: Sent, error: Refusal) {
    const results: Results = new Map(tickets.map((ticket) => [ticket, Either.left(error)]))
    // one shipment that is refused for its state is like a rejected item
    if ((readBack === "all" || readBack === "before") && tickets.length === 1 && isAboutState(error)) {
      // what isn't there may not be listed yet: it stays refused, and is looked up again before it is sent
      learn(ledger, yield* lookup.byId(tickets), results)
    }
    return results
  })

  return { afterAnswer, afterLoss, afterRefusal }
}

/** What the list will have of it, as far as it is known. */
const fulfillmentOf = ({ input: { tracking_number }, shipment_number }: Created): Fulfillment =>
  shipment_number === undefined ? { tracking_number } : { tracking_number, shipment_number }

/** ShipStation's limit is for everybody: what was rejected for good reasons must not cost much of it. */
const mostLooksForRejected = 10

/** A refusal that may mean: it is fulfilled already. How the API says so isn't published. */
const isAboutState = ({ _tag, errors }: ShipStationError): boolean =>
  _tag === "ShipStationBusinessRulesError" || errors.some(({ error_code }) => error_code === "invalid_status")
