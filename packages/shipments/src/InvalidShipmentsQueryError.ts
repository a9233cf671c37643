import * as Schema from "effect/Schema"

/**
 * One parameter that is wrong.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Issue = Schema.Struct({
  /** The parameter's name; empty when the query as a whole is wrong. */
  field: Schema.String,
  /** What was given. */
  value: Schema.Unknown,
  /** What it must be, in words. */
  reason: Schema.String
}).annotations({ identifier: "ShipmentsQueryIssue" })

/**
 * One parameter that is wrong.
 *
 * @since 0.1.0
 * @category models
 */
export interface Issue extends Schema.Schema.Type<typeof Issue> {}

/**
 * The query can't be sent as it is. It holds everything that is wrong, and nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidShipmentsQueryError
  extends Schema.TaggedError<InvalidShipmentsQueryError>()("InvalidShipmentsQueryError", {
    issues: Schema.Array(Issue)
  })
{
  override get message(): string {
    return this.issues.map(({ field, reason }) => `${field === "" ? "the query" : field} ${reason}`).join("; ")
  }
}
