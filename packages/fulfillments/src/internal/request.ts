/**
 * One POST, and what became of each of its tickets: by the answer, and where the answer doesn't tell by looking it up.
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { outcomesOf } from "./answer.js"
import type { Gate } from "./gate.js"
import type { Departure, Ledger } from "./ledger.js"
import type { Lookup } from "./lookup.js"
import type { ReadBack } from "./options.js"
import * as Settle from "./settle.js"
import { isRefusal, monotonicNow, type Refusal, type Results, type Ticket, type Tickets } from "./ticket.js"
import { broken, logDefect } from "./unexpected.js"

export interface Options<E, R> {
  readonly beforeSend: Effect.Effect<void, E, R>
  readonly readBack: ReadBack
}

/** The caller's effect ended so, right before the send. */
export interface Stopped<E> {
  readonly _tag: "Stopped"
  readonly cause: Cause.Cause<E>
}

interface Needs {
  readonly client: Client
  readonly gate: Gate
  readonly ledger: Ledger
  readonly lookup: Lookup
  readonly toWire: (input: FulfillmentInput) => FulfillmentInput
}

/** Sends tickets that the gate has cleared. What was created is settled at once, the rest is told. */
export type Post = <E, R>(tickets: Tickets, options: Options<E, R>) => Effect.Effect<Results, Stopped<E>, R>

/** What leaves in the last attempt, and when. */
const makeLeaving = (ledger: Ledger) => {
  let tickets: ReadonlyArray<Ticket> = []
  let departure: Departure = { at: 0 }
  let hasLeft = false
  return {
    tickets: () => tickets,
    at: () => departure.at,
    /** These are about to leave. What was, and had to wait once more, isn't wanted any more, but for these. */
    begin: (wanted: ReadonlyArray<Ticket>) =>
      Effect.map(monotonicNow, (at) => {
        if (!hasLeft) ledger.idle(tickets.filter((ticket) => !wanted.includes(ticket)))
        tickets = wanted
        departure = { at }
        hasLeft = false
        ledger.sent(wanted, departure)
      }),
    // the client may still have waited, for the end of a pause
    leaves: Effect.map(monotonicNow, (at) => {
      departure.at = at
      hasLeft = true
    }),
    refuse: (error: Refusal) => {
      if (error.delivery === "rejected") ledger.refused(tickets, error)
      else ledger.idle(tickets)
      tickets = []
    }
  }
}

export const make = ({ client, gate, ledger, lookup, toWire }: Needs): Post => {
  const { afterAnswer, afterLoss, afterRefusal } = Settle.make({ ledger, lookup })

  return Effect.fnUntraced(function*<E, R>(tickets: Tickets, { beforeSend, readBack }: Options<E, R>) {
    const results: Results = new Map()
    const leaving = makeLeaving(ledger)
    /** What the last attempt was refused with. */
    let refusal: Refusal | undefined
    const isLeft = (ticket: Ticket) => !results.has(ticket) && ticket.isWanted()
    const left = () => tickets.filter(isLeft)
    const add = (more: Results) => {
      for (const [ticket, result] of more) results.set(ticket, result)
    }
    const allWith = (more: Results) => {
      if (results.size === 0) return more
      add(more)
      return results
    }
    const stay = <Why>(why: Why) => Effect.zipRight(leaving.begin([]), Effect.fail(why))
    const refuse = (error: Refusal) => {
      refusal = error
      leaving.refuse(error)
    }

    const request = Effect.gen(function*() {
      if (!tickets.some(isLeft)) return yield* stay(nothingLeft)
      yield* Effect.catchAllCause(beforeSend, (cause) => stay<Stopped<E>>({ _tag: "Stopped", cause }))
      add(gate.seenSince(tickets))
      const wanted = left()
      if (!Array.isNonEmptyReadonlyArray(wanted)) return yield* stay(nothingLeft)
      yield* leaving.begin(wanted)
      return { fulfillments: Array.map(wanted, ({ input }) => toWire(input)) }
    })

    // before anything of a refused request is sent again, it is looked up
    const beforeRetry = Effect.fnUntraced(function*(error: ShipStationError) {
      if (isRefusal(error)) refuse(error)
      // also those that nobody wants at the moment: by the time of the send somebody may
      const open = tickets.filter((ticket) => !results.has(ticket))
      add(yield* gate.clear(open, false))
    })

    const answer = yield* client.createFulfillments(request, { beforeRetry, leaves: leaving.leaves }).pipe(
      Effect.map((success) => outcomesOf(leaving.tickets(), success)),
      Effect.catchAllDefect((defect) => Effect.zipRight(logDefect(defect), Effect.fail<ShipStationError>(broken))),
      Effect.either
    )
    const whatLeft = (tickets: ReadonlyArray<Ticket>) => ({ tickets, since: leaving.at(), readBack })
    if (Either.isRight(answer)) return allWith(yield* afterAnswer(whatLeft(leaving.tickets()), answer.right))
    const error = answer.left
    if (error._tag === "NothingLeft") return results
    if (error._tag === "Stopped") {
      if (refusal === undefined || results.size === 0) return yield* Effect.fail(error)
      // an error would say that nothing was done for any, and the first attempt did something after all
      yield* Effect.forEach(Cause.defects(error.cause), logDefect, { discard: true })
      for (const ticket of left()) results.set(ticket, Either.left(refusal))
      return results
    }
    const sent = leaving.tickets()
    const concerned = sent.length > 0 ? sent : left()
    if (isRefusal(error)) {
      refuse(error)
      return allWith(yield* afterRefusal(whatLeft(concerned), error))
    }
    if (sent.length === 0) yield* leaving.begin(concerned)
    return allWith(yield* afterLoss(whatLeft(concerned), error))
  })
}

const nothingLeft: { readonly _tag: "NothingLeft" } = { _tag: "NothingLeft" }
