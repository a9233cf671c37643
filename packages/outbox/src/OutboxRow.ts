/**
 * A row of the outbox: one shipment that is to be marked as shipped, and what is known about it. Which states there are,
 * and which follow which.
 *
 * @since 0.1.0
 */
import { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Schema from "effect/Schema"
import { storable } from "./internal/text.js"

/**
 * Which state may follow which. There are no other edges.
 *
 * - `pending`: waits to be sent, or to be sent again. Nothing was done, as far as is known.
 * - `sending`: a worker has written down that it is about to send it. From here on it may have been done.
 * - `unknown`: it may have been done or not. It is read back, and not sent.
 * - `fulfilled`, `rejected`, `conflict`: what became of it.
 * - `discarded`: an operator gave it up.
 *
 * @since 0.1.0
 * @category constants
 */
export const transitions = {
  pending: ["sending", "discarded"],
  sending: ["fulfilled", "rejected", "conflict", "pending", "unknown"],
  unknown: ["fulfilled", "conflict", "pending", "discarded"],
  rejected: ["pending", "discarded"],
  conflict: ["pending", "discarded"],
  fulfilled: ["unknown"],
  discarded: []
} as const

/**
 * Where a row is on its way.
 *
 * @since 0.1.0
 * @category schemas
 */
export const State = Schema.Literal(
  "pending",
  "sending",
  "unknown",
  "rejected",
  "conflict",
  "fulfilled",
  "discarded"
).annotations({ identifier: "OutboxState" })

/**
 * Where a row is on its way.
 *
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

type Before<To extends State> = {
  [From in State]: To extends (typeof transitions)[From][number] ? From : never
}[State]

/**
 * The states that may follow a state; of several, those that may follow each of them.
 *
 * @since 0.1.0
 * @category models
 */
export type Next<S extends State> = { [To in State]: [S] extends [Before<To>] ? To : never }[State]

/**
 * Rows in these states stay in them by themselves.
 *
 * @since 0.1.0
 * @category constants
 */
export const finalStates = ["rejected", "conflict", "fulfilled", "discarded"] as const

/**
 * A state in which nothing more happens by itself.
 *
 * @since 0.1.0
 * @category models
 */
export type FinalState = (typeof finalStates)[number]

/**
 * What went wrong, as plain data.
 *
 * @since 0.1.0
 * @category errors
 */
export const RowError = Schema.Struct({
  /** `_tag` of the error, such as `ShipStationRateLimitError`, or of the outcome, such as `Rejected`. */
  _tag: Schema.String,
  message: Schema.String,
  /** ShipStation's id of the request, for their support. */
  requestId: Schema.optional(Schema.String)
}).annotations({ identifier: "OutboxRowError" })

/**
 * What went wrong, as plain data.
 *
 * @since 0.1.0
 * @category errors
 */
export interface RowError extends Schema.Schema.Type<typeof RowError> {}

/**
 * A fulfillment that was read back, as far as it is kept: the rest of it is customers' data.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Found = Schema.Struct({
  fulfillment_id: Schema.optional(Schema.String),
  tracking_number: Schema.optional(Schema.String)
})

/**
 * A fulfillment that was read back, as far as it is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Found extends Schema.Schema.Type<typeof Found> {}

/** Moments are stored as milliseconds. */
const Moment = Schema.DateTimeUtcFromNumber

/**
 * Whether a shop or marketplace was told of a fulfillment.
 *
 * - `waiting`: not yet, when it was looked at last, and it will be looked at again.
 * - `notified`: it was.
 * - `notNotified`: it still wasn't at the last look.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OrderSourceState = Schema.Literal("waiting", "notified", "notNotified").annotations({
  identifier: "OutboxOrderSourceState"
})

/**
 * Whether a shop or marketplace was told of a fulfillment.
 *
 * @since 0.1.0
 * @category models
 */
export type OrderSourceState = typeof OrderSourceState.Type

/**
 * What ShipStation's list says of the order source of a fulfilled row.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OrderSource = Schema.Struct({
  state: OrderSourceState,
  /** When the list was looked at last. */
  lookedAt: Schema.optional(Moment),
  /** Why it wasn't told, where ShipStation says so. */
  message: Schema.optional(Schema.String)
}).annotations({ identifier: "OutboxOrderSource" })

/**
 * What ShipStation's list says of the order source of a fulfilled row.
 *
 * @since 0.1.0
 * @category models
 */
export interface OrderSource extends Schema.Schema.Type<typeof OrderSource> {}

