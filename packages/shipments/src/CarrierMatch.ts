/**
 * What a carrier's name means on an account. Data that can be stored: each kind has a schema, and so has the union.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import * as Match from "effect/Match"
import * as Schema from "effect/Schema"

const fields = {
  /** The name, as it was given. */
  name: Schema.String
}

/**
 * It means this carrier, and no other of the account.
 *
 * @since 0.1.0
 * @category models
 */
export class Found extends Schema.TaggedClass<Found>()("Found", {
  ...fields,
  /** What a fulfillment names the carrier by, such as `ups`. */
  carrier_code: Schema.String
}) {}

/**
 * It means no carrier of the account.
 *
 * @since 0.1.0
 * @category models
 */
export class NotFound extends Schema.TaggedClass<NotFound>()("NotFound", {
  ...fields,
  /** Codes of the account whose names are spelled much the same, the nearest first: for a question, not for an answer. */
  nearest: Schema.Array(Schema.String),
  /** Codes of carriers that are known by this name, and that the account doesn't have. */
  means: Schema.Array(Schema.String)
}) {}

/**
 * It means several carriers of the account: which one, only a person knows.
 *
 * @since 0.1.0
 * @category models
 */
export class Ambiguous extends Schema.TaggedClass<Ambiguous>()("Ambiguous", {
  ...fields,
  /** Their codes, at least two. */
  carrier_codes: Schema.Array(Schema.String)
}) {}

/**
 * What a carrier's name means on an account.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CarrierMatch = Schema.Union(Found, NotFound, Ambiguous)

/**
 * What a carrier's name means on an account.
 *
 * @since 0.1.0
 * @category models
 */
export type CarrierMatch = typeof CarrierMatch.Type

/**
 * A function for each kind.
 *
 * @since 0.1.0
 * @category models
 */
export type Cases<A> = {
  readonly [Tag in CarrierMatch["_tag"]]: (match: Extract<CarrierMatch, { _tag: Tag }>) => A
}

/**
 * Handles each kind. One that isn't handled doesn't compile.
 *
 * @since 0.1.0
 * @category pattern matching
 */
export const match: {
  <C extends Cases<unknown>>(cases: C): (self: CarrierMatch) => ReturnType<C[keyof Cases<unknown>]>
  <C extends Cases<unknown>>(self: CarrierMatch, cases: C): ReturnType<C[keyof Cases<unknown>]>
} = dual(2, (self: CarrierMatch, cases: Cases<unknown>) => Match.valueTags(self, cases))
