import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { DateTimeAnswer } from "./rfc3339.js"

/** Any text. `string & {}` keeps the literals beside it visible to the compiler and to editors. */
const OtherText: Schema.Schema<string & {}, string> = Schema.String

/** A list of known values that is open at the end: what the API adds tomorrow decodes to its text. */
export const openEnum = <const Known extends readonly [string, ...Array<string>]>(...known: Known) =>
  Schema.Union(Schema.Literal<Known>(...known), OtherText)

/** A field of an answer. The vendor marks none of them as required, so each may be missing or null. */
export const answerField = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** A date in an answer. One that can't be read counts as null: it must not make a page of 500 unreadable. */
export const answerDate = Schema.optionalWith(
  Schema.NullishOr(DateTimeAnswer).annotations({ decodingFallback: () => Either.right(null) }),
  { exact: true }
)

/** What can't be null or missing: those aren't texts, they are the absence of one. */
const Something = Schema.Unknown.pipe(
  Schema.filter((json) => json !== null && json !== undefined)
).annotations({ jsonSchema: { type: "string" } })

/** Text, whatever JSON is sent for it. */
export const LenientText = Schema.transform(Something, Schema.String, {
  strict: true,
  decode: (json) => typeof json === "string" ? json : JSON.stringify(json) ?? "",
  encode: (text) => text
})
