/**
 * What is given, and what became of it: plain objects.
 *
 * @since 0.1.0
 */
import type * as FulfillmentOutcome from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import { withInherited } from "@effect-shipstation/http-client/Options"
import * as Wire from "@effect-shipstation/schema/Fulfillment"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { InvalidFulfillmentError, ofShipStation, type ShipStationError } from "./ClientError.js"

/**
 * One shipment to mark as shipped.
 *
 * @since 0.1.0
 * @category models
 */
export interface FulfillmentInput {
  /** The shipment, such as `se-12345678`. With API v1's `orderId`: `se-` and its digits. */
  readonly shipment_id: string
  /** As the carrier writes it: never a number, leading zeros count. */
  readonly tracking_number: string
  /** A carrier that is set up on the account, such as `ups` or `dhl_express`. */
  readonly carrier_code: string
  /** When it was shipped: a `Date`, or RFC 3339 such as `2024-01-15T10:00:00-06:00`. Default: now. */
  readonly ship_date?: Date | string | undefined
  /** Whether the customer gets an e-mail. Default: `notify` of the client. */
  readonly notify_customer?: boolean | undefined
  /** Whether the shop or marketplace is told. Default: `notify` of the client. */
  readonly notify_order_source?: boolean | undefined
}

/**
 * A fulfillment as ShipStation lists it. Dates are texts; any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fulfillment extends Schema.Schema.Encoded<typeof Wire.Fulfillment> {}

interface Told {
  /** Where the input stood, from 0. */
  readonly index: number
  /** The input, with a date as text. */
  readonly input: FulfillmentInput
  /** ShipStation's id of the request, for their support. */
  readonly requestId: string | undefined
}

/**
 * The shipment is marked as shipped, by this request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Created extends Told {
  readonly _tag: "Created"
  readonly shipment_number: string | undefined
}

/**
 * The shipment has a fulfillment with this tracking number.
 *
 * @since 0.1.0
 * @category models
 */
export interface AlreadyFulfilled extends Told {
  readonly _tag: "AlreadyFulfilled"
  readonly fulfillment: Fulfillment
}

/**
 * The shipment has a fulfillment with another tracking number.
 *
 * @since 0.1.0
 * @category models
 */
export interface Conflict extends Told {
  readonly _tag: "Conflict"
  readonly fulfillment: Fulfillment
}

/**
 * ShipStation refused this item; nothing was created for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rejected extends Told {
  readonly _tag: "Rejected"
  /** ShipStation's words. There is no code. */
  readonly message: string
}

/**
 * It may have been done, and the customer told, or not. Call again with the same client: it is looked up before anything is
 * sent, and that call may wait for half a minute. Another process remembers nothing: look in ShipStation first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unknown extends Told {
  readonly _tag: "Unknown"
  /** Why it isn't known. */
  readonly error: ShipStationError
  /** Why reading back didn't settle it. */
  readonly readBackError: ShipStationError | undefined
}

/**
 * Nothing was done for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface NotSent extends Told {
  readonly _tag: "NotSent"
  readonly error: ShipStationError | InvalidFulfillmentError
}

/**
 * What became of one input.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Created | AlreadyFulfilled | Conflict | Rejected | Unknown | NotSent

/**
 * The input as `fulfillments` takes it. What can't be is left as it is: the check of all inputs tells what is wrong.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toInput = (given: FulfillmentInput): Wire.FulfillmentInput => {
  if (!Predicate.isRecord(given)) return asGiven(given)
  for (const name in given) if (misspelt.test(name)) return asGiven({ ...given, notify_customer: name })
  const { ship_date } = given
  const date = ship_date instanceof Date
    ? DateTime.make(ship_date)
    : Predicate.isString(ship_date)
    ? decodeDate(ship_date)
    : Option.none()
  // what it inherits counts too
  return asGiven(
    Option.isSome(date) ? { ...withInherited(Wire.FulfillmentInput, given), ship_date: date.value } : given
  )
}

/** Left out it would mail customers: it becomes its field's value, and is refused. */
const misspelt = /^(?!notify_(?:customer|order_source)$)[Nn]otify/

const decodeDate = Schema.decodeOption(Wire.ShipDate)

/** Takes it for what its type says. What it really is, is looked at later. */
const asGiven = Schema.decodeUnknownSync(Schema.declare((_: unknown): _ is Wire.FulfillmentInput => true))

/**
 * The outcome as a plain object.
 *
 * @since 0.1.0
 * @category conversions
 */
export const ofOutcome = (outcome: FulfillmentOutcome.FulfillmentOutcome): Outcome => {
  const told = { index: outcome.index, input: ofInput(outcome.input), requestId: outcome.requestId }
  switch (outcome._tag) {
    case "Created":
      return { _tag: "Created", ...told, shipment_number: outcome.shipment_number }
    case "AlreadyFulfilled":
    case "Conflict":
      return { _tag: outcome._tag, ...told, fulfillment: encodeFulfillment(outcome.fulfillment) }
    case "Rejected":
      return { _tag: "Rejected", ...told, message: outcome.message }
    case "Unknown":
      return {
        _tag: "Unknown",
        ...told,
        error: ofShipStation(outcome.error),
        readBackError: outcome.readBackError && ofShipStation(outcome.readBackError)
      }
    case "NotSent":
      return { _tag: "NotSent", ...told, error: ofError(outcome.error) }
  }
}

/**
 * An error in the class that it has here.
 *
 * @since 0.1.0
 * @category conversions
 */
export const ofError = (error: FulfillmentOutcome.NotSent["error"]): ShipStationError | InvalidFulfillmentError =>
  error._tag === "InvalidFulfillmentError" ? new InvalidFulfillmentError(error) : ofShipStation(error)

const encodeFulfillment = Schema.encodeSync(Wire.Fulfillment)

const ofInput = (input: Wire.FulfillmentInput): FulfillmentInput =>
  Predicate.isRecord(input) && DateTime.isDateTime(input.ship_date)
    ? { ...input, ship_date: encodeDate(input.ship_date) }
    : asGivenBack(input)

const encodeDate = Schema.encodeSync(Wire.ShipDate)

/** Without a date, or with one that can't be, it is as it was given. */
const asGivenBack = Schema.decodeUnknownSync(Schema.declare((_: unknown): _ is FulfillmentInput => true))
