import type * as Array from "effect/Array"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type InputIssue, withIssues } from "./internal/issues.js"
import { DateTimeRfc3339, hasYearOfFourDigits } from "./internal/rfc3339.js"
import { answerDate, answerField } from "./internal/tolerant.js"

export type { InputIssue } from "./internal/issues.js"

const Text = Schema.String.annotations({ message: () => "must be text" })

const Flag = Schema.Boolean.annotations({ message: () => "must be true or false" })

/**
 * Id of a shipment, as the API gives it: `se-` and letters or digits in groups, at most 25 characters. Ids of API v1 are
 * numbers and are not accepted.
 */
export const ShipmentId = Text.pipe(
  Schema.pattern(/^se(-[a-z0-9]+)+$/, { message: () => "must look like se-12345678 (ids of API v1 don't work here)" }),
  Schema.maxLength(25, { message: () => "must have at most 25 characters" })
).annotations({
  identifier: "ShipmentId",
  // else that of its last check
  title: "ShipmentId",
  description: "The shipment id to fulfill",
  examples: ["se-12345678"]
})

/**
 * A carrier that is set up on the account: lower case, `_` between words. There is no closed list.
 */
export const CarrierCode = Text.pipe(
  Schema.pattern(/^[a-z0-9]+(_[a-z0-9]+)*$/, {
    message: () => "must be a carrier code in lower case, such as ups or dhl_express"
  })
).annotations({
  identifier: "CarrierCode",
  description: "Carrier code (e.g., \"ups\", \"fedex\", \"usps\")",
  examples: ["ups", "fedex", "usps"]
})

/**
 * A tracking number. Its form is the carrier's, so all that is asked is that it isn't blank. A string and never a number:
 * leading zeros count.
 */
export const TrackingNumber = Text.pipe(
  Schema.pattern(/\S/, { message: () => "must not be blank" })
).annotations({
  identifier: "TrackingNumber",
  description: "Tracking number for the shipment",
  examples: ["1Z12345E1234567890"]
})

const plain = (trackingNumber: string): string => trackingNumber.replace(/\s+/g, "").toUpperCase()

/** Whether two tracking numbers are one: carriers' numbers are the same in other case and with other spaces. */
export const isSameTrackingNumber = (a: string, b: string): boolean => plain(a) === plain(b)

const shipDateDescription = "Ship date (defaults to current date if not provided)"

/**
 * A day and time of shipping. It is written with the offset it has: an offset of the warehouse keeps the day that is
 * meant, while midnight UTC may be shown as the day before.
 */
export const ShipDate = DateTimeRfc3339.pipe(
  Schema.filter(hasYearOfFourDigits, { message: () => "must lie between the years 0 and 9999" })
).annotations({
  identifier: "ShipDate",
  description: shipDateDescription,
  // without this the JSON Schema would be that of the text before the checks, and lose the description
  jsonSchema: {
    type: "string",
    format: "date-time",
    description: shipDateDescription,
    examples: ["2024-01-15T10:00:00Z"]
  }
})

/**
 * One shipment to mark as shipped: the items of `POST /v2/fulfillments`, version 2.0.0.
 *
 * Whoever leaves out a `notify_…` flag gets what the account is configured to do, which may be an e-mail to the customer.
 */
export const FulfillmentInput = Schema.Struct({
  shipment_id: ShipmentId,
  tracking_number: TrackingNumber,
  carrier_code: CarrierCode,
  ship_date: Schema.optional(ShipDate),
  notify_customer: Schema.optional(
    Flag.annotations({ description: "Whether to notify the customer via email", examples: [true] })
  ),
  notify_order_source: Schema.optional(
    Flag.annotations({ description: "Whether to notify the order source/marketplace", examples: [true] })
  )
}).annotations({
  identifier: "FulfillmentInput",
  description: "A shipment to mark as shipped",
  message: () => "must be an object"
})

/** One shipment to mark as shipped. Plain strings; what is wrong with them is found before anything is sent. */
export interface FulfillmentInput extends Schema.Schema.Type<typeof FulfillmentInput> {}

/** `FulfillmentInput` as JSON. */
export interface FulfillmentInputEncoded extends Schema.Schema.Encoded<typeof FulfillmentInput> {}

/** An amount of money; the API writes the currency in lower case. */
export const Money = Schema.Struct({
  currency: answerField(Schema.String),
  amount: answerField(Schema.Number)
}).annotations({ identifier: "Money", description: "An amount of money; the currency is in lower case" })

/** The address that a fulfillment went to. */
export const Address = Schema.Struct({
  name: answerField(Schema.String),
  phone: answerField(Schema.String),
  email: answerField(Schema.String),
  company_name: answerField(Schema.String),
  address_line1: answerField(Schema.String),
  address_line2: answerField(Schema.String),
  address_line3: answerField(Schema.String),
  city_locality: answerField(Schema.String),
  state_province: answerField(Schema.String),
  postal_code: answerField(Schema.String),
  country_code: answerField(Schema.String)
}).annotations({ identifier: "Address", description: "The address that a fulfillment went to" })

/**
 * A fulfillment as `GET /v2/fulfillments` lists it. The vendor marks no field as required, so each may be missing.
 *
 * The `carrier_code` that was sent is not echoed, only a friendly name. `order_source_notified: false` is normal right
 * after creation: the store is told later.
 */
export const Fulfillment = Schema.Struct({
  fulfillment_id: answerField(Schema.String),
  shipment_id: answerField(Schema.String),
  shipment_number: answerField(Schema.String),
  user_id: answerField(Schema.String),
  tracking_number: answerField(Schema.String),
  created_at: answerDate,
  ship_date: answerDate,
  voided_at: answerDate,
  delivered_at: answerDate,
  fulfillment_carrier_friendly_name: answerField(Schema.String),
  fulfillment_provider_id: answerField(Schema.String),
  fulfillment_provider_friendly_name: answerField(Schema.String),
  fulfillment_provider_code: answerField(Schema.String),
  fulfillment_service_code: answerField(Schema.String),
  fulfillment_fee: answerField(Money),
  void_requested: answerField(Schema.Boolean),
  voided: answerField(Schema.Boolean),
  order_source_notified: answerField(Schema.Boolean),
  notification_error_message: answerField(Schema.String),
  ship_to: answerField(Address)
}).annotations({ identifier: "Fulfillment", description: "A fulfillment as the API lists it" })

/** A fulfillment as `GET /v2/fulfillments` lists it. Any field may be missing or null. */
export interface Fulfillment extends Schema.Schema.Type<typeof Fulfillment> {}

type Checked = Either.Either<FulfillmentInput, Array.NonEmptyReadonlyArray<InputIssue>>

/** Checks an input, all fields of it. Left: an issue for each field that is wrong. */
export const validateInput: (input: FulfillmentInput) => Checked = withIssues(
  Schema.validateEither(FulfillmentInput, { errors: "all" })
)

/** Reads an input from JSON, all fields of it. Left: an issue for each field that is wrong. */
export const decodeInput: (json: unknown) => Checked = withIssues(
  Schema.decodeUnknownEither(FulfillmentInput, { errors: "all" })
)
