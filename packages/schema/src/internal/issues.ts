import * as Array from "effect/Array"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"

/**
 * What is wrong with one field of an input.
 *
 * @since 0.1.0
 * @category models
 */
export interface InputIssue {
  /** The field's name on the wire; empty when the input as a whole is wrong. */
  readonly field: string
  /** The value that was given. */
  readonly value: unknown
  /** What it must be, in words. */
  readonly reason: string
}

/** A check whose failure is a list: one issue for each field that is wrong. */
export const withIssues =
  <Input, A>(check: (input: Input) => Either.Either<A, ParseResult.ParseError>) =>
  (input: Input): Either.Either<A, Array.NonEmptyReadonlyArray<InputIssue>> =>
    Either.mapLeft(check(input), (error) => {
      const issues = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message, path: [field = ""] }) => ({
        field: String(field),
        value: field === "" ? input : Predicate.hasProperty(input, field) ? input[field] : undefined,
        reason: message
      }))
      // a union reports each of its members; one reason a field is what helps
      const [first = { field: "", value: input, reason: error.message }, ...others] = Array.dedupeWith(
        issues,
        (self, that) => self.field === that.field
      )
      return [first, ...others]
    })
