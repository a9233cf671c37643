import * as Schema from "effect/Schema"

/**
 * One thing that is wrong with the inputs.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Issue = Schema.Struct({
  /** Which input, from 0. */
  index: Schema.Int,
  /** The field's name on the wire; empty when the input as a whole is wrong. */
  field: Schema.String,
  /** What was given. */
  value: Schema.Unknown,
  /** What it must be, in words. */
  reason: Schema.String
}).annotations({ identifier: "FulfillmentIssue" })

/**
 * One thing that is wrong with the inputs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Issue extends Schema.Schema.Type<typeof Issue> {}

/**
 * The inputs can't be sent as they are. It holds everything that is wrong, and nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidFulfillmentError extends Schema.TaggedError<InvalidFulfillmentError>()("InvalidFulfillmentError", {
  issues: Schema.Array(Issue)
}) {
  override get message(): string {
    const shown = this.issues.slice(0, 10).map(({ field, index, reason }) =>
      `input ${index}${field === "" ? "" : `, ${field}`}: ${reason}`
    )
    const more = this.issues.length - shown.length
    return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ")
  }
}
