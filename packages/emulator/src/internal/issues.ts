import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/**
 * What is wrong with a JSON document, and where.
 *
 * @since 0.1.0
 * @category models
 */
export interface Issue {
  /** Such as `shipments[3].shipment_id`; empty where the whole document is meant. */
  readonly path: string
  readonly message: string
}

/** Decodes a JSON document, or tells all that is wrong with it. */
export const decodeJson = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(Schema.parseJson(schema), { errors: "all", onExcessProperty: "error" })
  return (text: string): Either.Either<A, ReadonlyArray<Issue>> => Either.mapLeft(decode(text), issuesOf)
}

/** What is wrong, each place once. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => ({ path: pathOf(path), message }))
  return Arr.dedupeWith(issues, (self, that) => self.path === that.path)
    // an optional field with something wrong in it also reports that it isn't left out
    .filter(({ path }) =>
      !issues.some((inner) => path !== "" && /^[.[]/.test(inner.path.slice(path.length)) && inner.path.startsWith(path))
    )
}

const pathOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("").replace(/^\./, "")
