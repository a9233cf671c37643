/**
 * What became of one input. Data that can be stored: each has a schema, and so has the union.
 *
 * @since 0.1.0
 */
import { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { Fulfillment, FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import { InvalidFulfillmentError } from "./InvalidFulfillmentError.js"

const fields = {
  /** Where the input stood, from 0. */
  index: Schema.Int,
  /** The input, as it was given. */
  input: FulfillmentInput,
  /** ShipStation's id of the request, for their support. */
  requestId: Schema.optional(Schema.String)
}

/**
 * The shipment is marked as shipped, by this request.
 *
 * @since 0.1.0
 * @category models
 */
export class Created extends Schema.TaggedClass<Created>()("Created", {
  ...fields,
  /** The shipment's number, which is the order's. */
  shipment_number: Schema.optional(Schema.String)
}) {}

/**
 * The shipment has a fulfillment with this tracking number: the list shows it, so who made it can't be told, or this layer
 * saw it being created before.
 *
 * @since 0.1.0
 * @category models
 */
export class AlreadyFulfilled extends Schema.TaggedClass<AlreadyFulfilled>()("AlreadyFulfilled", {
  ...fields,
  fulfillment: Fulfillment
}) {}

/**
 * The shipment has a fulfillment with another tracking number: the list shows it, or this layer saw it being created.
 *
 * @since 0.1.0
 * @category models
 */
export class Conflict extends Schema.TaggedClass<Conflict>()("Conflict", {
  ...fields,
  fulfillment: Fulfillment
}) {}

/**
 * The shipment has no fulfillment, as far as the list tells, which may lag behind. Of `readBack` only.
 *
 * @since 0.1.0
 * @category models
 */
export class Absent extends Schema.TaggedClass<Absent>()("Absent", fields) {}

/**
 * ShipStation refused this item; nothing was created for it.
 *
 * @since 0.1.0
 * @category models
 */
export class Rejected extends Schema.TaggedClass<Rejected>()("Rejected", {
  ...fields,
  /** ShipStation's words. There is no code. */
  message: Schema.String
}) {}

/**
 * It may have been fulfilled, and the customer told, or not. Call again with the same layer: it is looked up before anything
 * is sent, and that call may wait for half a minute. Another process remembers nothing: look in ShipStation first.
 *
 * @since 0.1.0
 * @category models
 */
export class Unknown extends Schema.TaggedClass<Unknown>()("Unknown", {
  ...fields,
  /** Why it isn't known. */
  error: ShipStationError,
  /** Why reading back didn't settle it. */
  readBackError: Schema.optional(ShipStationError)
}) {}

/** What the caller's types say is an input, and its values don't bear out: kept as it is. */
const AsGiven = Schema.declare((_: unknown): _ is FulfillmentInput => true).annotations({
  identifier: "FulfillmentInputAsGiven",
  jsonSchema: {}
})

/**
 * Nothing was done for it. `error` says why: an invalid input, or what the request was refused with.
 *
 * @since 0.1.0
 * @category models
 */
export class NotSent extends Schema.TaggedClass<NotSent>()("NotSent", {
  ...fields,
  /** The input, as it was given, which may be invalid. */
  input: Schema.Union(FulfillmentInput, AsGiven),
  error: Schema.Union(InvalidFulfillmentError, ShipStationError)
}) {}

/**
 * What became of one input.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FulfillmentOutcome = Schema.Union(Created, AlreadyFulfilled, Conflict, Rejected, Unknown, NotSent)

/**
 * What became of one input.
 *
 * @since 0.1.0
 * @category models
 */
export type FulfillmentOutcome = typeof FulfillmentOutcome.Type

/**
 * A function for each kind of outcome.
 *
 * @since 0.1.0
 * @category models
 */
export type Cases<A> = {
  readonly [Tag in FulfillmentOutcome["_tag"]]: (outcome: Extract<FulfillmentOutcome, { _tag: Tag }>) => A
}

/**
 * Handles each kind of outcome. A kind that isn't handled doesn't compile.
 *
 * @since 0.1.0
 * @category pattern matching
 */
export const match: {
  <C extends Cases<unknown>>(cases: C): (self: FulfillmentOutcome) => ReturnType<C[keyof Cases<unknown>]>
  <C extends Cases<unknown>>(self: FulfillmentOutcome, cases: C): ReturnType<C[keyof Cases<unknown>]>
} = dual(2, <A>(self: FulfillmentOutcome, cases: Cases<A>): A => {
  switch (self._tag) {
    case "Created":
      return cases.Created(self)
    case "AlreadyFulfilled":
      return cases.AlreadyFulfilled(self)
    case "Conflict":
      return cases.Conflict(self)
    case "Rejected":
      return cases.Rejected(self)
    case "Unknown":
      return cases.Unknown(self)
    case "NotSent":
      return cases.NotSent(self)
  }
})

/**
 * Outcomes by what is to be done about them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Partitioned {
  /** Nothing. */
  readonly fulfilled: ReadonlyArray<Created | AlreadyFulfilled>
  /** Correct them: they will be refused again. */
  readonly rejected: ReadonlyArray<Rejected | Conflict>
  /** Find out (`Unknown`), or send (`NotSent`). */
  readonly unsettled: ReadonlyArray<Unknown | NotSent>
}

/**
 * Sorts outcomes by what is to be done about them. Each outcome is in exactly one of the three, in its old order.
 *
 * @since 0.1.0
 * @category combinators
 */
export const partition = (outcomes: Iterable<FulfillmentOutcome>): Partitioned => {
  const fulfilled: Array<Created | AlreadyFulfilled> = []
  const rejected: Array<Rejected | Conflict> = []
  const unsettled: Array<Unknown | NotSent> = []
  for (const outcome of outcomes) {
    switch (outcome._tag) {
      case "Created":
      case "AlreadyFulfilled":
        fulfilled.push(outcome)
        break
      case "Rejected":
      case "Conflict":
        rejected.push(outcome)
        break
      case "Unknown":
      case "NotSent":
        unsettled.push(outcome)
        break
    }
  }
  return { fulfilled, rejected, unsettled }
}

/**
 * Not all inputs were fulfilled. All outcomes are in it, so that nothing is forgotten.
 *
 * @since 0.1.0
 * @category errors
 */
export class FulfillmentsIncomplete extends Schema.TaggedError<FulfillmentsIncomplete>()("FulfillmentsIncomplete", {
  fulfilled: Schema.Array(Schema.Union(Created, AlreadyFulfilled)),
  rejected: Schema.Array(Schema.Union(Rejected, Conflict)),
  unsettled: Schema.Array(Schema.Union(Unknown, NotSent))
}) {
  override get message(): string {
    return `${this.fulfilled.length} fulfilled, ${this.rejected.length} rejected, ${this.unsettled.length} unsettled`
  }
}

/**
 * ShipStation refused the shipment; nothing was created for it.
 *
 * @since 0.1.0
 * @category errors
 */
export class FulfillmentRejected extends Schema.TaggedError<FulfillmentRejected>()("FulfillmentRejected", {
  input: FulfillmentInput,
  requestId: Schema.optional(Schema.String),
  /** ShipStation's words. There is no code. */
  message: Schema.String
}) {}

/**
 * The shipment has a fulfillment with another tracking number.
 *
 * @since 0.1.0
 * @category errors
 */
export class FulfillmentConflict extends Schema.TaggedError<FulfillmentConflict>()("FulfillmentConflict", {
  input: FulfillmentInput,
  requestId: Schema.optional(Schema.String),
  fulfillment: Fulfillment
}) {
  override get message(): string {
    return `${this.input.shipment_id} has another fulfillment, tracking number ${
      this.fulfillment.tracking_number ?? "none"
    }`
  }
}

/**
 * For those who want all or an error: succeeds when every input was fulfilled.
 *
 * @since 0.1.0
 * @category combinators
 */
export const orFail = (
  outcomes: Array.NonEmptyReadonlyArray<FulfillmentOutcome>
): Effect.Effect<Array.NonEmptyArray<Created | AlreadyFulfilled>, FulfillmentsIncomplete> => {
  const { fulfilled, rejected, unsettled } = partition(outcomes)
  return Array.isNonEmptyReadonlyArray(fulfilled) && fulfilled.length === outcomes.length
    ? Effect.succeed([...fulfilled])
    : Effect.fail(new FulfillmentsIncomplete({ fulfilled, rejected, unsettled }))
}
