import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { FulfillmentInput } from "./Fulfillment.js"
import * as Plain from "./internal/plain.js"
import { answerField, answerFlag, answerList, answerWords, tellsErrors, wordsOf } from "./internal/tolerant.js"

/**
 * Body of `POST /v2/fulfillments`. The largest batch that the vendor takes is not published.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Request = Schema.Struct({
  /** The shipments to mark as shipped; at least one. */
  fulfillments: Schema.NonEmptyArray(FulfillmentInput)
}).annotations({
  identifier: "ShipStationCreateFulfillmentsRequest",
  description: "Shipments to mark as shipped with tracking information"
})

/**
 * Body of `POST /v2/fulfillments`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request extends Schema.Schema.Type<typeof Request> {}

/**
 * What became of one shipment. There is no fulfillment id, no tracking URL and no error code in it, and no field is
 * marked as required. The order against the request is undocumented: match by `shipment_id`.
 *
 * A field of another type is read as its text, so that neither a message is lost nor another shipment's result taken for
 * one without an id.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Result = Schema.Struct({
  /** The shipment that this is about. */
  shipment_id: answerWords.annotations({
    description: "The shipment ID that was processed",
    examples: ["se-12345678"]
  }),
  /** The shipment's number: the order number. */
  shipment_number: answerWords.annotations({
    description: "The shipment number (order number)",
    examples: ["ORDER-001"]
  }),
  /** Why it failed; null when it was created. */
  error_message: answerWords.annotations({
    description: "Error message if creation failed (null on success)"
  })
}).annotations({ identifier: "ShipStationCreateFulfillmentsResult", description: "What became of one shipment" })

/**
 * What became of one shipment. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/**
 * Body of status 200, which is sent also when items failed.
 *
 * A result that isn't an object is read as a message without a shipment.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Response = Schema.Struct({
  /** Whether some failed. Anything but true, false or an absence is read as true. */
  has_errors: answerFlag(true).annotations({
    description: "Indicates if any fulfillments failed to create"
  }),
  /** What became of each shipment, in any order. What isn't a list is read as null. */
  fulfillments: answerField(
    answerList(Result, (json): Result => json === null ? {} : { error_message: wordsOf(json) })
  )
}).annotations({
  identifier: "ShipStationCreateFulfillmentsResponse",
  description: "What became of the shipments; some may have failed"
})

/**
 * Body of status 200, which is sent also when items failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response extends Schema.Schema.Type<typeof Response> {}

const encode = Schema.encodeUnknownEither(Schema.parseJson(Request))

const withInherited = (request: unknown): unknown =>
  Predicate.isRecord(request) && Array.isArray(request["fulfillments"])
    ? { fulfillments: request["fulfillments"].map(Plain.withInherited) }
    : request

/**
 * Writes a body. Left: what is wrong with it.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeRequest = (request: Request): Either.Either<string, ParseResult.ParseError> => {
  const plain = Plain.plainRequest(request)
  return plain === undefined ? encode(withInherited(request)) : Either.right(JSON.stringify(plain))
}

const parse: (text: string) => Option.Option<unknown> = Option.liftThrowable((text) => JSON.parse(text))

const decode = Schema.decodeUnknownOption(Response)

/**
 * Reads the body of a success. None if it isn't the JSON of an object, or if it also tells of errors as a failure does: of
 * which of the shipments they are isn't known.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeResponse = (text: string): Option.Option<Response> =>
  Option.flatMap(
    parse(text),
    (json) =>
      tellsErrors(json)
        ? Option.none()
        : Option.orElse(Option.fromNullable(Plain.plainResponse(json)), () => decode(json))
  )
