import type * as Array from "effect/Array"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { type InputIssue, withIssues } from "./internal/issues.js"
import * as Plain from "./internal/plain.js"
import { DateTimeRfc3339, hasYearOfFourDigits } from "./internal/rfc3339.js"
import { answerDate, answerEvent, answerField, answerFlag, answerNumber, answerText } from "./internal/tolerant.js"

export type { InputIssue } from "./internal/issues.js"

const Text = Schema.String.annotations({ message: () => "must be text" })

const Flag = Schema.Boolean.annotations({ message: () => "must be true or false" })

/**
 * Id of a shipment, as the API gives it: `se-` and letters or digits in groups, at most 25 characters.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentId = Text.pipe(
  Schema.pattern(Plain.shipmentId, { message: () => "must look like se-12345678" }),
  Schema.maxLength(Plain.longestShipmentId, {
    message: () => `must have at most ${Plain.longestShipmentId} characters`
  })
).annotations({
  identifier: "ShipStationShipmentId",
  // else that of its last check
  title: "ShipStationShipmentId",
  description: "The shipment id to fulfill",
  examples: ["se-12345678"]
})

/**
 * A carrier that is set up on the account: lower case, `_` between words. There is no closed list.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CarrierCode = Text.pipe(
  Schema.pattern(Plain.carrierCode, {
    message: () => "must be a carrier code in lower case, such as ups or dhl_express"
  })
).annotations({
  identifier: "ShipStationCarrierCode",
  description: "Carrier code (e.g., \"ups\", \"fedex\", \"usps\")",
  examples: ["ups", "fedex", "usps"]
})

/**
 * A tracking number. Its form is the carrier's, so all that is asked is that it isn't blank. A string and never a number:
 * leading zeros count.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TrackingNumber = Text.pipe(
  Schema.pattern(Plain.trackingNumber, { message: () => "must not be blank" })
).annotations({
  identifier: "ShipStationTrackingNumber",
  description: "Tracking number for the shipment",
  examples: ["1Z12345E6605272234"]
})

const plain = (trackingNumber: string): string => trackingNumber.replace(/\s+/g, "").toUpperCase()

/**
 * Whether two tracking numbers are one: carriers' numbers are the same in other case and with other spaces.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSameTrackingNumber = (a: string, b: string): boolean => plain(a) === plain(b)

const shipDateDescription = "Ship date (defaults to current date if not provided)"

/**
 * A day and time of shipping. It is written with the offset it has: an offset of the warehouse keeps the day that is
 * meant, while midnight UTC may be shown as the day before.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipDate = DateTimeRfc3339.pipe(
  Schema.filter(hasYearOfFourDigits, { message: () => "must lie between the years 0 and 9999" })
).annotations({
  identifier: "ShipStationShipDate",
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
 *
 * @since 0.1.0
 * @category schemas
 */
export const FulfillmentInput = Schema.Struct({
  /** The shipment to fulfill, such as `se-12345678`. */
  shipment_id: ShipmentId,
  /** The tracking number, as the carrier writes it. */
  tracking_number: TrackingNumber,
  /** A carrier that is set up on the account, such as `ups` or `dhl_express`. */
  carrier_code: CarrierCode,
  /** When it was shipped; now, when left out. It is sent with the offset it has. */
  ship_date: Schema.optional(ShipDate),
  /** Whether the customer gets an e-mail; as the account is configured, when left out. */
  notify_customer: Schema.optional(
    Flag.annotations({ description: "Whether to notify the customer via email", examples: [true] })
  ),
  /** Whether the shop or marketplace is told; as the account is configured, when left out. */
  notify_order_source: Schema.optional(
    Flag.annotations({ description: "Whether to notify the order source/marketplace", examples: [true] })
  )
}).annotations({
  identifier: "ShipStationFulfillmentInput",
  description: "A shipment to mark as shipped",
  message: () => "must be an object"
})

/**
 * One shipment to mark as shipped. Plain strings; what is wrong with them is found before anything is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface FulfillmentInput extends Schema.Schema.Type<typeof FulfillmentInput> {}

/**
 * `FulfillmentInput` as JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface FulfillmentInputEncoded extends Schema.Schema.Encoded<typeof FulfillmentInput> {}

/**
 * An amount of money; the API writes the currency in lower case.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Money = Schema.Struct({
  /** The currency, such as `usd`. */
  currency: answerText,
  /** How much of it. */
  amount: answerNumber
}).annotations({ identifier: "ShipStationMoney", description: "An amount of money; the currency is in lower case" })

