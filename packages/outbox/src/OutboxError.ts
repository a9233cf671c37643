/**
 * What can go wrong with the outbox.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Actor, State } from "./OutboxRow.js"

/**
 * The database failed. Unless `uncertain`, nothing was changed: it is true where the commit itself failed, and then the
 * change may have happened or not.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboxStoreError extends Schema.TaggedError<OutboxStoreError>()("OutboxStoreError", {
  message: Schema.String,
  uncertain: Schema.Boolean
}) {}

/**
 * There is no such row, or it was pruned.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboxRowNotFound extends Schema.TaggedError<OutboxRowNotFound>()("OutboxRowNotFound", {
  id: Schema.Number
}) {
  override get message(): string {
    return `The outbox has no row ${this.id}`
  }
}

/**
 * The row's state doesn't allow that, or it isn't the row that was decided on: its state or its number is another. Nothing was changed.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboxStateError extends Schema.TaggedError<OutboxStateError>()("OutboxStateError", {
  id: Schema.Int,
  state: State,
  operation: Schema.Literal("retry", "discard"),
  /** It was fulfilled, and whether it still is must be looked up first. */
  wasFulfilled: Schema.optional(Schema.Boolean)
}) {
  override get message(): string {
    const why = this.wasFulfilled === true ? ", and was fulfilled: whether it still is must be looked up first" : ""
    return `Can't ${this.operation} row ${this.id}: it is ${this.state}${why}`
  }
}

/**
 * The account was paused or resumed since somebody decided that it should be. Nothing was changed.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboxAccountChanged extends Schema.TaggedError<OutboxAccountChanged>()("OutboxAccountChanged", {
  account: Schema.String,
  /** As it is now. */
  isPaused: Schema.Boolean,
  /** When and by whom it was paused, or resumed, last; where that is known. */
  at: Schema.optional(Schema.DateTimeUtcFromNumber),
  by: Schema.optional(Actor)
}) {
  override get message(): string {
    return `Account ${this.account} has changed: it ${this.isPaused ? "is" : "isn't"} paused`
  }
}

/**
 * The claim is no longer held: it ended, the row was replaced or discarded, or the account was paused. Nothing was
 * changed, and nothing may be sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboxClaimLost extends Schema.TaggedError<OutboxClaimLost>()("OutboxClaimLost", {
  ids: Schema.Array(Schema.Int)
}) {
  override get message(): string {
    return `No longer claimed: ${this.ids.length} rows`
  }
}
