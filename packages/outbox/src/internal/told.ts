/** What workers tell of rows: how an attempt ended, and what a look at the list of fulfillments showed. */
import * as Schema from "effect/Schema"
import { Found, RowError } from "../OutboxRow.js"
import { storable } from "./text.js"

const requestId = Schema.optional(Schema.String)

/**
 * What became of an attempt.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Ended = Schema.Union(
  Schema.TaggedStruct("Fulfilled", {
    requestId,
    found: Schema.optional(Found),
    /** The tracking number that was sent: the row may have another by now. */
    sent: Schema.optional(Schema.String)
  }),
  Schema.TaggedStruct("Rejected", { error: RowError }),
  Schema.TaggedStruct("Conflict", { requestId, found: Found }),
  /** Nothing was done. `again` keeps the claim, else it is due after `delay` milliseconds. */
  Schema.TaggedStruct("NotDone", {
    error: RowError,
    delay: Schema.Union(Schema.Number, Schema.Literal("again")),
    /** It never left. Else it was refused, and is looked up once before it is sent again. */
    isUnsent: Schema.optional(Schema.Boolean)
  }),
  Schema.TaggedStruct("Unknown", { error: RowError })
)

/**
 * What became of an attempt.
 *
 * @since 0.1.0
 * @category models
 */
export type Ended = typeof Ended.Type

/**
 * What one look at the list of fulfillments told of an unknown row. All but `Unlisted` are of looks by its own id.
 *
 * @since 0.1.0
 * @category models
 */
export type Looked =
  | { readonly _tag: "Fulfilled"; readonly requestId?: string | undefined; readonly found: Found }
  | { readonly _tag: "Conflict"; readonly requestId?: string | undefined; readonly found: Found }
  | { readonly _tag: "Absent"; readonly requestId?: string | undefined }
  /** Not among the newest ones, which alone never says that it isn't there. */
  | { readonly _tag: "Unlisted" }
  | { readonly _tag: "Failed"; readonly error: RowError; readonly delay: number }

/** What a worker tells of a row. */
export type Told = Ended | Looked

/** Texts as every database can keep them, and every program read them. */
export const cleanError = (error: RowError): RowError => ({
  _tag: storable(error._tag),
  message: storable(error.message),
  ...error.requestId === undefined ? {} : { requestId: storable(error.requestId) }
})

const cleanText = (text: string | undefined) => text === undefined ? undefined : storable(text)

const cleanFound = ({ fulfillment_id, tracking_number }: Found): Found => ({
  fulfillment_id: cleanText(fulfillment_id),
  tracking_number: cleanText(tracking_number)
})

/** The same, with texts that can be stored. */
export const clean = <A extends Told>(told: A): A => {
  const both: Told = told
  switch (both._tag) {
    case "Fulfilled":
      return { ...told, requestId: cleanText(both.requestId), ...both.found && { found: cleanFound(both.found) } }
    case "Conflict":
      return { ...told, requestId: cleanText(both.requestId), found: cleanFound(both.found) }
    case "Absent":
      return { ...told, requestId: cleanText(both.requestId) }
    case "Unlisted":
      return told
    default:
      return { ...told, error: cleanError(both.error) }
  }
}