/**
 * Where something goes to, or comes from.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Address = Schema.Struct({
  /** Who receives it. */
  name: answerText,
  /** The receiver's phone number. */
  phone: answerText,
  /** The receiver's e-mail address. */
  email: answerText,
  /** The receiver's company. */
  company_name: answerText,
  /** Street and number. */
  address_line1: answerText,
  /** The second line of the street address. */
  address_line2: answerText,
  /** The third line of the street address. */
  address_line3: answerText,
  /** The city or place. */
  city_locality: answerText,
  /** The state or province. */
  state_province: answerText,
  /** The postal code; leading zeros count. */
  postal_code: answerText,
  /** The country's code of two letters. */
  country_code: answerText
}).annotations({ identifier: "ShipStationAddress", description: "An address, with the name of who lives there" })

const fields = {
  /** The fulfillment's own id. */
  fulfillment_id: answerText,
  /** The shipment that was marked as shipped. */
  shipment_id: answerText,
  /** The shipment's number: the order number. */
  shipment_number: answerText,
  /** Who created it. */
  user_id: answerText,
  /** The tracking number that was given. */
  tracking_number: answerText,
  /** When it was created. */
  created_at: answerDate,
  /** When it was shipped, by what was given. */
  ship_date: answerDate,
  /** When it was voided; null if it wasn't, or if that can't be read: then `voided` is true. */
  voided_at: answerEvent,
  /** When it was delivered; null if it wasn't yet. */
  delivered_at: answerDate,
  /** The carrier's name for people, such as `FedEx`. Not the `carrier_code` that was sent. */
  fulfillment_carrier_friendly_name: answerText,
  /** The id of the provider that fulfilled it, if one did. */
  fulfillment_provider_id: answerText,
  /** The provider's name for people. */
  fulfillment_provider_friendly_name: answerText,
  /** The provider's code. */
  fulfillment_provider_code: answerText,
  /** The code of the service that was used. */
  fulfillment_service_code: answerText,
  /** What the provider takes for it. */
  fulfillment_fee: answerField(Money),
  /** Whether it is to be voided. */
  void_requested: answerFlag(),
  /** Whether it was voided. A voided one doesn't count: its shipment can be fulfilled again. */
  voided: answerFlag(),
  /** Whether the shop or marketplace was told. False is normal right after creation: it is told later. */
  order_source_notified: answerFlag(),
  /** Why the shop or marketplace could not be told. */
  notification_error_message: answerText,
  /** The address that it went to. */
  ship_to: answerField(Address)
}

const decodeFields = Schema.decodeUnknownEither(Schema.Struct(fields))

/** It is voided if there is a date of it, even one in a form that can't be read, unless `voided` says otherwise. */
const withVoided = (json: object) =>
  Either.map(decodeFields({ ...json, voided_at: null }), (row) => ({ ...row, voided: row.voided ?? true }))

/**
 * A fulfillment as `GET /v2/fulfillments` lists it. The vendor marks no field as required, so each may be missing. A field
 * of another type is null, but for numbers where a text belongs, and texts and numbers where true or false do.
 *
 * The `carrier_code` that was sent is not echoed, only a friendly name. `order_source_notified: false` is normal right
 * after creation: the store is told later.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Fulfillment = Schema.Struct(fields).annotations({
  identifier: "ShipStationFulfillment",
  description: "A fulfillment as the API lists it",
  decodingFallback: (issue) =>
    Predicate.isRecord(issue.actual)
      ? Either.mapLeft(withVoided(issue.actual), () => issue)
      : Either.left(issue)
})

/**
 * A fulfillment as `GET /v2/fulfillments` lists it. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fulfillment extends Schema.Schema.Type<typeof Fulfillment> {}

/**
 * Whether it was voided, so that it doesn't count: by `voided`, and where that isn't told by whether there is a date of it.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isVoided = ({ voided, voided_at }: Pick<Fulfillment, "voided" | "voided_at">): boolean =>
  voided ?? (voided_at ?? null) !== null

type Checked = Either.Either<FulfillmentInput, Array.NonEmptyReadonlyArray<InputIssue>>

const validate = withIssues(Schema.validateEither(FulfillmentInput, { errors: "all" }))

/**
 * Checks an input, all fields of it. Left: an issue for each field that is wrong. Right: a copy.
 *
 * @since 0.1.0
 * @category decoding
 */
export const validateInput = (input: FulfillmentInput): Checked => {
  const plain = Plain.plainInput(input)
  return plain === undefined ? validate(Plain.withInherited(input)) : Either.right(plain)
}

/**
 * Reads an input from JSON, all fields of it. Left: an issue for each field that is wrong.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeInput: (json: unknown) => Checked = withIssues(
  Schema.decodeUnknownEither(FulfillmentInput, { errors: "all" })
)
