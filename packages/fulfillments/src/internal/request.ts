/**
 * One POST, and what became of each of its tickets: by the answer, and where the answer doesn't tell by looking it up.
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import {
  type ShipStationError,
  ShipStationUnexpectedResponseError
} from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment, FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Created, FulfillmentOutcome } from "../FulfillmentOutcome.js"
import { outcomesOf } from "./answer.js"
import type { Gate } from "./gate.js"
import type { Departure, Ledger } from "./ledger.js"
import type { Look, Lookup } from "./lookup.js"
import type { ReadBack } from "./options.js"
import {
  isRefusal,
  makeUnknown,
  monotonicNow,
  type Refusal,
  type Results,
  settle,
  type Ticket,
  type Tickets
} from "./ticket.js"

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

export const make = ({ client, gate, ledger, lookup, toWire }: Needs): Post => {
  const learn = (results: Results, { found }: Look) => {
    for (const [ticket, outcome] of found) {
      ledger.fulfilled(ticket, outcome.fulfillment)
      results.set(ticket, Either.right(outcome))
    }
  }

  const lookForUnknown = Effect.fnUntraced(function*(unknown: Map<Ticket, ShipStationError>, since: number) {
    const results: Results = new Map()
    if (unknown.size === 0) return results
    const look = yield* lookup.repeatedly([...unknown.keys()], since)
    learn(results, look)
    for (const [ticket, why] of unknown) {
      if (!results.has(ticket)) results.set(ticket, Either.right(makeUnknown(ticket, why, look.error)))
    }
    return results
  })

  /** All of them may have been acted on. */
  const afterLoss = (
    tickets: ReadonlyArray<Ticket>,
    error: ShipStationError,
    since: number,
    readBack: ReadBack
  ): Effect.Effect<Results> => {
    ledger.lost(tickets, error)
    return readBack === "none"
      ? Effect.succeed(new Map(tickets.map((ticket) => [ticket, Either.right(makeUnknown(ticket, error))])))
      : lookForUnknown(new Map(tickets.map((ticket) => [ticket, error])), since)
  }

  const afterAnswer = Effect.fnUntraced(function*(
    tickets: ReadonlyArray<Ticket>,
    outcomes: ReadonlyArray<FulfillmentOutcome>,
    since: number,
    readBack: ReadBack
  ) {
    const results: Results = new Map()
    const unknown = new Map<Ticket, ShipStationError>()
    const rejected: Array<Ticket> = []
    Array.zipWith(tickets, outcomes, (ticket, outcome) => {
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
    })
    if (readBack !== "none") {
      for (const [ticket, result] of yield* lookForUnknown(unknown, since)) results.set(ticket, result)
    }
    if (rejected.length > 0 && (readBack === "all" || readBack === "before")) {
      learn(results, yield* lookup.byId(rejected.slice(0, mostLooksForRejected)))
    }
    return results
  })

  /** Nothing was done for any of them. */
  const afterRefusal = Effect.fnUntraced(function*(
    tickets: ReadonlyArray<Ticket>,
    error: Refusal,
    readBack: ReadBack
  ) {
    const results: Results = new Map(tickets.map((ticket) => [ticket, Either.left(error)]))
    // one shipment that is refused for its state is like a rejected item
    if ((readBack === "all" || readBack === "before") && tickets.length === 1 && isAboutState(error)) {
      const look = yield* lookup.byId(tickets)
      learn(results, look)
      ledger.idle(look.absent)
    }
    return results
  })

  return Effect.fnUntraced(function*<E, R>(tickets: Tickets, { beforeSend, readBack }: Options<E, R>) {
    const results: Results = new Map()
    /** What left in the last attempt, and when. */
    let sent: ReadonlyArray<Ticket> = []
    let departure: Departure = { at: 0 }
    const left = () => tickets.filter((ticket) => !results.has(ticket) && ticket.isWanted())
    const leavesNow = (wanted: ReadonlyArray<Ticket>) =>
      Effect.map(monotonicNow, (at) => {
        sent = wanted
        departure = { at }
        ledger.sent(wanted, departure)
      })
    const refuse = (error: Refusal) => {
      if (error.delivery === "rejected") ledger.refused(sent, error)
      else ledger.idle(sent)
      sent = []
    }

    const request = Effect.gen(function*() {
      if (left().length === 0) return yield* Effect.fail(nothingLeft)
      yield* Effect.mapErrorCause(beforeSend, (cause) => Cause.fail<Stopped<E>>({ _tag: "Stopped", cause }))
      const wanted = left()
      if (!Array.isNonEmptyReadonlyArray(wanted)) return yield* Effect.fail(nothingLeft)
      yield* leavesNow(wanted)
      return { fulfillments: Array.map(wanted, ({ input }) => toWire(input)) }
    })

    // the client may still have waited, for the end of a pause
    const leaves = Effect.map(monotonicNow, (at) => {
      departure.at = at
    })
    // before anything of a refused request is sent again, it is looked up
    const beforeRetry = Effect.fnUntraced(function*(error: ShipStationError) {
      if (isRefusal(error)) refuse(error)
      // also those that nobody wants at the moment: by the time of the send somebody may
      const open = tickets.filter((ticket) => !results.has(ticket))
      for (const [ticket, result] of yield* gate.clear(open, false)) results.set(ticket, result)
    })

    const answer = yield* client.createFulfillments(request, { beforeRetry, leaves }).pipe(
      Effect.map((success) => outcomesOf(sent, success)),
      Effect.catchAllDefect((defect) => Effect.zipRight(logDefect(defect), Effect.fail<ShipStationError>(broken))),
      Effect.either
    )
    const add = (more: Results) => {
      for (const [ticket, result] of more) results.set(ticket, result)
      return results
    }
    if (Either.isRight(answer)) return add(yield* afterAnswer(sent, answer.right, departure.at, readBack))
    const error = answer.left
    if (error._tag === "NothingLeft") return results
    if (error._tag === "Stopped") return yield* Effect.fail(error)
    const concerned = sent.length > 0 ? sent : left()
    if (isRefusal(error)) {
      refuse(error)
      return add(yield* afterRefusal(concerned, error, readBack))
    }
    if (sent.length === 0) yield* leavesNow(concerned)
    return add(yield* afterLoss(concerned, error, departure.at, readBack))
  })
}

/** What the list will have of it, as far as it is known. */
const fulfillmentOf = ({ input: { tracking_number }, shipment_number }: Created): Fulfillment =>
  shipment_number === undefined ? { tracking_number } : { tracking_number, shipment_number }

/** ShipStation's limit is for everybody: what was rejected for good reasons must not cost much of it. */
const mostLooksForRejected = 10

const nothingLeft: { readonly _tag: "NothingLeft" } = { _tag: "NothingLeft" }

/** A refusal that may mean: it is fulfilled already. How the API says so isn't published. */
const isAboutState = ({ _tag, errors }: ShipStationError): boolean =>
  _tag === "ShipStationBusinessRulesError" || errors.some(({ error_code }) => error_code === "invalid_status")

/** Without the shipments, which are customers'. The client has taken the key out of what it throws. */
const logDefect = (defect: unknown) =>
  Effect.annotateLogs(
    Effect.logError("A request or its answer could not be processed"),
    "error.message",
    defect instanceof Error ? defect.stack ?? defect.message : typeof defect === "string" ? defect : "no message"
  )

/** Something broke, and how far the request had come isn't known. */
export const broken = new ShipStationUnexpectedResponseError({
  delivery: "unknown",
  message: "The request or its answer could not be processed",
  method: "POST",
  url: "/v2/fulfillments",
  errors: []
})
