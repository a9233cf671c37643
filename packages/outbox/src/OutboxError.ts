/** What can go wrong with the outbox. */
import * as Schema from "effect/Schema"
import { State } from "./OutboxRow.js"

/**
 * The database failed. Unless `uncertain`, nothing was changed: it is true where the commit itself failed, and then the
 * change may have happened or not.
 */
export class OutboxStoreError extends Schema.TaggedError<OutboxStoreError>()("OutboxStoreError", {
  message: Schema.String,
  uncertain: Schema.Boolean
}) {}

/** There is no such row, or it was pruned. */
export class OutboxRowNotFound extends Schema.TaggedError<OutboxRowNotFound>()("OutboxRowNotFound", {
  id: Schema.Int
}) {
  override get message(): string {
    return `The outbox has no row ${this.id}`
  }
}

/** The row's state doesn't allow that, or isn't the one that was asked for. Nothing was changed. */
export class OutboxStateError extends Schema.TaggedError<OutboxStateError>()("OutboxStateError", {
  id: Schema.Int,
  state: State,
  operation: Schema.Literal("retry", "discard")
}) {
  override get message(): string {
    return `Can't ${this.operation} row ${this.id}: it is ${this.state}`
  }
}

/**
 * The claim is no longer held: it ended, the row was replaced or discarded, or the account was paused. Nothing was
 * changed, and nothing may be sent.
 */
export class OutboxClaimLost extends Schema.TaggedError<OutboxClaimLost>()("OutboxClaimLost", {
  ids: Schema.Array(Schema.Int)
}) {
  override get message(): string {
    return `No longer claimed: ${this.ids.length} rows`
  }
}