/**
 * One shipment that is to be marked as shipped, and what is known about it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OutboxRow = Schema.Struct({
  id: Schema.Int,
  account: Schema.String,
  input: FulfillmentInput,
  state: State,
  /** How often a worker was about to send it. */
  attempts: Schema.Int,
  /** Attempts in a row after which nothing was done: they decide how long the next one waits. */
  failures: Schema.Int,
  /** When it is looked at next. While a worker has claimed it: when the claim ends. Of what has ended: when it did. */
  due: Moment,
  /** Who works on it. */
  claim: Schema.optional(Schema.Struct({ token: Schema.String, worker: Schema.String })),
  /** Of a row that nobody has: the claim that ended last, so that an outcome that is written twice isn't taken for a late one. */
  lastToken: Schema.optional(Schema.String),
  /**
   * When the last attempt began, and the moment after which it must not be sent any more. A pending row that has one was
   * refused, and nobody has looked since whether it was done all the same.
   */
  attempt: Schema.optional(Schema.Struct({ startedAt: Moment, sendBefore: Moment })),
  /** While unknown: how often reading back did not find it, and since when. */
  absent: Schema.optional(Schema.Struct({ looks: Schema.Int, since: Moment })),
  /** While unknown: an operator decided that it may be sent as soon as one look doesn't find it. */
  resendWhenAbsent: Schema.Boolean,
  /** While unknown: it was fulfilled, and an operator says that its fulfillment was voided. */
  wasFulfilled: Schema.optional(Schema.Boolean),
  /** It may have been done before: each time, it is looked up once more before it is sent. */
  readBackFirst: Schema.Boolean,
  /** The last thing that went wrong. */
  lastError: Schema.optional(Schema.Struct({ ...RowError.fields, at: Moment })),
  /** What was read back. */
  found: Schema.optional(Found),
  /** Of what ended: ShipStation's id of the request that told so. */
  requestId: Schema.optional(Schema.String),
  /** Of a fulfilled row whose order source is looked for: whether that was told. */
  orderSource: Schema.optional(OrderSource),
  createdAt: Moment,
  updatedAt: Moment
}).annotations({ identifier: "OutboxRow" })

/**
 * One shipment that is to be marked as shipped, and what is known about it.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutboxRow extends Schema.Schema.Type<typeof OutboxRow> {}

/**
 * A row that is known to be in a state.
 *
 * @since 0.1.0
 * @category models
 */
export type RowIn<S extends State> = OutboxRow & { readonly state: S }

/**
 * Is the row in one of these states?
 *
 * @since 0.1.0
 * @category guards
 */
export const isIn = <S extends State>(row: OutboxRow, ...states: ReadonlyArray<S>): row is RowIn<S> =>
  states.some((state) => state === row.state)

/**
 * Will nothing happen to the row by itself any more? Not even a look whether its order source was told.
 *
 * @since 0.1.0
 * @category predicates
 */
export const hasEnded = ({ orderSource, state }: Pick<OutboxRow, "orderSource" | "state">): boolean =>
  finalStates.some((final) => final === state) && !(state === "fulfilled" && orderSource?.state === "waiting")

/**
 * A person, and why, if that was said.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Operator = Schema.TaggedStruct("Operator", { reason: Schema.optional(Schema.String) })

/**
 * A worker, whatever its name.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Worker = Schema.TaggedStruct("Worker", { name: Schema.String })

/**
 * A program that offers.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Offerer = Schema.TaggedStruct("Offer", {})

/**
 * A person.
 *
 * @since 0.1.0
 * @category constructors
 */
export const operator: typeof Operator.Type = Operator.make({})

/**
 * A person who says why.
 *
 * @since 0.1.0
 * @category constructors
 */
export const operatorBecause = (reason: string | undefined): typeof Operator.Type =>
  reason === undefined ? operator : Operator.make({ reason: storable(reason) })

/**
 * A worker with this name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const worker = (name: string): typeof Worker.Type => Worker.make({ name })

/**
 * A program that offers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offerer: typeof Offerer.Type = Offerer.make()

const prefix = "worker:"

const because = "operator:"

/**
 * Who did something. Stored as `operator`, `operator:` and why, `offer`, or `worker:` and a name; what older versions stored
 * of workers is the name alone.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Actor = Schema.transform(Schema.String, Schema.Union(Operator, Worker, Offerer), {
  strict: true,
  decode: (text) => {
    if (text === "operator") return operator
    if (text.startsWith(because)) return operatorBecause(text.slice(because.length))
    if (text === "offer") return offerer
    return worker(text.startsWith(prefix) ? text.slice(prefix.length) : text)
  },
  encode: (actor) => {
    if (actor._tag === "Worker") return prefix + actor.name
    if (actor._tag === "Offer") return "offer"
    return actor.reason === undefined ? "operator" : because + actor.reason
  }
}).annotations({ identifier: "OutboxActor" })

/**
 * Who did something: an operator, a worker, or whoever offered.
 *
 * @since 0.1.0
 * @category models
 */
export type Actor = typeof Actor.Type

/**
 * As people read it: `operator`, `offer`, or the worker's name.
 *
 * @since 0.1.0
 * @category getters
 */
export const nameOf = (actor: Actor): string =>
  actor._tag === "Worker" ? actor.name : actor._tag === "Operator" ? "operator" : "offer"

/**
 * Something that happened to a row: each change of state but the intent, which its end tells of, and each look.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HistoryEntry = Schema.Struct({
  at: Moment,
  from: State,
  to: State,
  /** Of an attempt: when it began. */
  startedAt: Schema.optional(Moment),
  by: Actor,
  requestId: Schema.optional(Schema.String),
  error: Schema.optional(RowError)
}).annotations({ identifier: "OutboxHistoryEntry" })

/**
 * Something that happened to a row.
 *
 * @since 0.1.0
 * @category models
 */
export interface HistoryEntry extends Schema.Schema.Type<typeof HistoryEntry> {}
