/**
 * The common case, without the interpretation of a schema: a valid input, and an answer as the contract has it. A few lines
 * check, copy and read these, in a tenth of the time. Anything else is undefined here and goes the schema's way. A test holds
 * both ways equal, on values of all kinds.
 */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import { hasYearOfFourDigits, writeDate } from "./rfc3339.js"

export const shipmentId = /^se(-[a-z0-9]+)+$/

export const longestShipmentId = 25

export const carrierCode = /^[a-z0-9]+(_[a-z0-9]+)*$/

/** Something of it can be seen. */
export const trackingNumber = /[^\s\p{C}]/u

interface Copy<A> {
  readonly shipment_id: string
  readonly tracking_number: string
  readonly carrier_code: string
  ship_date?: A
  notify_customer?: boolean
  notify_order_source?: boolean
}

/** A copy of an input: valid, and without what doesn't belong to it. `dateOf`: what its date is in the copy. */
const copyWith = <A>(dateOf: (date: DateTime.DateTime) => A) => (input: unknown): Copy<A> | undefined => {
  if (!Predicate.isRecord(input)) return undefined
  const { carrier_code, notify_customer, notify_order_source, ship_date, shipment_id, tracking_number } = input
  if (!matches(shipment_id, shipmentId) || shipment_id.length > longestShipmentId) return undefined
  if (!matches(tracking_number, trackingNumber) || !matches(carrier_code, carrierCode)) return undefined
  const copy: Copy<A> = { shipment_id, tracking_number, carrier_code }
  if ("ship_date" in input) {
    if (!DateTime.isDateTime(ship_date) || !hasYearOfFourDigits(ship_date)) return undefined
    copy.ship_date = dateOf(ship_date)
  }
  if ("notify_customer" in input) {
    if (typeof notify_customer !== "boolean") return undefined
    copy.notify_customer = notify_customer
  }
  if ("notify_order_source" in input) {
    if (typeof notify_order_source !== "boolean") return undefined
    copy.notify_order_source = notify_order_source
  }
  return copy
}

/** A copy of an input: valid, and without what doesn't belong to it. */
export const plainInput = copyWith(identity)

const writtenInput = copyWith(writeDate)

/** What `JSON.stringify` is to be given. */
export const plainRequest = (request: unknown) => {
  if (!Predicate.isRecord(request)) return undefined
  const fulfillments = all(request["fulfillments"], writtenInput)
  return fulfillments !== undefined && Array.isNonEmptyArray(fulfillments) ? { fulfillments } : undefined
}

/** What `JSON.parse` made of an answer. */
export const plainResponse = (json: unknown) => {
  if (!Predicate.isRecord(json)) return undefined
  const { has_errors } = json
  const fulfillments = all(json["fulfillments"], plainResult)
  return fulfillments === undefined || typeof has_errors !== "boolean"
    ? undefined
    : { has_errors, fulfillments }
}

const plainResult = (json: unknown) => {
  if (!Predicate.isRecord(json)) return undefined
  const { error_message, shipment_id, shipment_number } = json
  return isWords(shipment_id) && isWords(shipment_number) && isWords(error_message)
    ? { shipment_id, shipment_number, error_message }
    : undefined
}

const inputFields = [
  "shipment_id",
  "tracking_number",
  "carrier_code",
  "ship_date",
  "notify_customer",
  "notify_order_source"
]

/** A copy of an input, with what it inherits: a schema would leave out inherited fields that are optional. */
export const withInherited = (input: unknown): unknown =>
  Predicate.isRecord(input)
    ? Object.fromEntries(inputFields.flatMap((name) => name in input ? [[name, input[name]] as const] : []))
    : input

const matches = (value: unknown, pattern: RegExp): value is string => typeof value === "string" && pattern.test(value)

const isWords = (value: unknown): value is string | null => typeof value === "string" || value === null

/** All of a list, or undefined if one of it isn't plain. */
const all = <A>(list: unknown, plain: (value: unknown) => A | undefined): Array<A> | undefined => {
  if (!Array.isArray(list)) return undefined
  const values: Array<A> = []
  for (const each of list) {
    const value = plain(each)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}
