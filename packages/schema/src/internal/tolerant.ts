import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** Any text. `string & {}` keeps the literals beside it visible to the compiler and to editors. */
const OtherText: Schema.Schema<string & {}, string> = Schema.String

/** A list of known values that is open at the end: what the API adds tomorrow decodes to its text. */
export const openEnum = <const Known extends readonly [string, ...Array<string>]>(...known: Known) =>
  Schema.Union(Schema.Literal<Known>(...known), OtherText)

/** A field of an answer. The vendor marks none of them as required, so each may be missing or null. */
export const answerField = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** A date in an answer. One that can't be read counts as null: it must not make a page of 500 unreadable. */
export const answerDate = Schema.optional(
  Schema.NullOr(Schema.DateTimeUtc).annotations({ decodingFallback: () => Either.right(null) })
)

/** Text, whatever JSON is sent for it. */
export const LenientText = Schema.transform(Schema.Unknown, Schema.String, {
  strict: true,
  decode: (json) => typeof json === "string" ? json : JSON.stringify(json) ?? "",
  encode: (text) => text
})
