/**
 * What the outbox answers when fulfillments are offered.
 *
 * @since 0.1.0
 */
import { FulfillmentInput, isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { born, type Change, transition } from "./internal/transitions.js"
import { type OutboxRow, State } from "./OutboxRow.js"

const fields = {
  /** Where the input stood, from 0. */
  index: Schema.Int,
  shipment_id: Schema.String
}

/**
 * It is new, and will be sent.
 *
 * @since 0.1.0
 * @category models
 */
export class Accepted extends Schema.TaggedClass<Accepted>()("Accepted", fields) {}

/**
 * It was offered before; nothing changes. `state` says what became of it so far.
 *
 * @since 0.1.0
 * @category models
 */
export class Duplicate extends Schema.TaggedClass<Duplicate>()("Duplicate", { ...fields, state: State }) {}

/**
 * It was offered before and not sent yet; the new input takes the old one's place.
 *
 * @since 0.1.0
 * @category models
 */
export class Replaced extends Schema.TaggedClass<Replaced>()("Replaced", fields) {}

/**
 * It had ended without a fulfillment, or that was voided, as who offers says; the new input will be sent. `state` is how it
 * had ended.
 *
 * @since 0.1.0
 * @category models
 */
export class Requeued extends Schema.TaggedClass<Requeued>()("Requeued", { ...fields, state: State }) {}

/**
 * It is not taken. The input is invalid, the shipment's state has no place for it, or its row can't be read.
 *
 * @since 0.1.0
 * @category models
 */
export class Refused extends Schema.TaggedClass<Refused>()("Refused", {
  ...fields,
  reason: Schema.Union(Schema.Literal("invalid", "unreadable"), State),
  /** What is wrong with an invalid input. */
  issues: Schema.Array(Schema.Struct({ field: Schema.String, value: Schema.Unknown, reason: Schema.String }))
}) {}

/**
 * What the outbox answers to one input.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Answer = Schema.Union(Accepted, Duplicate, Replaced, Requeued, Refused)

/**
 * What the outbox answers to one input.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer = typeof Answer.Type

/**
 * How an input relates to what the outbox has for its shipment.
 *
 * @since 0.1.0
 * @category models
 */
export type Relation = "equal" | "sameTracking" | "otherTracking"

/**
 * The answers, by the state of the shipment's row and the relation of the input to it. Without a row: `Accepted`. `voided`:
 * the row was fulfilled, somebody says that this was voided in ShipStation, and it is being looked up.
 *
 * @since 0.1.0
 * @category constants
 */
export const answers = {
  pending: { equal: "Duplicate", sameTracking: "Replaced", otherTracking: "Replaced" },
  sending: { equal: "Duplicate", sameTracking: "Duplicate", otherTracking: "Refused" },
  unknown: { equal: "Duplicate", sameTracking: "Duplicate", otherTracking: "Refused" },
  fulfilled: { equal: "Duplicate", sameTracking: "Duplicate", otherTracking: "Refused" },
  rejected: { equal: "Duplicate", sameTracking: "Requeued", otherTracking: "Requeued" },
  conflict: { equal: "Duplicate", sameTracking: "Duplicate", otherTracking: "Requeued" },
  discarded: { equal: "Refused", sameTracking: "Refused", otherTracking: "Refused" },
  voided: { equal: "Duplicate", sameTracking: "Replaced", otherTracking: "Replaced" }
} as const satisfies Record<State | "voided", Record<Relation, Exclude<Answer["_tag"], "Accepted">>>

/**
 * Of a shipment whose row was pruned, this is kept: or old files would be imported anew.
 *
 * @since 0.1.0
 * @category models
 */
export interface Remembered {
  readonly shipment_id: string
  readonly tracking_number: string
  readonly state: State
}

/**
 * What is there for a shipment. Of a pruned row, and of one that can't be read, a part is known.
 *
 * @since 0.1.0
 * @category models
 */
export type Existing =
  | { readonly _tag: "Row"; readonly row: OutboxRow }
  | { readonly _tag: "Pruned"; readonly remembered: Remembered }
  /** Another version has written it, or it is damaged. */
  | { readonly _tag: "Unreadable"; readonly remembered: Remembered }

const encode = Schema.encodeEither(FulfillmentInput)

const isEqual = (a: FulfillmentInput, b: FulfillmentInput): boolean => textOf(a) === textOf(b)

const textOf = (input: FulfillmentInput): string =>
  Either.match(encode(input), {
    onLeft: () => "",
    onRight: (encoded) =>
      JSON.stringify(
        // what is undefined isn't stored
        Object.entries(encoded).filter(([, value]) => value !== undefined).toSorted(([a], [b]) => a < b ? -1 : 1)
      )
  })

const relationOf = (
  existing: Exclude<Existing, { readonly _tag: "Unreadable" }>,
  input: FulfillmentInput
): Relation => {
  const { tracking_number } = existing._tag === "Row" ? existing.row.input : existing.remembered
  if (!isSameTrackingNumber(tracking_number, input.tracking_number)) return "otherTracking"
  if (existing._tag === "Row") return isEqual(existing.row.input, input) ? "equal" : "sameTracking"
  // what else it said isn't known: what was rejected may have been corrected, and else the same number counts as equal
  return existing.remembered.state === "rejected" ? "sameTracking" : "equal"
}

/**
 * A row that has no id yet.
 *
 * @since 0.1.0
 * @category models
 */
export type NewRow = Omit<OutboxRow, "id">

const tagOf = (
  existing: Exclude<Existing, { readonly _tag: "Unreadable" }>,
  input: FulfillmentInput,
  isVoided: boolean
) => {
  const relation = relationOf(existing, input)
  if (existing._tag === "Row" && existing.row.state === "unknown" && existing.row.wasFulfilled === true) {
    return answers.voided[relation]
  }
  const { state } = existing._tag === "Row" ? existing.row : existing.remembered
  return isVoided && state === "fulfilled" && relation !== "equal" ? "Requeued" : answers[state][relation]
}

/**
 * What is answered, and what becomes of the row, if anything. `isVoided`: if it was fulfilled, that was voided since.
 *
 * @since 0.1.0
 * @category combinators
 */
export const decide = (
  { account, existing, index, input, isVoided = false }: {
    readonly account: string
    readonly index: number
    readonly input: FulfillmentInput
    readonly existing: Existing | undefined
    readonly isVoided?: boolean | undefined
  },
  now: DateTime.Utc
): { readonly answer: Answer; readonly insert?: NewRow; readonly change?: Change } => {
  const { shipment_id } = input
  const insert = born({ account, input, now, readBackFirst: existing?._tag === "Pruned" })
  if (existing === undefined) return { answer: new Accepted({ index, shipment_id }), insert }
  if (existing._tag === "Unreadable") {
    return { answer: new Refused({ index, shipment_id, reason: "unreadable", issues: [] }) }
  }
  const state = existing._tag === "Row" ? existing.row.state : existing.remembered.state
  const tag = tagOf(existing, input, isVoided)
  switch (tag) {
    case "Duplicate":
      return { answer: new Duplicate({ index, shipment_id, state }) }
    case "Refused":
      return { answer: new Refused({ index, shipment_id, reason: state, issues: [] }) }
    case "Replaced":
    case "Requeued": {
      const answer = tag === "Replaced"
        ? new Replaced({ index, shipment_id })
        : new Requeued({ index, shipment_id, state })
      if (existing._tag === "Pruned") return { answer, insert }
      const change = transition(existing.row, { _tag: "Offered", input }, now)
      return change._tag === "Change"
        ? { answer, change }
        : { answer: new Refused({ index, shipment_id, reason: state, issues: [] }) }
    }
  }
}
