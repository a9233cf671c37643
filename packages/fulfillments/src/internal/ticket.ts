/**
 * An input under way: from whoever asks, through the gate, to the request that settles it.
 */
import {
  isNotDone,
  type NotDone,
  type ShipStationError,
  ShipStationNetworkError
} from "@effect-shipstation/http-client/ShipStationError"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import type * as Array from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { constTrue } from "effect/Function"
import { type FulfillmentOutcome, NotSent, Unknown } from "../FulfillmentOutcome.js"
import type { InvalidFulfillmentError } from "../InvalidFulfillmentError.js"

export interface Ticket {
  readonly index: number
  /** Taken once: the input is handed out with its outcome, and whoever gets it may change it. */
  readonly shipmentId: string
  /** A copy, checked: what the caller changes afterwards changes nothing. */
  readonly input: FulfillmentInput
  /** Asked right before the send: what nobody waits for any more is left out. */
  readonly isWanted: () => boolean
  /** Undefined until it is settled. */
  result: Result | undefined
  /** Done when it is settled, for who waits for that. */
  readonly settled: Deferred.Deferred<FulfillmentOutcome, Refusal> | undefined
}

/** A ticket that somebody waits for. */
export interface Awaited extends Ticket {
  readonly settled: Deferred.Deferred<FulfillmentOutcome, Refusal>
}

/** The tickets of one request, each of another shipment. */
export type Tickets = Array.NonEmptyReadonlyArray<Ticket>

/** Nothing was done: it wasn't sent, or was refused at the door. */
export type Refusal = NotDone<ShipStationError>

export const isRefusal = (error: NotSent["error"]): error is Refusal =>
  error._tag !== "InvalidFulfillmentError" && isNotDone(error)

/** What became of a ticket. */
export type Result = Either.Either<FulfillmentOutcome, Refusal>

/** What became of tickets. What nobody wanted any more has no result. */
export type Results = Map<Ticket, Result>

/** Makes a ticket of an input that is a copy, and checked. */
export const make = (index: number, input: FulfillmentInput): Ticket => ({
  index,
  shipmentId: input.shipment_id,
  input,
  isWanted: constTrue,
  result: undefined,
  settled: undefined
})

/** Makes a ticket of an input that can't be sent as it is. It is settled. */
export const makeInvalid = (index: number, input: FulfillmentInput, error: InvalidFulfillmentError): Ticket => ({
  index,
  // nobody knows what it holds
  shipmentId: "",
  input,
  isWanted: constTrue,
  result: Either.right(unchecked(NotSent, { _tag: "NotSent", index, input, error })),
  settled: undefined
})

/** Makes a ticket of an input that is a copy, and checked, and that somebody waits for as long as it is wanted. */
export const makeAwaited = (input: FulfillmentInput, isWanted: () => boolean): Awaited => ({
  index: 0,
  shipmentId: input.shipment_id,
  input,
  isWanted,
  result: undefined,
  settled: Deferred.unsafeMake(FiberId.none)
})

/** Gives a ticket its result. Of several the first one counts. */
export const settle = (ticket: Ticket, result: Result): void => {
  if (ticket.result !== undefined) return
  ticket.result = result
  if (ticket.settled !== undefined) Deferred.unsafeDone(ticket.settled, Exit.fromEither(result))
}

/** Something broke: whoever waits for it breaks too. */
export const fail = (ticket: Awaited, cause: Cause.Cause<never>): void => {
  Deferred.unsafeDone(ticket.settled, Exit.failCause(cause))
}

/** The outcome that a result stands for. None: it wasn't sent before everybody went. */
export const outcomeOf = ({ index, input }: Ticket, result: Result = Either.left(closed)): FulfillmentOutcome =>
  Either.getOrElse(result, (error) => unchecked(NotSent, { _tag: "NotSent", index, input, error }))

/** Where errors of this package say that they are from. */
export const place = { method: "POST", url: "/v2/fulfillments", errors: [] } as const

/** It wasn't sent, for this reason. */
export const unsent = (reason: string): Refusal =>
  new ShipStationNetworkError({ delivery: "unsent", message: `Not sent: ${reason}`, ...place })

/** Nobody is there any more to hear what becomes of it. */
export const closed = unsent("its scope was closed first")

/** An instance of fields that are known to be right. To construct it takes thirty times as long, even without checks. */
export const unchecked = <A extends object>({ prototype }: { readonly prototype: A }, fields: A): A => {
  Object.setPrototypeOf(fields, prototype)
  return fields
}

export const makeUnknown = ({ index, input }: Ticket, error: ShipStationError, readBackError?: ShipStationError) =>
  unchecked(Unknown, { _tag: "Unknown", index, input, requestId: error.requestId, error, readBackError })

/** In milliseconds, for differences only: no jump of the machine's clock changes them. */
export const monotonicNow: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)
