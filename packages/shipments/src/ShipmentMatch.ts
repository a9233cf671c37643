/**
 * Which shipment a reference means. Data that can be stored: each kind has a schema, and so has the union.
 *
 * @since 0.1.0
 */
import { Shipment } from "@effect-shipstation/schema/Shipment"
import { dual } from "effect/Function"
import * as Match from "effect/Match"
import * as Schema from "effect/Schema"
import { ShipmentReference } from "./ShipmentReference.js"

/** What the caller's types say is a reference, and its values don't bear out: kept as it is. */
const AsGiven = Schema.declare((_: unknown): _ is ShipmentReference => true).annotations({
  identifier: "ShipmentReferenceAsGiven",
  jsonSchema: {}
})

const fields = {
  /** Where the reference stood, from 0. */
  index: Schema.Int,
  /** The reference, as it was given. */
  reference: Schema.Union(ShipmentReference, AsGiven)
}

/**
 * It means this shipment, and no other.
 *
 * @since 0.1.0
 * @category models
 */
export class Found extends Schema.TaggedClass<Found>()("Found", {
  ...fields,
  /** The shipment's id, such as `se-12345678`. */
  shipment_id: Schema.String,
  /** The shipment, as the API told it. */
  shipment: Shipment
}) {}

/**
 * It means no shipment of the account.
 *
 * @since 0.1.0
 * @category models
 */
export class NotFound extends Schema.TaggedClass<NotFound>()("NotFound", {
  ...fields,
  /** Why it can't mean any, such as `shipment_number must not be blank`. Undefined when it was looked for. */
  problem: Schema.optional(Schema.String)
}) {}

/**
 * Several shipments have it, cancelled ones among them perhaps: which one is meant, only a person knows.
 *
 * @since 0.1.0
 * @category models
 */
export class Ambiguous extends Schema.TaggedClass<Ambiguous>()("Ambiguous", {
  ...fields,
  /** All that have it, at least two. */
  shipments: Schema.Array(Shipment)
}) {}

/**
 * It means a cancelled shipment, or several that are all cancelled. None of them can be fulfilled.
 *
 * @since 0.1.0
 * @category models
 */
export class Cancelled extends Schema.TaggedClass<Cancelled>()("Cancelled", {
  ...fields,
  /** The cancelled ones, at least one. */
  shipments: Schema.Array(Shipment)
}) {}

/**
 * Which shipment a reference means.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ShipmentMatch = Schema.Union(Found, NotFound, Ambiguous, Cancelled)

/**
 * Which shipment a reference means.
 *
 * @since 0.1.0
 * @category models
 */
export type ShipmentMatch = typeof ShipmentMatch.Type

/**
 * A function for each kind.
 *
 * @since 0.1.0
 * @category models
 */
export type Cases<A> = {
  readonly [Tag in ShipmentMatch["_tag"]]: (match: Extract<ShipmentMatch, { _tag: Tag }>) => A
}

/**
 * Handles each kind. One that isn't handled doesn't compile.
 *
 * @since 0.1.0
 * @category pattern matching
 */
export const match: {
  <C extends Cases<unknown>>(cases: C): (self: ShipmentMatch) => ReturnType<C[keyof Cases<unknown>]>
  <C extends Cases<unknown>>(self: ShipmentMatch, cases: C): ReturnType<C[keyof Cases<unknown>]>
} = dual(2, (self: ShipmentMatch, cases: Cases<unknown>) => Match.valueTags(self, cases))
