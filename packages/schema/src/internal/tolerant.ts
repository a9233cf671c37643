/**
 * Fields of answers. The vendor marks none of them as required, and a field that isn't as it should be must not make the
 * rest of the answer unreadable: it is read as well as it can be, else as null.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { DateTimeAnswer } from "./rfc3339.js"

/** Any text. `string & {}` keeps the literals beside it visible to the compiler and to editors. */
const OtherText: Schema.Schema<string & {}, string> = Schema.String

/** A list of known values that is open at the end: what the API adds tomorrow decodes to its text. */
export const openEnum = <const Known extends readonly [string, ...Array<string>]>(...known: Known) =>
  Schema.Union(Schema.Literal<Known>(...known), OtherText)

/**
 * A field of an answer, which may be missing or null. What isn't of its type is given to `otherwise`.
 *
 * It is done by an annotation and not by a transformation, so that writing and the JSON Schema stay the contract's.
 */
export const answerField = <A, I>(
  schema: Schema.Schema<A, I>,
  otherwise: (json: unknown) => NoInfer<A> | null = () => null
) =>
  Schema.optionalWith(
    Schema.NullishOr(schema).annotations({ decodingFallback: ({ actual }) => Either.right(otherwise(actual)) }),
    { exact: true }
  )

/** A number as its digits, if it has all of them. */
const digitsOf = (json: unknown): string | null =>
  typeof json === "number" && Number.isFinite(json) && Math.abs(json) <= Number.MAX_SAFE_INTEGER ? String(json) : null

/** A text. A number is read as its digits. */
export const answerText = answerField(Schema.String, digitsOf)

/** The text of what isn't one. */
export const wordsOf = (json: unknown): string => {
  if (typeof json === "string") return json
  try {
    return JSON.stringify(json) ?? ""
  } catch {
    // nested more deeply than can be written
    return "…"
  }
}

/** A text of an error. Whatever is said in its place is kept as text, so that an error is never taken for none. */
export const answerWords = answerField(Schema.String, wordsOf)

/** True or false, also as a text or a number. */
const flagOf = (json: unknown): boolean | null => {
  switch (typeof json === "string" ? json.trim().toLowerCase() : json) {
    case "true":
    case "1":
    case 1:
      return true
    case "false":
    case "0":
    case 0:
      return false
    default:
      return null
  }
}

/** True or false; `otherwise` when it says neither. */
export const answerFlag = (otherwise: boolean | null = null) =>
  answerField(Schema.Boolean, (json) => flagOf(json) ?? otherwise)

/** A number. JSON can write ones that are too large to be held: these are none. */
export const answerNumber = answerField(
  Schema.Number.pipe(Schema.filter((number) => Number.isFinite(number), { jsonSchema: {} }))
)

/** A date in an answer. One that can't be read counts as null: it must not make a page of 500 unreadable. */
export const answerDate = answerField(DateTimeAnswer)

/** The date of something that may never have happened. Fails on what says that it did, in a form that can't be read. */
export const answerEvent = Schema.optionalWith(
  Schema.NullishOr(DateTimeAnswer).annotations({
    decodingFallback: (issue) => saysNo(issue.actual) ? Either.right(null) : Either.left(issue)
  }),
  { exact: true }
)

const saysNo = (json: unknown): boolean =>
  json === false || json === 0 || (typeof json === "string" && json.trim() === "")

/** A list in an answer. What isn't an object in it is given to `otherwise`. */
export const answerList = <A, I>(element: Schema.Schema<A, I>, otherwise: (json: unknown) => A) => {
  const decode = Schema.decodeUnknownEither(element)
  return Schema.Array(element.annotations({
    // annotations drop the name
    ...Option.match(SchemaAST.getIdentifierAnnotation(element.ast), {
      onNone: () => ({}),
      onSome: (identifier) => ({ identifier })
    }),
    decodingFallback: (issue) =>
      Predicate.isRecord(issue.actual)
        // this fallback stands in place of the element's own
        ? Either.mapLeft(decode(issue.actual), () => issue)
        : Either.right(otherwise(issue.actual))
  }))
}

/** Does a success also tell of errors, as a failure does? */
export const tellsErrors = (json: unknown): boolean =>
  Predicate.isRecord(json) && Array.isArray(json["errors"]) && json["errors"].length > 0
